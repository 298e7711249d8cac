"""What training minimises, and how examples become batches of windows."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.encode import ChooseWindow, Encoder, FillWindow
from models.network import PointerNetwork, Pointers
from models.scene import Example, Label


@dataclass(frozen=True, kw_only=True)
class ChooseItem:
    """All windows of one choose scene. features: one row a candidate; right: the candidate's index."""

    windows: tuple[ChooseWindow, ...]
    features: tuple[tuple[float, ...], ...]
    right: int

    @property
    def tokens(self) -> int:
        return max(len(w.ids) for w in self.windows)


@dataclass(frozen=True, kw_only=True)
class FillItem:
    """One window of a fill scene: the one that holds most of the right spans, or another `beside` it."""

    window: FillWindow
    labels: tuple[Label, ...]
    beside: bool = False

    @property
    def tokens(self) -> int:
        return len(self.window.ids)


def items(example: Example, encoder: Encoder) -> Iterator[ChooseItem | FillItem]:
    if example.choose and example.right >= 0:
        features = tuple(c.features for c in example.choose.candidates)
        windows = tuple(encoder.choose(example.choose))
        yield ChooseItem(windows=windows, features=features, right=example.right)
    if example.fill and any(label.known for label in example.labels):
        found = encoder.fill(example.fill)
        best = max(range(len(found)), key=lambda i: sum(bool(ends(label, found[i])[0]) for label in example.labels))
        yield FillItem(window=found[best], labels=example.labels)
        if len(found) > 1:  # the surest of all windows is believed: one without the value has to learn to say so
            yield FillItem(window=found[best - 1], labels=example.labels, beside=True)


def ends(label: Label, window: FillWindow) -> tuple[list[int], list[int]]:
    """Places at which a right span starts, and those at which it ends; empty if none lies in this window."""
    starts, stops = [], []
    for span in label.spans:
        inside = [
            i
            for i, place in enumerate(window.places)
            if place.source == span.source and place.start < span.end and place.end > span.start
        ]
        if inside and window.places[inside[0]].opens and window.places[inside[-1]].closes:
            starts.append(inside[0])
            stops.append(inside[-1])
    return starts, stops


def batches(
    pool: Sequence[ChooseItem | FillItem], *, tokens: int, rng: random.Random
) -> Iterator[list[ChooseItem | FillItem]]:
    """Items of one kind and similar length together, at most `tokens` padded tokens a batch, in random order."""
    made: list[list[ChooseItem | FillItem]] = []
    for kind in (ChooseItem, FillItem):
        ordered = sorted((i for i in pool if isinstance(i, kind)), key=lambda i: (i.tokens // 16, rng.random()))
        batch: list[ChooseItem | FillItem] = []
        for item in ordered:
            if batch and item.tokens * (len(batch) + 1) > tokens:
                made.append(batch)
                batch = []
            batch.append(item)
        if batch:
            made.append(batch)
    rng.shuffle(made)
    return iter(made)


def batch_loss(network: PointerNetwork, batch: Sequence[ChooseItem | FillItem]) -> Tensor:
    """Mean over the batch's items; all of one kind."""
    losses = choose_losses(network, [i for i in batch if isinstance(i, ChooseItem)])
    losses += fill_losses(network, [i for i in batch if isinstance(i, FillItem)])
    return torch.stack(losses).mean()


def choose_scores(network: PointerNetwork, batch: Sequence[ChooseItem]) -> list[Tensor]:
    """[candidates] scores of each item, over all its windows."""
    hidden = network.hidden([w.ids for item in batch for w in item.windows])
    scores, row = [], 0
    for item in batch:
        features = torch.tensor(item.features, device=hidden.device)
        parts = []
        for window in item.windows:
            of = features[window.first : window.first + len(window.marks)]
            parts.append(network.choose(hidden[row], window, of))
            row += 1
        scores.append(torch.cat(parts))
    return scores


def choose_losses(network: PointerNetwork, batch: Sequence[ChooseItem]) -> list[Tensor]:
    if not batch:
        return []
    scores = choose_scores(network, batch)
    return [
        F.cross_entropy(s[None], torch.tensor([item.right], device=s.device))
        for s, item in zip(scores, batch, strict=True)
    ]


def fill_losses(network: PointerNetwork, batch: Sequence[FillItem]) -> list[Tensor]:
    if not batch:
        return []
    hidden = network.hidden([item.window.ids for item in batch])
    return [_fill_loss(network.point(h, item.window), item) for h, item in zip(hidden, batch, strict=True)]


def _fill_loss(pointers: list[Pointers], item: FillItem) -> Tensor:
    losses = [
        _parameter_loss(pointer, label, item.window, beside=item.beside)
        for pointer, label in zip(pointers, item.labels, strict=True)
        if label.known
    ]
    kept = [loss for loss in losses if loss is not None]
    return torch.stack(kept).mean() if kept else pointers[0].start.sum() * 0


def _parameter_loss(pointer: Pointers, label: Label, window: FillWindow, *, beside: bool) -> Tensor | None:
    """Any place where the value stands is right. A parameter with options is asked for its option only, and once."""
    if len(pointer.option) > 1:
        if beside:
            return None
        right = label.option if label.option is not None else len(pointer.option) - 1
        return F.cross_entropy(pointer.option[None], torch.tensor([right], device=pointer.option.device))
    starts, stops = ends(label, window)
    if label.spans and not starts and not beside:
        return None  # said outside this window
    if not starts:
        starts = stops = [len(pointer.start) - 1]
    start, end = F.log_softmax(pointer.start, 0), F.log_softmax(pointer.end, 0)
    return -start[starts].logsumexp(0) - end[stops].logsumexp(0)
