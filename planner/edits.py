"""What a person changed in an approval: their values take the place of the model's, and are grounded like any other."""

from collections.abc import Mapping
from dataclasses import replace

from knowledge.errors import Ungrounded
from knowledge.types import ActionSpec, Argument, JsonValue, Literal, Provenance, Step
from planner.ground import misshapen, satisfies
from planner.paths import text_of


def edited(step: Step, edits: Mapping[str, JsonValue], *, approval_id: str) -> Step:
    """The step with other arguments; None takes one away. What is new comes last."""
    kept = [argument for argument in step.arguments if argument.name not in edits]
    order = {argument.name: i for i, argument in enumerate(step.arguments)}
    given = [_argument(name, value, approval_id) for name, value in edits.items() if value is not None]
    arguments = sorted([*kept, *given], key=lambda argument: order.get(argument.name, len(order)))
    return replace(step, arguments=tuple(arguments))


def check(step: Step, spec: ActionSpec) -> None:
    """Raises Ungrounded naming everything that the schema refuses: a person is told before anything is decided."""
    reasons = list(misshapen(step, spec))
    parameters = {parameter.name: parameter for parameter in spec.parameters}
    for argument in step.arguments:
        if argument.name in parameters and isinstance(argument.value, Literal):
            try:
                satisfies(argument.value.value, parameters[argument.name])
            except Ungrounded as error:
                reasons.append(f"{argument.name}: {error}")
    if reasons:
        raise Ungrounded(" ".join(reasons))


def _argument(name: str, value: JsonValue, approval_id: str) -> Argument:
    provenance = Provenance(source="person", source_id=f"approval:{approval_id}", raw=text_of(value))
    return Argument(name=name, value=Literal(value=value, provenance=provenance))
