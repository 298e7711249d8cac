"""Other people, other numbers: a name, user name, e-mail address or id gives way to another wherever it stands.

The request, what was done, what was observed and where the labels point change together, so that what was right stays
right. Names come from all regions alike, whatever the data had.
"""

import random
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from models.edits import Edit, Where, rewritten, texts
from models.names import FIRST, LAST, REGIONS
from models.scene import Example

_NAME = re.compile(r"[^\W\d_][^\W\d_'’-]+ [^\W\d_][^\W\d_'’-]+")
_NAMED = re.compile(r"(?:^|[._ ])(?:full_name|display_name|name|person|owner|manager|requester_name)$")
_ID = re.compile(r"\b[A-Z]{1,6}-?\d{3,}\b")
_TOKEN = re.compile(r"[^\W_]+(?:[._-][^\W_]+)*")
_PIECE = re.compile(r"[^\W_]+")


def substituted(example: Example, rng: random.Random) -> Example | None:
    """None when nothing in the example is a person or an id, or when a value would be cut in two."""
    people, ids = _people(example), _ids(example)
    if not people and not ids:
        return None
    swap = _swap(people, ids, rng)

    def edit(where: Where, text: str) -> Sequence[Edit]:
        return list(_edits(text, swap))

    other = rewritten(example, edit)
    return None if other is None or other == example else other


def _people(example: Example) -> list[tuple[str, str]]:
    """(first, last) of everyone named by a field for names, or pointed to as two capitalised words."""
    found: dict[tuple[str, str], None] = {}
    if example.fill is None:
        return []
    for source in example.fill.sources:
        if source.kind == "leaf" and _NAMED.search(source.path):
            _add(found, source.text)
    for label in example.labels:
        for span in label.spans:
            _add(found, example.fill.sources[span.source].text[span.start : span.end])
    return list(found)


def _add(found: dict[tuple[str, str], None], text: str) -> None:
    if _NAME.fullmatch(text):
        first, last = text.split(" ")
        if first[0].isupper() and last[0].isupper():
            found[first, last] = None


def _ids(example: Example) -> list[str]:
    closed = {option for p in (example.fill.parameters if example.fill else ()) for option in p.options}
    return sorted({m for _, text in texts(example) for m in _ID.findall(text)} - closed)


def _swap(people: Sequence[tuple[str, str]], ids: Sequence[str], rng: random.Random) -> dict[str, str]:
    """Old word → new word; a shared first or last name keeps being shared."""
    firsts, lasts = dict[str, str](), dict[str, str]()
    swap: dict[str, str] = {}
    for first, last in people:
        region = rng.choice(REGIONS)
        _take(firsts, first, FIRST[region], rng)
        _take(lasts, last, LAST[region], rng)
    for first, last in people:
        swap |= {first: firsts[first], last: lasts[last]}
        swap |= dict(zip(_accounts(first, last), _accounts(firsts[first], lasts[last]), strict=True))
    for id in ids:
        swap[id] = re.sub(r"\d+", lambda m: _digits(len(m.group()), rng), id)
    return swap


def _take(taken: dict[str, str], name: str, others: Sequence[str], rng: random.Random) -> None:
    if name not in taken:
        free = [other for other in others if other not in taken.values() and other not in taken]
        taken[name] = rng.choice(free) if free else name


def _digits(count: int, rng: random.Random) -> str:
    return str(rng.randint(10 ** (count - 1), 10**count - 1))


def _accounts(first: str, last: str) -> tuple[str, ...]:
    """The ways in which accounts are called after people."""
    one, two = _plain(first), _plain(last)
    return (
        *(f"{one}{mark}{two}" for mark in (".", "_", "-", "")),
        f"{one[0]}{two}",
        f"{one[0]}.{two}",
        f"{one}{two[0]}",
        f"{two}{one[0]}",
        f"{two}.{one}",
    )


@lru_cache(maxsize=10_000)
def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower())
    return "".join(c for c in folded if c.isascii() and c.isalnum()) or name.lower()


def _edits(text: str, swap: Mapping[str, str]) -> Iterator[Edit]:
    """Whole tokens first (an account, an id), else their pieces (a name before a dot); a number at the end stays."""
    for token in _TOKEN.finditer(text):
        if new := _other(token.group(), swap):
            yield Edit(start=token.start(), end=token.end(), text=new)
            continue
        for piece in _PIECE.finditer(token.group()):
            word = piece.group()
            if word[0].isupper() and word in swap:
                at = token.start()
                yield Edit(start=at + piece.start(), end=at + piece.end(), text=swap[word])


def _other(token: str, swap: Mapping[str, str]) -> str:
    bare = token.rstrip("0123456789")
    if token in swap:
        return swap[token]
    return swap[bare] + token[len(bare) :] if bare in swap and bare.islower() else ""
