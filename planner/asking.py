"""Putting things to people: every question, confirmation and approval of a run goes through here."""

from dataclasses import dataclass
from typing import NoReturn

from knowledge.types import Waiting
from planner import questions
from planner.call import Call
from planner.person import Approval, Person
from planner.progress import Progress
from planner.signals import Again, Ended


@dataclass(frozen=True, kw_only=True)
class Asking:
    """`most` questions a run. With nobody there, or no question left, the run ends "asked" with its question."""

    run: Progress
    person: Person
    most: int

    def ask(self, question: str) -> NoReturn:
        """The answer becomes part of the conversation, and the situation is looked at again."""
        self._heard(question, self._answer(Waiting(kind="answer", question=question)))

    def confirm(self, call: Call, doubt: str) -> Approval:
        """A plain yes approves exactly this call, a plain no calls the run off, anything else is more to go on."""
        question = questions.unsure(call.spec, call.step, doubt)
        answer = self._answer(Waiting(kind="answer", question=question, step=call.step, call_hash=call.hash))
        if questions.says_no(answer):
            raise Ended("cancelled", f"The requester said no: {questions.would_do(call.spec, call.step)}.")
        if not questions.says_yes(answer):
            self._heard(question, answer)
        return Approval(approved=True, call_hash=call.hash, note=answer)

    def approve(self, call: Call, reason: str) -> Approval:
        """What the person decided, for better or worse: the executor looks at it."""
        question = questions.approval(call.spec, call.step, reason)
        waiting = Waiting(kind="approval", question=question, step=call.step, call_hash=call.hash)
        with self.run.waits(waiting):
            approval = self.person.approve(waiting)
        if approval is None:
            self._nobody("Nobody was there to approve it.", question)
        self.run.note("answered", approved=approval.approved, note=approval.note)
        return approval

    def _answer(self, waiting: Waiting) -> str:
        self.run.questions += 1
        if self.run.questions > self.most:
            self._nobody(f"{self.most} answers did not settle it.", waiting.question)
        with self.run.waits(waiting):
            answer = self.person.answer(waiting)
        if not answer or not answer.strip():
            self._nobody("An answer is needed.", waiting.question)
        self.run.note("answered", text=answer)
        return answer

    def _heard(self, question: str, answer: str) -> NoReturn:
        self.run.heard(question, answer)
        raise Again

    def _nobody(self, reason: str, question: str) -> NoReturn:
        self.run.ending = "ask"
        raise Ended("asked", reason, question=question)
