"""A run beside the expert's: how many steps, actions and arguments agree, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from knowledge.types import Run, Step, literals
from models.metrics import ActionScore, Move, Taken, action_figures, by_action, judged, lam_figures
from planner.replay import Call, Demonstration


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """`steps` is the longer of the two sequences, endings counted; `arguments` are the expert's, of matched actions."""

    steps: int
    steps_right: int
    actions_right: int
    arguments: int
    arguments_right: int


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The expert's move and the run's at one point; None where one of them made none."""

    right: Move | None
    made: Move | None


def paired(expert: Demonstration, run: Run) -> tuple[Pair, ...]:
    """Both sequences side by side: what agrees is lined up, what lies between is paired in order; the endings last."""
    done = carried_out(run)
    agreed = _matched([c.action for c in expert.calls], [s.action for s in done])
    right = [Move(operation=c.action, arguments=c.arguments) for c in expert.calls]
    made = [Move(operation=s.action, arguments=literals(s.arguments)) for s in done]
    pairs = [Pair(right=a, made=b) for a, b in _side_by_side(right, made, agreed)]
    wanted, ended = expert.ending, _ending(run)
    end = Pair(
        right=Move(operation=wanted, arguments={}, status=wanted),
        made=Move(operation=ended, arguments={}, status=ended),
    )
    return (*pairs, end)


def _side_by_side(
    right: Sequence[Move], made: Sequence[Move], agreed: Sequence[tuple[int, int]]
) -> Iterator[tuple[Move | None, Move | None]]:
    for (i, j), (k, m) in pairwise([(-1, -1), *agreed, (len(right), len(made))]):
        yield from zip_longest(right[i + 1 : k], made[j + 1 : m])
        if k < len(right):
            yield right[k], made[m]


def carried_out(run: Run) -> list[Step]:
    """The steps that reached the application."""
    return [s for s, o in zip(run.steps, run.observations, strict=True) if o.status in ("ok", "error")]


def single_steps(tasks: Sequence[Sequence[Pair]]) -> dict[str, float]:
    """What was done beside what the expert did: by action and ending, and by the LAM paper's notions."""
    figures = {f"action_{k}": v for k, v in action_figures(_points(tasks)).items() if k != "accuracy"}
    return figures | lam_figures([[judged(pair.right, pair.made) for pair in task] for task in tasks])


def by_actions(tasks: Sequence[Sequence[Pair]]) -> dict[str, ActionScore]:
    """Precision, recall and F1 of every action and ending."""
    return by_action(_points(tasks))


def _points(tasks: Sequence[Sequence[Pair]]) -> list[Taken]:
    return [
        Taken(right=pair.right.operation if pair.right else None, taken=pair.made.operation if pair.made else None)
        for task in tasks
        for pair in task
    ]


def aligned(expert: Demonstration, run: Run) -> Aligned:
    """Both sequences are matched by their longest common subsequence of actions; the ending is one more step."""
    done = carried_out(run)
    pairs = _matched([c.action for c in expert.calls], [s.action for s in done])
    same = [(expert.calls[i], done[j]) for i, j in pairs]
    agreeing = [_agreeing(call, step) for call, step in same]
    ended = _ending(run) == expert.ending
    return Aligned(
        steps=max(len(expert.calls), len(done)) + 1,
        steps_right=sum(len(call.arguments) == n for (call, _), n in zip(same, agreeing, strict=True)) + ended,
        actions_right=len(pairs) + ended,
        arguments=sum(len(call.arguments) for call, _ in same),
        arguments_right=sum(agreeing),
    )


def _agreeing(call: Call, step: Step) -> int:
    given = literals(step.arguments)
    return sum(given.get(name) == value for name, value in call.arguments.items())


def _ending(run: Run) -> str:
    status = run.outcome.status if run.outcome else "failed"
    return {"asked": "ask", "refused": "refuse", "escalated": "escalate"}.get(status, "finish")


def _matched(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Index pairs of a longest common subsequence."""
    best = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in reversed(range(len(one))):
        for j in reversed(range(len(other))):
            longer = max(best[i + 1][j], best[i][j + 1])
            best[i][j] = best[i + 1][j + 1] + 1 if one[i] == other[j] else longer
    pairs, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        if one[i] == other[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
