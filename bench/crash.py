"""Kill -9 at random moments of multi-step runs: is anything done twice, lost, or left lying?

    .venv/bin/python bench/crash.py --runs 200 --json

Two practice help desks count what they really write: one heeds idempotency keys, the other does not, so that what was
in doubt there has to be looked for, or asked. A child process carries the runs out and is killed and started again
until all of them have ended. The last line is one JSON object:

  duplicates          writes that an application did more than once for a run
  lost                writes that an application did and the run does not know of, or that it claims and are not there
  unfinished          runs that have not ended, or were never begun
  in_doubt_resolved   calls begun before a kill whose outcome was found out from the application
  in_doubt_asked      such calls that only a person could tell of
"""

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.crash_child import WRITES, request, words_of
from examples.helpdesk.server import HelpDeskServer
from knowledge.openapi import read_openapi
from knowledge.record import Record
from knowledge.runs import Intent
from knowledge.types import Event, Run
from tests.fakes import HashEmbedder

TOKEN = "a-token-of-the-bench"
SLOW_S = 120.0
APPS = {"heeding": True, "deaf": False}
COUNTED = {
    "create_ticket": "AFTER INSERT ON tickets BEGIN INSERT INTO crash_writes VALUES ('create_ticket', NEW.title)",
    "add_ticket_comment": "AFTER INSERT ON ticket_comments BEGIN INSERT INTO crash_writes VALUES "
    "('add_ticket_comment', NEW.text)",
    "grant_vpn_access": "AFTER INSERT ON vpn_access BEGIN INSERT INTO crash_writes VALUES "
    "('grant_vpn_access', NEW.username)",
    "set_mailbox_quota": "AFTER UPDATE ON mailboxes BEGIN INSERT INTO crash_writes VALUES "
    "('set_mailbox_quota', NEW.address)",
    "wipe_device": "AFTER UPDATE ON devices BEGIN INSERT INTO crash_writes VALUES ('wipe_device', NEW.asset_tag)",
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """`subjects` names, for each task and operation, the thing that the operation writes to."""

    folder: Path
    desks: dict[str, HelpDeskServer]
    tasks: list[dict[str, str]]
    people: dict[str, dict[str, str]]
    subjects: dict[str, dict[str, str]]


def prepare(folder: Path, runs: int, stack: ExitStack) -> Job:
    desks = {}
    for app, heeds in APPS.items():
        desks[app] = stack.enter_context(HelpDeskServer(folder / f"{app}.db", token=TOKEN, heeds_keys=heeds))
    tasks, people, subjects = [], {}, {}
    until = (date.today() + timedelta(days=30)).isoformat()
    with closing(sqlite3.connect(desks["deaf"].database)) as desk:
        query = "SELECT username, email FROM accounts JOIN mailboxes ON address = email WHERE status = 'active'"
        rows = desk.execute(query + " ORDER BY username").fetchall()
    if runs > 2 * len(rows):
        raise SystemExit(f"At most {2 * len(rows)} runs: each has a person of its own at its help desk.")
    for number in range(runs):
        app, (username, email), words = list(APPS)[number % 2], rows[number // 2], words_of(number)
        id = f"crash-{number}"
        tasks.append({"id": id, "text": request(number, app, username, email, until)})
        people[id] = {"username": username, "email": email, "until": until}
        subjects[id] = dict(zip(WRITES, (words["title"], words["note"], username, email, words["tag"]), strict=True))
    for app, server in desks.items():
        _devices(server, [subjects[each["id"]]["wipe_device"] for each in tasks if _app(each["text"]) == app])
        _count_writes(server)
    return Job(folder=folder, desks=desks, tasks=tasks, people=people, subjects=subjects)


def _devices(server: HelpDeskServer, tags: list[str]) -> None:
    values = {"kind": "laptop", "model": "Practice", "status": "lost", "owner": None}
    patches = [{"table": "devices", "key": {"asset_tag": tag}, "values": values} for tag in tags]
    headers = {"Authorization": f"Bearer {TOKEN}"}
    httpx.post(
        f"{server.url}/_admin/patch", json=patches, headers=headers, trust_env=False, timeout=SLOW_S
    ).raise_for_status()


def _count_writes(server: HelpDeskServer) -> None:
    """In the application's own database, within the transaction of each write."""
    with closing(sqlite3.connect(server.database)) as desk, desk:
        desk.execute("CREATE TABLE crash_writes (operation TEXT, subject TEXT)")
        desk.execute("DELETE FROM vpn_access")
        for name, trigger in COUNTED.items():
            desk.execute(f"CREATE TRIGGER crash_{name} {trigger}; END")


def make_known(job: Job) -> str:
    """The catalogue of a record, as `lamp apps add` writes it; its URL."""
    url = f"sqlite:///{job.folder / 'data' / 'lamplighter.db'}"
    with Record.open(url) as record:
        for app, server in job.desks.items():
            headers = {"Authorization": f"Bearer {TOKEN}"}
            document = httpx.get(f"{server.url}/openapi.json", headers=headers, trust_env=False, timeout=SLOW_S).json()
            found = read_openapi(document, app=app, base_url=server.url)
            vectors = HashEmbedder().embed([action.id for action in found.actions])
            record.catalogue.put(replace(found.application, secret_name=app, private=True), found.actions, vectors)
    return url


class Child:
    """The process that carries runs out, once it is ready."""

    def __init__(self, job: Job, *, together: int, blind: bool) -> None:
        said = {
            "data_dir": str(job.folder / "data"),
            "tasks": job.tasks,
            "together": together,
            "blind": blind,
            "desks": {app: str(server.database) for app, server in job.desks.items()},
        }
        root = Path(__file__).resolve().parents[1]
        env = {**os.environ, "PYTHONPATH": str(root), "LAMP_SECRETS": json.dumps(dict.fromkeys(APPS, TOKEN))}
        env |= {"CRASH_JOB": json.dumps(said), "CRASH_PEOPLE": json.dumps(job.people)}
        self._log = (job.folder / "child.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("crash_child.py"))],
            env=env,
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self.process.stdout
        self.process.stdout.readline()

    def ended_within(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()
        self._log.close()


def kill_until_done(job: Job, arguments: argparse.Namespace) -> int:
    """How often a process was killed with SIGKILL."""
    kills, ends = 0, time.monotonic() + arguments.patience_s
    while time.monotonic() < ends:
        child = Child(job, together=arguments.together, blind=arguments.blind)
        ended = child.ended_within(random.uniform(0.0, arguments.longest_s))
        status = child.process.returncode
        child.close()
        if ended and status == 0:
            return kills
        if ended and status != -9:
            raise SystemExit(f"The child ended with {status}: {(job.folder / 'child.log').read_text()[-2000:]}")
        kills += 1
    return kills


# ---- what came of it


def written(job: Job) -> Counter[tuple[str, str, str]]:
    """How often each application did each write, by its own count: (app, operation, subject)."""
    found: Counter[tuple[str, str, str]] = Counter()
    for app, server in job.desks.items():
        with closing(sqlite3.connect(server.database)) as desk:
            rows = desk.execute("SELECT operation, subject FROM crash_writes").fetchall()
            total = sum(count for _, count in desk.execute("SELECT * FROM writes"))
        if total != len(rows):
            raise SystemExit(f"{app} counts {total} writes itself, its triggers {len(rows)}.")
        found.update((app, operation, subject) for operation, subject in rows)
    return found


def measured(job: Job, url: str, kills: int) -> dict[str, int]:
    done = written(job)
    with Record.open(url) as record:
        runs = {run.task.id: run for run in record.runs.list(100_000)}
        claims = {run.task.id: _claimed(record, run) for run in runs.values()}
        open_ = {run.task.id: {_name(line) for line in record.runs.pending(run.id)} for run in runs.values()}
        settled = [e for run in runs.values() for e in record.runs.events(run.id) if e.kind == "settled"]
    print("Outcomes:", dict(Counter(run.outcome.status if run.outcome else run.status for run in runs.values())))
    unsuccessful = [
        run for run in runs.values() if run.outcome and run.outcome.status not in ("verified", "unverified")
    ]
    print("Reasons:", [f"{run.task.id}: {run.outcome.reason}" for run in unsuccessful if run.outcome])
    print("Settled:", dict(Counter(_how(event) for event in settled)))
    lost = [
        (each["id"], operation)
        for each in job.tasks
        for operation in WRITES
        if operation not in open_.get(each["id"], set())  # The run says itself that it does not know.
        and (done[_app(each["text"]), operation, job.subjects[each["id"]][operation]] > 0)
        != (operation in claims.get(each["id"], set()))
    ]
    print("Lost:", lost, "Twice:", [write for write, count in done.items() if count > 1])
    asked = sum(event.data["how"] == "asked" for event in settled)
    return {
        "runs": len(job.tasks),
        "kills": kills,
        "duplicates": sum(count - 1 for count in done.values()),
        "lost": len(lost),
        "unfinished": sum(id not in runs or runs[id].status != "done" for id in job.subjects),
        "in_doubt_resolved": len(settled) - asked,
        "in_doubt_asked": asked,
    }


def _claimed(record: Record, run: Run) -> set[str]:
    """Writes that run and journal both say were done."""
    lines = record.runs.journal(run.id)
    journalled = {(line.step, _name(line)) for line in lines if line.observation and line.observation.status == "ok"}
    pairs = zip(run.steps, run.observations, strict=True)
    known = {(step.index, step.action.partition(".")[2]) for step, seen in pairs if seen.status == "ok"}
    return {name for _, name in known & journalled}


def _name(line: Intent) -> str:
    return str(line.call["action"]).partition(".")[2]


def _app(text: str) -> str:
    return text.removeprefix("At ").partition(":")[0]


def _how(event: Event) -> str:
    return f"{event.data['how']}: {'done' if event.data['carried_out'] else 'not done'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--together", type=int, default=8, help="runs under way at the same time")
    parser.add_argument("--longest-s", type=float, default=3.0, help="a process lives at most so long")
    parser.add_argument("--patience-s", type=float, default=3600.0, help="runs not ended by then count as unfinished")
    parser.add_argument("--seed", type=int, default=None, help="of the moments; none: others each time")
    parser.add_argument("--blind", action="store_true", help="repeat what is in doubt, to see that it is noticed")
    parser.add_argument("--json", action="store_true", help="the last line is JSON anyhow")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="crash-") as folder, ExitStack() as stack:
        job = prepare(Path(folder), arguments.runs, stack)
        url = make_known(job)
        kills = kill_until_done(job, arguments)
        print(json.dumps(measured(job, url, kills)))


if __name__ == "__main__":
    main()
