from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from knowledge_nouns import NOON, WordHashEmbedder, action, document, passage, task, trajectory

from knowledge.catalogue import Application
from knowledge.errors import BadDocument, NotFound
from knowledge.record import Record
from knowledge.store import DIMENSIONS, Matrix
from knowledge.types import Event, Observation, Outcome, Run

DESK = Application(name="desk", base_url="http://desk", title="Desk", auth_header="X-Key", secret_name="desk")


def test_a_document_comes_back_with_its_passages_and_vectors(record: Record, embedder: WordHashEmbedder) -> None:
    doc = document()
    parts = [passage(doc, 0, 3), passage(doc, 4, 7)]
    vectors = embedder.embed(["one", "two"])
    record.documents.add(doc, parts, vectors)
    assert record.documents.get(doc.id) == doc
    assert record.documents.by_source("default", "a.md") == doc
    assert record.documents.list() == [doc]
    assert record.documents.sources() == {doc.id: "a.md"}
    assert record.documents.sources("theirs") == {}
    assert (record.documents.size(), record.documents.size("theirs")) == (1, 0)
    assert record.documents.passages() == parts
    assert record.documents.passages(ids=[parts[1].id]) == parts[1:]
    ids, matrix = record.documents.vectors()
    assert ids == [part.id for part in parts]
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, vectors)


def test_adding_twice_is_refused_and_replacing_leaves_nothing_old(record: Record, embedder: WordHashEmbedder) -> None:
    old = document()
    new = document(text="three")
    record.documents.add(old, [passage(old, 0, 3)], embedder.embed(["one"]))
    with pytest.raises(BadDocument):
        record.documents.add(old, [], embedder.embed([]))
    record.documents.replace(new, [passage(new, 0, 5)], embedder.embed(["three"]))
    assert [p.text for p in record.documents.passages()] == ["three"]
    assert record.documents.list() == [new]


def test_a_failed_replacement_changes_nothing(record: Record, embedder: WordHashEmbedder) -> None:
    old = document()
    record.documents.add(old, [passage(old, 0, 3)], embedder.embed(["one"]))
    before = record.documents.revision()
    with pytest.raises(ValueError, match="finite vectors"):
        record.documents.replace(document(text="new"), [passage(old, 0, 3)], embedder.embed(["a", "b"]))
    assert record.documents.list() == [old]
    assert len(record.documents.vectors().ids) == 1
    assert record.documents.revision() == before


def test_tenants_do_not_see_each_other(record: Record, embedder: WordHashEmbedder) -> None:
    mine, theirs = document(tenant="mine"), document(tenant="theirs")
    for doc in (mine, theirs):
        record.documents.add(doc, [passage(doc, 0, 3)], embedder.embed(["one"]))
        record.catalogue.put(DESK, [action("unlock")], embedder.embed(["unlock"]), doc.tenant)
        record.memory.write(trajectory(f"m-{doc.tenant}"), embedder.embed(["unlock"])[0], doc.tenant)
        record.runs.save(Run(id=f"r-{doc.tenant}", task=task(tenant=doc.tenant), status="done"))
    with pytest.raises(NotFound):
        record.documents.remove(theirs.id, "mine")
    record.documents.remove(mine.id, "mine")
    record.catalogue.remove("desk", "mine")
    record.memory.clear("mine")
    assert record.documents.passages("mine") == record.catalogue.actions("mine") == record.memory.list("mine") == []
    stores = (record.documents, record.catalogue, record.memory)
    assert [(store.size("mine"), store.size("theirs")) for store in stores] == [(0, 1)] * 3
    assert len(record.documents.passages("theirs")) == len(record.catalogue.actions("theirs")) == 1
    assert [each.trajectory.id for each in record.memory.similar(embedder.embed(["unlock"])[0], 5, "theirs")] == [
        "m-theirs"
    ]
    assert [run.id for run in record.runs.list(tenant="mine")] == ["r-mine"]
    with pytest.raises(ValueError, match="another tenant"):
        record.memory.write(trajectory("m-theirs"), embedder.embed(["x"])[0], "mine")


