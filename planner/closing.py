"""How a run comes to its end: an ending was chosen, or it was called off."""

from dataclasses import dataclass

from knowledge.record import Record
from knowledge.types import Ending, Outcome
from models.lam import ENDINGS, Choice
from planner import questions
from planner.asking import Asking
from planner.journal import Journal
from planner.look import Looker, reads_of
from planner.progress import Progress
from planner.propose import Proposer
from planner.rehearsal import rehearsed
from planner.signals import Ended
from planner.verify import verify


@dataclass(frozen=True, kw_only=True)
class Closer:
    record: Record
    proposer: Proposer
    looker: Looker
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
                raise Ended("refused", self._reason(run, "refuse"))
            case "escalate":
                run.ending = "escalate"
                raise Ended("escalated", self._reason(run, "escalate"))
            case _:
                run.ending = "finish"
                outcome = self._verify(run)
                raise Ended(outcome.status, outcome.reason)

    def _reason(self, run: Progress, ending: Ending) -> str:
        """With what was asked for, too, and is not begun."""
        wishes = (run.wish.later if run.wish else None) or ()
        later = "".join(f" Not begun: “{' '.join(each.text.split())}”." for each in wishes)
        return f"{questions.reason(ending, run.situation)}{later}"

    def _verify(self, run: Progress) -> Outcome:
        if self.dry_run:
            return rehearsed(run.situation)
        seen, specs = run.situation, run.specs
        named = [condition.read.partition(".")[0] for condition in run.task.expects]
        apps = [*(specs[step.action].app for step in seen.steps if step.action in specs), *named]
        return verify(
            seen.steps,
            seen.observations,
            specs=specs,
            reads=reads_of(self.record, run.task.tenant, apps),
            read=lambda back: self.looker.look(run, back),
            expects=run.task.expects,
        )


def called_off(run: Progress, record: Record) -> str:
    """Why a cancelled run ended, and what is in doubt because of it."""
    unfinished = Journal(record.runs, run.task.tenant).unfinished(run.run_id)
    begun = f" {', '.join(unfinished)} was under way: look in the application what came of it." if unfinished else ""
    return f"Called off.{begun}"
