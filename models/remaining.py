"""Rows of a list that were acted on, and how many are left: "1 of 3 left" says that a set is not done yet."""

import math

from knowledge.types import Argument, Literal, Observation, Step
from models.lam import Situation


def rows_left(seen: Observation, situation: Situation) -> list[str]:
    """For a list of several rows: how many were not acted on yet by a later step."""
    done, rows = _used(seen, situation)
    return [f"{rows - done} left"] if done else []


def others_left(step: Step, situation: Situation) -> str:
    """For a call with a row of a list of several: how many of them had not been acted on when it was done."""
    for at in dict.fromkeys(source for source, _ in map(origin, step.arguments)):
        seen = next((each for each in situation.observations if each.step == at), None)
        done, rows = _used(seen, situation, until=step.index + 1) if seen else (0, 0)
        if done:
            return f", {rows - done} of {rows} left"
    return ""


def origin(argument: Argument) -> tuple[int, str]:
    """(step, path) of the result that the value was taken from; (-1, "") for any other source."""
    value = argument.value
    if not isinstance(value, Literal):
        return value.step, value.path
    where = value.provenance
    return (int(where.source_id.split(":")[1]), where.path) if where.source == "observation" else (-1, "")


def _used(seen: Observation, situation: Situation, *, until: float = math.inf) -> tuple[int, int]:
    """Of its first list of several rows: (how many successful calls before `until` took a value from, how many)."""
    lists = seen.body.items() if isinstance(seen.body, dict) else ()
    name, rows = next(((name, rows) for name, rows in lists if isinstance(rows, list) and len(rows) > 1), ("", []))
    used = {path.split(".")[1] for path in _paths(situation, seen.step, until) if path.startswith(f"{name}.")}
    return len(used), len(rows)


def _paths(situation: Situation, step: int, until: float) -> set[str]:
    """Paths of the observation of `step` that successful later steps took arguments from."""
    paths = set()
    for later, seen in zip(situation.steps, situation.observations, strict=True):
        if seen.status in ("ok", "placeholder") and later.index < until:
            paths |= {path for source, path in map(origin, later.arguments) if source == step}
    return paths
