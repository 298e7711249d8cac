"""What the model gets to see of a conversation: candidates among its tools, passages of its documentation."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.chat.shelves import Manual, Tools
from knowledge.ingest import Embedder
from knowledge.results import stems
from knowledge.store import Matrix
from knowledge.types import ActionSpec, Context, Hit, Observation, Passage, Step
from models.fields import state
from retrieval.assemble import assemble_passages
from retrieval.candidates import Witnesses, rank_actions
from retrieval.fusion import Ranking, reciprocal_rank_fusion
from retrieval.shelf import Shelf
from retrieval.wording import readable

MOST_TOOLS = 12  # of more, the likeliest are offered, and those that were used before
PASSAGES, PASSAGE_TOKENS = 4, 600
NAMING_PASSAGES = 3
_ID = re.compile(r"(.+?)[_-]?(?:id|ids|number|name|code|key|no)")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was said and done so far, as it is searched with."""

    said: str
    steps: tuple[Step, ...]
    observations: tuple[Observation, ...]

    @property
    def lately(self) -> str:
        """The last step and its machine fields, in words; people's free text does not choose what is read next."""
        if not self.steps:
            return ""
        last = self.observations[-1]
        shown = " ".join(state(last.body)) if last.status == "ok" else last.code
        return f"{re.sub(r'[_.]+', ' ', self.steps[-1].action.partition('.')[2])} {shown}"[:400]


def offered(seen: Seen, tools: Tools, manual: Manual, embedder: Embedder) -> Context:
    """Looked up anew at every step."""
    text = readable(seen.said)
    texts = [text, seen.lately or text, f"{text} {seen.lately}".strip()]
    vectors = embedder.embed(texts)
    found = _passages(manual.shelf, texts, vectors)
    return Context(
        passages=assemble_passages(found, limit=PASSAGES, tokens=PASSAGE_TOKENS),
        actions=_actions(seen, tools.shelf, manual.shelf, found, text, vectors),
    )


def _passages(shelf: Shelf | None, texts: Sequence[str], vectors: Matrix) -> list[Hit]:
    """First the best for request and last step together, then the best for each, then what is good for all."""
    if shelf is None:
        return []
    rankings = [_ids(shelf.ranking(text, vector)) for text, vector in zip(texts, vectors, strict=True)]
    fused = reciprocal_rank_fusion([Ranking(ids=ids) for ids in rankings])
    first = [ids[0] for ids in reversed(rankings) if ids]
    wanted = list(dict.fromkeys([*first, *(each.id for each in fused)]))[: 3 * PASSAGES]
    return [shelf.hit(each, 1 / rank, vectors[0]) for rank, each in enumerate(wanted, start=1)]


def _actions(
    seen: Seen, shelf: Shelf, manual: Shelf | None, found: Sequence[Hit], text: str, vectors: Matrix
) -> tuple[Hit, ...]:
    named = _named_in(found, manual, shelf)
    if seen.lately:
        named.append(shelf.by_meaning(vectors[1]))
    witnesses = Witnesses(
        by_meaning=shelf.by_meaning(vectors[0]),
        by_words=shelf.by_words(text),
        by_shape=shelf.shapes.taking_an_id_of(seen.said),
        by_passage=named,
    )
    ranked = rank_actions(witnesses, graph=shelf.graph, known=frozenset(shelf.items))
    scores = {each.id: each.score for each in ranked}
    best = list(shelf.items) if len(shelf.items) <= MOST_TOOLS else [each.id for each in ranked[:MOST_TOOLS]]
    wanted = dict.fromkeys([*best, *_before(seen.steps, shelf), *_providers(best, shelf)])
    hits = [shelf.hit(each, scores.get(each, 0.0), vectors[0]) for each in wanted]
    return tuple(sorted(hits, key=lambda hit: -hit.score))


def _named_in(found: Sequence[Hit], manual: Shelf | None, shelf: Shelf) -> list[list[str]]:
    """For each of the best passages the actions nearest to it."""
    near = [hit.item for hit in found[:NAMING_PASSAGES] if isinstance(hit.item, Passage)]
    if manual is None:
        return []
    vectors = manual.vectors
    return [_ids(shelf.ranking(passage.text, vectors.matrix[vectors.rows[passage.id]])) for passage in near]


def _before(steps: Iterable[Step], shelf: Shelf) -> list[str]:
    return [step.action for step in steps if step.action in shelf.items]


def _providers(best: Sequence[str], shelf: Shelf) -> list[str]:
    """For the likeliest action that needs an identifier, the reads that may find it by something else."""
    specs = [spec for spec in shelf.items.values() if isinstance(spec, ActionSpec)]
    for each in best[:MOST_TOOLS]:
        spec = shelf.items[each]
        if isinstance(spec, ActionSpec) and (
            found := [p for name in needed(spec) for p in providers(name, spec, specs)]
        ):
            return [each.id for each in found]
    return []


def needed(spec: ActionSpec) -> list[str]:
    """Required parameters that look like identifiers."""
    return [p.name for p in spec.parameters if p.required and _ID.fullmatch(p.name.lower())]


def providers(name: str, spec: ActionSpec, specs: Iterable[ActionSpec]) -> list[ActionSpec]:
    """Reads that are about what the identifier names, and do not ask for it themselves: `get_customer_by_phone` finds
    a `customer_id`."""
    match = _ID.fullmatch(name.lower())
    about = stems(match[1]) if match else frozenset()
    return [
        read
        for read in specs
        if read.effect == "read"
        and read.id != spec.id
        and about
        and about <= stems(read.name)
        and not any(p.required and p.name.lower() == name.lower() for p in read.parameters)
    ]


def _ids(hits: Iterable[Hit]) -> list[str]:
    return [hit.item.id for hit in hits]
