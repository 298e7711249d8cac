"""A run beside the expert's: how many steps, actions and arguments agree, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.types import Literal, Run, Step
from planner.replay import Call, Demonstration


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """`steps` is the longer of the two sequences, endings counted; `arguments` are the expert's, of matched actions."""

    steps: int
    steps_right: int
    actions_right: int
    arguments: int
    arguments_right: int


def aligned(expert: Demonstration, run: Run) -> Aligned:
    """Both sequences are matched by their longest common subsequence of actions; the ending is one more step."""
    done = [s for s, o in zip(run.steps, run.observations, strict=True) if o.status in ("ok", "error")]
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
    given = {a.name: a.value.value for a in step.arguments if isinstance(a.value, Literal)}
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
