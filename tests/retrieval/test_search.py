import threading
from pathlib import Path

import pytest
from retrieval_desk import RUNBOOKS, add_actions, add_document, add_trajectory, desk_actions

from knowledge.errors import EmptyIndex
from knowledge.record import Record
from knowledge.types import Hit, Outcome, Query
from retrieval import search
from retrieval.candidates import Witnesses, rank_actions
from retrieval.chroma import ChromaIndex
from retrieval.embed import MiniLMEmbedder
from retrieval.fusion import Fused
from retrieval.schema_graph import SchemaGraph
from retrieval.search import Retriever

UNLOCK = Query(text="Please unlock the account of Mara Lind")


@pytest.fixture(params=["chroma", "exact"])
def retriever(desk: Record, embedder: MiniLMEmbedder, tmp_path: Path, request: pytest.FixtureRequest) -> Retriever:
    return Retriever(desk, embedder, index_dir=tmp_path / "index" if request.param == "chroma" else None)


def ids(hits: list[Hit] | tuple[Hit, ...]) -> list[str]:
    return [hit.item.id for hit in hits]


def test_each_kind_is_found_best_first(retriever: Retriever) -> None:
    passages = retriever.search(UNLOCK, "passage", k=3)
    actions = retriever.search(UNLOCK, "action", k=2)
    assert ids(passages)[0] == "default-unlock.md#0"
    assert len(passages) == 3
    assert ids(actions)[0] == "desk.unlock_account"
    assert len(actions) == 2
    for hits in (passages, actions):
        assert all(0 < hit.score <= 1 and -1 <= hit.similarity <= 1 for hit in hits)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_similarity_is_the_cosine_for_every_hit(retriever: Retriever, embedder: MiniLMEmbedder) -> None:
    text = "fish"
    for hit in retriever.search(Query(text=text), "passage", k=4):
        query, passage = embedder.embed([text, getattr(hit.item, "text", "")])
        assert hit.similarity == pytest.approx(float(query @ passage), abs=1e-5)


def test_an_empty_index_says_what_to_do(record: Record, embedder: MiniLMEmbedder) -> None:
    retriever = Retriever(record, embedder)
    with pytest.raises(EmptyIndex, match="lamp ingest"):
        retriever.search(UNLOCK, "passage")
    with pytest.raises(EmptyIndex, match="lamp apps add"):
        retriever.search(UNLOCK, "action")
    with pytest.raises(EmptyIndex, match="lamp apps add"):
        retriever.context(UNLOCK)
    assert retriever.search(UNLOCK, "precedent") == []


def test_a_context_without_documentation_or_precedents(record: Record, embedder: MiniLMEmbedder) -> None:
    add_actions(record, embedder, desk_actions())
    context = Retriever(record, embedder).context(UNLOCK)
    assert context.passages == ()
    assert context.precedents == ()
    assert ids(context.actions)[0] == "desk.unlock_account"


def test_the_context_has_the_steps_of_the_runbook(retriever: Retriever) -> None:
    context = retriever.context(UNLOCK, passages=2, actions=3)
    assert ids(context.passages)[0] == "default-unlock.md#0"
    assert {"desk.unlock_account", "desk.search_accounts"} <= set(ids(context.actions))
    assert len(context.actions) == 3
    assert len(context.passages) == 2
    assert [hit.score for hit in context.actions] == sorted((hit.score for hit in context.actions), reverse=True)


def test_the_passages_of_a_context_fit_its_budget(retriever: Retriever) -> None:
    assert len(retriever.context(UNLOCK, passages=4, tokens=1000).passages) == 4
    assert len(retriever.context(UNLOCK, passages=4, tokens=5).passages) == 1
    assert retriever.context(UNLOCK, passages=0, precedents=0, actions=1).passages == ()


def test_precedents_bring_their_actions(desk: Record, embedder: MiniLMEmbedder) -> None:
    add_trajectory(desk, embedder, "t1", "Zap the gadget of Jon Bell", ["desk.get_device", "desk.wipe_device"])
    retriever = Retriever(desk, embedder)
    query = Query(text="Zap the gadget of Mara Lind")
    context = retriever.context(query, actions=2)
    assert ids(context.precedents) == ["t1"]
    assert set(ids(context.actions)) == {"desk.get_device", "desk.wipe_device"}
    assert retriever.context(query, exclude=["t1"]).precedents == ()


