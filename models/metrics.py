"""Figures over decisions: by action, and as the paper on Large Action Models defines them (arXiv 2412.10047, 5.3.1).

The paper's agent works a GUI: a step selects a control (object), does something to it (operation), and says whether the
task goes on or is finished (status). Ours calls actions, so its notions are read like this:

- operation: the action that is called, or the ending that is chosen;
- object: what the call is about, that is all its arguments. A control is one of several acceptable ones; an argument is
  right with any acceptable value. It is judged apart from the operation: unlocking the right account instead of
  resetting its password has the right object. A step without arguments (an ending too) has the right object when
  nothing is pointed at.
- status: going on, or the right one of finish, ask, refuse and escalate;
- a step succeeds when all three are right, a task when all of its steps do. The paper compares with the recorded
  actions and calls that task success; ours is `task_exact`, because `success` is what the application's state says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from knowledge.types import JsonValue

Figures: TypeAlias = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was right at one point, and what was done; None: nothing (a step left out, or one too many)."""

    right: str | None
    taken: str | None


@dataclass(frozen=True, kw_only=True)
class ActionScore:
    """`support`: how often the action was right; `taken`: how often it was done."""

    precision: float
    recall: float
    f1: float
    support: int
    taken: int


def by_action(points: Sequence[Taken]) -> dict[str, ActionScore]:
    """Every action that was right or taken at least once, by name."""
    names = sorted({name for p in points for name in (p.right, p.taken) if name is not None})
    return {name: _score(name, points) for name in names}


def _score(name: str, points: Sequence[Taken]) -> ActionScore:
    support, taken = sum(p.right == name for p in points), sum(p.taken == name for p in points)
    good = sum(p.right == p.taken == name for p in points)
    return ActionScore(
        precision=_share(good, taken),
        recall=_share(good, support),
        f1=_share(2 * good, support + taken),
        support=support,
        taken=taken,
    )


def action_figures(points: Sequence[Taken]) -> Figures:
    """Accuracy; precision, recall and F1, every action counting the same (macro) or as often as right (weighted)."""
    scores = by_action(points).values()
    figures = {"accuracy": _share(sum(p.right == p.taken for p in points), len(points))}
    for kind in ("precision", "recall", "f1"):
        values = [(getattr(s, kind), s.support) for s in scores]
        figures[f"{kind}_macro"] = _share(sum(v for v, _ in values), len(values))
        figures[f"{kind}_weighted"] = _share(sum(v * n for v, n in values), sum(n for _, n in values))
    return {name: round(value, 4) for name, value in figures.items()}


@dataclass(frozen=True, kw_only=True)
class Move:
    """One step as it should be, or as it was: `arguments` as plain values; `status` "go on" or an ending."""

    operation: str
    arguments: Mapping[str, JsonValue]
    status: str = "go on"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One step of a task, by the paper's three questions."""

    object: bool
    operation: bool
    status: bool

    @property
    def success(self) -> bool:
        return self.object and self.operation and self.status


def judged(right: Move | None, made: Move | None) -> Judged:
    """A step that was left out, or is one too many, is wrong in everything."""
    if right is None or made is None:
        return Judged(object=False, operation=False, status=False)
    return Judged(
        object=same_values(right.arguments, made.arguments),
        operation=right.operation == made.operation,
        status=right.status == made.status,
    )


def lam_figures(tasks: Iterable[Sequence[Judged]]) -> Figures:
    """The paper's five figures over tasks, each a sequence of judged steps."""
    whole = [list(steps) for steps in tasks]
    steps = [step for task in whole for step in task]
    return {
        "object_accuracy": round(_share(sum(s.object for s in steps), len(steps)), 4),
        "operation_accuracy": round(_share(sum(s.operation for s in steps), len(steps)), 4),
        "status_accuracy": round(_share(sum(s.status for s in steps), len(steps)), 4),
        "step_success": round(_share(sum(s.success for s in steps), len(steps)), 4),
        "task_exact": round(_share(sum(all(s.success for s in task) for task in whole), len(whole)), 4),
    }


def same_values(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> bool:
    return one.keys() == other.keys() and all(same_value(one[name], other[name]) for name in one)


def same_value(one: JsonValue, other: JsonValue) -> bool:
    """As JSON has it: true is not 1, but 1 is 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return same_values(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same_value(a, b) for a, b in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
