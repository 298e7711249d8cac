"""Everything of one kind that one tenant has, as it was at one revision of the record, ready to be searched."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from knowledge.names import Names
from knowledge.record import Record
from knowledge.store import Matrix
from knowledge.store import Vectors as Stored
from knowledge.types import ActionSpec, Hit, HitKind, Passage, Trajectory, Trust
from retrieval.fusion import Ranking, reciprocal_rank_fusion
from retrieval.lexical import Entry, LexicalIndex
from retrieval.schema_graph import SchemaGraph
from retrieval.vectors import DenseIndex, ExactIndex, Vectors
from retrieval.wording import Shapes, unnamed

Item: TypeAlias = Passage | ActionSpec | Trajectory
Indexer: TypeAlias = Callable[[str, Vectors], DenseIndex]
Grower: TypeAlias = Callable[["Shelf", Vectors, Collection[str]], DenseIndex]
POOL = 50
WORDS_WEIGHT = 0.7


@dataclass(frozen=True, kw_only=True, eq=False)
class Shelf:
    """Immutable but for the two indexes, which may know more ids than `items`: those are not found here."""

    kind: HitKind
    tenant: str
    revision: int
    items: Mapping[str, Item]
    vectors: Vectors
    dense: DenseIndex
    lexical: LexicalIndex

    @cached_property
    def graph(self) -> SchemaGraph:
        return SchemaGraph([item for item in self.items.values() if isinstance(item, ActionSpec)])

    @cached_property
    def shapes(self) -> Shapes:
        return Shapes(item for item in self.items.values() if isinstance(item, ActionSpec))

    @cached_property
    def by_trust(self) -> Mapping[Trust, "Shelf"]:
        """The passages of each trust as if there were no others: not even how rare a word is is shared.

        Where both are there they are searched exactly: a filter that most vectors pass is slow in Chroma.
        """
        return {"trusted": self._of("trusted"), "untrusted": self._of("untrusted")}

    def _of(self, trust: Trust) -> "Shelf":
        kept = {each: item for each, item in self.items.items() if isinstance(item, Passage) and item.trust == trust}
        if len(kept) == len(self.items):
            return self
        matrix = self.vectors.matrix[[self.vectors.rows[each] for each in kept]]
        vectors = Vectors(ids=tuple(kept), matrix=matrix, groups=("",) * len(kept))
        lexical = LexicalIndex(map(entry_of, kept.values()))
        return replace(self, items=kept, vectors=vectors, dense=ExactIndex(vectors), lexical=lexical)

    def ranking(self, text: str, vector: Matrix, *, k: int = POOL, groups: Collection[str] = ()) -> list[Hit]:
        """The k best by meaning and words together, best first. `vector` [D] embeds `text`."""
        pool = max(POOL, k)
        rankings = [
            Ranking(ids=self.by_meaning(vector, pool, groups=groups)),
            Ranking(ids=self.by_words(text, pool, groups=groups), weight=WORDS_WEIGHT),
        ]
        return [self.hit(each.id, each.score, vector) for each in reciprocal_rank_fusion(rankings)[:k]]

    def by_meaning(self, vector: Matrix, k: int = POOL, *, groups: Collection[str] = ()) -> list[str]:
        return [each.id for each in self.dense.search(vector, k, groups=groups) if each.id in self.items]

    def by_words(self, text: str, k: int = POOL, *, groups: Collection[str] = ()) -> list[str]:
        return [each for each in self.lexical.search(text, k, groups=groups) if each in self.items]

    def mentioning(self, names: Names) -> int:
        """Entries that do, and what the word index finds by their words that is on the shelf no more."""
        entries = [entry_of(item) for item in self.items.values()]
        known = sum(names.inside(f"{each.title} {each.text}") for each in entries)
        found = {each for name in names.given for each in self.lexical.search(name, POOL)}
        return known + len(found - self.items.keys())

    def ids_of(self, groups: Collection[str]) -> frozenset[str]:
        """All ids, or those of `groups`, if any are named."""
        pairs = zip(self.vectors.ids, self.vectors.groups, strict=True)
        return frozenset(each for each, group in pairs if not groups or group in groups)

    def hit(self, each: str, score: float, vector: Matrix) -> Hit:
        return Hit(kind=self.kind, score=score, similarity=self.vectors.similarity(each, vector), item=self.items[each])


def shelf_name(kind: HitKind, tenant: str) -> str:
    return f"{kind}/{tenant}"


def load_shelf(record: Record, kind: HitKind, tenant: str, *, index: Indexer) -> Shelf:
    """Read before the content, the revision is never newer than what is on the shelf."""
    revision = current_revision(record, kind, tenant)
    stored = _stored_vectors(record, kind, tenant)
    found = {item_id(item): item for item in _stored_items(record, kind, tenant)}
    rows = [row for row, each in enumerate(stored.ids) if each in found]
    items = {stored.ids[row]: found[stored.ids[row]] for row in rows}
    vectors = Vectors(
        ids=tuple(items), matrix=stored.matrix[rows], groups=tuple(group_of(item) for item in items.values())
    )
    return Shelf(
        kind=kind,
        tenant=tenant,
        revision=revision,
        items=items,
        vectors=vectors,
        dense=index(shelf_name(kind, tenant), vectors),
        lexical=LexicalIndex(map(entry_of, items.values())),
    )


def shelf_of(items: Sequence[Item], matrix: Matrix, *, kind: HitKind) -> Shelf:
    """A shelf of what no record keeps. `matrix` [N, D] embeds the items, in their order."""
    vectors = Vectors(ids=tuple(map(item_id, items)), matrix=matrix, groups=tuple(map(group_of, items)))
    return Shelf(
        kind=kind,
        tenant="",
        revision=0,
        items={item_id(item): item for item in items},
        vectors=vectors,
        dense=ExactIndex(vectors),
        lexical=LexicalIndex(map(entry_of, items)),
    )


def grown(shelf: Shelf, record: Record, *, index: Grower) -> Shelf | None:
    """The shelf of precedents as it is now, the earlier ones not read again; None if something was taken off it."""
    revision = record.memory.revision(shelf.tenant)
    if not shelf.items.keys() <= record.memory.precedents(shelf.tenant):
        return None
    added, vectors_added = record.memory.precedents_since(shelf.revision, shelf.tenant)
    rows = [row for row, run in enumerate(added) if not run.of_caller]
    if not rows:
        return replace(shelf, revision=revision)
    items, matrix = [added[row] for row in rows], vectors_added[rows]
    ids = tuple(map(item_id, items))
    vectors = shelf.vectors.joined(Vectors(ids=ids, matrix=matrix, groups=tuple(map(group_of, items))))
    shelf.lexical.put(map(entry_of, items))
    return replace(
        shelf,
        revision=revision,
        items={**shelf.items, **dict(zip(ids, items, strict=True))},
        vectors=vectors,
        dense=index(shelf, vectors, ids),
    )


def current_revision(record: Record, kind: HitKind, tenant: str) -> int:
    if kind == "passage":
        return record.documents.revision(tenant)
    return record.catalogue.revision(tenant) if kind == "action" else record.memory.revision(tenant)


def item_id(item: Item) -> str:
    return item.id


def group_of(item: Item) -> str:
    return item.app if isinstance(item, ActionSpec) else ""


def entry_of(item: Item) -> Entry:
    """What word search sees of an item."""
    if isinstance(item, Passage):
        return Entry(id=item.id, title=item.heading, text=item.text)
    if isinstance(item, Trajectory):
        return Entry(id=item.id, text=unnamed(item.task.text))
    words = [item.description, *(f"{each.name} {each.description}" for each in item.parameters)]
    return Entry(id=item.id, title=item.name, text=" ".join(words), group=item.app)


def _stored_vectors(record: Record, kind: HitKind, tenant: str) -> Stored:
    if kind == "passage":
        return record.documents.vectors(tenant)
    return record.catalogue.vectors(tenant) if kind == "action" else record.memory.vectors(tenant)


def _stored_items(record: Record, kind: HitKind, tenant: str) -> Sequence[Item]:
    if kind == "passage":
        return record.documents.passages(tenant)
    if kind == "action":
        return [action for action in record.catalogue.actions(tenant) if action.offered]
    return [run for run in record.memory.list(tenant) if not run.of_caller]