def test_an_application_is_replaced_with_all_its_actions(record: Record, embedder: WordHashEmbedder) -> None:
    other = Application(name="mail", base_url="http://mail")
    record.catalogue.put(DESK, [action("lock"), action("unlock")], embedder.embed(["lock", "unlock"]))
    record.catalogue.put(other, [action("send", app="mail")], embedder.embed(["send"]))
    record.catalogue.put(DESK, [action("reset")], embedder.embed(["reset"]))
    assert record.catalogue.applications() == [DESK, other]
    assert [each.id for each in record.catalogue.actions()] == ["desk.reset", "mail.send"]
    assert record.catalogue.vectors().ids == ["desk.reset", "mail.send"]
    assert record.catalogue.actions(apps=("mail",)) == [action("send", app="mail")]
    assert record.catalogue.get("desk.reset") == action("reset")
    with pytest.raises(NotFound, match=r"desk\.lock"):
        record.catalogue.get("desk.lock")
    with pytest.raises(NotFound):
        record.catalogue.remove("crm")
    with pytest.raises(ValueError, match=r"mail\.send"):
        record.catalogue.put(DESK, [action("send", app="mail")], embedder.embed(["send"]))


def test_memory_finds_verified_trajectories_only(record: Record, embedder: WordHashEmbedder) -> None:
    for id, text, status in (
        ("near", "unlock the account", "verified"),
        ("far", "order a laptop", "verified"),
        ("failed", "unlock the account", "failed"),
    ):
        record.memory.write(trajectory(id, status=status), embedder.embed([text])[0])
    found = record.memory.similar(embedder.embed(["unlock the account please"])[0], k=5)
    assert [each.trajectory.id for each in found] == ["near", "far"]
    assert found[0].similarity == pytest.approx(3 / (3**0.5 * 2), abs=1e-6)
    assert record.memory.similar(embedder.embed(["unlock"])[0], k=0) == []
    assert len(record.memory.list()) == record.memory.size() == 3


def test_requests_of_another_encoder_are_embedded_anew_for_every_tenant(
    record: Record, embedder: WordHashEmbedder
) -> None:
    assert record.memory.embedded_by(embedder.embed)
    other = np.eye(8, dtype=np.float32)
    for number, (tenant, status) in enumerate([("ours", "verified"), ("theirs", "failed"), ("theirs", "verified")]):
        record.memory.write(trajectory(f"m{number}", status=status), other[number], tenant)  # type: ignore[arg-type]
    before = {tenant: record.memory.revision(tenant) for tenant in ("ours", "theirs")}
    assert not record.memory.embedded_by(embedder.embed)
    assert record.memory.embed_anew(embedder.embed) == 3
    assert record.memory.embedded_by(embedder.embed)
    text = record.memory.get("m0", "ours").task.text
    for tenant in before:
        (found,) = record.memory.similar(embedder.embed([text])[0], tenant=tenant)
        assert found.similarity == pytest.approx(1)
        assert record.memory.revision(tenant) > before[tenant]
    (failed,) = record.memory.went_wrong(embedder.embed([text])[0], tenant="theirs")
    assert failed.similarity == pytest.approx(1)


def test_conversations_of_callers_keep_their_vectors(record: Record, embedder: WordHashEmbedder) -> None:
    theirs = np.eye(8, dtype=np.float32)[0]
    record.memory.write(replace(trajectory("a"), of_caller=True), theirs)
    assert record.memory.embedded_by(embedder.embed)
    record.memory.write(trajectory("b"), np.eye(8, dtype=np.float32)[1])
    assert not record.memory.embedded_by(embedder.embed)
    assert record.memory.embed_anew(lambda texts: np.full((len(texts), 8), 8**-0.5, np.float32)) == 1
    ids, matrix = record.memory.vectors()
    np.testing.assert_array_equal(matrix[ids.index("a")], theirs)
    assert matrix[ids.index("b")][0] == pytest.approx(8**-0.5)


def test_an_encoder_that_fails_leaves_memory_as_it_was(record: Record, embedder: WordHashEmbedder) -> None:
    def broken(texts: Sequence[str]) -> Matrix:
        raise RuntimeError("no weights")

    vector = embedder.embed(["unlock"])[0]
    record.memory.write(trajectory("m1"), vector)
    with pytest.raises(RuntimeError, match="no weights"):
        record.memory.embed_anew(broken)
    np.testing.assert_array_equal(record.memory.vectors().matrix[0], vector)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4), min_size=1, max_size=8), st.integers(1, 9)
)
def test_similar_agrees_with_the_definition(record: Record, rows: list[list[float]], k: int) -> None:
    record.memory.clear()
    for number, row in enumerate(rows):
        record.memory.write(trajectory(str(number)), np.array(row, np.float32))
    found = record.memory.similar(np.array([1, 0, 0, 0], np.float32), k)
    assert [each.similarity for each in found] == pytest.approx(sorted((row[0] for row in rows), reverse=True)[:k])


