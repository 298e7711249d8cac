"""Whether a typed value is a reading of the words it was pointed to: the gate's own check of the model's conversion.

Where words are ambiguous ("next Friday", 03/04) every usual reading agrees; which one is meant is the model's business.
"""

import calendar
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Protocol

from knowledge.types import JsonSchema, JsonValue
from planner.paths import branches

_EDGES = " \t\r\n.,;:!?\"'`“”„‘’()[]{}<>«»"
_YES = {"true", "yes", "on", "enabled", "1"}
_NO = {"false", "no", "off", "disabled", "0"}
_COUNTS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_WEEKDAYS = [name.lower() for name in calendar.day_name]
_BEFORE_DATES = re.compile(r"^(?:(?:up to|until|till|til|through|by|on|to|before|from|for|the|of|and|including)\s+)+")


class Reading(Protocol):
    def __call__(self, value: JsonValue, raw: str, schema: JsonSchema, now: datetime) -> bool:
        """Whether `value` can be read from the words `raw`."""


def agrees(value: JsonValue, raw: str, schema: JsonSchema, now: datetime) -> bool:
    if isinstance(value, bool):
        return plain(raw) in (_YES if value else _NO)
    if isinstance(value, int | float):
        return any(abs(value - number) < 1e-9 for number in _numbers(raw))
    if isinstance(value, str):
        return _same_text(value, raw, schema) or _same_day(value, raw, schema, now)
    if isinstance(value, list) and value:
        parts = [raw, *re.split(r"\s*(?:,|;|\n|\band\b|&)\s*", raw)]
        return all(any(agrees(item, part, schema, now) for part in parts if part) for item in value)
    return False


def plain(text: str) -> str:
    """Without case, and without the quotes, punctuation and possessive endings around it."""
    shorter = re.sub(r"['’]s$", "", _flat(text).strip(_EDGES))
    return shorter if shorter == text else plain(shorter)


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def _same_text(value: str, raw: str, schema: JsonSchema) -> bool:
    if any("enum" in branch for branch in branches(schema)):
        return re.sub(r"[\s_-]+", " ", plain(value)) == re.sub(r"[\s_-]+", " ", plain(raw))
    if any(branch.get("format") == "email" for branch in branches(schema)):
        return re.search(rf"(?<![\w.+-]){re.escape(value)}(?![\w-])", raw, re.IGNORECASE) is not None
    return plain(value) == plain(raw) and _flat(value) != "" and _flat(value) in _flat(raw)


def _numbers(raw: str) -> Iterator[float]:
    for word in re.findall(r"[-+]?\d[\d.,']*", raw):
        digits = word.replace("'", "").rstrip(".,")
        for reading in {digits, digits.replace(",", ""), digits.replace(".", "").replace(",", ".")}:
            try:
                yield float(reading)
            except ValueError:
                continue
    yield from (float(_COUNTS.index(word)) for word in plain(raw).split() if word in _COUNTS)


# ---- days


def is_day(schema: JsonSchema) -> bool:
    return any(branch.get("format") in ("date", "date-time") for branch in branches(schema))


def _same_day(value: str, raw: str, schema: JsonSchema, now: datetime) -> bool:
    if not is_day(schema):
        return False
    try:
        wanted = datetime.fromisoformat(value)
    except ValueError:
        return False
    return any(wanted.date() == day for day in days(raw, now))


def days(raw: str, now: datetime) -> Iterator[date]:
    """Every day that `raw` may mean when said at `now`, cheapest readings first."""
    words = _BEFORE_DATES.sub("", plain(raw))
    yield from _weekdays(words, now.date())
    yield from _ends(words, now.date())
    yield from _ordinals(words, now.date())
    yield from _parsed(words, now)


def _weekdays(words: str, today: date) -> Iterator[date]:
    found = re.fullmatch(
        rf"(?:(?:next|this|coming|this coming)\s+)?({'|'.join(_WEEKDAYS)})(?:\s+(?:next week))?", words
    )
    if found:
        ahead = (_WEEKDAYS.index(found[1]) - today.weekday() - 1) % 7 + 1
        yield from (today + timedelta(days=days) for days in {ahead % 7, ahead, ahead + 7})


def _ends(words: str, today: date) -> Iterator[date]:
    found = re.fullmatch(r"(?:the )?end of (?:(the|this|next|coming) )?(week|month|year)", words)
    if not found:
        yield from _ends_of_months(words, today)
        return
    later = found[1] == "next"
    if found[2] == "week":
        monday = today + timedelta(days=7 * later - today.weekday())
        yield from (monday + timedelta(days=days) for days in (4, 6))
    elif found[2] == "month":
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1) if later else today.replace(day=1)
        yield first.replace(day=calendar.monthrange(first.year, first.month)[1])
    else:
        yield date(today.year + later, 12, 31)


def _ends_of_months(words: str, today: date) -> Iterator[date]:
    """ "End of March": of this year's and of the next."""
    names = "|".join(name.lower() for name in calendar.month_name[1:])
    if found := re.fullmatch(rf"(?:the )?end of ({names})(?: (\d{{4}}))?", words):
        month = [name.lower() for name in calendar.month_name].index(found[1])
        for year in [int(found[2])] if found[2] else [today.year, today.year + 1]:
            yield date(year, month, calendar.monthrange(year, month)[1])


def _ordinals(words: str, today: date) -> Iterator[date]:
    """ "5th", without a month: the one of this month, and the next one."""
    if not (found := re.fullmatch(r"(?:the )?(\d{1,2})(?:st|nd|rd|th)", words)):
        return
    for first in (today.replace(day=1), (today.replace(day=1) + timedelta(days=32)).replace(day=1)):
        if 1 <= int(found[1]) <= calendar.monthrange(first.year, first.month)[1]:
            yield first.replace(day=int(found[1]))


def _parsed(words: str, now: datetime) -> Iterator[date]:
    import dateparser

    for order in ("DMY", "MDY"):
        for prefer in ("future", "past"):
            settings = {
                "RELATIVE_BASE": now.replace(tzinfo=None),
                "PREFER_DATES_FROM": prefer,
                "DATE_ORDER": order,
                "RETURN_AS_TIMEZONE_AWARE": False,
            }
            for text in {words, re.sub(r"^next\s+", "", words)}:
                if found := dateparser.parse(text, languages=["en"], settings=settings):
                    yield found.date()
