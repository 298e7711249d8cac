"""Before a choice is followed: did it go wrong before? Whoever asks is told, and decides."""

from dataclasses import dataclass

from knowledge.memory import Similar
from knowledge.record import Record
from models.lam import Choice
from planner import questions
from planner.asking import Asking
from planner.avoid import caveats, lowered, warned
from planner.progress import Progress
from planner.seams import Embedder

MOST_CASES = 20


@dataclass(frozen=True, kw_only=True)
class Wariness:
    record: Record
    embedder: Embedder

    def weigh(self, run: Progress, asking: Asking, choice: Choice) -> Choice:
        """The choice in the light of what went wrong before.

        If nothing else is left than to ask, the requester is told what happened: after a yes the choice stands, a no
        ends the run, anything else is more to go on. One action is asked about once a run.
        """
        if run.cases is None:
            run.cases = self._cases(run)
        if not run.cases:
            return choice
        writes = {s.id for s in self.record.catalogue.actions(run.task.tenant) if s.effect != "read"}
        found = caveats(run.cases, run.situation, changes=writes.__contains__)
        against = {action: each for action, each in found.items() if action not in run.warned}
        if caveat := warned(choice, against):
            run.warned.add(caveat.action)
            asking.insist(questions.went_wrong(caveat.action, caveat.happened), caveat.action)
            return choice
        return lowered(choice, against)

    def _cases(self, run: Progress) -> tuple[Similar, ...]:
        memory, tenant = self.record.memory, run.task.tenant
        if not memory.anything_wrong(tenant):
            return ()
        return tuple(memory.went_wrong(self.embedder.embed([run.said])[0], MOST_CASES, tenant))
