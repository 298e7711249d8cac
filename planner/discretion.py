"""What people and applications say, without what must not be kept: taken out before the run hears it."""

from dataclasses import dataclass, replace
from typing import cast

from knowledge.redaction import Redactor, marked
from knowledge.types import JsonValue, Observation, Waiting
from planner.call import Call, Executor, Permit
from planner.person import Approval, Person


@dataclass(frozen=True, kw_only=True)
class DiscreetPerson:
    person: Person
    redactor: Redactor

    def approve(self, waiting: Waiting) -> Approval | None:
        said = self.person.approve(waiting)
        if said is None:
            return None
        edits = cast("dict[str, JsonValue]", self.redactor.value(dict(said.arguments)))
        return replace(said, note=self.redactor.text(said.note), arguments=edits)

    def answer(self, waiting: Waiting) -> str | None:
        answer = self.person.answer(waiting)
        return None if answer is None else self.redactor.text(answer)


@dataclass(frozen=True, kw_only=True)
class DiscreetExecutor:
    """Also what no grounding gate has seen, as in undoing, is not called with a value that was taken out."""

    executor: Executor
    redactor: Redactor

    def execute(self, call: Call, permit: Permit) -> Observation:
        if marked(call.arguments):
            message = "A value was taken out (LAMP_REDACT) before it was kept: it is not known any more."
            return Observation(step=call.step.index, status="error", code="redacted", message=message)
        return self.redactor.observation(self.executor.execute(call, permit))
