"""A person is erased from the record: rows, pages of deleted rows, log; everyone else, and other tenants, stay."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from knowledge.compensations import Confirmed
from knowledge.keys import mint
from knowledge.leftovers import in_database
from knowledge.names import FORGOTTEN, Names
from knowledge.record import Record
from knowledge.types import Document, Event, Observation, Outcome, Run, Task, Trajectory

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ADA = Names(["ada", "Ada Byron"])
ONE = np.ones((1, 384), np.float32)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.open(f"sqlite:///{tmp_path / 'record.db'}")


def put(record: Record, id: str, text: str, *, requester: str = "bo", tenant: str = "default", by: str = "") -> None:
    """A run with all that belongs to one."""
    task = Task(id=id, text=text, requester=requester, now=NOW, tenant=tenant)
    record.runs.save(Run(id=id, task=task, status="done", outcome=Outcome(status="verified")))
    quoted = {"precedents": [{"id": "other", "text": "Unlock Ada Byron."}]}
    for seq, (kind, data) in enumerate([("retrieved", quoted), ("answered", {"by": by}), ("ended", {})]):
        record.runs.append(Event(run_id=id, seq=seq, kind=kind, at=NOW, data=data), tenant)  # type: ignore[arg-type]
    record.runs.intend(id, 0, f"key-{id}", "h", {"action": "a.b", "requester": requester}, tenant)
    record.runs.complete(f"key-{id}", Observation(step=0, status="ok", body={"said": text}), tenant)
    approval = record.approvals.ask(run_id=id, step=0, call={"of": text}, at=NOW, tenant=tenant)
    record.approvals.decide(approval, approved=True, at=NOW, expires_at=NOW, by=by, tenant=tenant)
    record.attempts.note(tenant=tenant, requester=requester, action="a.b", at=NOW)
    memory = Trajectory(
        id=id, task=task, steps=(), observations=(), ending="finish", outcome=Outcome(status="verified"), created_at=NOW
    )
    record.memory.write(memory, ONE[0], tenant)


def filled(record: Record) -> None:
    put(record, "about", "Unlock the account of Ada Byron.")
    put(record, "by-her", "Unlock Bo.", requester="ada")
    put(record, "approved", "Unlock Cy.", by="ada (key 12)")
    put(record, "namesake", "Unlock Adam, and ada.smith.")
    put(record, "theirs", "Unlock Ada Byron.", tenant="birch")
    for tenant in ("default", "birch"):
        text, id = "Ask Ada Byron.", f"doc-{tenant}"
        document = Document(
            id=id, source="a.md", title="A", text=text, media_type="text/markdown", content_hash="h", tenant=tenant
        )
        record.documents.add(document, (), np.empty((0, 384), np.float32))
        record.keys.add(mint(tenant=tenant, name="laptop", role="requester", requester="ada").key)


def test_what_speaks_of_her_goes_and_nothing_else(record: Record) -> None:
    filled(record)
    found = record.people.erase(ADA, "default")
    assert found.runs == {"about", "by-her"}
    assert found.quoting == {"approved", "namesake"}
    assert found.attempts == 1
    assert found.documents == {"doc-default": "a.md"}
    assert found.longer == {"ada.smith"}
    assert {run.id for run in record.runs.list(9, "default")} == {"approved", "namesake"}
    assert {each.id for each in record.memory.list("default")} == {"approved", "namesake"}
    assert record.runs.journal("about", "default") == record.runs.events("about", "default") == []
    assert [event.data for event in record.runs.events("approved", "default")] == [
        {"precedents": [{"id": "other", "text": f"Unlock {FORGOTTEN}."}]},
        {"by": f"{FORGOTTEN} (key 12)"},
        {},
    ]
    again = record.people.find(ADA, "default")
    assert (again.count, again.documents) == (0, {"doc-default": "a.md"})


def test_another_tenants_rows_stay(record: Record) -> None:
    filled(record)
    before = record.people.find(ADA, "birch")
    record.people.erase(ADA, "default", documents=True)
    assert record.people.find(ADA, "birch") == before
    assert record.runs.get("theirs", "birch").task.text == "Unlock Ada Byron."
    assert len(record.documents.list("birch")) == 1


def test_her_keys_open_nothing_and_are_still_counted(record: Record) -> None:
    filled(record)
    record.people.erase(ADA, "default")
    (key,) = record.keys.list("default")
    assert (key.requester, key.name, key.usable(datetime.now(UTC))) == (FORGOTTEN, FORGOTTEN, False)
    assert record.keys.any()
    assert record.keys.list("birch")[0].usable(datetime.now(UTC))


def test_documents_go_if_that_is_said(record: Record) -> None:
    filled(record)
    record.people.erase(ADA, "default", documents=True)
    assert record.documents.list("default") == []
    assert record.people.find(ADA, "default").documents == {}


def test_a_confirmation_stays_without_the_name_of_who_gave_it(record: Record) -> None:
    for tenant in ("default", "birch"):
        pair = Confirmed(
            action="a.block",
            undone_by="a.unblock",
            arguments={"badge": "argument.badge"},
            evidence=("r1", "r2"),
            confirmed_by="ada (key 12)",
            confirmed_at=NOW,
        )
        record.compensations.confirm(pair, tenant)
    assert record.people.find(ADA, "default").quoting == {"what undoes a.block"}
    record.people.erase(ADA, "default")
    assert [each.confirmed_by for each in record.compensations.list("default")] == [FORGOTTEN]
    assert [each.confirmed_by for each in record.compensations.list("birch")] == ["ada (key 12)"]
    assert record.people.find(ADA, "default").count == 0


@pytest.mark.parametrize("where", ["call", "observation", "reply", "approval"])
def test_a_run_that_names_her_in_one_place_only_goes_as_a_whole(record: Record, where: str) -> None:
    task = Task(id="r", text="Do it.", requester="bo", now=NOW)
    status = "waiting" if where == "reply" else "done"
    record.runs.save(Run(id="r", task=task, status=status))  # type: ignore[arg-type]
    call = {"action": "a.b", "arguments": {"who": "Ada Byron" if where == "call" else "bo"}}
    record.runs.intend("r", 0, "key", "h", call)  # type: ignore[arg-type]
    if where == "observation":
        record.runs.complete("key", Observation(step=0, status="ok", body=[{"name": "Byron, Ada"}]))
    if where == "reply":
        record.runs.reply("r", "Who?", "It is Ada Byron.")
    if where == "approval":
        record.approvals.ask(run_id="r", step=0, call={"who": "ADA BYRON"}, at=NOW)
    assert record.people.erase(ADA, "default").runs == {"r"}
    assert record.runs.list(9) == []
    assert record.runs.journal("r") == []
    assert record.runs.replied("r", "Who?") is None
    record.compact()
    assert in_database(ADA, record.files) == 0


def test_the_files_keep_no_trace(record: Record) -> None:
    filled(record)
    record.people.erase(ADA, "default", documents=True)
    assert in_database(ADA, record.files) > 0  # in pages of what was deleted, and in the log
    record.compact()
    assert in_database(ADA, record.files) == 0
    assert b"ada.smith" in b"".join(path.read_bytes() for path in record.files)  # that is somebody else


def test_columns_that_read_like_her_name_side_by_side_are_no_trace(record: Record) -> None:
    filled(record)
    key = mint(tenant="default", name="laptop", role="requester", requester="bo").key
    made = NOW + timedelta(milliseconds=500)  # as a float, whose first byte is 0x41, “A”
    record.keys.add(replace(key, hash=f"{key.hash[:-2]}ad", created_at=made))
    record.people.erase(ADA, "default", documents=True)
    record.compact()
    assert b"adA" in record.files[0].read_bytes()
    assert in_database(ADA, record.files) == 0


def test_bytes_that_no_row_explains_are_counted(record: Record) -> None:
    filled(record)
    record.people.erase(ADA, "default", documents=True)
    record.compact()
    with record.files[0].open("ab") as file:
        file.write(b"Ada Byron")
    assert in_database(ADA, record.files) == 1


def test_other_names_in_the_same_row_are_told(record: Record) -> None:
    task = Task(id="t", text="Unlock ada.", now=NOW)
    row = {"accounts": [{"username": "ada", "full_name": "Ada Byron", "email": "ab@x.example", "manager": "cy"}]}
    seen = Observation(step=0, status="ok", body=row)
    record.runs.save(Run(id="r", task=task, status="done", observations=(seen,)))
    assert record.people.find(Names(["ab@x.example"]), "default").also == {"ada", "Ada Byron"}
    assert record.people.find(ADA, "default").also == {"ab@x.example"}


def test_many_rows_are_no_obstacle(record: Record) -> None:
    for n in range(600):
        task = Task(id=f"t{n}", text="Unlock ada.", now=NOW)
        memory = Trajectory(
            id=f"m{n}",
            task=task,
            steps=(),
            observations=(),
            ending="ask",
            outcome=Outcome(status="asked"),
            created_at=NOW,
        )
        record.memory.write(memory, ONE[0], "default")
    assert len(record.people.erase(ADA, "default").trajectories) == 600
    assert record.memory.list("default") == []
