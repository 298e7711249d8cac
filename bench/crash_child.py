"""The process that `bench/crash.py` kills: services with a LAM that follows the request, over two help desks.

Everything between the choice of an action and the application is what `lamp serve` has; there is no model and no index.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from api.live import LiveRun
from api.sessions import Sessions
from api.settings import Settings
from api.wiring import Services
from knowledge.record import Record
from knowledge.types import ActionSpec, Context, Hit, Observation, Plan, Query, Task
from models.lam import Choice, Filled, Situation
from planner.call import Call, Permit
from planner.doubt import Doubts
from planner.execute import HttpExecutor
from tests.fakes import HashEmbedder, Move, ScriptedLAM, option, said, seen

WRITES = ("create_ticket", "add_ticket_comment", "grant_vpn_access", "set_mailbox_quota", "wipe_device")


def words_of(number: int) -> dict[str, str]:
    """What is said of a run, and looked for in the application afterwards."""
    return {"title": f"crash-{number}", "note": f"note-{number}", "tag": f"NH-{90_000 + number}"}


def request(number: int, app: str, username: str, email: str, until: str) -> str:
    words = words_of(number)
    return (
        f"At {app}: set the quota to 42 GB for {email}, open a ticket titled {words['title']} for {username} with "
        f"the comment {words['note']}, give VPN until {until}, and wipe {words['tag']}."
    )


# ---- the parts that stand in for model and index


class Everything:
    """Finds the actions of the application that the request names."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def context(self, query: Query) -> Context:
        app = query.text.removeprefix("At ").partition(":")[0]
        actions = self._record.catalogue.actions(query.tenant, (app,))
        return Context(actions=tuple(Hit(kind="action", score=1.0, similarity=0.9, item=each) for each in actions))

    def refresh(self, tenant: str) -> None:
        pass

    def close(self) -> None:
        pass


class Follower:
    """What comes next is seen from the situation alone, in whichever process it is asked."""

    def choose(self, situation: Situation) -> Choice:
        return ScriptedLAM([self._move(situation)]).choose(situation)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        scripted = ScriptedLAM([self._move(situation)])
        scripted.choose(situation)
        return scripted.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        raise NotImplementedError

    def _move(self, situation: Situation) -> Move:
        said_ = _said(situation.task)
        app = situation.task.text.removeprefix("At ").partition(":")[0]
        done = {step.action for step, seen in _carried_out(situation)}
        ticket = _ticket(situation, said_["title"])
        looked = Move(action=f"{app}.list_tickets", arguments={"requester": said(said_["username"])})
        moves = {
            "get_account": {"username": said(said_["username"])},
            "set_mailbox_quota": {"address": said(said_["email"]), "quota_gb": said("42")},
            "create_ticket": {
                "title": said(said_["title"]),
                "requester": said(said_["username"]),
                "priority": option("low"),
                "team": option("service_desk"),
            },
            "add_ticket_comment": {"ticket_id": ticket, "text": said(said_["note"])},
            "grant_vpn_access": {"username": said(said_["username"]), "until": said(said_["until"])},
            "wipe_device": {"asset_tag": said(said_["tag"])},
        }
        name = next((name for name in moves if f"{app}.{name}" not in done), "")
        if not name:
            return Move(action="finish")
        if name == "add_ticket_comment" and ticket is None:
            return looked
        return Move(action=f"{app}.{name}", arguments=moves[name])  # type: ignore[arg-type]


def _said(task: Task) -> dict[str, str]:
    return {**words_of(int(task.id.removeprefix("crash-"))), **json.loads(os.environ["CRASH_PEOPLE"])[task.id]}


def _carried_out(situation: Situation) -> list[tuple[Any, Observation]]:
    pairs = zip(situation.steps, situation.observations, strict=True)
    return [(step, seen) for step, seen in pairs if seen.status == "ok"]


