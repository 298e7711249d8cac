"""One wish of a request in view, as if it were all that was asked for."""

from dataclasses import dataclass, replace

from knowledge.joints import Segment
from knowledge.types import ActionSpec, Argument, Literal, Plan, Provenance, Utterance
from models.lam import LAM, Choice, Filled, Situation
from models.rollout import rolled
from planner.paths import step_number


@dataclass(frozen=True, kw_only=True)
class Correction:
    """Instead of the words `said`, at `at` in the wish, stand `meant`, as an utterance has them at `start`."""

    at: int
    said: str
    meant: str
    utterance: int
    start: int

    def undone(self, text: str) -> str:
        return text[: self.at] + self.said + text[self.at + len(self.meant) :]

    def there(self, place: Provenance, *, begins: int) -> Provenance:
        """Where a place in the corrected wish is: in the request, in which the wish begins, or in the answer."""
        if place.start >= self.at + len(self.meant):
            begins += len(self.said) - len(self.meant)
        elif place.start >= self.at:
            begins = self.start - self.at
            place = replace(place, source="answer", source_id=f"utterance:{self.utterance}")
        return replace(place, start=place.start + begins, end=place.end + begins)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """`text` stands at `start` in the request; `since` is the first step that was made for it, `kept` are earlier ones
    that serve it, too. `later` are the wishes after it, where the request was parted; None, where it was not.
    `apart`: it is the same for somebody else, whom nothing outside of it is about. `corrected`: the requester said
    what some of it should have been.
    """

    text: str
    start: int
    since: int
    kept: tuple[int, ...] = ()
    later: tuple[Segment, ...] | None = None
    apart: bool = False
    corrected: Correction | None = None

    def view(self, situation: Situation) -> Situation:
        """What the choice is made by, and where values are looked for first."""
        shown = [*self.kept, *range(self.since, len(situation.steps))]
        known = self.corrected.utterance + 1 if self.corrected else 0
        heard = tuple(map(self._heard, situation.task.utterances[known:]))
        return replace(
            situation,
            task=replace(situation.task, text=self.text, utterances=heard),
            steps=tuple(situation.steps[at] for at in shown),
            observations=tuple(situation.observations[at] for at in shown),
        )

    def _heard(self, utterance: Utterance) -> Utterance:
        """After how many of the steps in view it was said; all stay, for their numbers say where a value is from."""
        own = utterance.after - self.since
        return replace(utterance, after=len(self.kept) + own if own >= 0 else 0)

    def placed(self, filled: Filled) -> Filled:
        """Values that were found in the view, with their places in the whole request."""
        return replace(filled, arguments=tuple(map(self._placed, filled.arguments)))

    def _placed(self, argument: Argument) -> Argument:
        value = argument.value
        if not isinstance(value, Literal):
            return argument
        return replace(argument, value=replace(value, provenance=self._there(value.provenance)))

    def _there(self, place: Provenance) -> Provenance:
        if self.corrected and place.source == "answer":
            number = self.corrected.utterance + 1 + step_number(place.source_id)
            return replace(place, source_id=f"utterance:{number}")
        if (place.source, place.source_id) != ("request",) * 2:
            return place
        if self.corrected:
            return self.corrected.there(place, begins=self.start)
        return replace(place, start=place.start + self.start, end=place.end + self.start)


class InView:
    """Satisfies `models.lam.LAM`: the model, shown the wish instead of all that is known. None: all of it."""

    def __init__(self, lam: LAM, wish: Wish | None) -> None:
        self._lam, self._wish = lam, wish

    def choose(self, situation: Situation) -> Choice:
        return self._lam.choose(self._wish.view(situation) if self._wish else situation)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        """From the wish; what it leaves open, from all that is known."""
        if self._wish:
            filled = self._wish.placed(self._lam.fill(self._wish.view(situation), action))
            if not filled.missing or self._wish.apart:
                return filled
        return self._lam.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return rolled(self, situation, max_steps=max_steps).plan
