"""What a model or a person is shown: passages without repetitions, within a budget, each with a citation id."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.types import Hit, Passage

TOKENS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, kw_only=True)
class Citation:
    """Where a passage is from: `quote == document.text[start:end]`; `id` is what plans and results name, as "[1]".

    `source` is the document's path or address, "" if the document is gone by now.
    """

    id: str
    passage_id: str
    source: str
    heading: str
    start: int
    end: int
    quote: str


def count_tokens(text: str) -> int:
    """Words and punctuation marks: no model's tokens, but within some ten percent of MiniLM's on English prose."""
    return len(TOKENS.findall(text))


def assemble_passages(hits: Sequence[Hit], *, limit: int, tokens: int) -> tuple[Hit, ...]:
    """The best hits, best first: at most `limit` and about `tokens` tokens, none that repeats a better one.

    A passage that no longer fits is passed over for a shorter one; the best one is always kept.
    """
    kept: list[Hit] = []
    left = tokens
    for hit in hits:
        passage = passage_of(hit)
        cost = count_tokens(passage.text)
        if len(kept) == limit or (kept and cost > left) or any(_repeats(passage, passage_of(k)) for k in kept):
            continue
        kept.append(hit)
        left -= cost
    return tuple(kept)


def cite(hits: Sequence[Hit], *, sources: Mapping[str, str]) -> tuple[Citation, ...]:
    """One citation per passage, numbered in order; `sources` are those of the documents, by id."""
    return tuple(
        Citation(
            id=citation_id(number),
            passage_id=passage.id,
            source=sources.get(passage.document_id, ""),
            heading=passage.heading,
            start=passage.start,
            end=passage.end,
            quote=passage.text,
        )
        for number, passage in enumerate(map(passage_of, hits), start=1)
    )


def citation_id(number: int) -> str:
    """Of the passage that stands there in its context, counted from 1."""
    return f"[{number}]"


def passage_of(hit: Hit) -> Passage:
    if not isinstance(hit.item, Passage):
        raise TypeError(f"expected a hit on a passage, found a {type(hit.item).__name__}")
    return hit.item


def _repeats(passage: Passage, better: Passage) -> bool:
    """The same words, or mostly the same stretch of one document."""
    if passage.content_hash == better.content_hash or passage.text.split() == better.text.split():
        return True
    overlap = min(passage.end, better.end) - max(passage.start, better.start)
    return passage.document_id == better.document_id and overlap > 0.5 * (passage.end - passage.start)
