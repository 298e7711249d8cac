"""Which reads a write needs first: those that return its identifiers, and the one that shows what it would change."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.types import ActionSpec, JsonSchema, JsonValue, Parameter

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
DESCRIBED_AS = re.compile(r"([\w -]+?) (?:of|for) (?!.*\bor\b)")
PATH_PARAMETER = re.compile(r"\{([^}]+)\}")
MAX_DEPTH = 8


@dataclass(frozen=True, kw_only=True)
class Needed:
    """Ids of read actions, most useful first: `producers` find an identifier, `siblings` show the thing itself."""

    producers: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Read:
    action: ActionSpec
    returned: frozenset[str]
    required: frozenset[str] = field(default_factory=frozenset)


class SchemaGraph:
    """Edges between the actions of an app, found in their schemas and paths alone.

    Identifiers are the names that occur as a path parameter somewhere in the app: `username` in `/accounts/{username}`.
    """

    def __init__(self, actions: Sequence[ActionSpec]) -> None:
        self._actions = {action.id: action for action in actions}
        self._reads = [_read(action) for action in actions if action.effect == "read"]
        self._identifiers = {
            (action.app, plain(name)) for action in actions for name in PATH_PARAMETER.findall(action.path)
        }
        self._collections = {(read.action.app, read.action.path): read for read in self._reads}
        self._members = {(action.app, path) for action in actions for path in _members(action.path)}
        self._needed: dict[str, Needed] = {}

    def needed(self, action_id: str) -> Needed:
        if action_id not in self._needed:
            action = self._actions[action_id]
            siblings = tuple(read.action.id for read in self._siblings(action))
            producers = dict.fromkeys(each for name in self._unknown(action) for each in self._producers(action, name))
            self._needed[action_id] = Needed(
                producers=tuple(each for each in producers if each not in siblings), siblings=siblings
            )
        return self._needed[action_id]

    def _unknown(self, action: ActionSpec) -> list[str]:
        """Identifiers it takes: a request may name the thing but not its id. Of a read also those it can do without."""
        wanted = [each for each in action.parameters if each.required or action.effect == "read"]
        named = [self._identifier(action.app, each) for each in wanted if not _closed(each)]
        return list(dict.fromkeys(name for name in named if name))

    def _identifier(self, app: str, parameter: Parameter) -> str:
        """The identifier that a parameter takes, by its name or its description ("Username of the owner"), else ""."""
        head = DESCRIBED_AS.match(parameter.description)
        words = [parameter.name, *(head[1].split() if head else ())]
        return next((plain(word) for word in words if (app, plain(word)) in self._identifiers), "")

    def _producers(self, action: ActionSpec, name: str) -> list[str]:
        """The collections that `{name}` is a member of, else the two reads that return it and ask least for it."""
        able = [
            read
            for read in self._reads
            if read.action.app == action.app and name in read.returned and name not in read.required
        ]
        owners = [read for read in able if (read.action.app, f"{read.action.path}/{{{name}}}") in self._members]
        chosen = owners or sorted(able, key=lambda read: (self._identifiers_in(read), read.action.id))[:2]
        return [read.action.id for read in chosen if read.action.id != action.id]

    def _identifiers_in(self, read: _Read) -> int:
        return sum((read.action.app, name) in self._identifiers for name in read.required)

    def _siblings(self, action: ActionSpec) -> list[_Read]:
        """The read at the longest prefix of the action's path that names a thing: `/devices/{tag}` for `…/lock`."""
        if action.effect == "read":
            return []
        parts = action.path.split("/")
        for length in range(len(parts), 0, -1):
            read = self._collections.get((action.app, "/".join(parts[:length])))
            if read is not None and "{" in read.action.path:
                return [read]
        return []


def _read(action: ActionSpec) -> _Read:
    required = frozenset(plain(each.name) for each in action.parameters if each.required)
    return _Read(action=action, returned=frozenset(fields_of(action.returns)), required=required)


def _members(path: str) -> Iterator[str]:
    """The path cut after each of its parameters, with plain names: `/a/{b}` and `/a/{b}/c/{d}` of `/a/{B}/c/{D}/e`."""
    for match in PATH_PARAMETER.finditer(path):
        yield PATH_PARAMETER.sub(lambda found: f"{{{plain(found[1])}}}", path[: match.end()])


def fields_of(schema: "JsonSchema | JsonValue", *, above: str = "", depth: int = 0) -> Iterator[str]:
    """Names of all fields in a result; `user.id` also counts as `user_id`."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        own = plain(name)
        yield own
        if above:
            yield f"{above}_{own}"
        yield from fields_of(inner, above=own, depth=depth + 1)
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        yield from fields_of(inner, above=above.removesuffix("s"), depth=depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        options = schema.get(key)
        for inner in options if isinstance(options, list) else ():
            yield from fields_of(inner, above=above, depth=depth + 1)


def _closed(parameter: Parameter) -> bool:
    """Whether a request says the value itself: one of a list, a date, a number, yes or no."""
    schema = parameter.schema
    return "enum" in schema or "format" in schema or schema.get("type") in ("boolean", "integer", "number")


def plain(name: str) -> str:
    """`userName` and `user-name` as `user_name`."""
    return CAMEL.sub("_", name).replace("-", "_").lower()
