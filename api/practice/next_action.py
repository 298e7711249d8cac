"""The next action in STAR dialogues of tasks held out of training, scored as the papers do, beside trivial choices.

F1 is weighted by how often each action is right, as in the code to "Schema-Guided Paradigm for Zero-Shot Dialog"
(Mehri and Eskenazi, 2021, arXiv 2106.07056); macro F1 counts every action the same. Intervals are drawn over whole
dialogues: moments of one dialogue are not independent.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import BadConfiguration
from models import star
from models.base import load_tokenizer
from models.calibrate import decisions
from models.encode import Encoder
from models.metrics import ActionScore, Taken, action_figures, by_action
from models.network import PointerNetwork
from models.scene import Example
from models.star_archive import QUERIES, StarTask, read
from models.star_moments import moments

RESAMPLES, DRAWS = 1000, 20


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`own`: no training task has the right action. The guesses are the baselines', made without a model."""

    dialogue: int
    task: str
    example: Example
    right: str
    own: bool
    most_frequent: str
    follow_graph: str

    @property
    def offered(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.example.choose.candidates) if self.example.choose else ()


def held_out(path: Path, *, count: int, seed: int) -> list[Asked]:
    """Moments of the held-out tasks' happy dialogues, whole dialogues in drawn order, at most `count`."""
    archive, trained = read(path), star.training_tasks(path)
    often = Counter(m.action for m in moments(archive, tasks=trained))
    dialogues: dict[int, list[Asked]] = {}
    for moment in moments(archive, tasks=star.HELD_OUT):
        task = archive.tasks[moment.task]
        asked = Asked(
            dialogue=moment.dialogue,
            task=moment.task,
            example=star.next_action(moment, task),
            right=moment.action,
            own=not often[moment.action],
            most_frequent=max(task.actions, key=lambda name: often[name]),
            follow_graph=successor(task, moment.done[-1] if moment.done else ""),
        )
        dialogues.setdefault(moment.dialogue, []).append(asked)
    if not dialogues:
        raise BadConfiguration(
            f"{path} has no happy dialogue about a held-out task.",
            remedy=f"Give the whole archive, with {', '.join(sorted(star.HELD_OUT))}.",
        )
    order = sorted(dialogues)
    random.Random(seed).shuffle(order)
    return [asked for dialogue in order for asked in dialogues[dialogue]][:count]


def successor(task: StarTask, last: str) -> str:
    """What the graph has after the last action when nothing goes wrong and nobody says anything of note."""
    first = next(iter(task.graph), task.actions[0])
    if not last:
        return first
    after = task.graph.get(last)
    if after in task.actions:
        return str(after)
    if last in QUERIES:  # the answer is a state: taken to be the good one
        good = "query_success" if last == "query_book" else "available"
        after = task.graph.get(good) or task.graph.get("query_success") or task.graph.get("query_book")
    elif "confirm" in last or last == task.graph.get("available"):
        after = task.graph.get("yes")
    return str(after) if after in task.actions else _closing(task, last)


def _closing(task: StarTask, last: str) -> str:
    byes = [name for name in task.actions if name.startswith("goodbye") or name.endswith("_bye")]
    return byes[0] if byes and last == "anything_else" else "anything_else"


def chosen(network: PointerNetwork, base: str, asked: Sequence[Asked], *, tell: Callable[[], None]) -> list[str]:
    """What the model takes for each."""
    encoder, found = Encoder(load_tokenizer(base)), []
    for each in asked:
        (decision,) = decisions(network, encoder, [each.example])
        found.append(each.offered[decision.best(1.0)[0]])
        tell()
    return found


# ---- figures


