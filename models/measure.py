"""One step at a time against the right answers: choose, span, option, and the whole call."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from models.decode import Pointed, pointed
from models.encode import Encoder
from models.loss import ChooseItem, choose_scores
from models.network import PointerNetwork
from models.scene import Example, FillScene, Label


@dataclass
class Tally:
    """Right and all, by kind of decision."""

    right: dict[str, int] = field(default_factory=dict)
    all: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, good: bool) -> None:
        self.right[kind] = self.right.get(kind, 0) + good
        self.all[kind] = self.all.get(kind, 0) + 1

    def join(self, other: "Tally") -> None:
        for kind, n in other.all.items():
            self.right[kind] = self.right.get(kind, 0) + other.right[kind]
            self.all[kind] = self.all.get(kind, 0) + n

    def shares(self) -> dict[str, float]:
        return {kind: round(self.right[kind] / self.all[kind], 4) for kind in self.all}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One example answered: the right and the taken candidate's name, if it asked for a choice (two candidates may
    have one name: `chosen` tells), and (kind, right) of each known value; `filled` is None if nothing was to be filled.
    """

    right: str | None = None
    taken: str | None = None
    chosen: bool = True
    filled: tuple[tuple[str, bool], ...] | None = None

    @property
    def values_right(self) -> bool:
        return all(fits for _, fits in self.filled or ())

    def counted(self, tally: Tally) -> None:
        if self.right is not None:
            tally.add("choose", self.chosen)
        for kind, fits in self.filled or ():
            tally.add(kind, fits)
        if self.filled is not None:
            tally.add("call_exact", self.chosen and self.values_right)


def measure(network: PointerNetwork, encoder: Encoder, examples: Sequence[Example]) -> Tally:
    """Shares of `choose`, `span`, `option` and `call_exact`; what could not be annotated is not asked."""
    tally = Tally()
    for example in examples:
        verdict(network, encoder, example).counted(tally)
    return tally


@torch.inference_mode()
def verdict(network: PointerNetwork, encoder: Encoder, example: Example) -> Verdict:
    filled = tuple(_filled(network, encoder, example.fill, example.labels)) if example.fill else None
    if example.choose is None or example.right < 0:
        return Verdict(filled=filled)
    candidates, index = example.choose.candidates, _chosen(network, encoder, example)
    right, taken = candidates[example.right].name, candidates[index].name
    return Verdict(right=right, taken=taken, chosen=index == example.right, filled=filled)


def _chosen(network: PointerNetwork, encoder: Encoder, example: Example) -> int:
    assert example.choose
    features = tuple(c.features for c in example.choose.candidates)
    item = ChooseItem(windows=tuple(encoder.choose(example.choose)), features=features, right=example.right)
    (scores,) = choose_scores(network, [item])
    return int(scores.argmax())


def _filled(
    network: PointerNetwork, encoder: Encoder, scene: FillScene, labels: Sequence[Label]
) -> list[tuple[str, bool]]:
    windows = encoder.fill(scene)
    hidden = network.hidden([w.ids for w in windows])
    rows = pointed(scene, windows, [network.point(h, w) for h, w in zip(hidden, windows, strict=True)])
    found = []
    for parameter, row, label in zip(scene.parameters, rows, labels, strict=True):
        if label.known:
            found.append(("option" if parameter.options else "span", _right(row[0], label, scene)))
    return found


def _right(best: Pointed, label: Label, scene: FillScene) -> bool:
    if label.none:
        return best.span is None and best.option is None
    if label.option is not None:
        return best.option == label.option
    if best.span is None:
        return False
    text = scene.sources[best.span.source].text[best.span.start : best.span.end]
    return _plain(text) in {_plain(scene.sources[s.source].text[s.start : s.end]) for s in label.spans}


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()
