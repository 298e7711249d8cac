"""How people write a date, and which date is meant.

Rule of reading: a day without a year is the next such day after `now`; a weekday, with or without "next", is the first
such weekday after `now`; "tomorrow" is the day after `now`; a length of time is counted from `now`. dateparser reads
every form here the same way with PREFER_DATES_FROM=future and RELATIVE_BASE=now (a test says so).
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 10: "ten"}
_DAY_AND_MONTH_DAYS = 330  # further away, the year is always written


@dataclass(frozen=True, kw_only=True)
class Spoken:
    text: str
    meant: date


def end_date(rng: Random, now: date, *, first: int, last: int) -> Spoken:
    """A day `first` to `last` days after `now`, said as one of many forms."""
    if first == 1 and rng.random() < 0.25:
        return _near(rng, now)
    day = now + timedelta(days=rng.randint(first, last))
    forms = _with_year(day)
    if (day - now).days <= _DAY_AND_MONTH_DAYS:
        forms += _without_year(day) * 2
    return Spoken(text=rng.choice(forms), meant=day)


def duration(rng: Random, now: date, *, long: bool) -> Spoken:
    """A length of time: at most two months, or (long) four months and more."""
    count, unit = rng.choice(_LONG if long else _SHORT)
    number = _NUMBERS.get(count, str(count)) if rng.random() < 0.5 else str(count)
    if count == 1:
        number = "one" if unit != "year" else rng.choice(["one", "a"])
    return Spoken(text=f"{number} {unit}{'s' if count > 1 else ''}", meant=_later(now, count, unit))


_SHORT = [(2, "week"), (3, "week"), (4, "week"), (5, "week"), (6, "week"), (10, "day"), (14, "day"), (20, "day")]
_SHORT += [(30, "day"), (60, "day"), (5, "day"), (1, "week"), (1, "month"), (2, "month")]
_LONG = [(4, "month"), (5, "month"), (6, "month"), (8, "month"), (10, "month"), (1, "year"), (2, "year"), (20, "week")]


def _later(now: date, count: int, unit: str) -> date:
    if unit in ("day", "week"):
        return now + timedelta(days=count * (7 if unit == "week" else 1))
    months = now.month - 1 + count * (12 if unit == "year" else 1)
    year, month = now.year + months // 12, months % 12 + 1
    return date(year, month, min(now.day, calendar.monthrange(year, month)[1]))


def _near(rng: Random, now: date) -> Spoken:
    day = now + timedelta(days=rng.randint(1, 7))
    weekday = f"{day:%A}"
    forms = [weekday, f"next {weekday}", f"{weekday}, {day.day} {day:%B}"]
    if (day - now).days == 1:
        forms = ["tomorrow"]
    return Spoken(text=rng.choice(forms), meant=day)


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _without_year(day: date) -> list[str]:
    number, month, short = day.day, f"{day:%B}", f"{day:%b}"
    return [
        f"{number} {month}",
        f"{month} {number}",
        f"{_ordinal(number)} of {month}",
        f"the {_ordinal(number)} of {month}",
        f"{month} {_ordinal(number)}",
        f"{number} {short}",
        f"{short} {number}",
    ]


def _with_year(day: date) -> list[str]:
    number, month = day.day, f"{day:%B}"
    forms = [day.isoformat()] * 3 + [f"{number} {month} {day.year}", f"{month} {number}, {day.year}"]
    if number > 12:  # no month has this number: it cannot be misread
        forms.append(f"{day:%d.%m.%Y}")
    return forms
