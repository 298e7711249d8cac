"""One part of a request in view, as if it were all that was asked for."""

from dataclasses import dataclass, replace

from models.lam import Situation


@dataclass(frozen=True, kw_only=True)
class Wish:
    """`text` is the part; `kept` are earlier steps that serve it, too, `since` the first one that was made for it."""

    text: str
    since: int
    kept: tuple[int, ...] = ()

    def view(self, situation: Situation) -> Situation:
        """What the choice is made by. Values are looked for in all that is known, not here."""
        shown = [*self.kept, *range(self.since, len(situation.steps))]
        return replace(
            situation,
            task=replace(situation.task, text=self.text),
            steps=tuple(situation.steps[at] for at in shown),
            observations=tuple(situation.observations[at] for at in shown),
        )
