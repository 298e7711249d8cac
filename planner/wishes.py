"""What a request asks for, one after the other: "unlock her account, and give her VPN until Friday".

A request that the segmenter parts is carried out wish by wish, unless similar runs did it all as one: each is in view
as if it were all that was asked for, with what was looked up before. What was asked for several people or things, and
done for one of them, is done for the others (`planner.coordinated`). A request that is left whole may still have a
second wish: where the model would finish, parts that the segmenter suspects are looked at. One for which the model
would now do something that was not done yet, surely, and similar runs did the same, is a wish of its own. What a part
says is the requester's, so nothing steers here that did not before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.joints import Segment
from knowledge.types import ActionSpec, Context, Hit, Literal, Query, Step, Trajectory
from models.focus import focused
from models.lam import ENDINGS, LAM, Choice, Situation
from models.votes import votes
from planner.coordinated import left_over
from planner.corrected import corrected
from planner.heard import said_in
from planner.progress import Progress
from planner.seams import Searcher, Segmenter
from planner.wish import Wish

SURE = 0.8  # of the first step for the part, at least
NEAR = 0.7  # cosine of a similar run, at least
LIKE = 3  # similar runs that say which looks serve, and whether all was done as one
AS_ONE = 0.8  # cosine of a run that was asked for nearly the same, at least
AGREED = 0.2  # share of the votes for that step, at least


@dataclass(frozen=True, kw_only=True)
class Wishes:
    lam: LAM
    retriever: Searcher
    segmenter: Segmenter

    def begin(self, run: Progress) -> None:
        """The first of several wishes is in view from the start."""
        if run.index or run.wish or run.task.utterances or run.task.text in run.looked_at:
            return
        if found := parted(self.segmenter, run.task.text, run.situation.context):
            self._turn(run, found)

    def correct(self, run: Progress) -> None:
        """Who is meant was said after they were looked for in vain: it is begun anew, with the right name."""
        if wish := corrected(self.lam, run.situation, run.wish):
            run.begin_anew()
            run.turn_to(wish, self.retriever.context(Query(text=wish.text, tenant=run.task.tenant)))

    def another(self, run: Progress) -> bool:
        """Whether there is a wish left; it is the one in view then."""
        if run.wish is None and (left := self._left_over(run)):
            self._turn(run, left)
            return True
        if run.wish is None or run.wish.later is None:
            return self._overlooked(run)
        if run.wish.later:
            self._turn(run, run.wish.later)
            return True
        return False

    def _left_over(self, run: Progress) -> list[Segment]:
        found = left_over(run.task.text, run.situation.steps) if run.changed_something else ()
        left = [each for each in found if each.text not in run.looked_at]
        run.looked_at.update(each.text for each in left)
        return left

    def widen(self, run: Progress) -> bool:
        """Whether a part was in view; the whole request is now, with all that was done.

        Not where it was the same for somebody else: they would be forgotten; nor with a name that nobody has.
        """
        if run.wish is None or run.wish.apart or run.wish.corrected:
            return False
        run.looked_at.add(run.task.text)
        run.turn_to(None, self.retriever.context(Query(text=said_in(run.task), tenant=run.task.tenant)))
        return True

    def _turn(self, run: Progress, segments: Sequence[Segment]) -> None:
        """To the first of them."""
        context = self._context(run, segments[0])
        wish = wish_for(segments[0], replace(run.situation, context=context))
        run.turn_to(replace(wish, later=tuple(segments[1:])), context)

    def _overlooked(self, run: Progress) -> bool:
        """Whether a part of a request that was taken for one wish is one of its own."""
        if run.task.utterances or not run.changed_something:
            return False
        for part in self.segmenter.suspected(run.task.text):
            if part.text in run.looked_at:
                continue
            run.looked_at.add(part.text)
            context = self._context(run, part)
            wish = wish_for(part, replace(run.situation, context=context))
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

    def _context(self, run: Progress, segment: Segment) -> Context:
        return self.retriever.context(Query(text=segment.text, tenant=run.task.tenant))


def parted(segmenter: Segmenter, text: str, context: Context) -> Sequence[Segment]:
    """A request's wishes; empty where it is one, or similar runs did it all as one."""
    found = segmenter.segments(text)
    return () if len(found) < 2 or done_as_one(context) else found


def wish_for(segment: Segment, situation: Situation) -> Wish:
    """From here on; `situation` has the context that was found for the segment."""
    known, apart = kept(situation, situation.context), len(segment.text) == len(situation.task.text)
    if apart:  # as `left_over` makes them: what was looked up for the others is not about this one
        known = tuple(at for at in known if _still_said(situation.steps[at], segment.text))
    return Wish(text=segment.text, start=segment.start, since=len(situation.steps), kept=known, apart=apart)


def _still_said(step: Step, text: str) -> bool:
    """Whether the words of the request that a look was made with stand in this part of it, too."""
    values = [each.value for each in step.arguments if isinstance(each.value, Literal)]
    places = [value.provenance for value in values if value.provenance.source_id == "request"]
    return all(text[place.start : place.end] == place.raw for place in places)


def _done(run: Progress) -> set[str]:
    pairs = zip(run.situation.steps, run.situation.observations, strict=True)
    return {step.action for step, seen in pairs if seen.status == "ok"}


def done_as_one(context: Context) -> bool:
    """Whether most of the runs that were asked for nearly the same made several changes: their way is known."""
    hits = (*context.actions, *context.spare)
    changes = {hit.item.id for hit in hits if isinstance(hit.item, ActionSpec) and hit.item.effect != "read"}
    near = [hit for hit in context.precedents[:LIKE] if hit.similarity >= AS_ONE]
    several = sum(len({step.action for step in _steps(hit)} & changes) > 1 for hit in near)
    return 2 * several > LIKE


def looks(context: Context) -> frozenset[str]:
    """What similar runs did: whatever was looked up so for another wish serves this one, too."""
    return frozenset(step.action for hit in context.precedents[:LIKE] for step in _steps(hit))


def kept(situation: Situation, context: Context) -> tuple[int, ...]:
    """The first look of each kind that similar runs took, too: whom it is about."""
    theirs = looks(context)
    effects = {spec.id: spec.effect for spec in situation.candidates}
    found: dict[str, int] = {}
    for at, (step, seen) in enumerate(zip(situation.steps, situation.observations, strict=True)):
        known = seen.status in ("ok", "placeholder")
        if known and effects.get(step.action) == "read" and step.action in theirs:
            found.setdefault(step.action, at)
    return tuple(found.values())


def _steps(hit: Hit) -> Sequence[Step]:
    return hit.item.steps if isinstance(hit.item, Trajectory) else ()
