"""A request's tool definitions as actions: schemas made flat, effects guessed, the tools that end a turn recognised."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.chat.meaning import effect, ends
from api.chat.wire import Tool
from knowledge.errors import BadCatalogue
from knowledge.openapi_document import OpenApi
from knowledge.openapi_schema import Schema, resolved, without_null
from knowledge.types import ActionSpec, JsonValue, Parameter

APP = "tools"
_SECTION = re.compile(
    r"^\s*(args|arguments|parameters|params|returns?|raises|yields|examples?|notes?|checks|logic|warning)\s*:.*$",
    re.IGNORECASE | re.MULTILINE,
)
_DOCUMENTED = re.compile(
    r"^[ \t]*[-*]?[ \t]*`?(?P<name>\w+)`?[ \t]*(?:\([^)\n]*\))?:[ \t]+(?P<text>\S.*)$", re.MULTILINE
)
_QUOTED = r"""["'`“‘]([^"'`“”‘’\n]{1,60})["'`”’]"""
_CHOICE = re.compile(
    r"\b(?:(?:available|allowed|possible|valid|permitted|supported|accepted) "
    r"(?:values?|options?|fields?|types?|choices?)(?: are| is)?|(?:must|can|may|should) be(?: one of)?|one of)"
    rf":?\s*(?:either )?(?P<list>{_QUOTED}(?:\s*(?:,|/|or|and|,\s*(?:or|and))\s*{_QUOTED})+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """`finish` and `escalate` are tools that do what the ending of that name means; `nulls` are, by tool, the
    parameters that strict tools want as null where nothing is known."""

    specs: tuple[ActionSpec, ...]
    nulls: Mapping[str, tuple[str, ...]]
    finish: ActionSpec | None = None
    escalate: ActionSpec | None = None

    @property
    def actions(self) -> tuple[ActionSpec, ...]:
        """What can be done, without what only ends the turn."""
        return tuple(spec for spec in self.specs if spec not in (self.finish, self.escalate))

    def named(self, name: str) -> ActionSpec | None:
        return next((spec for spec in self.specs if spec.name == name), None)

    def ending(self, ending: str) -> ActionSpec | None:
        return {"finish": self.finish, "escalate": self.escalate}.get(ending)


def toolbox(tools: Sequence[Tool]) -> Toolbox:
    """Raises BadCatalogue, naming the tool, for definitions that cannot be used."""
    specs = [_spec(tool) for tool in tools]
    names = [spec.name for spec in specs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadCatalogue(f"Two tools are named {twice!r}.", remedy="Give every tool a name of its own.")
    return Toolbox(
        specs=tuple(specs),
        nulls={tool.function.name: _nulls(tool) for tool in tools},
        finish=next((spec for spec in specs if ends(spec) == "finish"), None),
        escalate=next((spec for spec in specs if ends(spec) == "escalate"), None),
    )


def _spec(tool: Tool) -> ActionSpec:
    function = tool.function
    said = function.description or ""
    schema = _object(tool)
    required = schema.get("required")
    described = {match["name"]: match["text"] for match in _DOCUMENTED.finditer(said)}
    properties = schema.get("properties")
    return ActionSpec(
        name=function.name,
        app=APP,
        description=_summary(said) or re.sub(r"[_\-.]+", " ", function.name),
        parameters=tuple(
            _parameter(name, inner, described.get(name, ""), required=isinstance(required, list) and name in required)
            for name, inner in (properties.items() if isinstance(properties, dict) else ())
            if isinstance(inner, dict)
        ),
        effect=effect(function.name, said),
        source="tools of the request",
    )


def _object(tool: Tool) -> Schema:
    """The parameters' schema without references."""
    function = tool.function
    given: dict[str, JsonValue] = dict(function.parameters or {})
    schema = resolved(OpenApi(root=given, origin=""), given, f"tool {function.name}")
    if schema.get("type", "object") != "object":
        raise BadCatalogue(
            f"The parameters of tool {function.name!r} are not an object.",
            remedy='Give them as {"type": "object", "properties": {…}}.',
        )
    return schema


def _parameter(name: str, schema: Schema, documented: str, *, required: bool) -> Parameter:
    """What may be null may be left out."""
    said = schema.get("description")
    description = " ".join((said if isinstance(said, str) else documented).split())
    plain = {key: value for key, value in _closed(without_null(schema)).items() if key != "description"}
    return Parameter(
        name=name,
        description=description,
        schema=plain | _choices(description) if plain in ({}, {"type": "string"}) else plain,
        required=required and not _nullable(schema),
    )


def _choices(description: str) -> Schema:
    """The values that a description lists as the only ones, quoted; of text, where the schema itself says nothing."""
    found = _CHOICE.search(description)
    values = list(dict.fromkeys(re.findall(_QUOTED, found["list"]))) if found else []
    return {"enum": values} if len(values) > 1 else {}


def _closed(schema: Schema) -> Schema:
    """A list of values, or any text: the list says what is meant."""
    options = schema.get("anyOf")
    if not isinstance(options, list):
        return schema
    listed = [each for each in options if isinstance(each, dict) and "enum" in each]
    return listed[0] if len(listed) == 1 and all(each in ({"type": "string"}, *listed) for each in options) else schema


def _nullable(schema: Schema) -> bool:
    kinds, options = schema.get("type"), schema.get("anyOf")
    listed = isinstance(kinds, list) and "null" in kinds
    return listed or (isinstance(options, list) and {"type": "null"} in options)


def _nulls(tool: Tool) -> tuple[str, ...]:
    schema = _object(tool)
    required, properties = schema.get("required"), schema.get("properties")
    if not isinstance(required, list) or not isinstance(properties, dict):
        return ()
    return tuple(
        str(name) for name in required if isinstance(inner := properties.get(str(name)), dict) and _nullable(inner)
    )


def _summary(description: str) -> str:
    """What the tool does, without the sections about its arguments and results."""
    section = _SECTION.search(description)
    return " ".join(description[: section.start() if section else None].split())
