"""How far the choice's probabilities can be believed: temperature, calibration error, and acting at a stated risk.

Everything is fitted on decisions never trained on, and says nothing about applications unlike those it was fitted on.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.encode import Encoder, words
from models.endings import ENDINGS
from models.loss import ChooseItem, choose_scores
from models.network import PointerNetwork
from models.scene import Example

TEMPERATURES = [round(0.5 * 1.1**i, 3) for i in range(24)]  # 0.5 … 4.5
BINS = 10
RISK = 0.03  # wrong acts among the acts taken unasked, at most
SUREST = 0.95  # the highest threshold that is ever chosen


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`scores`: [candidates] logits; `acts`: the index of every candidate that would change something.

    `group`: what decisions of one request share; they are not independent of each other.
    """

    scores: Tensor
    right: int
    acts: frozenset[int] = frozenset()
    group: str = ""

    def best(self, temperature: float) -> tuple[int, float]:
        """Index and probability of the likeliest candidate."""
        share, index = (self.scores / temperature).softmax(0).max(0)
        return int(index), float(share)


@dataclass(frozen=True, kw_only=True)
class Point:
    """Acting only from `threshold` on: `coverage` of all wished acts are taken, `risk` of the acts taken are wrong."""

    threshold: float
    coverage: float
    risk: float
    acts: int


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """`error` is the expected calibration error after the temperature, `error_before` at temperature 1."""

    temperature: float
    error: float
    error_before: float
    decisions: int
    curve: tuple[Point, ...]
    bins: tuple[tuple[float, float, int], ...]

    def threshold(self, risk: float = RISK) -> float:
        """The lowest threshold at which the acts taken are wrong no more often than `risk`; SUREST if there is none."""
        return min((p.threshold for p in self.curve if p.risk <= risk), default=SUREST)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What temperature and threshold of one part of the decisions come to on the others. `acts`: taken, of `wished`."""

    error: float
    right: int
    acts: int
    wished: int

    @property
    def risk(self) -> float:
        return 1 - self.right / self.acts if self.acts else 0.0

    @property
    def coverage(self) -> float:
        return self.right / self.wished if self.wished else 0.0


@torch.inference_mode()
def decisions(
    network: PointerNetwork, encoder: Encoder, examples: Sequence[Example], *, reads: Collection[str] = ()
) -> list[Decision]:
    """One for every choice among the examples. `reads`: names of actions that change nothing."""
    harmless = {words(name) for name in (*reads, *ENDINGS)}
    found = []
    for example in examples:
        if example.choose and example.right >= 0:
            candidates = example.choose.candidates
            windows = tuple(encoder.choose(example.choose))
            item = ChooseItem(windows=windows, features=tuple(c.features for c in candidates), right=example.right)
            (scores,) = choose_scores(network, [item])
            acts = frozenset(i for i, c in enumerate(candidates) if words(c.name) not in harmless)
            found.append(Decision(scores=scores, right=example.right, acts=acts, group=example.choose.request))
    return found


def fitted(found: Sequence[Decision]) -> Calibration:
    temperature = fitted_temperature(found)
    return Calibration(
        temperature=temperature,
        error=_error(_bins(found, temperature), len(found)),
        error_before=_error(_bins(found, 1.0), len(found)),
        decisions=len(found),
        curve=tuple(_curve(found, temperature)),
        bins=tuple(_bins(found, temperature)),
    )


def fitted_temperature(found: Sequence[Decision]) -> float:
    """The temperature with the least negative log-likelihood of the right choices; 1.0 without decisions."""
    if not found:
        return 1.0

    def loss(temperature: float) -> float:
        return -sum(float((d.scores / temperature).log_softmax(0)[d.right]) for d in found)

    return min(TEMPERATURES, key=loss)


def checked(found: Sequence[Decision], *, risk: float = RISK, folds: int = 5) -> Checked:
    """Cross-fitted: no decision is judged by what was fitted on it, or on another decision about the same request."""
    fold = {name: i % folds for i, name in enumerate(sorted({d.group for d in found}, key=_shuffled))}
    sure, taken = list[tuple[float, float]](), list[bool]()
    for number in range(folds):
        fit = fitted([d for d in found if fold[d.group] != number])
        own = [d for d in found if fold[d.group] == number]
        sure += _sure(own, fit.temperature)
        taken += [good for share, good in _taken(own, fit.temperature) if share >= fit.threshold(risk)]
    wished = sum(d.right in d.acts for d in found)
    return Checked(error=_error(_grouped(sure), len(sure)), right=sum(taken), acts=len(taken), wished=wished)


def _shuffled(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _taken(found: Sequence[Decision], temperature: float) -> list[tuple[float, bool]]:
    """(probability, right) of every act that is the likeliest candidate."""
    return [(share, index == d.right) for d in found for index, share in [d.best(temperature)] if index in d.acts]


def _bins(found: Sequence[Decision], temperature: float) -> list[tuple[float, float, int]]:
    return _grouped(_sure(found, temperature))


def _sure(found: Sequence[Decision], temperature: float) -> list[tuple[float, float]]:
    """(probability of the likeliest candidate, whether it is right) of each."""
    return [(share, float(index == d.right)) for d in found for index, share in [d.best(temperature)]]


def _grouped(sure: Sequence[tuple[float, float]]) -> list[tuple[float, float, int]]:
    """(mean probability, share right, n) of BINS equally large groups, the least sure first."""
    pairs = sorted(sure)
    cut = [round(i * len(pairs) / BINS) for i in range(BINS + 1)]
    groups = [pairs[a:b] for a, b in pairwise(cut) if b > a]
    return [(sum(s for s, _ in g) / len(g), sum(r for _, r in g) / len(g), len(g)) for g in groups]


def _error(bins: Sequence[tuple[float, float, int]], n: int) -> float:
    return sum(abs(sure - right) * count for sure, right, count in bins) / n if n else 0.0


def _curve(found: Sequence[Decision], temperature: float) -> list[Point]:
    """Risk and coverage of acting, from the surest act down; one point an act taken."""
    wished = sum(d.right in d.acts for d in found)
    taken = _taken(found, temperature)
    points, right = [], 0
    for n, (share, good) in enumerate(sorted(taken, key=lambda pair: -pair[0]), start=1):
        right += good
        coverage = right / wished if wished else 0.0
        points.append(Point(threshold=share, coverage=coverage, risk=1 - right / n, acts=n))
    return points


def draw(calibration: Calibration, path: Path, *, risk: float = RISK) -> None:
    """Reliability and risk–coverage, side by side, as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    left.plot([b[0] for b in calibration.bins], [b[1] for b in calibration.bins], marker="o")
    left.set(xlabel="probability of the choice", ylabel="share that was right", title="Reliability")
    left.text(0.05, 0.9, f"ECE {calibration.error:.3f}, n = {calibration.decisions}", transform=left.transAxes)
    right.plot([p.coverage for p in calibration.curve], [p.risk for p in calibration.curve])
    right.axhline(risk, color="0.7", linewidth=1)
    right.set(xlabel="wished acts taken", ylabel="acts that are wrong", title="Risk and coverage of acting")
    figure.savefig(path, dpi=110)


