"""On which side of a documented limit lies what a request names: at most 90 days, and somebody asks for 211.

A small encoder reads "refuse more than 90 days" and "in 211 days", and cannot count. So the comparison is told where
the amount stands: "in 211 days, more than 90 days". Nothing is pointed to here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from models.values import SMALL, as_date

_NUMBER = r"\d+(?:[.,]\d+)*"
_AMOUNT = (
    rf"(?:(?P<sign>[€$£])\s?(?P<price>{_NUMBER})|\b(?P<count>{_NUMBER}|{'|'.join(SMALL[1:])})\s?(?P<unit>[^\W\d_]+))"
)
_BEFORE = (
    r"(?:at most|(?:more|longer|later|farther|higher|larger) than|up to(?: and including)?|beyond|above"
    r"|exceed(?:s|ing)?|(?:maximum|limit)(?: of| is)?|(?:longest|largest|highest|most)(?: \w+){0,3} is)"
)
_AFTER = r"(?: \w+){0,2} (?:at (?:the )?most|or less|or fewer|is the (?:limit|maximum|most))"
_LIMITS = tuple(re.compile(each, re.IGNORECASE) for each in (rf"\b{_BEFORE} {_AMOUNT}", rf"{_AMOUNT}{_AFTER}"))
_NAMED = re.compile(rf"\((?:in )?(?P<days>\d+) days\)|{_AMOUNT}", re.IGNORECASE)
BEYOND, WITHIN = "more than", "at most"
DAYS, TIMES = "day", ("day", "week", "month", "year")


class Limit(NamedTuple):
    most: float
    words: str


def compared(text: str, passages: Sequence[str], now: datetime) -> str:
    """The text, a comparison behind every amount for whose unit a passage names a limit: the first that does.

    Lengths of time are compared where `models.when.dated` has told them in days.
    """
    found = dict[str, Limit]()
    for unit, limit in (each for passage in passages for each in _limits(passage, now.date())):
        found.setdefault(unit, limit)
    return _NAMED.sub(lambda each: _told(each, found), text) if found else text


@lru_cache(maxsize=1024)
def _limits(passage: str, today: date) -> tuple[tuple[str, Limit], ...]:
    """(unit, limit); lengths of time in days. The same passages are seen again at every step."""
    return tuple(_found(passage, today))


def _found(passage: str, today: date) -> Iterator[tuple[str, Limit]]:
    text = " ".join(passage.split())
    for found in sorted((m for limits in _LIMITS for m in limits.finditer(text)), key=lambda m: m.start()):
        words = f"{found['sign']}{found['price']}" if found["sign"] else f"{found['count']} {found['unit']}"
        with suppress(ValueError, OverflowError):
            number, unit = _amount(found)
            if unit in TIMES:
                number, unit = float((as_date(f"in {words}", today) - today).days), DAYS
            yield unit, Limit(number, words)


def _told(found: re.Match[str], limits: Mapping[str, Limit]) -> str:
    days = found["days"]
    try:
        number, unit = (float(days), DAYS) if days else _amount(found)
    except ValueError:
        return found[0]
    if unit not in limits or (unit == DAYS and not days):
        return found[0]
    said = f"{BEYOND if number > limits[unit].most else WITHIN} {limits[unit].words}"
    return f"{found[0].removesuffix(')')}, {said})" if days else f"{found[0]} ({said})"


def _amount(found: re.Match[str]) -> tuple[float, str]:
    """(number, unit in the singular). Raises ValueError where the digits are no number."""
    said = found["price"] or found["count"]
    number = float(SMALL.index(said.lower())) if said[0].isalpha() else float(said.replace(",", ""))
    return number, found["sign"] or found["unit"].lower().removesuffix("s")
