"""What the model gets to see of a conversation: candidates among its tools, passages of its documentation."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.chat.named import beside, named_in, opened
from api.chat.shelves import Manual, Tools
from knowledge.ingest import Embedder
from knowledge.results import stems
from knowledge.store import Matrix
from knowledge.types import ActionSpec, Context, Hit, Observation, Passage, Step
from models.fields import error_code, state
from retrieval.assemble import assemble_passages
from retrieval.candidates import Witnesses, rank_actions
from retrieval.fusion import Ranking, reciprocal_rank_fusion
from retrieval.shelf import Shelf
from retrieval.wording import readable

MOST_BESIDE, MOST_BEFORE, MOST_OF_REQUEST, REQUEST_PASSAGES = 5, 5, 10, 10
MOST_TOOLS, LIKELIEST = 48, 12  # of more tools, the likeliest are offered and those that belong beside the last step
PASSAGES, PASSAGE_TOKENS, DESCRIBING = 4, 600, 8
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
        shown = " ".join(state(last.body)) if last.status == "ok" else error_code(last.code)
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
        named += [shelf.by_meaning(vectors[1]), shelf.by_words(seen.lately)]
    witnesses = Witnesses(
        by_meaning=shelf.by_meaning(vectors[0]),
        by_words=shelf.by_words(text),
        by_shape=shelf.shapes.taking_an_id_of(seen.said),
        by_passage=named,
    )
    ranked = rank_actions(witnesses, graph=shelf.graph, known=frozenset(shelf.items))
    scores = {each.id: each.score for each in ranked}
    best = list(shelf.items) if len(shelf.items) <= MOST_TOOLS else [each.id for each in ranked[:LIKELIEST]]
    beside_last = beside(seen.steps[-1].action, manual, shelf)[:MOST_BESIDE] if seen.steps else []
    follow = [*_of_request(manual, shelf, text, vectors[0]), *beside_last, *opened(seen.observations, shelf)]
    wanted = dict.fromkeys([*best, *follow, *_before(seen.steps, shelf), *_providers(best, shelf)])
    hits = [shelf.hit(each, scores.get(each, 0.0), vectors[0]) for each in wanted]
    return tuple(sorted(hits, key=lambda hit: -hit.score))


def _named_in(found: Sequence[Hit], manual: Shelf | None, shelf: Shelf) -> list[list[str]]:
    """For each of the best passages the actions nearest to it."""
    near = [hit.item for hit in found[:NAMING_PASSAGES] if isinstance(hit.item, Passage)]
    if manual is None:
        return []
    vectors = manual.vectors
    named = [each for each in named_in([hit.item for hit in found if isinstance(hit.item, Passage)], shelf) if each]
    return named + [_ids(shelf.ranking(passage.text, vectors.matrix[vectors.rows[passage.id]])) for passage in near]


def _of_request(manual: Shelf | None, shelf: Shelf, text: str, vector: Matrix) -> list[str]:
    """What the documentation names for requests like this one, whatever was done for it already."""
    hits = manual.ranking(text, vector, k=REQUEST_PASSAGES) if manual else []
    passages = [hit.item for hit in hits if isinstance(hit.item, Passage)]
    return list(dict.fromkeys(each for named in named_in(passages, shelf) for each in named))[:MOST_OF_REQUEST]


def described(action: ActionSpec, *, tools: Shelf, manual: Shelf | None) -> Hit | None:
    """The passage nearest to what an action is and takes; first one that says how much, if it takes a number."""
    if manual is None or action.id not in tools.items:
        return None
    takes = " ".join(each.name for each in action.parameters)
    text = readable(f"{re.sub(r'[_.]+', ' ', f'{action.name} {takes}')} {action.description}")
    found = manual.ranking(text, tools.vectors.matrix[tools.vectors.rows[action.id]], k=DESCRIBING)
    measured = [hit for hit in found if isinstance(hit.item, Passage) and _says_how_much(hit.item.text, action)]
    return next(iter([*measured, *found]), None)


def _says_how_much(text: str, action: ActionSpec) -> bool:
    """Whether a number stands before a word of a numeric parameter's name: "2GB" for `gb_amount`."""
    numeric = [each for each in action.parameters if each.schema.get("type") in ("number", "integer")]
    units = "|".join(word for each in numeric for word in re.findall(r"[a-z]{2,}", each.name.lower()))
    return bool(units) and re.search(rf"\d\s?(?:{units})s?\b", text, re.IGNORECASE) is not None


def _before(steps: Sequence[Step], shelf: Shelf) -> list[str]:
    """The tools called lately: a check is made again after a repair."""
    lately = dict.fromkeys(step.action for step in reversed(steps) if step.action in shelf.items)
    return list(lately)[:MOST_BEFORE]


def _providers(best: Sequence[str], shelf: Shelf) -> list[str]:
    """For the likeliest action that needs an identifier, the reads that may find it by something else."""
    specs = [spec for spec in shelf.items.values() if isinstance(spec, ActionSpec)]
    for each in best[:LIKELIEST]:
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
