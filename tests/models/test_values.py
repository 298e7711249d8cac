"""What a span says, as a value of the parameter's schema."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.values import as_date, typed

NOW = datetime(2026, 3, 12, 15, 0)  # a Thursday
DATE, TIME = {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}
TEXT, EMAIL = {"type": "string"}, {"type": "string", "format": "email"}
WHOLE, NUMBER, YES_NO = {"type": "integer"}, {"type": "number"}, {"type": "boolean"}

READ = [
    ("2026-05-04", DATE, "2026-05-04"),
    ("until 2026-05-04.", DATE, "2026-05-04"),
    ("12 December", DATE, "2026-12-12"),
    ("December 12", DATE, "2026-12-12"),
    ("the 12th of December", DATE, "2026-12-12"),
    ("12.12.2026", DATE, "2026-12-12"),
    ("5 March 2025", DATE, "2025-03-05"),
    ("3 February", DATE, "2027-02-03"),
    ("12/05/2026", DATE, "2026-05-12"),
    ("tomorrow", DATE, "2026-03-13"),
    ("until tomorrow", DATE, "2026-03-13"),
    ("two weeks", DATE, "2026-03-26"),
    ("for two weeks", DATE, "2026-03-26"),
    ("in 3 days", DATE, "2026-03-15"),
    ("next week", DATE, "2026-03-19"),
    ("Friday", DATE, "2026-03-13"),
    ("next Friday", DATE, "2026-03-13"),
    ("by Monday", DATE, "2026-03-16"),
    ("this Thursday", DATE, "2026-03-19"),
    ("end of the month", DATE, "2026-03-31"),
    ("the end of this month", DATE, "2026-03-31"),
    ("until the end of next month", DATE, "2026-04-30"),
    ("end of next month;", DATE, "2026-04-30"),
    ("the end of the week", DATE, "2026-03-13"),
    ("end of next week", DATE, "2026-03-20"),
    ("end of the year", DATE, "2026-12-31"),
    ("end of next year", DATE, "2027-12-31"),
    ("the end of June", DATE, "2026-06-30"),
    ("end of February", DATE, "2027-02-28"),
    ("end of February 2028", DATE, "2028-02-29"),
    ("end of March", DATE, "2026-03-31"),
    ("the 5th", DATE, "2026-04-05"),
    ("until the 5th", DATE, "2026-04-05"),
    ("the 12th", DATE, "2026-03-12"),
    ("20th", DATE, "2026-03-20"),
    ("the next Friday", DATE, "2026-03-13"),
    ("the 20th", DATE, "2026-03-20"),
    ("Monday the 16th", DATE, "2026-03-16"),
    ("Friday, 20 March", DATE, "2026-03-20"),
    ("2026-05-04T10:00:00", TIME, "2026-05-04T10:00:00"),
    ("tomorrow at 3pm", TIME, "2026-03-13T15:00:00"),
    ("the 5th at 10am", TIME, "2026-04-05T10:00:00"),
    ("the 5th", TIME, "2026-04-05T00:00:00"),
    ("3", WHOLE, 3),
    ("three", WHOLE, 3),
    ("3 licences,", WHOLE, 3),
    ("#4711", WHOLE, 4711),
    ("12,000 euros", WHOLE, 12000),
    ("1,234,567.5", NUMBER, 1234567.5),
    ("1.5", NUMBER, 1.5),
    ("1,5", NUMBER, 1.5),
    ("-2", WHOLE, -2),
    ("12345678901234567890", WHOLE, 12345678901234567890),
    ("ann@example.org", EMAIL, "ann@example.org"),
    ("<ann.b+c@x.co.uk>.", EMAIL, "ann.b+c@x.co.uk"),
    ("yes", YES_NO, True),
    ("On.", YES_NO, True),
    ("no", YES_NO, False),
    ("a, b and c", {"type": "array", "items": TEXT}, ["a", "b", "c"]),
    ("1; 2", {"type": "array", "items": WHOLE}, [1, 2]),
    ("‘Coffee machine’.", TEXT, "Coffee machine"),
    ("Ann Lee's", TEXT, "Ann Lee"),
    ("wait...", TEXT, "wait..."),
]


@pytest.mark.parametrize(("raw", "schema", "value"), READ, ids=str)
def test_reads(raw: str, schema: dict[str, Any], value: object) -> None:
    found = typed(raw, schema, now=NOW)
    assert found == value
    assert type(found) is type(value)


UNREAD = [
    ("", TEXT),
    (" ... ", TEXT),
    ("?!", TEXT),
    ("somewhere", DATE),
    ("a", DATE),
    ("5", DATE),
    ("until 20", DATE),
    ("May", DATE),
    ("until May 2027", DATE),
    ("4711", DATE),
    ("at 5", TIME),
    ("²", DATE),
    ("2026-02-30", DATE),
    ("the 32nd", DATE),
    ("Thursday the 5th", DATE),
    ("10000000000 weeks", DATE),
    ("soonish", TIME),
    ("many", WHOLE),
    ("1.5", WHOLE),
    ("9" * 400 + ".5", NUMBER),
    ("9" * 5000, WHOLE),
    ("ann at example", EMAIL),
    ("maybe", YES_NO),
    ("1, two hundred", {"type": "array", "items": WHOLE}),
]


@pytest.mark.parametrize(("raw", "schema"), UNREAD, ids=lambda value: str(value)[:30])
def test_does_not_guess(raw: str, schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        typed(raw, schema, now=NOW)


@given(today=st.dates(date(2024, 1, 1), date(2040, 1, 1)), day=st.integers(1, 31))
def test_a_day_of_the_month_is_the_next_one(today: date, day: int) -> None:
    said = as_date(f"the {day}th", today)
    assert said.day == day
    assert 0 <= (said - today).days <= 61
    assert as_date(f"Until the {day}.", today) == said


@given(
    today=st.dates(date(2024, 1, 1), date(2040, 1, 1)), name=st.sampled_from(["Monday", "next friday", "the sunday"])
)
def test_a_weekday_is_the_first_one_after_today(today: date, name: str) -> None:
    said = as_date(name, today)
    assert 1 <= (said - today).days <= 7
    assert said.strftime("%A").lower() == name.lower().split()[-1]


@given(day=st.dates())
def test_an_iso_date_is_itself(day: date) -> None:
    assert typed(day.isoformat(), DATE, now=NOW) == day.isoformat()


SCHEMAS = [DATE, TIME, TEXT, EMAIL, WHOLE, NUMBER, YES_NO, {"type": "array", "items": WHOLE}, {"type": "array"}, {}]
DATELIKE = st.lists(
    st.sampled_from(
        ["5", "31", "the", "next", "May", "at", "weeks", "-", "/", ":", "12", "th", "0", "2026", "1e9", "ago"]
    )
).map(" ".join)


@settings(max_examples=200)
@given(raw=st.text(max_size=25) | DATELIKE, schema=st.sampled_from(SCHEMAS))
def test_raises_nothing_but_value_error(raw: str, schema: dict[str, Any]) -> None:
    try:
        value = typed(raw, schema, now=NOW)
    except ValueError:
        return
    assert value not in ("", None)
    assert value == value  # no NaN
