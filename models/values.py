"""A pointed span as a value of the parameter's JSON schema. The raw span stays in the provenance."""

import calendar
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from knowledge.types import JsonSchema, JsonValue

_TRIM = " \t\r\n\"'“”‘’«»`,;:!?()[]{}"
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(\.[\w\-]+)+")
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?)")
_THOUSANDS = re.compile(r",(?=\d{3}(?:\D|$))")
SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = re.compile(rf"(?:({'|'.join(_WEEKDAYS)}),?\s+)?(?=the\s|\d+[a-z])(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?")
_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
END_OF = re.compile(  # in lower case or not, over a line's end or not
    r"\b(?:the\s+)?end\s+of\s+(?:(?P<which>the|this|next|coming)\s+)?"
    rf"(?P<of>week|month|year|{'|'.join(_MONTHS)})\b(?:\s+(?P<year>\d{{4}})\b)?",
    re.IGNORECASE,
)
YEAR = re.compile(r",?\s+(?:19|20)\d{2}\b")
_LEAD = re.compile(r"^(until|till|to|by|on|from|for|through|end of|up to)\s+", re.IGNORECASE)


def typed(raw: str, schema: JsonSchema, *, now: datetime) -> JsonValue:
    """Raises ValueError when the span says no value of that type. Relative dates count from `now`."""
    kind, form = schema.get("type"), schema.get("format")
    text = raw.strip(_TRIM).removesuffix("'s").removesuffix("’s")
    if not text:
        raise ValueError("nothing is left of the span without punctuation")
    if form == "date":
        return as_date(text, now.date()).isoformat()
    if form == "date-time":
        return _as_time(text, now).isoformat()
    if form == "email":
        return _email(text)
    if kind in ("integer", "number"):
        return _number(text, whole=kind == "integer")
    if kind == "boolean":
        return _boolean(text)
    if kind == "array":
        items = schema.get("items")
        parts = re.split(r"\s*(?:,|;| and )\s*", text)
        return [typed(part, items if isinstance(items, dict) else {}, now=now) for part in parts if part]
    kept = text if text.endswith("...") else text.rstrip(".").rstrip(_TRIM)
    if not kept.strip("."):
        raise ValueError("nothing is left of the span without punctuation")
    return kept


def as_date(text: str, today: date) -> date:
    """ISO, "12 December", "tomorrow", "in two weeks" …; a weekday, "next" or not, is the first one after today.

    "The 5th" is the next 5th, today included; a bare "5" says no day.
    """
    text = text.strip().rstrip(".")
    while _LEAD.match(text) and not text.lower().startswith("end of"):
        text = _LEAD.sub("", text, count=1)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return date.fromisoformat(text)
    last = re.sub(r"^((next|this|coming|the)\s+)+", "", text.lower())
    if last in _WEEKDAYS:
        ahead = (_WEEKDAYS.index(last) - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if found := _DAY.fullmatch(text.lower()):
        return _coming(int(found[2]), found[1], today)
    if found := END_OF.fullmatch(text):
        return _end(found, today)
    said = re.sub(r"(?i)^the\s+", "", text)
    return _parsed(said, datetime.combine(today, datetime.min.time()), parts=["day"]).date()


def _end(found: re.Match[str], today: date) -> date:
    """The last day of a month or year; of a week its Friday, and its Sunday where Friday is over."""
    later, of = (found["which"] or "").lower() == "next", found["of"].lower()
    if of == "week":
        friday = today + timedelta(days=4 - today.weekday() + 7 * later)
        return friday if friday >= today else friday + timedelta(days=2)
    if of == "year":
        return date(today.year + later, 12, 31)
    if of == "month":
        years, month = divmod(today.month - 1 + later, 12)
        return _last_day(today.year + years, month + 1)
    month = _MONTHS.index(of) + 1
    year = int(found["year"]) if found["year"] else today.year + (month < today.month) + later * (month == today.month)
    return _last_day(year, month)


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _coming(day: int, weekday: str | None, today: date) -> date:
    for ahead in range(3):  # of three months in a row one has that day, if any has
        years, month = divmod(today.month - 1 + ahead, 12)
        with suppress(ValueError):
            found = date(today.year + years, month + 1, day)
            if found >= today and weekday in (None, _WEEKDAYS[found.weekday()]):
                return found
            if found >= today:
                break
    raise ValueError(f"the next {day} of a month is no {weekday}" if weekday else f"no month has a day {day}")


def _as_time(text: str, now: datetime) -> datetime:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    day, _, clock = text.lower().partition(" at ")
    if _DAY.fullmatch(day):
        at = _parsed(clock, now).time() if clock else datetime.min.time()
        return datetime.combine(as_date(day, now.date()), at)
    return _parsed(text, now)


def _parsed(text: str, base: datetime, *, parts: Sequence[str] = ()) -> datetime:
    """`parts` ("day") have to be said: dateparser takes them from `base` else, and "May" is today's day of May."""
    import dateparser

    if not re.search(r"\d|[^\W\d_]{3}", text) or re.fullmatch(r"(?:at\s+)?\d{1,7}", text):
        # dateparser would make a date of one letter or number
        raise ValueError(f"“{text}” is no date")
    settings: dict[str, Any] = {"PREFER_DATES_FROM": "future", "DATE_ORDER": "DMY"}
    settings |= {"RELATIVE_BASE": base.replace(tzinfo=None), "REQUIRE_PARTS": list(parts)}
    found: datetime | None = dateparser.parse(text, languages=["en"], settings=settings)
    if found is None:
        raise ValueError(f"“{text}” is no date")
    return found


def _email(text: str) -> str:
    if not (found := _EMAIL.search(text)):
        raise ValueError(f"“{text}” is no e-mail address")
    return found.group().rstrip(".")


def _number(text: str, *, whole: bool) -> int | float:
    if text.lower() in SMALL:
        return SMALL.index(text.lower())
    if not (found := _NUMBER.search(text)):
        raise ValueError(f"“{text}” is no number")
    digits = _THOUSANDS.sub("", found.group()).replace(",", ".")
    if "." not in digits:
        return int(digits)
    value = float(digits)
    if not math.isfinite(value) or (whole and not value.is_integer()):
        raise ValueError(f"“{text}” is no whole number")
    return int(value) if value.is_integer() else value


def _boolean(text: str) -> bool:
    text = text.lower().rstrip(".")
    if text in ("true", "yes", "on", "y"):
        return True
    if text in ("false", "no", "off", "n"):
        return False
    raise ValueError(f"“{text}” is neither yes nor no")
