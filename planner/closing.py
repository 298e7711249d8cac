"""How a run comes to its end: an ending was chosen, or it was called off."""

from dataclasses import dataclass

from knowledge.record import Record
from knowledge.types import Observation, Outcome, Step
from models.lam import ENDINGS, Choice
from planner import questions
from planner.asking import Asking
from planner.call import Executor, Permit
from planner.journal import Journal
from planner.permit import Gatekeeper
from planner.progress import Progress
from planner.propose import Proposer, call_of
from planner.readback import ReadBack
from planner.rehearsal import rehearsed
from planner.signals import Ended
from planner.verify import verify


@dataclass(frozen=True, kw_only=True)
class Closer:
    record: Record
    executor: Executor
    proposer: Proposer
    gatekeeper: Gatekeeper
    dry_run: bool

    def end(self, run: Progress, asking: Asking, choice: Choice) -> None:
        """Nothing if an action was chosen; an ending ends the run, or asks."""
        if choice.best.action not in ENDINGS:
            return
        match choice.best.action:
            case "ask":
                asking.ask(self.proposer.question(run, choice))
            case "refuse":
                run.ending = "refuse"
                raise Ended("refused", questions.reason("refuse", run.situation))
            case "escalate":
                run.ending = "escalate"
                raise Ended("escalated", questions.reason("escalate", run.situation))
            case _:
                run.ending = "finish"
                outcome = self._verify(run)
                raise Ended(outcome.status, outcome.reason)

    def _verify(self, run: Progress) -> Outcome:
        if self.dry_run:
            return rehearsed(run.situation)
        seen, specs = run.situation, run.specs
        apps = tuple({specs[step.action].app for step in seen.steps if step.action in specs})
        actions = self.record.catalogue.actions(run.task.tenant, apps) if apps else []
        reads = [spec for spec in actions if spec.effect == "read"]
        return verify(seen.steps, seen.observations, specs=specs, reads=reads, read=lambda back: self.read(run, back))

    def read(self, run: Progress, back: ReadBack) -> Observation:
        """A look at what a write did, if the policy allows it."""
        step = Step(index=run.index, action=back.spec.id, arguments=back.arguments)
        decision = self.gatekeeper.decided(run, back.spec, step, verifying=True)
        if decision.verdict != "allow":  # Nobody is asked about a look back: it is then not made.
            return Observation(step=step.index, status="denied", code="policy_denied", message=decision.reason)
        return self.executor.execute(call_of(run, back.spec, step, self.record), Permit(decision=decision))


def called_off(run: Progress, record: Record) -> str:
    """Why a cancelled run ended, and what is in doubt because of it."""
    unfinished = Journal(record.runs, run.task.tenant).unfinished(run.run_id)
    begun = f" {', '.join(unfinished)} was under way: look in the application what came of it." if unfinished else ""
    return f"Called off.{begun}"
