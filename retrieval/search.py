"""Finding what a request needs: passages, actions and precedents, by meaning and by words, for one tenant."""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import EmptyIndex
from knowledge.ingest import Embedder
from knowledge.names import Names
from knowledge.record import Record
from knowledge.store import Matrix
from knowledge.types import Context, Hit, HitKind, Passage, Query
from retrieval.assemble import assemble_passages
from retrieval.candidates import Witnesses, rank_actions
from retrieval.chroma import ChromaIndex, ChromaStore
from retrieval.shelf import Shelf, current_revision, grown, load_shelf, shelf_name
from retrieval.vectors import DenseIndex, ExactIndex, Vectors
from retrieval.wording import parts, readable, unnamed

KINDS: tuple[HitKind, ...] = ("passage", "action", "precedent")
STEP_PASSAGES = 2
VOTERS = 10  # precedents that say which actions are candidates
POOL, SPARE_ACTIONS = 40, 40  # precedents, and actions after the candidates, that a result may bring forward
OF_PART = 3  # precedents of a part of the request
UNTRUSTED = 2  # passages nobody vouches for, beside the others
MISSING = {
    "passage": ("No documentation was ingested yet.", "Ingest some with `lamp ingest PATH`."),
    "action": ("No application is known yet.", "Add one with `lamp apps add OPENAPI`."),
}


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of each kind `context` returns at most; `tokens` is the budget of all passages together."""

    passages: int = 4
    actions: int = 12
    precedents: int = 5
    tokens: int = 600


class Retriever:
    """Searches the state of the record at the last `refresh` (the first search of a tenant loads it). Thread-safe."""

    def __init__(
        self, record: Record, embedder: Embedder, *, requests: Embedder | None = None, index_dir: Path | None = None
    ) -> None:
        """`requests` embeds them as those in memory were; None: `embedder` does. `index_dir` is Chroma's folder, which
        may be deleted at any time; None searches exactly, without Chroma."""
        self._record = record
        self._embedder = embedder
        self._requests = requests or embedder
        self._store = ChromaStore(index_dir) if index_dir else None
        self._shelves: dict[tuple[HitKind, str], Shelf] = {}
        self._changing = threading.RLock()

    def close(self) -> None:
        if self._store:
            self._store.close()

    def search(self, query: Query, kind: HitKind, *, k: int = 10) -> list[Hit]:
        """The k best of a kind, best first; scores in (0, 1], similarity the cosine with the query.

        `query.apps` limits actions only. Raises EmptyIndex if nothing of the kind is known (for precedents: []).
        """
        if kind == "precedent":
            return self._precedents(query, k=k)
        shelf, text = self._filled(kind, query.tenant), readable(query.text)
        return shelf.ranking(text, self._embed(text), k=k, groups=query.apps if kind == "action" else ())

    def context(
        self,
        query: Query,
        *,
        passages: int = Sizes.passages,
        actions: int = Sizes.actions,
        precedents: int = Sizes.precedents,
        tokens: int = Sizes.tokens,
        exclude: Collection[str] = (),
    ) -> Context:
        """What a model sees of the known world: candidates to choose from, how-to passages, similar verified runs.

        Trusted passages come first, found as if there were no others; only they say which actions are candidates.
        `exclude` are ids of precedents to leave out: in training, the task's own. Raises EmptyIndex if no application
        is known; documentation and precedents may be missing.
        """
        catalogue = self._filled("action", query.tenant)
        text = readable(query.text)
        vector = self._embed(text)
        shelves = self._shelf("passage", query.tenant).by_trust
        found = shelves["trusted"].ranking(text, vector, k=3 * passages)
        others = shelves["untrusted"].ranking(text, vector, k=3 * UNTRUSTED) if passages else []
        voters = self._precedents(query, k=max(precedents, POOL) if precedents else 0, exclude=exclude)
        witnesses = Witnesses(
            by_meaning=catalogue.by_meaning(vector, groups=query.apps),
            by_words=catalogue.by_words(text, groups=query.apps),
            by_shape=catalogue.shapes.taking_an_id_of(query.text),
            by_passage=self._named_in(found[:STEP_PASSAGES], catalogue, query),
            precedents=voters[:VOTERS],
            of_parts=self._of_parts(query, exclude) if precedents else (),
        )
        ranked = rank_actions(witnesses, graph=catalogue.graph, known=catalogue.ids_of(query.apps))
        offered = [catalogue.hit(each.id, each.score, vector) for each in ranked[: actions + SPARE_ACTIONS]]
        return Context(
            passages=(
                *assemble_passages(found, limit=passages, tokens=tokens),
                *assemble_passages(others, limit=UNTRUSTED, tokens=tokens // 2),
            ),
            actions=tuple(offered[:actions]),
            precedents=tuple(voters[:precedents]),
            spare=(*voters[precedents:], *offered[actions:]),
        )

    def refresh(self, tenant: str | None = None) -> None:
        """Take up what changed in the record; one small read for each kind when nothing did.

        Searches meanwhile see the earlier state, as a whole. Without `tenant`: of what was searched so far.
        """
        with self._changing:
            wanted = list(self._shelves) if tenant is None else [(kind, tenant) for kind in KINDS]
            for kind, each in wanted:
                self._reload(kind, each)

    def start_over(self, tenant: str) -> None:
        """Throw every index away, Chroma's folder with what it kept of deleted vectors, and build the tenant's anew.

        Those of other tenants are built when they are next asked for.
        """
        with self._changing:
            self._shelves.clear()
            if self._store:
                self._store.empty()
            self.refresh(tenant)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Nobody changes an index, or its files, meanwhile; searches go on."""
        with self._changing, self._store.building if self._store else nullcontext():
            yield

    def mentioning(self, names: Names, tenant: str) -> int:
        """How many entries of the tenant's word indexes speak of somebody."""
        return sum(self._shelf(kind, tenant).mentioning(names) for kind in KINDS)

    def _precedents(self, query: Query, *, k: int, exclude: Collection[str] = ()) -> list[Hit]:
        (found,) = self._like([query.text], query.tenant, k=k, exclude=exclude)
        return found

    def _of_parts(self, query: Query, exclude: Collection[str]) -> list[list[Hit]]:
        """They say which actions are candidates, and have no vote: half a request is like many others."""
        found = [each.text for each in parts(query.text)]
        return self._like(found, query.tenant, k=OF_PART, exclude=exclude) if found else []

    def _like(self, texts: Sequence[str], tenant: str, *, k: int, exclude: Collection[str]) -> list[list[Hit]]:
        shelf, more = self._shelf("precedent", tenant), k + len(exclude)
        rankings = [
            shelf.ranking(unnamed(text), vector, k=more)
            for text, vector in zip(texts, self._requests.embed(texts), strict=True)
        ]
        return [[hit for hit in ranking if hit.item.id not in exclude][:k] for ranking in rankings]

    def _named_in(self, hits: Sequence[Hit], catalogue: Shelf, query: Query) -> list[list[str]]:
        """For each passage the actions nearest to it, found with the vector that the record has of it."""
        vectors = self._shelf("passage", query.tenant).vectors
        passages = [hit.item for hit in hits if isinstance(hit.item, Passage) and hit.item.id in vectors.rows]
        return [
            _ids(catalogue.ranking(each.text, vectors.matrix[vectors.rows[each.id]], groups=query.apps))
            for each in passages
        ]

    def _embed(self, text: str) -> Matrix:
        vector: Matrix = self._embedder.embed([text])[0]
        return vector

    def _filled(self, kind: HitKind, tenant: str) -> Shelf:
        shelf = self._shelf(kind, tenant)
        if not shelf.items and kind in MISSING:
            message, remedy = MISSING[kind]
            raise EmptyIndex(message, remedy=remedy)
        return shelf

    def _shelf(self, kind: HitKind, tenant: str) -> Shelf:
        if (kind, tenant) not in self._shelves:
            with self._changing:
                self._reload(kind, tenant)
        return self._shelves[kind, tenant]

    def _reload(self, kind: HitKind, tenant: str) -> None:
        shelf = self._shelves.get((kind, tenant))
        if shelf and shelf.revision == current_revision(self._record, kind, tenant):
            return
        added_to = grown(shelf, self._record, index=self._grown) if shelf and kind == "precedent" else None
        self._shelves[kind, tenant] = added_to or load_shelf(self._record, kind, tenant, index=self._index)

    def _index(self, name: str, vectors: Vectors) -> DenseIndex:
        return ChromaIndex(self._store, name, vectors) if self._store else ExactIndex(vectors)

    def _grown(self, shelf: Shelf, vectors: Vectors, added: Collection[str]) -> DenseIndex:
        name = shelf_name(shelf.kind, shelf.tenant)
        if isinstance(shelf.dense, ChromaIndex):
            return shelf.dense.extended(name, vectors, added)
        return self._index(name, vectors)


def _ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.item.id for hit in hits]
