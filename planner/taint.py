"""Who stands behind a value: the requester and trusted knowledge, or somebody's text that came along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jsonschema.exceptions import FormatError

from knowledge.types import (
    ActionSpec,
    Argument,
    JsonSchema,
    JsonValue,
    Observation,
    Reference,
    Step,
    Trust,
)
from planner.formats import FORMATS
from planner.ground import options
from planner.heard import Heard
from planner.paths import at, branches, schema_at, step_number
from planner.rows import singled_out
from planner.sensitive import words_of

LONGEST_MACHINE_STRING = 64
_PEOPLES_TEXT = frozenset(
    {"title", "subject", "summary", "body", "text", "description", "comment", "comments"}
    | {"message", "content", "note", "notes", "reason"}
)
_MACHINE_FORMATS = frozenset({"date", "date-time", "time", "email", "uuid", "ipv4", "ipv6"})


@dataclass(frozen=True, kw_only=True)
class _Past:
    """The steps before, what came of them, and what their actions promise to return."""

    steps: Sequence[Step]
    observations: Sequence[Observation]
    specs: Mapping[str, ActionSpec]
    heard: Heard | None

    def before(self, number: int) -> "_Past":
        return replace(self, steps=self.steps[:number])


def vouched(
    argument: Argument,
    *,
    steps: Sequence[Step],
    observations: Sequence[Observation],
    specs: Mapping[str, ActionSpec] | None = None,
    heard: Heard | None = None,
) -> bool:
    """Whether the requester or trusted knowledge stands behind the value.

    A field of an observation is vouched for when it is a machine field and everything its step was called with was
    vouched for too; a row must be the one that the step asked for. `specs`, by id, lend their result schemas: enums and
    formats that hold what they promise are machine fields. An option, once strangers' text was read, has to
    be in what was `heard`; without `heard` every option is vouched for.
    """
    return _vouched(argument, _Past(steps=steps, observations=observations, specs=specs or {}, heard=heard))


def labelled(
    step: Step,
    *,
    steps: Sequence[Step],
    observations: Sequence[Observation],
    specs: Mapping[str, ActionSpec],
    heard: Heard | None = None,
) -> Step:
    """The step with every value's trust set to what `vouched` says; taint travels through References.

    What nobody vouches for, but the requester said word for word, is theirs: its provenance is then the request.
    """
    past = _Past(steps=steps, observations=observations, specs=specs, heard=heard)
    return replace(step, arguments=tuple(_labelled(argument, past) for argument in step.arguments))


def trust_of(argument: Argument) -> Trust:
    value = argument.value
    return value.trust if isinstance(value, Reference) else value.provenance.trust


def strangers_read(steps: Sequence[Step], observations: Sequence[Observation], specs: Mapping[str, ActionSpec]) -> bool:
    """Whether some result held people's words: from then on they may have a say in what is filled in."""
    for step, seen in zip(steps, observations, strict=False):
        returns = specs[step.action].returns if step.action in specs else {}
        texts = [(path, value) for path, value in _leaves(seen.body, "") if isinstance(value, str) and value]
        if seen.status == "ok" and any(not machine_field(t, path, schema_at(returns, path)) for path, t in texts):
            return True
    return False


def _leaves(body: JsonValue, path: str) -> list[tuple[str, JsonValue]]:
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else None
    if inner is None:
        return [(path, body)]
    return [leaf for name, value in inner for leaf in _leaves(value, f"{path}.{name}" if path else str(name))]


def _labelled(argument: Argument, past: _Past) -> Argument:
    trust: Trust = "trusted" if _vouched(argument, past) else "untrusted"
    if isinstance(argument.value, Reference):
        return replace(argument, value=replace(argument.value, trust=trust))
    found = argument.value.provenance
    if trust == "untrusted" and past.heard and found.source in ("observation", "document"):
        found = past.heard.repeated(found) or replace(found, trust=trust)
    else:
        found = replace(found, trust=trust)
    return replace(argument, value=replace(argument.value, provenance=found))


def _vouched(argument: Argument, past: _Past) -> bool:
    value = argument.value
    if isinstance(value, Reference):
        return _observed(value.step, value.path, past)
    provenance = value.provenance
    match provenance.source:
        case "document":
            return provenance.trust == "trusted"
        case "observation":
            return _observed(step_number(provenance.source_id), provenance.path, past)
        case "option":
            return past.heard is None or past.heard.says(argument.name, provenance) or not _influenced(past)
    return True


def _influenced(past: _Past) -> bool:
    assert past.heard is not None
    return past.heard.strangers or strangers_read(past.steps, past.observations, past.specs)


def _observed(number: int, path: str, past: _Past) -> bool:
    if not 0 <= number < min(len(past.steps), len(past.observations)):
        return False
    step, seen, earlier = past.steps[number], past.observations[number], past.before(number)
    spec = past.specs.get(step.action)
    schema = schema_at(spec.returns, path) if spec else {}
    if seen.status == "placeholder":
        return _promises_machine_field(path, schema) and all(_vouched(each, earlier) for each in step.arguments)
    try:
        value = at(seen.body, path)
    except KeyError:
        return False
    return (
        machine_field(value, path, schema)
        and singled_out(path, seen.body, step)
        and all(_vouched(each, earlier) for each in step.arguments)
    )


def machine_field(value: JsonValue, path: str, schema: JsonSchema) -> bool:
    """Numbers, booleans, enums, formats and short strings without blanks; never a field that holds people's words.

    An enum or a format counts only for a value that keeps to it.
    """
    if isinstance(value, bool | int | float):
        return True
    if not isinstance(value, str):
        return False
    if value in list(options(schema)) or any(_keeps(value, form) for form in _formats(schema)):
        return True
    short = len(value) <= LONGEST_MACHINE_STRING and not any(c.isspace() for c in value) and "://" not in value
    return short and value.isprintable() and not _peoples(path)


def _promises_machine_field(path: str, schema: JsonSchema) -> bool:
    """Of a result that is not there yet: only what its schema makes sure of, or a plain string of another name."""
    kinds = {str(branch.get("type")) for branch in branches(schema)}
    if kinds & {"integer", "number", "boolean"} or list(options(schema)) or any(_formats(schema)):
        return True
    return "string" in str(kinds) and not _peoples(path)


def _formats(schema: JsonSchema) -> list[str]:
    found = {str(branch.get("format")) for branch in branches(schema)}
    return sorted(found & _MACHINE_FORMATS)


def _keeps(value: str, form: str) -> bool:
    if any(c.isspace() for c in value) and form != "date-time":
        return False
    try:
        FORMATS.check(value, form)
    except FormatError:
        return False
    return len(value) <= LONGEST_MACHINE_STRING


def _peoples(path: str) -> bool:
    """By the last word of the field's name: `decision_reason` is people's text, `message_id` is not."""
    name = next((part for part in reversed(path.split(".")) if not part.isdecimal()), "")
    return (words_of(name) or (name.casefold(),))[-1] in _PEOPLES_TEXT
