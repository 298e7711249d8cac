"""What a request asks for beside what was done: "and give her VPN until Friday".

Where the model would finish, each part of the request is looked at as if it were all that was asked for, with what was
looked up so far. A part for which the model would now do something that was not done yet, surely, and similar runs did
the same, is a wish of its own: it is carried out before the run ends. What a part says is the requester's, so nothing
steers here that did not before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.types import Context, Hit, Query, Step, Trajectory
from models.focus import focused
from models.lam import ENDINGS, LAM, Choice, Situation
from models.votes import votes
from planner.progress import Progress
from planner.seams import Searcher
from planner.wish import Wish
from retrieval.wording import parts

SURE = 0.8  # of the first step for the part, at least
NEAR = 0.7  # cosine of a similar run, at least
LIKE = 3  # similar runs that say which looks serve
AGREED = 0.2  # share of the votes for that step, at least


@dataclass(frozen=True, kw_only=True)
class Wishes:
    lam: LAM
    retriever: Searcher

    def another(self, run: Progress) -> bool:
        """Whether there is a wish left; it is the one in view then."""
        if run.task.utterances or not run.changed_something:
            return False
        for text in parts(run.task.text):
            if text in run.looked_at:
                continue
            run.looked_at.add(text)
            context = self.retriever.context(Query(text=text, tenant=run.task.tenant))
            wish = Wish(text=text, since=run.index, kept=_kept(run.situation, context))
            if not wish.kept:
                continue
            seen = wish.view(replace(run.situation, context=context))
            seen = replace(seen, context=focused(context, seen))
            if self._wanted(run, self.lam.choose(seen), seen):
                run.turn_to(wish, context)
                return True
        return False

    def _wanted(self, run: Progress, choice: Choice, seen: Situation) -> bool:
        best = choice.best
        if best.action in ENDINGS or best.probability < SURE or best.action in _done(run):
            return False
        near = max((h.similarity for h in seen.context.precedents if isinstance(h.item, Trajectory)), default=0.0)
        return near >= NEAR and votes(seen).get(best.action, 0.0) >= AGREED


def _done(run: Progress) -> set[str]:
    pairs = zip(run.situation.steps, run.situation.observations, strict=True)
    return {step.action for step, seen in pairs if seen.status == "ok"}


def _kept(situation: Situation, context: Context) -> tuple[int, ...]:
    """The first look of each kind that similar runs took, too: whom it is about."""
    theirs = {step.action for hit in context.precedents[:LIKE] for step in _steps(hit)}
    effects = {spec.id: spec.effect for spec in situation.candidates}
    found: dict[str, int] = {}
    for at, (step, seen) in enumerate(zip(situation.steps, situation.observations, strict=True)):
        if seen.status == "ok" and effects.get(step.action) == "read" and step.action in theirs:
            found.setdefault(step.action, at)
    return tuple(found.values())


def _steps(hit: Hit) -> Sequence[Step]:
    return hit.item.steps if isinstance(hit.item, Trajectory) else ()
