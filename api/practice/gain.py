"""Success of an adapter on the same held-out tasks, closed-loop, so that phases can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.practice.closed_loop import Loop, TimedLAM, report
from api.practice.desk import practice
from api.practice.experience import learn_from_experts
from api.practice.ledger import Ledger
from models.lam import LAM

if TYPE_CHECKING:
    from examples.helpdesk.tasks.task import HelpDeskTask

Bar = Callable[[str], AbstractContextManager[Any]]
FIGURES = ("tasks", "success", "ci95", "step_accuracy", "forbidden_actions", "step_ms_p50")


@dataclass(frozen=True, kw_only=True)
class Exam:
    """Dev tasks, never trained on: `per_family` of each family, at most `most`, drawn by `seed`; with a full memory."""

    per_family: int = 2
    seed: int = 3
    most: int = 0

    def tasks(self) -> list[HelpDeskTask]:
        from examples.helpdesk.tasks import generate

        return spread(generate("dev", seed=self.seed, per_family=self.per_family), self.most)


def spread(tasks: list[HelpDeskTask], most: int) -> list[HelpDeskTask]:
    """At most so many, from all over the list; 0: all."""
    return tasks[:: max(1, len(tasks) // most)][:most] if most else tasks


def examined(
    adapter: Path,
    exam: Exam,
    ledger: Ledger,
    name: str,
    *,
    bar: Bar,
    wrap: Callable[[LAM], LAM] = lambda lam: lam,
) -> dict[str, Any]:
    """The figures, kept in the ledger. `wrap` puts something around the adapter's model."""
    if name in ledger:
        return dict(ledger.get(name))
    tasks, attempts = exam.tasks(), []
    with bar(name) as tell, practice(adapter=adapter) as desk:
        learn_from_experts(desk.services)
        loop = Loop(desk, TimedLAM(wrap(desk.services.lam)))
        for number, task in enumerate(tasks, start=1):
            attempts.append(loop.attempt(task))
            tell(number, len(tasks))
    figures = report(attempts, {})
    kept = {key: figures[key] for key in FIGURES} | {"right": [a.task for a in attempts if a.success]}
    ledger.put(name, kept)
    return kept


def fingerprint(adapter: Path) -> str:
    """sha256 of an adapter's weights, to know whether it is still the same."""
    digest = hashlib.sha256()
    for path in sorted(adapter.glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def gain(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What changed between two exams on the same tasks: also how many tasks were won, and lost."""
    one, other = set(before["right"]), set(after["right"])
    return {
        "before": before["success"],
        "after": after["success"],
        "gain": round(after["success"] - before["success"], 4),
        "won": len(other - one),
        "lost": len(one - other),
        "tasks": after["tasks"],
        "ci95_before": before["ci95"],
        "ci95_after": after["ci95"],
    }
