"""Putting things to people: every question, confirmation and approval of a run goes through here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from knowledge.approvals import ApprovalStore, StoredApproval
from knowledge.errors import TooLate
from knowledge.runs import RunStore
from knowledge.types import Waiting
from planner import questions
from planner.call import Call
from planner.person import Approval, Person
from planner.progress import Progress
from planner.signals import Again, Ended, Suspended
from planner.undoable import lasting


@dataclass(frozen=True, kw_only=True)
class Asking:
    """`most` questions a run. With nobody there, or no question left, the run ends "asked" with its question.

    An approval is what the record says: whoever decides there first has decided, in this process or another. It is good
    for `approval_s` from then on.
    """

    run: Progress
    person: Person
    most: int
    approvals: ApprovalStore
    replies: RunStore
    approval_s: float

    def ask(self, question: str) -> NoReturn:
        """The answer becomes part of the conversation, and the situation is looked at again."""
        self._heard(question, self._answer(Waiting(kind="answer", question=question)))

    def confirm(self, call: Call, doubt: str) -> Approval:
        """A plain yes approves exactly this call, a plain no calls the run off, anything else is more to go on."""
        question = _beforehand(questions.unsure(call.spec, call.step, doubt), call)
        answer = self._answer(Waiting(kind="answer", question=question, step=call.step, call_hash=call.hash))
        if questions.says_no(answer):
            raise Ended("cancelled", f"The requester said no: {questions.would_do(call.spec, call.step)}.")
        if not questions.says_yes(answer):
            self._heard(question, answer)
        return Approval(approved=True, call_hash=call.hash, note=answer)

    def insist(self, question: str, action: str) -> None:
        """After a plain yes it goes on; a plain no calls the run off, anything else is more to go on."""
        answer = self._answer(Waiting(kind="answer", question=question))
        if questions.says_no(answer):
            raise Ended("cancelled", f"The requester said no: {questions.words(action)}.")
        if not questions.says_yes(answer):
            self._heard(question, answer)

    def agree(self, question: str, plan_hash: str) -> bool:
        """Whether a plain yes was said to the plan of that hash."""
        answer = self._answer(Waiting(kind="answer", question=question, call_hash=plan_hash))
        return questions.says_yes(answer)

    def approve(self, call: Call, reason: str) -> Approval:
        """What the person decided, for better or worse: the executor looks at it."""
        question = _beforehand(questions.approval(call.spec, call.step, reason), call)
        standing = self._standing(call)
        id = standing.id if standing else self._opened(call)
        waiting = Waiting(kind="approval", question=question, step=call.step, call_hash=call.hash, approval_id=id)
        decided = standing is not None and standing.status != "open"
        approval = _said(standing) if standing and decided else self._approval(waiting)
        if approval is None:
            self._nobody("Nobody was there to approve it.", question)
        self.run.note(
            "answered", approved=approval.approved, note=approval.note, by=approval.by, edits=dict(approval.arguments)
        )
        return approval

    def settle(self, question: str) -> str:
        """What a person says of a call that was interrupted."""
        return self._answer(Waiting(kind="answer", question=question), counted=False)

    def _opened(self, call: Call) -> str:
        return self.approvals.ask(
            run_id=call.run_id, step=call.step.index, call=call.approvable, at=self.run.now, tenant=call.tenant
        )

    def _standing(self, call: Call) -> StoredApproval | None:
        """Asked for before the run broke off; it may have been decided since."""
        return self.approvals.standing(
            run_id=call.run_id, step=call.step.index, call_hash=call.hash, at=self.run.now, tenant=call.tenant
        )

    def _approval(self, waiting: Waiting) -> Approval | None:
        try:
            with self.run.waits(waiting):
                said = self.person.approve(waiting)
        except Suspended:
            raise  # It stays open: whoever takes the run up goes on waiting for it.
        except BaseException:
            self.approvals.withdraw(waiting.approval_id, self.run.task.tenant)
            raise
        if said is not None and said.call_hash != waiting.call_hash:
            self.approvals.withdraw(waiting.approval_id, self.run.task.tenant)
            return said  # Of another call than was asked about: it opens nothing, and the executor says so.
        stored = self._settled(waiting.approval_id, said)
        if stored.status == "withdrawn":
            return None
        return _said(stored)

    def _settled(self, id: str, said: Approval | None) -> StoredApproval:
        """What stands in the record: somebody may have decided there before."""
        tenant = self.run.task.tenant
        if said is None:
            return self.approvals.withdraw(id, tenant)
        try:
            return self.approvals.decide(
                id,
                approved=said.approved,
                at=self.run.now,
                expires_at=self.run.now + timedelta(seconds=self.approval_s),
                edits=said.arguments,
                by=said.by,
                note=said.note,
                tenant=tenant,
            )
        except TooLate:
            return self.approvals.get(id, tenant)

    def _answer(self, waiting: Waiting, *, counted: bool = True) -> str:
        self.run.questions += counted
        if self.run.questions > self.most:
            self._nobody(f"{self.most} answers did not settle it.", waiting.question)
        answer = self.replies.replied(self.run.run_id, waiting.question, self.run.task.tenant)
        if answer is None:
            with self.run.waits(waiting):
                answer = self.person.answer(waiting)
        if not answer or not answer.strip():
            self._nobody("An answer is needed.", waiting.question)
        self.run.note("answered", text=answer, counted=counted)
        return answer

    def _heard(self, question: str, answer: str) -> NoReturn:
        self.run.heard(question, answer)
        self.replies.heard(self.run.run_id, self.run.task.tenant)
        raise Again

    def _nobody(self, reason: str, question: str) -> NoReturn:
        self.run.ending = "ask"
        raise Ended("asked", reason, question=question)


def _beforehand(question: str, call: Call) -> str:
    """Whoever is asked is told what could not be undone."""
    why = lasting(call.spec)
    return f"{question} {why}" if why and why not in question else question


def _said(stored: StoredApproval) -> Approval:
    return Approval(
        approved=stored.status == "approved",
        call_hash=stored.call_hash,
        note=stored.note,
        arguments=stored.edits,
        by=stored.by,
        id=stored.id,
    )
