"""What the tests of the loop say again and again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx

from knowledge.catalogue import Application
from knowledge.openapi import Catalogued
from knowledge.record import Record
from knowledge.types import ActionSpec, Event, Passage, Run, Task, Trajectory, Waiting
from planner.execute import HttpExecutor
from planner.loop import Runner
from planner.person import Approval, Nobody, Person
from tests.fakes import FixedSearcher, HashEmbedder, Move, ScriptedLAM, said, seen

NOW = datetime(2026, 3, 2, 9, 30)  # a Monday


def act(name: str, **arguments: Any) -> Move:
    return Move(action=f"helpdesk.{name}", arguments=arguments)


def end(ending: str) -> Move:
    return Move(action=ending)


UNLOCK_AND_VPN = "Please unlock the account of Anders Bennett and give him VPN until 20 March."
UNLOCK_AND_VPN_MOVES = (
    act("search_accounts", query=said("Anders Bennett")),
    act("unlock_account", username=seen(0, "accounts.0.username")),
    act("grant_vpn_access", username=seen(0, "accounts.0.username"), until=said("20 March")),
    end("finish"),
)


@dataclass
class Someone:
    """A person who says the same to everything, and remembers what was asked."""

    answers: Iterator[str] = field(default_factory=lambda: iter(()))
    approves: bool = True
    call_hash: str = ""
    asked: list[Waiting] = field(default_factory=list)

    def approve(self, waiting: Waiting) -> Approval:
        self.asked.append(waiting)
        return Approval(approved=self.approves, call_hash=self.call_hash or waiting.call_hash, note="not today")

    def answer(self, waiting: Waiting) -> str | None:
        self.asked.append(waiting)
        return next(self.answers, None)


@dataclass(kw_only=True)
class World:
    desk: httpx.Client
    record: Record
    catalogued: Catalogued
    token: str
    numbers: Iterator[int]
    events: list[Event] = field(default_factory=list)

    # ---- the application

    def account(self, username: str) -> dict[str, Any]:
        return self.desk.get(f"/accounts/{username}").json()

    def vpn(self, username: str) -> dict[str, Any]:
        return self.desk.get(f"/vpn/{username}").json()

    def snapshot(self) -> Any:
        return self.desk.get("/_admin/snapshot").json()

    def writes(self, operation: str) -> int:
        return int(self.desk.get("/_admin/writes").json().get(operation, 0))

    def fault(self, operation: str, **how: Any) -> None:
        self.desk.post("/_admin/fault", json={"operation": operation, **how}).raise_for_status()

    def patch(self, table: str, key: dict[str, Any], values: dict[str, Any] | None) -> None:
        body = [{"table": table, "key": key, "values": values}]
        self.desk.post("/_admin/patch", json=body).raise_for_status()

    def spec(self, name: str) -> ActionSpec:
        return next(action for action in self.catalogued.actions if action.name == name)

    # ---- a run

    def runner(
        self,
        moves: Sequence[Move],
        *,
        base_url: str = "",
        passages: Sequence[Passage] = (),
        precedents: Sequence[Trajectory] = (),
        spare: Sequence[Trajectory] = (),
        **parts: Any,
    ) -> Runner:
        application: Application = self.catalogued.application
        application = replace(application, base_url=base_url or application.base_url)
        given = {
            "lam": ScriptedLAM(moves),
            "retriever": FixedSearcher(self.catalogued.actions, passages=passages, precedents=precedents, spare=spare),
            "record": self.record,
            "requests": HashEmbedder(),
            "executor": HttpExecutor(
                [application], lambda _: self.token, approvals=self.record.approvals, pauses_s=(0, 0), timeout_s=15
            ),
        }
        return Runner(**(given | parts))

    def run(
        self,
        text: str,
        moves: Sequence[Move],
        *,
        person: Person | None = None,
        requester: str = "",
        **parts: Any,
    ) -> Run:
        """Carry `text` out; its events are in `events`."""
        number = next(self.numbers)
        task = Task(id=f"task-{number}", text=text, requester=requester, now=NOW)
        runner = self.runner(moves, **parts)
        self.events = []
        return runner.run(task, run_id=f"run-{number}", person=person or Nobody(), on_event=self.events.append)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]
