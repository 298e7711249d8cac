"""One undoing under way: each compensating call passes the gate, the policy and people; then the result is looked at.

It stops at the first call that does not succeed: what the run did earlier must not be taken away from under what it
did later.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from knowledge.codec import to_json
from knowledge.errors import LamplighterError
from knowledge.record import Record
from knowledge.types import Observation, Outcome, OutcomeStatus, Run, Step
from planner.asking import Asking
from planner.budgets import Budgets
from planner.call import Call, Executor, Permit
from planner.edits import edited
from planner.ground import ground
from planner.journal import Journal
from planner.look import Looker, reads_of
from planner.permit import DENIED, Gatekeeper
from planner.person import Cancelled, Person
from planner.progress import Progress
from planner.propose import call_of
from planner.readings import Reading
from planner.signals import Again, Ended, Suspended
from planner.states import State, changes, state_of, told
from planner.taint import labelled
from planner.undo_plan import Compensating, UndoPlan
from planner.undo_values import Done, touched_by
from planner.undo_words import agreement, stays
from planner.undone import settle
from planner.verify import verify

AS_BEFORE = "as_before"


@dataclass
class Tally:
    """Numbers of the run's steps that were taken back, and of which of them nothing shows it."""

    undone: list[int] = field(default_factory=list)
    unproven: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Undoing:
    plan: UndoPlan
    run: Progress
    record: Record
    executor: Executor
    gatekeeper: Gatekeeper
    budgets: Budgets
    reading: Reading
    person: Person
    cancelled: Callable[[], bool]
    tally: Tally = field(default_factory=Tally)

    def to_the_end(self) -> Run:
        run, suspended = self.run, False
        try:
            run.save()
            if not self._asking.agree(agreement(self.plan), self.plan.hash):
                raise Ended("cancelled", "It was not agreed to.")
            for compensating in self.plan.calls:
                self._take_back(compensating)
            run.outcome = self._outcome()
        except Ended as end:
            run.outcome = end.outcome
        except Suspended:
            suspended = True
            raise
        except (KeyboardInterrupt, Cancelled):
            run.outcome = Outcome(status="cancelled", reason="Called off.")
        except LamplighterError as error:
            run.outcome = Outcome(status="failed", reason=str(error))
        except BaseException as error:
            run.outcome = Outcome(status="failed", reason=f"A bug in Lamplighter stopped it: {error!r}")
            raise
        finally:
            if not suspended:
                self._close()
        return run.run

    # ---- one call

    def _take_back(self, compensating: Compensating) -> None:
        if self.cancelled():
            raise Cancelled
        done = compensating.done
        try:
            now = self._now(done)
            observation = self._carried_out(compensating, now)
            if observation.status != "ok":
                raise Ended(_status(observation), observation.message)
            proven = observation.code == AS_BEFORE or self._proven(compensating, observation, now)
        except Ended as end:
            self.tally.failed[done.step.index] = end.outcome.reason.rstrip(".")
            raise
        self.tally.undone.append(done.step.index)
        if not proven:
            self.tally.unproven.append(done.step.index)

    def _carried_out(self, compensating: Compensating, now: State | None) -> Observation:
        run, done = self.run, compensating.done
        step = self._grounded(compensating, compensating.step)
        run.note("proposed", step=to_json(step), ranked={}, pointed=1.0, undoes=done.step.index)
        if done.as_before(now):
            decided = Observation(step=step.index, status="ok", code=AS_BEFORE, message="It is as it was before.")
            run.took(step, decided)
            return decided
        call = call_of(run, compensating.spec, step, self.record)
        permit = self._permit(call, done.drift(now))
        call = self._edited(compensating, call, permit)
        journal = Journal(self.record.runs, run.task.tenant)
        self._settle(journal, call, done, now)
        observation = journal.carry_out(call, lambda: self.executor.execute(call, permit))
        run.carried_out(call, observation)
        return observation

    def _settle(self, journal: Journal, call: Call, done: Done, now: State | None) -> None:
        """It broke off in this very call: what can be seen to be untouched was not carried out, and may be."""
        intent = self.record.runs.intent(call.key, self.run.task.tenant)
        if intent is None or intent.observation is not None or now is None:
            return
        if done.touched and not done.drift(now):
            journal.never_came(intent)

    def _grounded(self, compensating: Compensating, step: Step) -> Step:
        """Raises Ungrounded: the plan was grounded when it was made, and nothing has changed that it rests on."""
        seen, specs = self.run.situation, self.run.specs
        found = ground(step, seen, reading=self.reading, given=compensating.given)
        return labelled(found.step, steps=seen.steps, observations=seen.observations, specs=specs)

    def _permit(self, call: Call, doubt: str) -> Permit:
        decision = self.gatekeeper.decided(self.run, call.spec, call.step)
        approval = None
        if decision.verdict == "ask":
            approval = self._asking.approve(call, f"{decision.reason} Besides, {doubt}." if doubt else decision.reason)
        elif decision.verdict == "allow" and doubt:
            try:
                approval = self._asking.confirm(call, doubt)
            except Again:
                raise Ended("cancelled", "That was no clear yes.") from None
        return Permit(decision=decision, approval=approval)

    def _edited(self, compensating: Compensating, call: Call, permit: Permit) -> Call:
        """With what the person who approved it changed."""
        approval = permit.approval
        if approval is None or not approval.approved or not approval.arguments:
            return call
        step = edited(call.step, approval.arguments, approval_id=approval.id)
        given = {**compensating.given, **approval.arguments}
        step = self._grounded(replace(compensating, given=given), step)
        self.run.note("proposed", step=to_json(step), ranked={}, pointed=1.0, edited=True)
        return replace(call, step=step)

    # ---- looking

    def _now(self, done: Done) -> State | None:
        return state_of(self._looker.look(self.run, done.back), done.back) if done.back else None

    def _proven(self, compensating: Compensating, observation: Observation, was: State | None) -> bool:
        """Whether it is as it was before; where no look shows that, whether the call itself can be seen.

        `was` is what was there just before the call. Raises Ended if it can be seen that it is not.
        """
        done = compensating.done
        touched = touched_by(done.before, was if done.after is None else done.after)
        if done.back and done.before is not None and touched:
            now = self._now(done)
            if now is not None and (differences := changes(done.before, now, among=touched)):
                raise Ended("failed", f"It is not as it was before: {told(differences)}.")
            return now is not None
        spec, step = compensating.spec, self.run.situation.steps[-1]
        outcome = verify(
            [step],
            [observation],
            specs={spec.id: spec},
            reads=reads_of(self.record, self.run.task.tenant, [spec.app]),
            read=lambda back: self._looker.look(self.run, back),
        )
        if outcome.status == "failed":
            raise Ended("failed", outcome.reason)
        return outcome.status == "verified"

    # ---- the end

    def _outcome(self) -> Outcome:
        if not self.tally.unproven:
            return Outcome(status="verified", reason="Undone; read back from the application.")
        named = [
            stays(each.done.spec, each.done.step)
            for each in self.plan.calls
            if each.done.step.index in self.tally.unproven
        ]
        return Outcome(
            status="unverified", reason=f"Undone, but nothing shows what came of undoing: {'; '.join(named)}."
        )

    def _close(self) -> None:
        """What must not be lost is written first: what was taken back, and what remains."""
        run, remaining = self.run, self._remaining()
        outcome = run.outcome or Outcome(status="failed", reason="It broke off.")
        if self.tally.undone:
            settle(
                self.record,
                self.plan.run.id,
                run.task.tenant,
                by=run.run_id,
                steps=self.tally.undone,
                remaining=remaining,
                at=run.now,
            )
        if remaining and outcome.status != "asked":
            outcome = replace(outcome, reason=f"{outcome.reason} What remains: {'; '.join(remaining)}.".strip())
        run.outcome = outcome
        run.save()
        run.note("ended", outcome=to_json(outcome))

    def _remaining(self) -> list[str]:
        """Every write that was not taken back, with the reason where there is one."""
        left = [each.done for each in self.plan.calls if each.done.step.index not in self.tally.undone]
        specs = {spec.id: spec for spec in self.plan.situation.candidates}
        lines = [stays(done.spec, done.step, self.tally.failed.get(done.step.index, "")) for done in left]
        return [*lines, *(stays(specs.get(r.step.action), r.step, r.why) for r in self.plan.remaining)]

    # ---- parts

    @property
    def _asking(self) -> Asking:
        return Asking(
            run=self.run,
            person=self.person,
            most=self.budgets.questions + len(self.plan.calls),
            approvals=self.record.approvals,
            replies=self.record.runs,
            approval_s=self.budgets.approval_s,
        )

    @property
    def _looker(self) -> Looker:
        return Looker(record=self.record, executor=self.executor, gatekeeper=self.gatekeeper)


def _status(observation: Observation) -> OutcomeStatus:
    return DENIED.get(observation.code, "failed") if observation.status == "denied" else "failed"
