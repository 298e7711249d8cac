"""Does a new adapter do better than the one in use? Both answer the same examples; promotion takes two things:

1. on the held-out trajectories more whole steps right (the choice and, for an action, all of its known values);
2. no loss beyond noise: not in choosing, spans or options on the held-out trajectories, and not in whole steps on the
   general sample. A loss is beyond noise when a fair coin would make so lopsided a split of the decisions on which the
   two disagree less often than once in twenty times (a one-sided sign test, paired).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from models.measure import Verdict

NOISE = 0.05
KINDS = ("choose", "span", "option")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One kind of decision, answered by both: `won` were wrong before and are right now, `lost` the other way round."""

    name: str
    n: int
    before: int
    after: int
    won: int
    lost: int

    @property
    def chance(self) -> float:
        """How often a fair coin would lose at least so many of the decisions that changed."""
        changed = self.won + self.lost
        return sum(comb(changed, k) for k in range(self.lost, changed + 1)) / float(2**changed)

    @property
    def worse(self) -> bool:
        return self.lost > self.won and self.chance < NOISE

    def __str__(self) -> str:
        change = "beyond noise" if self.worse else "within noise" if self.after < self.before else ""
        return f"{self.name} {self.before} → {self.after} of {self.n}" + (f" ({change})" if change else "")


@dataclass(frozen=True, kw_only=True)
class Contest:
    """`whole` decides; the others only forbid. `whole` is of the held-out trajectories, `general` of the sample."""

    whole: Compared
    parts: tuple[Compared, ...]
    general: Compared

    @property
    def wins(self) -> bool:
        return self.whole.after > self.whole.before and not self.losses

    @property
    def losses(self) -> tuple[Compared, ...]:
        return tuple(each for each in (*self.parts, self.general) if each.worse)

    @property
    def why(self) -> str:
        if self.losses:
            return f"It loses: {'; '.join(map(str, self.losses))}."
        return f"{'It wins' if self.wins else 'It wins nothing'}: {self.whole}; {self.general}."

    @property
    def all(self) -> tuple[Compared, ...]:
        return (self.whole, *self.parts, self.general)

    def figures(self) -> dict[str, Any]:
        """For the card: right before and after, and of how many."""
        return {c.name: {"before": c.before, "after": c.after, "n": c.n} for c in self.all}


def contest(
    *,
    before: Sequence[Verdict],
    after: Sequence[Verdict],
    general_before: Sequence[Verdict],
    general_after: Sequence[Verdict],
) -> Contest:
    """Verdicts of the same examples in the same order."""
    return Contest(
        whole=_compared("held-out steps", map(_whole, before), map(_whole, after)),
        parts=tuple(_compared(kind, _of(kind, before), _of(kind, after)) for kind in KINDS),
        general=_compared("general steps", map(_whole, general_before), map(_whole, general_after)),
    )


def _whole(verdict: Verdict) -> bool:
    return verdict.chosen and verdict.values_right


def _of(kind: str, verdicts: Sequence[Verdict]) -> list[bool]:
    if kind == "choose":
        return [v.chosen for v in verdicts if v.right is not None]
    return [fits for v in verdicts for each, fits in v.filled or () if each == kind]


def _compared(name: str, before: Iterable[bool], after: Iterable[bool]) -> Compared:
    pairs = list(zip(before, after, strict=True))
    return Compared(
        name=name,
        n=len(pairs),
        before=sum(b for b, _ in pairs),
        after=sum(a for _, a in pairs),
        won=sum(a and not b for b, a in pairs),
        lost=sum(b and not a for b, a in pairs),
    )
