"""Two tenants do random things with one record and its indexes; neither ever sees, or touches, what is the other's."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from knowledge_nouns import NOON, WordHashEmbedder, action, document, passage, task, trajectory

from knowledge.catalogue import Application
from knowledge.errors import EmptyIndex, LamplighterError
from knowledge.keys import mint
from knowledge.record import Record
from knowledge.types import Event, Observation, Query, Run
from retrieval.search import Retriever

TENANTS = ("alder", "birch")
WORDS = {"alder": "heron", "birch": "otter"}  # everything of a tenant has its word in it
EMBEDDER = WordHashEmbedder()
SEEN = Observation(step=0, status="ok")


class World:
    """What one tenant can do to item `n`, with ids that the other may use as well."""

    def __init__(self, record: Record, tenant: str) -> None:
        self.record, self.tenant, self.word = record, tenant, WORDS[tenant]

    def add_document(self, n: int) -> None:
        new = document(f"{n}.md", tenant=self.tenant, text=f"{self.word} number {n}")
        self.record.documents.replace(new, [passage(new, 0, len(new.text))], EMBEDDER.embed([new.text]))

    def add_app(self, n: int) -> None:
        app = Application(name=f"app{n}", base_url=f"http://{self.word}")
        actions = [action(f"{self.word}_{n}", app=app.name)]
        self.record.catalogue.put(app, actions, EMBEDDER.embed([self.word]), self.tenant)

    def remember(self, n: int) -> None:
        self.record.memory.write(trajectory(f"{self.word}-{n}"), EMBEDDER.embed([self.word])[0], self.tenant)

    def begin_run(self, n: int) -> None:
        run = Run(id=f"{self.word}-{n}", task=task(self.word, tenant=self.tenant), status="running")
        self.record.runs.save(run)
        seq = len(self.record.runs.events(run.id, self.tenant))
        self.record.runs.append(Event(run_id=run.id, seq=seq, kind="proposed", at=NOON), self.tenant)
        with suppress(ValueError):  # intended before
            self.record.runs.intend(run.id, 0, f"key-{n}", "h", {"who": self.word}, self.tenant)

    def make_key(self, n: int) -> None:
        self.record.keys.add(mint(tenant=self.tenant, name=f"{self.word} {n}", role="admin").key)

    # ---- with ids of the other

    def meddle(self, n: int) -> None:
        other = World(self.record, next(each for each in TENANTS if each != self.tenant))
        before, id, mine = other.everything(), f"{other.word}-{n}", self.tenant
        record = self.record
        had = f"app{n}" in [each.name for each in record.catalogue.applications(mine)]
        attempts: list[Callable[[], object]] = [
            lambda: record.memory.get(id, mine),
            lambda: record.memory.forget(id, mine),
            lambda: record.memory.count(id, True, mine),
            lambda: record.runs.get(id, mine),
            lambda: record.runs.complete(f"key-{n}", SEEN, mine),
            lambda: record.catalogue.remove(f"app{n}", mine),
            *(lambda each=each: record.documents.remove(each.id, mine) for each in record.documents.list(other.tenant)),
            *(lambda each=each: record.documents.get(each.id, mine) for each in record.documents.list(other.tenant)),
            *(lambda each=each: record.keys.revoke(each.id, mine) for each in record.keys.list(other.tenant)),
        ]
        if id in [each.id for each in record.memory.list(other.tenant)]:
            attempts.append(lambda: record.memory.write(trajectory(id), EMBEDDER.embed(["x"])[0], mine))
        if id in [each.id for each in record.runs.list(1000, other.tenant)]:
            attempts.append(lambda: record.runs.save(Run(id=id, task=task(tenant=mine), status="done")))
        for attempt in attempts:
            with suppress(LamplighterError, ValueError):
                attempt()
            assert other.everything() == before
        if had:  # Removing an application of that name removed the own one.
            self.add_app(n)

    # ---- what a tenant can see

    def everything(self) -> str:
        record, mine = self.record, self.tenant
        runs = record.runs.list(1000, mine)
        ids = [f"{word}-{n}" for word in WORDS.values() for n in range(3)]
        parts: list[object] = [
            record.documents.list(mine),
            record.documents.passages(mine),
            record.documents.vectors(mine).ids,
            record.catalogue.applications(mine),
            record.catalogue.actions(mine),
            record.memory.list(mine),
            [each.trajectory for each in record.memory.similar(EMBEDDER.embed(["heron otter"])[0], 99, mine)],
            runs,
            [record.runs.events(id, mine) for id in ids],
            [record.runs.journal(id, mine) for id in ids],
            [record.runs.intent(f"key-{n}", mine) for n in range(3)],
            record.keys.list(mine),
        ]
        return "\n".join(map(repr, parts))

    def found(self, retriever: Retriever) -> str:
        query, hits = Query(text="heron otter number app", tenant=self.tenant), []
        for kind in ("passage", "action", "precedent"):
            with suppress(EmptyIndex):
                hits += retriever.search(query, kind, k=50)  # type: ignore[arg-type]
        with suppress(EmptyIndex):
            hits += retriever.context(query).actions
        return "\n".join(map(repr, hits))


DEEDS = ("add_document", "add_app", "remember", "begin_run", "make_key", "meddle")
deeds = st.lists(st.tuples(st.sampled_from(TENANTS), st.sampled_from(DEEDS), st.integers(0, 2)), max_size=14)


@settings(max_examples=25)
@example([("alder", "add_app", 1), ("birch", "add_app", 1), ("alder", "meddle", 1)])
@given(deeds)
def test_neither_sees_or_touches_what_is_the_others(done: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, Record.open(f"sqlite:///{folder}/record.db") as record:
        retriever = Retriever(record, EMBEDDER)
        for tenant, deed, n in done:
            getattr(World(record, tenant), deed)(n)
            for each in TENANTS:
                retriever.refresh(each)
        for tenant, other in (TENANTS, TENANTS[::-1]):
            world = World(record, tenant)
            assert WORDS[other] not in world.everything().lower()
            assert WORDS[other] not in world.found(retriever)
            wrote = {deed for who, deed, _ in done if who == tenant} - {"meddle"}
            assert (WORDS[tenant] in world.everything()) == bool(wrote)
        retriever.close()


@pytest.mark.slow
def test_collections_of_one_chroma_folder_are_apart(record: Record, tmp_path: Path) -> None:
    retriever = Retriever(record, EMBEDDER, index_dir=tmp_path / "index")
    for tenant in TENANTS:
        world = World(record, tenant)
        for n in range(3):
            world.add_document(n)
            world.add_app(n)
            world.remember(n)
        retriever.refresh(tenant)
    for tenant, other in (TENANTS, TENANTS[::-1]):
        found = World(record, tenant).found(retriever)
        assert WORDS[tenant] in found
        assert WORDS[other] not in found
    World(record, "alder").remember(3)
    retriever.refresh()
    assert "heron" not in World(record, "birch").found(retriever)
    retriever.close()