def _ticket(situation: Situation, title: str) -> Any:
    """Where the ticket's id can be seen: in what making it answered, or in the list."""
    for step, observation in _carried_out(situation):
        body = observation.body if isinstance(observation.body, dict) else {}
        if body.get("title") == title:
            return seen(step.index, "ticket_id")
        rows = body.get("tickets")
        for i, row in enumerate(rows if isinstance(rows, list) else []):
            if isinstance(row, dict) and row.get("title") == title:
                return seen(step.index, f"tickets.{i}.ticket_id")
    return None


class CrashServices(Services):
    @cached_property
    def retriever(self) -> Any:
        return Everything(self.record)


# ---- the person at the desk


class Person(threading.Thread):
    """Approves everything; asked what came of a call, looks into the application."""

    def __init__(self, sessions: Sessions, desks: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self._sessions, self._desks = sessions, desks

    def run(self) -> None:
        while True:
            with self._sessions._lock:
                live = list(self._sessions._live.values())
            for each in live:
                if each.waiting is not None:
                    self._say(each)
            time.sleep(0.02)

    def _say(self, live: LiveRun) -> None:
        waiting = live.waiting
        if waiting is None:
            return
        if waiting.kind == "approval":
            live.decide(approved=True, call_hash=waiting.call_hash)
        else:
            pending = self._sessions.services.record.runs.pending(live.run_id)
            live.reply("yes" if pending and self._sees(pending[0].call) else "no")

    def _sees(self, call: Any) -> bool:
        app, _, name = str(call["action"]).partition(".")
        arguments = call["arguments"]
        key = {"create_ticket": "title", "add_ticket_comment": "text", "wipe_device": "asset_tag"}.get(name)
        found = key or {"grant_vpn_access": "username", "set_mailbox_quota": "address"}[name]
        with sqlite3.connect(self._desks[app]) as desk:
            query = "SELECT count(*) FROM crash_writes WHERE operation = ? AND subject = ?"
            return bool(desk.execute(query, (name, arguments[found])).fetchone()[0])


# ---- the process


def blind() -> None:
    """What a careless planner would do, to show that the bench notices: what is in doubt is simply done again.

    And so that there is much in doubt, the process ends after one answer in five.
    """
    execute = HttpExecutor.execute

    def dying(self: HttpExecutor, call: Call, permit: Permit) -> Observation:
        observation = execute(self, call, permit)
        if call.spec.effect != "read" and random.random() < 0.2:
            os.kill(os.getpid(), signal.SIGKILL)
        return observation

    def careless(self: Doubts, run: Any, asking: Any, intent: Any, spec: Any, step: Any) -> None:
        from planner.journal import Journal

        Journal(self.record.runs, run.task.tenant).never_came(intent)

    HttpExecutor.execute = dying  # type: ignore[method-assign]
    Doubts.settle = careless  # type: ignore[assignment, method-assign]


def main() -> None:
    job = json.loads(os.environ["CRASH_JOB"])
    if job["blind"]:
        blind()
    settings = Settings(
        data_dir=Path(job["data_dir"]), database_url=job["database_url"], max_open_runs=1000, log_level="error"
    )
    services = CrashServices(settings, lam=Follower(), embedder=HashEmbedder())  # type: ignore[arg-type]
    with Sessions(services) as sessions:
        Person(sessions, job["desks"]).start()
        print("ready", flush=True)
        _work(sessions, job)
    services.close()


def _work(sessions: Sessions, job: dict[str, Any]) -> None:
    """Every run that the record does not have is begun, `together` at a time; the end when all of them have ended."""
    runs = sessions.services.record.runs
    begun = {run.task.id for run in runs.list(100_000)}
    left = [Task(now=datetime.now().astimezone(), **each) for each in job["tasks"] if each["id"] not in begun]
    while True:
        is_open = len(runs.open())
        while left and is_open < job["together"]:
            sessions.start(left.pop(0))
            is_open += 1
        if not left and not is_open:
            return
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
