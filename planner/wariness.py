"""Before a choice is followed: did it go wrong before? Whoever asks is told, and decides; a plan says that it would."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from knowledge.memory import Similar
from knowledge.record import Record
from knowledge.types import ActionSpec, Plan
from models.lam import LAM, Choice, Filled, Situation
from models.rollout import rolled
from planner import questions
from planner.asking import Asking
from planner.avoid import Caveats, caveats, lowered, warned
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
            run.cases = self._cases(run.said, run.task.tenant)
        if not run.cases:
            return choice
        found = caveats(run.cases, run.situation, changes=self._changes(run.task.tenant))
        against = {action: each for action, each in found.items() if action not in run.warned}
        if caveat := warned(choice, against):
            run.warned.add(caveat.action)
            asking.insist(questions.went_wrong(caveat.action, caveat.happened), caveat.action)
            return choice
        return lowered(choice, against)

    def plan(self, lam: LAM, situation: Situation, *, steps: int) -> Plan:
        """The model's plan, its choices weighed in the same light: it ends where the requester would be asked."""
        cases = self._cases(situation.task.text, situation.task.tenant)
        if not cases:
            return lam.rollout(situation, max_steps=steps)
        changes = self._changes(situation.task.tenant)
        foreseeing = _Foreseeing(lam, lambda at: caveats(cases, at, changes=changes))
        plan = rolled(foreseeing, situation, max_steps=steps).plan
        return replace(plan, reason=foreseeing.question) if foreseeing.question else plan

    def _changes(self, tenant: str) -> Callable[[str], bool]:
        return {spec.id for spec in self.record.catalogue.actions(tenant) if spec.effect != "read"}.__contains__

    def _cases(self, said: str, tenant: str) -> tuple[Similar, ...]:
        memory = self.record.memory
        if not memory.anything_wrong(tenant):
            return ()
        return tuple(memory.went_wrong(self.embedder.embed([said])[0], MOST_CASES, tenant))


class _Foreseeing:
    """Satisfies `models.lam.LAM`: the model, warned. `question` is what would be asked where its plan ends for that."""

    def __init__(self, lam: LAM, against: Callable[[Situation], Caveats]) -> None:
        self._lam, self._against = lam, against
        self.question = ""

    def choose(self, situation: Situation) -> Choice:
        choice, against = self._lam.choose(situation), self._against(situation)
        if caveat := warned(choice, against):
            self.question = questions.went_wrong(caveat.action, caveat.happened)
        return lowered(choice, against)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return self._lam.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return rolled(self, situation, max_steps=max_steps).plan
