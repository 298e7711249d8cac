"""Who stands behind a value: the requester and trusted knowledge, or somebody's text that came along."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from knowledge.types import ActionSpec, Argument, JsonSchema, JsonValue, Literal, Observation, Reference, Step
from planner.ground import options
from planner.paths import at, branches, schema_at, step_number

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
    vouched for too. `specs`, by id, lend their result schemas: enums and formats are machine fields whatever they hold.
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
    return machine_field(value, path, schema) and all(
        vouched(argument, steps=earlier, observations=observations, specs=specs) for argument in step.arguments
    )


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
