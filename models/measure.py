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


@torch.inference_mode()
def measure(network: PointerNetwork, encoder: Encoder, examples: Sequence[Example]) -> Tally:
    """Shares of `choose`, `span`, `option` and `call_exact`; what could not be annotated is not asked."""
    tally = Tally()
    for example in examples:
        good = True
        if example.choose and example.right >= 0:
            good = _chosen(network, encoder, example)
            tally.add("choose", good)
        if example.fill:
            for kind, fits in _filled(network, encoder, example.fill, example.labels):
                tally.add(kind, fits)
                good = good and fits
            tally.add("call_exact", good)
    return tally


def _chosen(network: PointerNetwork, encoder: Encoder, example: Example) -> bool:
    assert example.choose
    features = tuple(c.features for c in example.choose.candidates)
    item = ChooseItem(windows=tuple(encoder.choose(example.choose)), features=features, right=example.right)
    (scores,) = choose_scores(network, [item])
    return int(scores.argmax()) == example.right


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
