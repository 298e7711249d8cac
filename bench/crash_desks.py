"""Two practice help desks that count their writes, and the runs that `bench/crash.py` breaks off."""

import sqlite3
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import httpx

from bench.crash_child import WRITES, request, words_of
from examples.helpdesk.server import HelpDeskServer
from knowledge.openapi import read_openapi
from knowledge.record import Record
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
    database_url: str
    desks: dict[str, HelpDeskServer]
    tasks: list[dict[str, str]]
    people: dict[str, dict[str, str]]
    subjects: dict[str, dict[str, str]]


def prepare(folder: Path, runs: int, stack: ExitStack, *, database_url: str = "") -> Job:
    """Without a URL the record is SQLite in the folder."""
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
        _devices(server, [subjects[each["id"]]["wipe_device"] for each in tasks if app_of(each["text"]) == app])
        _count_writes(server)
    url = database_url or f"sqlite:///{folder / 'data' / 'lamplighter.db'}"
    return Job(folder=folder, database_url=url, desks=desks, tasks=tasks, people=people, subjects=subjects)


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


def make_known(job: Job) -> None:
    """The catalogue of the record, as `lamp apps add` writes it. Raises SystemExit if the record has runs."""
    with Record.open(job.database_url) as record:
        if record.runs.list(1):
            raise SystemExit("The database has runs already: give an empty one.")
        for app, server in job.desks.items():
            headers = {"Authorization": f"Bearer {TOKEN}"}
            document = httpx.get(f"{server.url}/openapi.json", headers=headers, trust_env=False, timeout=SLOW_S).json()
            found = read_openapi(document, app=app, base_url=server.url)
            vectors = HashEmbedder().embed([action.id for action in found.actions])
            record.catalogue.put(replace(found.application, secret_name=app, private=True), found.actions, vectors)


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


def app_of(text: str) -> str:
    return text.removeprefix("At ").partition(":")[0]