def test_memory_counts_forgets_and_replaces(record: Record, embedder: WordHashEmbedder) -> None:
    vector = embedder.embed(["unlock"])[0]
    record.memory.write(trajectory("m1"), vector)
    record.memory.write(trajectory("m2", minutes=5), vector)
    record.memory.count("m1", succeeded=True)
    record.memory.count("m1", succeeded=True)
    record.memory.count("m1", succeeded=False)
    record.memory.count("never was", succeeded=True)
    counted = record.memory.get("m1")
    assert (counted.successes, counted.failures) == (2, 1)
    assert [each.id for each in record.memory.list()] == ["m2", "m1"]
    assert [each.id for each in record.memory.list(limit=1)] == ["m2"]
    record.memory.write(replace(counted, ending="ask"), vector)
    assert record.memory.get("m1") == replace(counted, ending="ask")
    record.memory.forget("m1")
    for lookup in (record.memory.get, record.memory.forget):
        with pytest.raises(NotFound, match="m1"):
            lookup("m1")
    assert record.memory.vectors().ids == ["m2"]


def test_a_revision_grows_with_what_an_index_must_know(record: Record, embedder: WordHashEmbedder) -> None:
    assert record.memory.revision() == record.documents.revision() == record.catalogue.revision() == 0
    record.memory.write(trajectory("m"), embedder.embed(["unlock"])[0])
    record.memory.count("m", succeeded=True)
    assert record.memory.revision() == 1
    record.memory.write(trajectory("asked", status="asked"), embedder.embed(["unlock"])[0])
    record.memory.revise("asked", Outcome(status="failed"))
    record.memory.forget("asked")
    assert record.memory.revision() == 1, "what is no precedent is in no index"
    record.memory.forget("m")
    assert record.memory.revision() == 2
    for status in ("verified", "failed", "failed", "verified"):
        record.memory.write(trajectory("m", status=status), embedder.embed(["unlock"])[0])
    assert record.memory.revision() == 5
    record.memory.revise("m", Outcome(status="undone"))
    assert record.memory.revision() == 6
    assert record.documents.revision() == record.memory.revision("other") == 0


def test_an_empty_store_has_an_empty_matrix(record: Record) -> None:
    for vectors in (record.documents.vectors(), record.catalogue.vectors(), record.memory.vectors()):
        assert vectors.ids == []
        assert vectors.matrix.shape == (0, DIMENSIONS)


def test_runs_are_saved_over_and_listed_newest_first(record: Record) -> None:
    first = Run(id="r1", task=task(), status="running")
    record.runs.save(first)
    record.runs.save(Run(id="r2", task=task(), status="waiting"))
    record.runs.save(replace(first, status="done"))
    assert [(run.id, run.status) for run in record.runs.list()] == [("r2", "waiting"), ("r1", "done")]
    assert [run.id for run in record.runs.list(limit=1)] == ["r2"]
    with pytest.raises(NotFound):
        record.runs.get("r3")


def test_events_come_in_order_and_only_once(record: Record) -> None:
    for seq in (1, 0, 2):
        record.runs.append(Event(run_id="r1", seq=seq, kind="proposed", at=NOON, data={"n": seq}))
    assert [event.data["n"] for event in record.runs.events("r1")] == [0, 1, 2]
    assert [event.seq for event in record.runs.events("r1", after=1)] == [2]
    with pytest.raises(ValueError, match="event 2"):
        record.runs.append(Event(run_id="r1", seq=2, kind="ended", at=NOON))


def test_the_journal_knows_what_is_open(record: Record) -> None:
    record.runs.intend("r1", 0, "k0", "h0", {"action": "desk.lock"})
    record.runs.intend("r1", 1, "k1", "h1", {"action": "desk.unlock"})
    seen = Observation(step=0, status="ok", body={"locked": True})
    record.runs.complete("k0", seen)
    assert [(each.key, each.observation) for each in record.runs.journal("r1")] == [("k0", seen), ("k1", None)]
    (open_call,) = record.runs.pending("r1")
    assert (open_call.step, open_call.call_hash, open_call.call) == (1, "h1", {"action": "desk.unlock"})
    assert record.runs.intent("k1") == open_call
    assert record.runs.intent("k9") is None
    with pytest.raises(ValueError, match="blindly"):
        record.runs.intend("r1", 1, "k1", "h1", {})
    with pytest.raises(NotFound):
        record.runs.complete("k9", seen)
