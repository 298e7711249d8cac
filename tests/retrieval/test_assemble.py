from hypothesis import given
from hypothesis import strategies as st

from knowledge.types import Document, Hit, Passage
from retrieval.assemble import assemble_passages, cite, count_tokens, passage_of


def hit(text: str, *, id: str = "p", document: str = "d", start: int = 0, score: float = 1.0) -> Hit:
    passage = Passage(
        id=id, document_id=document, heading="H", text=text, start=start, end=start + len(text), content_hash=text
    )
    return Hit(kind="passage", score=score, similarity=0.5, item=passage)


WORDS = ["lamp", "light", "ship.", "desk,", "account", "unlock"]
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join)
hits = st.lists(words, max_size=8).map(
    lambda texts: [hit(text, id=str(number), document=str(number)) for number, text in enumerate(texts)]
)


@given(hits, st.integers(0, 5), st.integers(1, 60))
def test_what_is_kept_fits_and_keeps_the_order(found: list[Hit], limit: int, tokens: int) -> None:
    kept = assemble_passages(found, limit=limit, tokens=tokens)
    assert len(kept) <= limit
    assert sum(count_tokens(passage_of(each).text) for each in kept[1:]) <= tokens
    assert [found.index(each) for each in kept] == sorted(found.index(each) for each in kept)
    if found and limit:
        assert kept[0] == found[0]


@given(hits)
def test_nothing_is_said_twice(found: list[Hit]) -> None:
    kept = assemble_passages(found, limit=10, tokens=10_000)
    texts = [passage_of(each).text for each in kept]
    assert len(set(texts)) == len(texts)
    assert set(texts) == {passage_of(each).text for each in found}


def test_a_long_passage_makes_room_for_a_shorter_one() -> None:
    found = [hit("a b c", id="1", document="x"), hit("d " * 50, id="2", document="y"), hit("e f", id="3", document="z")]
    assert [passage_of(each).id for each in assemble_passages(found, limit=3, tokens=8)] == ["1", "3"]


def test_overlapping_stretches_of_one_document_are_kept_once() -> None:
    found = [hit("x" * 100, id="1"), hit("y" * 100, id="2", start=30), hit("z" * 100, id="3", start=90)]
    assert [passage_of(each).id for each in assemble_passages(found, limit=3, tokens=100)] == ["1", "3"]


def test_citations_name_the_place() -> None:
    text = "Unlock the account."
    document = Document(
        id="d", source="unlock.md", title="", text=f"# H\n{text}", media_type="text/markdown", content_hash="h"
    )
    (first, second) = cite([hit(text, start=4), hit("account", start=15)], sources={"d": document.source})
    assert (first.id, first.source, first.quote) == ("[1]", "unlock.md", text)
    assert document.text[second.start : second.end] == second.quote
    assert second.id == "[2]"
    (forgotten,) = cite([hit(text, document="gone")], sources={"d": document.source})
    assert (forgotten.id, forgotten.source) == ("[1]", "")
