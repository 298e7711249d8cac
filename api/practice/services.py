"""Decisions in schema-guided dialogues of services that training never saw, one at a time."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.practice.closed_loop import wilson
from models import sgd
from models.base import load_tokenizer
from models.encode import Encoder
from models.endings import ENDINGS
from models.measure import Tally, Verdict, verdict
from models.metrics import ActionScore, Judged, Taken, action_figures, by_action, lam_figures
from models.network import PointerNetwork
from models.scene import Example

KINDS = ("choose", "span", "option", "call_exact")


def unseen(folder: Path, *, count: int, seed: int) -> list[Example]:
    """Moments of dev services that the train file does not know, up to `count` calls among them."""
    services, kept, calls = sgd.unseen_services(folder), [], 0
    for example in sgd.examples(folder / "dev.json.xz", seed=seed, services=services, asked=False):
        calls += example.fill is not None
        if calls > count:
            break
        kept.append(example)
    return kept


@dataclass(frozen=True, kw_only=True)
class Measured:
    summary: dict[str, Any]
    services: dict[str, dict[str, float]]
    actions: dict[str, ActionScore]


def measured(network: PointerNetwork, base: str, examples: Sequence[Example], *, tell: Callable[[], None]) -> Measured:
    return counted(examples, judged(network, base, examples, tell=tell))


def judged(
    network: PointerNetwork, base: str, examples: Sequence[Example], *, tell: Callable[[], None]
) -> list[Verdict]:
    """What the network makes of each."""
    encoder, verdicts = Encoder(load_tokenizer(base)), list[Verdict]()
    for example in examples:
        verdicts.append(verdict(network, encoder, example))
        tell()
    return verdicts


def counted(examples: Sequence[Example], verdicts: Sequence[Verdict]) -> Measured:
    """The summary, the shares by service, and the scores by intent and ending."""
    calls, moments, services = Tally(), Tally(), dict[str, Tally]()
    for example, found in zip(examples, verdicts, strict=True):
        found.counted(moments)
        if example.fill:
            found.counted(calls)
            found.counted(services.setdefault(example.origin.split(":", 1)[1], Tally()))
    summary: dict[str, Any] = {"calls": calls.all.get("choose", 0), "moments": moments.all.get("choose", 0)}
    for kind in KINDS:
        right, n = calls.right.get(kind, 0), calls.all.get(kind, 0)
        summary |= {kind: round(right / n, 4) if n else 0.0, f"{kind}_n": n, f"{kind}_ci95": wilson(right, n)}
    summary["moment"] = moments.shares().get("choose", 0.0)
    points = [Taken(right=v.right, taken=_taken(v)) for v in verdicts if v.right is not None]
    summary |= {f"action_{k}": v for k, v in action_figures(points).items() if k != "accuracy"}
    summary |= {k: v for k, v in lam_figures([[_judged(v)] for v in verdicts]).items() if k != "task_exact"}
    return Measured(
        summary=summary | _baselines([e for e in examples if e.fill]),
        services={name: tally.shares() for name, tally in sorted(services.items())},
        actions=by_action(points),
    )


def _taken(found: Verdict) -> str | None:
    """An intent of another service may have the same name; it is not the right one."""
    return f"{found.taken} (of another service)" if not found.chosen and found.right == found.taken else found.taken


def _judged(found: Verdict) -> Judged:
    statuses = [name if name in ENDINGS else "go on" for name in (found.right, found.taken)]
    return Judged(object=found.values_right, operation=found.chosen, status=statuses[0] == statuses[1])


def _baselines(calls: Sequence[Example]) -> dict[str, float]:
    """A candidate drawn by lot; every parameter left empty."""
    if not calls:
        return {}
    labels = [label for e in calls for label in e.labels if label.known]
    by_lot = statistics.fmean(1 / len(e.choose.candidates) for e in calls if e.choose)
    empty = sum(label.none for label in labels) / len(labels) if labels else 0.0
    return {"choose_by_lot": round(by_lot, 4), "leave_empty": round(empty, 4)}
