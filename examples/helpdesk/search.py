"""How the desk finds people and things by what someone typed: exact matches first, else all words as prefixes."""

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar


class Fields(Protocol):
    """A row of SQLite or a dictionary."""

    def __getitem__(self, field: str, /) -> Any: ...


RowT = TypeVar("RowT", bound=Fields)

_FILLERS = frozenset({"the", "a", "an", "group", "list", "licence", "license", "licences", "mailing", "distribution"})
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "đ": "d", "ı": "i"})


@functools.lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case without accents, so that "Zoe" finds "Zoë"."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def search(query: str, rows: Iterable[RowT], *, exact: Sequence[str], words: Sequence[str] = ()) -> list[RowT]:
    """Rows that equal the query in one `exact` field; if none, rows in which every word of it begins a word."""
    candidates = list(rows)
    wanted = fold(query)
    equal = [row for row in candidates if any(fold(row[field]) == wanted for field in exact)]
    if equal:
        return equal
    parts = _words(wanted) - _FILLERS
    fields = (*exact, *words)
    return [row for row in candidates if parts and _begins_all(parts, " ".join(fold(row[field]) for field in fields))]


def _begins_all(parts: set[str], text: str) -> bool:
    tokens = _words(text)
    return all(any(token.startswith(part) for token in tokens) for part in parts)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
