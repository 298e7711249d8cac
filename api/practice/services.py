"""Decisions in schema-guided dialogues of services that training never saw, one at a time."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from api.practice.closed_loop import wilson
from models import sgd
from models.base import load_tokenizer
from models.encode import Encoder
from models.measure import Tally, measure
from models.network import PointerNetwork
from models.scene import Example

KINDS = ("choose", "span", "option", "call_exact")


def unseen(folder: Path, *, count: int, seed: int) -> list[Example]:
    """Moments of dev services that the train file does not know, up to `count` calls among them."""
    services, kept, calls = sgd.unseen_services(folder), [], 0
    for example in sgd.examples(folder / "dev.json.xz", seed=seed, services=services):
        calls += example.fill is not None
        if calls > count:
            break
        kept.append(example)
    return kept


def measured(
    network: PointerNetwork, base: str, examples: Sequence[Example], *, tell: Callable[[], None]
) -> tuple[dict[str, Any], dict[str, dict[str, float]]]:
    """The summary, and the shares by service."""
    encoder = Encoder(load_tokenizer(base))
    calls, moments, services = Tally(), Tally(), dict[str, Tally]()
    for example in examples:
        found = measure(network, encoder, [example])
        moments.join(found)
        if example.fill:
            calls.join(found)
            services.setdefault(example.origin.split(":", 1)[1], Tally()).join(found)
        tell()
    summary: dict[str, Any] = {"calls": calls.all.get("choose", 0), "moments": moments.all.get("choose", 0)}
    for kind in KINDS:
        right, n = calls.right.get(kind, 0), calls.all.get(kind, 0)
        summary |= {kind: round(right / n, 4) if n else 0.0, f"{kind}_n": n, f"{kind}_ci95": wilson(right, n)}
    summary["moment"] = moments.shares().get("choose", 0.0)
    return summary | _baselines([e for e in examples if e.fill]), {
        name: tally.shares() for name, tally in sorted(services.items())
    }


def _baselines(calls: Sequence[Example]) -> dict[str, float]:
    """A candidate drawn by lot; every parameter left empty."""
    if not calls:
        return {}
    labels = [label for e in calls for label in e.labels if label.known]
    by_lot = statistics.fmean(1 / len(e.choose.candidates) for e in calls if e.choose)
    empty = sum(label.none for label in labels) / len(labels) if labels else 0.0
    return {"choose_by_lot": round(by_lot, 4), "leave_empty": round(empty, 4)}
