"""The same for several: "add Anders Bennett and Nadia Okafor to Berth Planning" is a wish for each of them.

Whoever of such a row was in no call yet is left over where the model would finish. What is wanted for one keeps the
whole request's length, with blanks for the others, so that every value stays where it was written.
"""

import re
from collections.abc import Iterator, Sequence

from knowledge.joints import Segment
from knowledge.types import Literal, Step
from planner.paths import text_of

_WORD = r"[^\W\d_a-z][^\W\d_]*(?:['’\-][^\W\d_]+)*"
_NAME = rf"{_WORD}(?: {_WORD})+"
_MAIL = r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"
_NUMBERED = r"[A-Z]{1,4}-\d+"
_COMMA, _AND = r"\s*,\s*", r"(?:\s*,)?\s+and\s+|\s*&\s*"
_SEVERAL = [
    re.compile(rf"(?<![\w@.\-])(?:{form})(?:{_COMMA}(?:{form}))*(?:{_AND})(?:{form})(?![\w@\-])")
    for form in (_NAME, _MAIL, _NUMBERED)
]
_JOINT = re.compile(rf"{_AND}|{_COMMA}")
_BEGINS = re.compile(r"(?:^|[.!?:\n])\s*$")
LONGEST, MOST = 25, 400  # words, characters: in a longer request who stands side by side may only be spoken of


def left_over(text: str, steps: Sequence[Step]) -> Sequence[Segment]:
    """The request for each of a row of names, addresses or numbers that no step has; empty where no step has any of it.

    Only of a short request with one such row.
    """
    if len(text) > MOST or len(text.split()) > LONGEST:
        return ()
    rows = [found.span() for form in _SEVERAL for found in form.finditer(text)]
    if len(rows) != 1:
        return ()
    start, end = _without_order(text, *rows[0])
    values = [each.value for step in steps for each in step.arguments]
    given = "\n".join(text_of(value.value) for value in values if isinstance(value, Literal)).casefold()
    members = list(_members(text, start, end))
    left = [(first, last) for first, last in members if text[first:last].casefold() not in given]
    if len(left) == len(members):
        return ()
    return tuple(Segment(text=_only(text, start, end, member), start=0) for member in left)


def _members(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for joint in _JOINT.finditer(text, start, end):
        yield start, joint.start()
        start = joint.end()
    yield start, end


def _without_order(text: str, start: int, end: int) -> tuple[int, int]:
    """ "Unlock Anders Bennett and …": what a sentence begins with has a capital anyway."""
    first = _JOINT.split(text[start:end])[0].split()
    return (start + len(first[0]) + 1 if _BEGINS.search(text[:start]) and len(first) > 2 else start), end


def _only(text: str, start: int, end: int, member: tuple[int, int]) -> str:
    first, last = member
    return f"{text[:start]}{' ' * (first - start)}{text[first:last]}{' ' * (end - last)}{text[end:]}"