def test_each_part_of_a_request_has_runs_of_its_own(
    desk: Record, embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[Witnesses]()

    def ranked(witnesses: Witnesses, *, graph: SchemaGraph, known: frozenset[str]) -> list[Fused]:
        seen.append(witnesses)
        return rank_actions(witnesses, graph=graph, known=known)

    monkeypatch.setattr(search, "rank_actions", ranked)
    texts = {"zap": "Zap the gadget of Jon Bell", **{f"p{n}": f"Let Jon Bell in at gate {n}" for n in range(12)}}
    for name, text in texts.items():
        add_trajectory(desk, embedder, name, text, ["desk.wipe_device" if name == "zap" else "desk.unlock_account"])
    retriever = Retriever(desk, embedder)
    retriever.context(Query(text="Let Mara Lind in at gate 4, she waits there, and zap her gadget."))
    assert [ids(hits)[0] for hits in seen[0].of_parts][-1] == "zap"
    retriever.context(Query(text="Let Mara Lind in at gate 4."))
    retriever.context(Query(text="Let Mara Lind in at gate 4, and zap her gadget."), exclude=["zap"])
    assert not seen[1].of_parts
    assert "zap" not in [id for hits in seen[2].of_parts for id in ids(hits)]


def test_only_verified_trajectories_are_precedents(desk: Record, embedder: MiniLMEmbedder) -> None:
    add_trajectory(desk, embedder, "good", "Unlock Jon", ["desk.unlock_account"])
    add_trajectory(desk, embedder, "bad", "Unlock Jon", ["desk.wipe_device"], status="failed")
    assert ids(Retriever(desk, embedder).search(UNLOCK, "precedent")) == ["good"]


def test_tenants_see_only_their_own(desk: Record, embedder: MiniLMEmbedder, tmp_path: Path) -> None:
    add_document(desk, embedder, "secret.md", "How to unlock the account of a spy.", tenant="other")
    add_actions(desk, embedder, desk_actions("spies"), tenant="other")
    add_trajectory(desk, embedder, "theirs", UNLOCK.text, ["spies.unlock_account"], tenant="other")
    retriever = Retriever(desk, embedder, index_dir=tmp_path / "index")
    other = Query(text=UNLOCK.text, tenant="other")
    mine, theirs = retriever.context(UNLOCK), retriever.context(other)
    assert ids(theirs.passages) == ["other-secret.md#0"]
    assert ids(theirs.precedents) == ["theirs"]
    assert {each.split(".")[0] for each in ids(theirs.actions)} == {"spies"}
    assert {each.split(".")[0] for each in ids(mine.actions)} == {"desk"}
    assert mine.precedents == ()
    assert len(retriever.search(UNLOCK, "passage")) == len(RUNBOOKS)


def test_only_the_apps_asked_for(retriever: Retriever, desk: Record, embedder: MiniLMEmbedder) -> None:
    add_actions(desk, embedder, desk_actions("second"))
    query = Query(text=UNLOCK.text, apps=("second",))
    assert {each.split(".")[0] for each in ids(retriever.search(query, "action"))} == {"second"}
    assert {each.split(".")[0] for each in ids(retriever.context(query).actions)} == {"second"}
    assert {each.split(".")[0] for each in ids(retriever.context(UNLOCK).actions)} == {"desk", "second"}


def test_a_refresh_takes_up_what_changed(retriever: Retriever, desk: Record, embedder: MiniLMEmbedder) -> None:
    query = Query(text="Who repairs the coffee machine?")
    assert ids(retriever.search(query, "passage", k=1)) != ["default-coffee.md#0"]
    add_document(desk, embedder, "coffee.md", "The coffee machine is repaired by the canteen.")
    retriever.refresh()
    assert ids(retriever.search(query, "passage", k=1)) == ["default-coffee.md#0"]
    desk.documents.remove("default-coffee.md")
    retriever.refresh()
    assert "default-coffee.md#0" not in ids(retriever.search(query, "passage", k=20))


def test_a_refresh_without_changes_reads_nothing(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    retriever.search(UNLOCK, "passage")
    monkeypatch.setattr("retrieval.search.load_shelf", lambda *_, **__: pytest.fail("read again"))
    retriever.refresh()


def test_a_trajectory_is_remembered_at_once(retriever: Retriever, desk: Record, embedder: MiniLMEmbedder) -> None:
    assert retriever.search(UNLOCK, "precedent") == []
    for id, status in (("t1", "verified"), ("t2", "failed"), ("t3", "verified")):
        add_trajectory(desk, embedder, id, f"Unlock the account of {id}", ["desk.unlock_account"], status=status)
        retriever.refresh()
    assert set(ids(retriever.search(UNLOCK, "precedent"))) == {"t1", "t3"}
    add_trajectory(desk, embedder, "t1", "Something else entirely", ["desk.wipe_device"])
    retriever.refresh()
    assert ids(retriever.search(Query(text="something else"), "precedent", k=1)) == ["t1"]
    assert len(retriever.search(UNLOCK, "precedent")) == 2


def test_what_is_remembered_is_taken_up_without_reading_the_others_again(
    desk: Record, embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_trajectory(desk, embedder, "t1", UNLOCK.text, ["desk.unlock_account"])
    retriever = Retriever(desk, embedder, index_dir=tmp_path / "index")
    retriever.refresh("default")
    with monkeypatch.context() as patch:
        patch.setattr("retrieval.search.load_shelf", lambda *_, **__: pytest.fail("read again"))
        patch.setattr(ChromaIndex, "_built", lambda *_: pytest.fail("built again"))
        for id in ("t2", "t3"):
            add_trajectory(desk, embedder, id, f"{UNLOCK.text} It is about {id}.", ["desk.unlock_account"])
        desk.memory.count("t1", succeeded=True)
        retriever.refresh()
        assert set(ids(retriever.search(UNLOCK, "precedent"))) == {"t1", "t2", "t3"}
    desk.memory.revise("t2", Outcome(status="undone", reason="Taken back."))
    retriever.refresh()
    assert set(ids(retriever.search(UNLOCK, "precedent"))) == {"t1", "t3"}
    retriever.close()


def test_a_trajectory_forgotten_elsewhere_is_gone_after_a_refresh(desk: Record, embedder: MiniLMEmbedder) -> None:
    add_trajectory(desk, embedder, "t1", UNLOCK.text, ["desk.unlock_account"])
    retriever = Retriever(desk, embedder)
    assert ids(retriever.search(UNLOCK, "precedent")) == ["t1"]
    desk.memory.forget("t1")
    add_trajectory(desk, embedder, "t2", UNLOCK.text, ["desk.unlock_account"])
    retriever.refresh()
    assert ids(retriever.search(UNLOCK, "precedent")) == ["t2"]


def test_the_index_survives_a_restart_and_its_deletion(desk: Record, embedder: MiniLMEmbedder, tmp_path: Path) -> None:
    found = []
    for spoil in (False, True, False):
        retriever = Retriever(desk, embedder, index_dir=tmp_path / "index")
        found.append(ids(retriever.search(UNLOCK, "passage")))
        retriever.close()
        for path in (tmp_path / "index").rglob("*"):
            if spoil and path.is_file():
                path.write_bytes(b"broken")
    assert found[0] == found[1] == found[2]


def test_searches_go_on_while_others_ingest(retriever: Retriever, desk: Record, embedder: MiniLMEmbedder) -> None:
    errors: list[Exception] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            try:
                assert ids(retriever.context(UNLOCK).actions)[0] == "desk.unlock_account"
            except Exception as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(8):
        add_document(desk, embedder, f"{number}.md", f"Note {number} on printers.")
        add_trajectory(desk, embedder, f"t{number}", f"Print page {number}", ["desk.get_device"])
        retriever.refresh()
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(retriever.search(UNLOCK, "passage", k=50)) == len(RUNBOOKS) + 8
