"""Did a run reach its goal: every expected change of the database, no other change, and the right ending."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple, Protocol

import httpx

from examples.helpdesk.schema import RECORDS
from examples.helpdesk.tasks.client import Admin, connect
from examples.helpdesk.tasks.detours import Accepted
from examples.helpdesk.tasks.oracle import Oracle, UnexpectedAnswer
from examples.helpdesk.tasks.solutions import SOLUTIONS
from examples.helpdesk.tasks.task import Change, ExpertTrajectory, HelpDeskTask, Outcome, Row, Snapshot

WANDERED = 0.8  # of the tasks


class Server(Protocol):
    """A running practice help desk."""

    url: str
    token: str


class Collected(NamedTuple):
    """`trajectory` is None where the service contradicted the expert."""

    task: HelpDeskTask
    trajectory: ExpertTrajectory | None
    verified: bool


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row that is not what it was; `values` are the new row, the changed columns, or the old row."""

    kind: Literal["insert", "update", "delete"]
    table: str
    key: Row
    values: Row

    def is_meant_by(self, change: Change) -> bool:
        if (self.kind, self.table) != (change.kind, change.table):
            return False
        if self.kind == "update":
            return self.key == change.key and self.values == change.values
        row = {**self.values, **self.key}
        return all(row.get(column) == value for column, value in {**change.key, **change.values}.items())


def differences(before: Snapshot, after: Snapshot) -> list[Difference]:
    return [difference for table in RECORDS for difference in _of_table(table, before[table], after[table])]


def _of_table(table: str, before: list[Row], after: list[Row]) -> Iterator[Difference]:
    names = RECORDS[table]
    old = {tuple(row[name] for name in names): row for row in before}
    new = {tuple(row[name] for name in names): row for row in after}
    for values in old.keys() | new.keys():
        key = dict(zip(names, values, strict=True))
        was, now = old.get(values), new.get(values)
        if was is None or now is None:
            yield Difference(kind="delete" if now is None else "insert", table=table, key=key, values=was or now or {})
        elif was != now:
            changed = {column: value for column, value in now.items() if was[column] != value}
            yield Difference(kind="update", table=table, key=key, values=changed)


def goal_reached(task: HelpDeskTask, before: Snapshot, after: Snapshot, outcome: Outcome) -> bool:
    """`before` is the state after set-up; a policy task wants it unchanged."""
    left = differences(before, after)
    for change in task.goal:
        meant = next((difference for difference in left if difference.is_meant_by(change)), None)
        if meant is None:
            return False
        left.remove(meant)
    return not left and outcome == task.outcome


def prepare(task: HelpDeskTask, admin: Admin) -> Snapshot:
    """Reset to the task's company and date, set up its state, and return that state."""
    admin.reset(seed=task.seed, today=task.now.isoformat())
    if task.setup:
        admin.patch(task.setup)
    return admin.snapshot()


def collect(tasks: Iterable[HelpDeskTask], server: Server, *, astray: Random | None = None) -> Iterator[Collected]:
    """Let the expert solve every task, one after the other, and check each result.

    With `astray` most tasks are solved with wrong turns, where that can be done.
    """
    with connect(server.url, server.token) as http:
        oracle, admin = Oracle(http, SOLUTIONS), Admin(http)
        for task in tasks:
            wandered = _collected(task, oracle, admin, astray) if astray and astray.random() < WANDERED else None
            yield wandered if wandered and wandered.verified else _collected(task, oracle, admin)


def _collected(task: HelpDeskTask, oracle: Oracle, admin: Admin, astray: Random | None = None) -> Collected:
    before = prepare(task, admin)
    try:
        trajectory = oracle.solve(task, astray=astray)
    except (UnexpectedAnswer, Accepted, httpx.HTTPError):
        return Collected(task, None, False)
    return Collected(task, trajectory, goal_reached(task, before, admin.snapshot(), trajectory.outcome))
