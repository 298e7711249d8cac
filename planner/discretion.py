"""What people and applications say, without what must not be kept: taken out before the run hears it."""

from dataclasses import dataclass, replace
from typing import cast

from knowledge.redaction import Redactor
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
    executor: Executor
    redactor: Redactor

    def execute(self, call: Call, permit: Permit) -> Observation:
        return self.redactor.observation(self.executor.execute(call, permit))
