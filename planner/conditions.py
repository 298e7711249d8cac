"""Declared post-conditions: what must be seen after a write, or once a task is done."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from knowledge.types import (
    ActionSpec,
    Argument,
    Hold,
    JsonValue,
    Literal,
    Observation,
    Postcondition,
    Provenance,
    literals,
)
from planner.paths import at, text_of
from planner.readback import ReadBack, Write
from planner.states import GONE, alike

WORD = re.compile(r"\{(result\.)?([^{}]+)\}")
Values: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A condition whose words are replaced by values, and the read that shows whether it holds."""

    back: ReadBack
    holds: tuple[Hold, ...]
    gone: bool = False

    def misses(self, observation: Observation) -> list[str] | None:
        """What does not hold, in words; None if nothing could be seen."""
        if self.gone:
            return _still_there(observation)
        if observation.status != "ok":
            return None
        return [f"{hold.path} {missed}" for hold in self.holds if (missed := _missed(hold, observation.body))]

    def before(self, later: "Sequence[Wanted]") -> "Wanted":
        """Less what later writes to the same thing overrule."""
        overruled = {_about(hold) for other in later for hold in other.holds}
        holds = tuple(hold for hold in self.holds if _about(hold) not in overruled)
        return replace(self, holds=holds, gone=self.gone and not later)


def wanted_by(write: Write, reads: Sequence[ActionSpec]) -> Wanted | None:
    """What the write's action declares; None if it declares nothing, or its read cannot be called."""
    declared = write.spec.postcondition
    if declared is None:
        return None
    return wanted(declared, reads, arguments=write.step.arguments, result=write.observation.body)


def wanted(
    condition: Postcondition, reads: Sequence[ActionSpec], *, arguments: Sequence[Argument] = (), result: JsonValue
) -> Wanted | None:
    spec = next((read for read in reads if read.id == condition.read), None)
    if spec is None:
        return None
    values = literals(arguments)
    given = {a.name: a for a in arguments}
    try:
        asked = [
            Argument(name=name, value=_literal(_replaced(said, values, result)))
            for name, said in condition.arguments.items()
        ]
        holds = tuple(replace(hold, value=_replaced(hold.value, values, result)) for hold in condition.holds)
    except KeyError:
        return None
    named = {argument.name for argument in asked}
    asked += [given[p.name] for p in spec.parameters if p.name in given and p.name not in named]
    if any(p.required and p.name not in {a.name for a in asked} for p in spec.parameters):
        return None
    back = ReadBack(spec=spec, arguments=tuple(asked), identity=tuple(a.name for a in asked))
    return Wanted(back=back, holds=holds, gone=condition.gone)


def _literal(value: JsonValue) -> Literal:
    return Literal(value=value, provenance=Provenance(source="default", source_id="condition", raw=text_of(value)))


def _replaced(said: JsonValue, values: Values, result: JsonValue) -> JsonValue:
    """Raises KeyError for what is not there."""
    found = WORD.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        return said
    return at(result, found[2]) if found[1] else values[found[2]]


def _still_there(observation: Observation) -> list[str] | None:
    if observation.status == "ok":
        return ["it is still there"]
    return [] if observation.status == "error" and observation.code in GONE else None


def _missed(hold: Hold, body: JsonValue) -> str:
    """Empty if it holds."""
    try:
        value = at(body, hold.path)
    except KeyError:
        return "is not shown"
    if hold.test == "is":
        return "" if _same(value, hold.value) else f"is {_brief(value)}, not {_brief(hold.value)}"
    listed = isinstance(value, list) and any(_same(each, hold.value) for each in value)
    if hold.test == "has":
        return "" if listed else f"does not have {_brief(hold.value)}"
    return f"still has {_brief(hold.value)}" if listed or not isinstance(value, list) else ""


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equal, but for case and blanks around a text that the application tidied up."""
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().casefold() == other.strip().casefold()
    return alike(one, other)


def _about(hold: Hold) -> str:
    """Two holds with the same overrule each other."""
    return f"{hold.path}={hold.value!r}" if hold.test != "is" else hold.path


def _brief(value: JsonValue) -> str:
    return "none" if value is None else text_of(value)[:60] if not isinstance(value, dict | list) else "another"