def as_card(calibration: Calibration, *, risk: float = RISK) -> dict[str, Any]:
    """What the model card says of it."""
    threshold = calibration.threshold(risk)
    at = [p for p in calibration.curve if p.threshold >= threshold]
    return {
        "decisions": calibration.decisions,
        "ece": round(calibration.error, 4),
        "ece_uncalibrated": round(calibration.error_before, 4),
        "risk_stated": risk,
        "act": round(threshold, 4),
        "risk_observed": round(at[-1].risk, 4) if at else 0.0,
        "coverage": round(at[-1].coverage, 4) if at else 0.0,
    }


def curves(calibration: Calibration, *, points: int = 40) -> dict[str, list[dict[str, float]]]:
    """What is drawn, as numbers: the risk-coverage curve thinned to so many points, and the reliability groups."""
    curve, n = calibration.curve, len(calibration.curve)
    at = sorted({round(i * (n - 1) / max(1, points - 1)) for i in range(points)}) if n else []
    return {
        "risk_coverage": [
            {name: round(getattr(curve[i], name), 4) for name in ("threshold", "coverage", "risk", "acts")} for i in at
        ],
        "reliability": [
            {"probability": round(sure, 4), "right": round(right, 4), "n": count}
            for sure, right, count in calibration.bins
        ],
    }
