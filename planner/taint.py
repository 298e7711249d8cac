"""Who stands behind a value: the requester and trusted knowledge, or somebody's text that came along."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

from knowledge.types import ActionSpec, Argument, JsonSchema, JsonValue, Literal, Observation, Reference, Step
from planner.ground import options
from planner.paths import at, branches, schema_at, step_number, text_of

LONGEST_MACHINE_STRING = 64
_PEOPLES_TEXT = frozenset(
    {"title", "subject", "summary", "body", "text", "description", "comment", "comments"}
    | {"message", "content", "note", "notes", "reason"}
)


def vouched(
    argument: Argument,
    *,
    steps: Sequence[Step],
    observations: Sequence[Observation],
    specs: Mapping[str, ActionSpec] | None = None,
) -> bool:
    """Whether the requester or trusted knowledge stands behind the value.

    A field of an observation is vouched for when it is a machine field and everything its step was called with was
    vouched for too; a row must hold what the step asked for. `specs`, by id, lend their result
    schemas: enums and formats are machine fields whatever they hold.
    """
    value = argument.value
    if isinstance(value, Reference):
        return _observed(value.step, value.path, steps, observations, specs or {})
    provenance = value.provenance
    if provenance.source == "document":
        return provenance.trust == "trusted"
    if provenance.source == "observation":
        return _observed(step_number(provenance.source_id), provenance.path, steps, observations, specs or {})
    return True


def labelled(
    step: Step, *, steps: Sequence[Step], observations: Sequence[Observation], specs: Mapping[str, ActionSpec]
) -> Step:
    """The step with every provenance's trust set to what `vouched` says."""
    arguments = []
    for argument in step.arguments:
        trusted = vouched(argument, steps=steps, observations=observations, specs=specs)
        if isinstance(argument.value, Literal):
            provenance = replace(argument.value.provenance, trust="trusted" if trusted else "untrusted")
            argument = replace(argument, value=replace(argument.value, provenance=provenance))
        arguments.append(argument)
    return replace(step, arguments=tuple(arguments))


def _observed(
    number: int,
    path: str,
    steps: Sequence[Step],
    observations: Sequence[Observation],
    specs: Mapping[str, ActionSpec],
) -> bool:
    if not 0 <= number < min(len(steps), len(observations)):
        return False
    step, earlier = steps[number], steps[:number]
    spec = specs.get(step.action)
    schema = schema_at(spec.returns, path) if spec else {}
    try:
        value = at(observations[number].body, path)
    except KeyError:
        return False
    return (
        machine_field(value, path, schema)
        and singled_out(path, observations[number].body, step)
        and all(vouched(argument, steps=earlier, observations=observations, specs=specs) for argument in step.arguments)
    )


def singled_out(path: str, body: JsonValue, step: Step) -> bool:
    """A row that was found is meant only if it holds, word for word, something that the step asked for.

    Also when it is the only one: searches are forgiving, and a single chance hit is nobody's wish.
    """
    rows, row = _rows(path, body)
    if not rows or not step.arguments:
        return True
    held = [_words(text_of(value)) for value in _scalars(row)]
    asked = [_words(text_of(a.value.value)) for a in step.arguments if isinstance(a.value, Literal)]
    return any(words and words <= each for words in asked for each in held)


def _rows(path: str, body: JsonValue) -> tuple[list[JsonValue], JsonValue]:
    """The innermost list on the way to `path`, and its row on that way."""
    rows: list[JsonValue] = []
    row = body
    for part in path.split("."):
        if isinstance(body, list):
            rows, body = body, body[int(part)]
            row = body
        elif isinstance(body, dict):
            body = body[part]
    return rows, row


def _scalars(row: JsonValue) -> list[JsonValue]:
    if isinstance(row, dict):
        return [each for value in row.values() for each in _scalars(value)]
    if isinstance(row, list):
        return [each for value in row for each in _scalars(value)]
    return [row] if isinstance(row, str | int | float) and not isinstance(row, bool) else []


def _words(text: str) -> frozenset[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return frozenset(re.findall(r"[\w@.\-]*\w", plain))


def machine_field(value: JsonValue, path: str, schema: JsonSchema) -> bool:
    """Numbers, booleans, enums, formats and short strings without blanks; never a field that holds people's words."""
    if isinstance(value, bool | int | float):
        return True
    if not isinstance(value, str):
        return False
    if value in list(options(schema)) or any(branch.get("format") for branch in branches(schema)):
        return True
    name = next((part for part in reversed(path.split(".")) if not part.isdecimal()), "")
    short = len(value) <= LONGEST_MACHINE_STRING and not any(c.isspace() for c in value) and "://" not in value
    return short and name.casefold() not in _PEOPLES_TEXT