def report(asked: Sequence[Asked], taken: Sequence[str], *, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The summary, and F1 and accuracy by task."""
    f1, accuracy = intervals(asked, taken, seed=seed)
    own = [a.right == t for a, t in zip(asked, taken, strict=True) if a.own]
    summary = {
        "next_action_f1": weighted_f1(asked, taken),
        "next_action_f1_ci95": f1,
        "next_action_f1_macro": macro_f1(asked, taken),
        "next_action_accuracy": _accuracy(asked, taken),
        "next_action_accuracy_ci95": accuracy,
        **_actions(asked, taken),
        "own_action_accuracy": round(sum(own) / len(own), 4) if own else 0.0,
        "n": len(asked),
        "n_own_action": len(own),
        "dialogues": len({a.dialogue for a in asked}),
        "tasks": sorted({a.task for a in asked}),
    }
    return summary | _baselines(asked, seed), _by_task(asked, taken)


def _points(asked: Sequence[Asked], taken: Sequence[str]) -> list[Taken]:
    return [Taken(right=a.right, taken=t) for a, t in zip(asked, taken, strict=True)]


def _actions(asked: Sequence[Asked], taken: Sequence[str]) -> dict[str, float]:
    """Precision and recall beside F1. Weighted recall is accuracy, and left out."""
    figures = action_figures(_points(asked, taken))
    return {f"next_action_{name}": figures[name] for name in ("precision_macro", "recall_macro", "precision_weighted")}


def by_actions(asked: Sequence[Asked], taken: Sequence[str]) -> dict[str, ActionScore]:
    """Precision, recall and F1 of every action that was right or taken."""
    return by_action(_points(asked, taken))


def _by_task(asked: Sequence[Asked], taken: Sequence[str]) -> dict[str, Any]:
    found = {}
    for task in sorted({a.task for a in asked}):
        pairs = [(a, t) for a, t in zip(asked, taken, strict=True) if a.task == task]
        own, said = [a for a, _ in pairs], [t for _, t in pairs]
        graph = weighted_f1(own, [a.follow_graph for a in own])
        found[task] = {
            "f1": weighted_f1(own, said),
            "accuracy": _accuracy(own, said),
            "follow_graph_f1": graph,
            "n": len(own),
        }
    return found


def _baselines(asked: Sequence[Asked], seed: int) -> dict[str, float]:
    """An action by lot, the mean of many draws; of the task's, the one most frequent in training; the graph alone."""
    rng = random.Random(seed)
    lots = [[rng.choice(a.offered) for a in asked] for _ in range(DRAWS)]
    return {
        "by_lot_f1": round(float(np.mean([weighted_f1(asked, lot) for lot in lots])), 4),
        "most_frequent_f1": weighted_f1(asked, [a.most_frequent for a in asked]),
        "follow_graph_f1": weighted_f1(asked, [a.follow_graph for a in asked]),
        "follow_graph_accuracy": _accuracy(asked, [a.follow_graph for a in asked]),
    }


def _accuracy(asked: Sequence[Asked], taken: Sequence[str]) -> float:
    return round(sum(a.right == t for a, t in zip(asked, taken, strict=True)) / len(asked), 4) if asked else 0.0


def weighted_f1(asked: Sequence[Asked], taken: Sequence[str]) -> float:
    return round(float(_weighted(_counts(asked, taken).sum(0))), 4) if asked else 0.0


def macro_f1(asked: Sequence[Asked], taken: Sequence[str]) -> float:
    """Over the actions that were right or taken at least once."""
    return round(float(_f1(_counts(asked, taken).sum(0)).mean()), 4) if asked else 0.0


def intervals(asked: Sequence[Asked], taken: Sequence[str], *, seed: int) -> tuple[list[float], list[float]]:
    """95 % intervals of weighted F1 and accuracy: dialogues drawn anew, with replacement."""
    if not asked:
        return [0.0, 1.0], [0.0, 1.0]
    counts = _counts(asked, taken)
    drawn = np.random.default_rng(seed).integers(len(counts), size=(RESAMPLES, len(counts)))
    samples = [counts[rows].sum(0) for rows in drawn]
    f1 = np.quantile([_weighted(s) for s in samples], (0.025, 0.975))
    accuracy = np.quantile([s[:, 0].sum() / s[:, 1].sum() for s in samples], (0.025, 0.975))
    return [round(float(x), 4) for x in f1], [round(float(x), 4) for x in accuracy]


def _counts(asked: Sequence[Asked], taken: Sequence[str]) -> NDArray[np.int64]:
    """[dialogues, actions, 3]: how often an action was taken rightly, was right, and was taken."""
    names = sorted({a.right for a in asked} | set(taken))
    dialogues = sorted({a.dialogue for a in asked})
    action = {name: i for i, name in enumerate(names)}
    row = {dialogue: i for i, dialogue in enumerate(dialogues)}
    counts = np.zeros((len(dialogues), len(names), 3), dtype=np.int64)
    for a, t in zip(asked, taken, strict=True):
        counts[row[a.dialogue], action[a.right], 0] += a.right == t
        counts[row[a.dialogue], action[a.right], 1] += 1
        counts[row[a.dialogue], action[t], 2] += 1
    return counts


def _f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """[actions, 3] to [actions]; every action was right or taken, or counts nothing."""
    either = np.maximum(counts[:, 1] + counts[:, 2], 1).astype(np.float64)
    shares: NDArray[np.float64] = 2.0 * counts[:, 0] / either
    return shares


def _weighted(counts: NDArray[np.int64]) -> np.float64:
    return np.float64((_f1(counts) * counts[:, 1]).sum() / counts[:, 1].sum())
