"""A call that was begun and of which nobody knows what came: never repeated blindly.

In this order: what needed an approval and used none was never sent; repeated under its idempotency key, where the
application says that it heeds keys and still knows this one; read back; put to a person.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from knowledge.record import Record
from knowledge.runs import Intent
from knowledge.types import ActionSpec, Decision, Observation, Step
from planner import questions
from planner.asking import Asking
from planner.call import Call, Executor, Permit
from planner.journal import Journal
from planner.look import Looker
from planner.permit import Gatekeeper
from planner.progress import Progress
from planner.propose import call_of
from planner.readback import Write, read_back_for
from planner.signals import Ended
from planner.verify import Finding, traces

AGAIN = Decision(verdict="allow", rule="same call, same key", reason="It was let through before it was interrupted.")


@dataclass(frozen=True, kw_only=True)
class Settled:
    """`observation` is None if the call was not made."""

    how: str
    observation: Observation | None = None


@dataclass(frozen=True, kw_only=True)
class Doubts:
    record: Record
    executor: Executor
    gatekeeper: Gatekeeper
    looker: Looker
    linger_s: float

    def settle(self, run: Progress, asking: Asking, intent: Intent, spec: ActionSpec, step: Step) -> Observation | None:
        """What came of the call, as the journal says from now on; None if it was not made, and may be.

        Raises Ended with the question if nobody knows.
        """
        found = self._found_out(run, asking, intent, call_of(run, spec, step, self.record))
        journal = Journal(self.record.runs, run.task.tenant)
        if found.observation is None:
            journal.never_came(intent)
        else:
            journal.came(intent, found.observation)
        self.record.runs.heard(run.run_id, run.task.tenant)
        run.note("settled", step=step.index, action=spec.id, how=found.how, carried_out=found.observation is not None)
        return found.observation

    def _found_out(self, run: Progress, asking: Asking, intent: Intent, call: Call) -> Settled:
        approval = self.record.approvals.latest(
            run_id=intent.run_id, step=intent.step, call_hash=intent.call_hash, tenant=run.task.tenant
        )
        if approval is not None and approval.status != "used":
            return Settled(how="never let through")  # An executor uses it up before it sends anything.
        if (answer := self._repeated(run, intent, call, approved=approval is not None)) is not None:
            return Settled(how="repeated under its key", observation=answer)
        time.sleep(max(0.0, self.linger_s - (run.now - run.proposed_at).total_seconds()))
        finding, how = self._read_back(run, call), "read back"
        if finding == "unverified":
            finding, how = self._asked(asking, call), "asked"
        return Settled(how=how, observation=_seen(call, how) if finding == "verified" else None)

    def _repeated(self, run: Progress, intent: Intent, call: Call, *, approved: bool) -> Observation | None:
        """The application's own answer to the same call; None if it may not be asked that way, or does not answer.

        What the policy denies by now is not sent again, nor what it wants approved by now and nobody approved.
        """
        kept = timedelta(hours=call.spec.keys_kept_h)
        if intent.key != call.key or intent.call_hash != call.hash or run.now - run.proposed_at >= kept:
            return None
        verdict = self.gatekeeper.decided(run, call.spec, call.step).verdict
        if self.gatekeeper.dry_run or verdict == "deny" or (verdict == "ask" and not approved):
            return None
        observation = self.executor.execute(call, Permit(decision=AGAIN))
        return None if observation.status == "unreachable" else observation

    def _read_back(self, run: Progress, call: Call) -> Finding:
        actions = self.record.catalogue.actions(run.task.tenant, (call.spec.app,))
        write = Write(spec=call.spec, step=call.step, observation=_seen(call, ""))
        back = read_back_for(write, [each for each in actions if each.effect == "read"])
        return traces(write, back, self.looker.look(run, back)) if back else "unverified"

    def _asked(self, asking: Asking, call: Call) -> Finding:
        question = questions.was_it_done(call.spec, call.step)
        said = asking.settle(question)
        if questions.says_yes(said):
            return "verified"
        if questions.says_no(said):
            return "failed"
        raise Ended("asked", "It was interrupted, and nobody said what came of it.", question=question)


def _seen(call: Call, how: str) -> Observation:
    message = f"It was interrupted, but had been carried out ({how})." if how else ""
    return Observation(step=call.step.index, status="ok", message=message)
