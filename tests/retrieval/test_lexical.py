import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical import Entry, LexicalIndex

ENTRIES = [
    Entry(id="unlock", title="Unlocking accounts", text="How a locked account is unlocked.", group="desk"),
    Entry(id="vpn", title="VPN", text="Granting remote access until a date.", group="desk"),
    Entry(id="cafe", title="Café", text="Fish on Fridays. Accounts are settled in cash.", group="canteen"),
]


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex(ENTRIES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("unlocked", ["unlock"]), ("GRANTED", ["vpn"]), ("cafe", ["cafe"]), ("accounts", ["unlock", "cafe"])],
)
def test_words_match_by_their_stem_and_titles_count_more(index: LexicalIndex, text: str, expected: list[str]) -> None:
    assert index.search(text, 10) == expected


def test_only_members_of_the_groups_are_found(index: LexicalIndex) -> None:
    assert index.search("accounts", 10, groups=["canteen"]) == ["cafe"]
    assert index.search("accounts", 10, groups=["canteen", "desk"]) == ["unlock", "cafe"]
    assert index.search("accounts", 10, groups=["nowhere"]) == []


def test_at_most_k(index: LexicalIndex) -> None:
    assert index.search("accounts", 1) == ["unlock"]
    assert index.search("accounts", 0) == []


@pytest.mark.parametrize(
    "text", ["", "   ", '"', "((", "a AND", "field:x", "the of and", "~^*?\\", "+-!", "🙂", "x" * 9000]
)
def test_no_text_is_a_syntax_error(index: LexicalIndex, text: str) -> None:
    assert index.search(text, 5) == []


@given(st.text())
def test_any_text_is_a_query(text: str) -> None:
    assert set(LexicalIndex(ENTRIES).search(text, 5)) <= {"unlock", "vpn", "cafe"}


def test_an_entry_put_again_takes_the_place_of_the_first() -> None:
    index = LexicalIndex(ENTRIES)
    index.put([Entry(id="vpn", text="Nothing about it any more.")])
    assert index.search("remote access", 5) == []
    assert index.search("nothing any more about", 5) == ["vpn"]


def test_an_empty_index_finds_nothing() -> None:
    assert LexicalIndex([]).search("anything", 5) == []
