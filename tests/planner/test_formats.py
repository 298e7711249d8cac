"""A value whose format is not kept never passes the gate, whatever package of formats is installed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import FormatError

from knowledge.errors import Ungrounded
from knowledge.types import JsonValue, Parameter
from planner.formats import FORMATS
from planner.ground import satisfies

GOOD: dict[str, tuple[JsonValue, ...]] = {
    "uri": ("https://crm.example.com/a?b=c#d", "mailto:ada@x.example", "urn:isbn:0451450523"),
    "url": ("http://[::1]:8080/",),
    "iri": ("https://köln.example/straße",),
    "uri-reference": ("/a/b", "../c", "https://x.example"),
    "hostname": ("localhost", "a-b.example.com", "x1.example."),
    "duration": ("P3D", "PT1H30M", "P1Y2M", "P2W", "PT0.5S"),
    "byte": ("aGVsbG8=", ""),
    "int32": (0, -(2**31), 2**31 - 1),
    "int64": (2**63 - 1,),
    "date": ("2026-11-21",),
    "date-time": ("2026-11-21T09:30:00+01:00",),
    "time": ("09:30:00Z", "09:30:00", "09:30:00+01:00"),
    "email": ("ada@x.example",),
    "uuid": ("123e4567-e89b-12d3-a456-426614174000",),
}
BAD: dict[str, tuple[JsonValue, ...]] = {
    "uri": ("crm.example.com", "https://a b", "https:", "//x.example", "1http://x", "https://x/<y>", "http://[::1"),
    "url": ("no address",),
    "iri": ("straße", "https://a\nb"),
    "uri-reference": ("a b", "\\\\x", "a\x00"),
    "hostname": ("a b", "-a.example", "a..b", "x" * 64, "a_b", ""),
    "duration": ("P", "PT", "3 days", "P1H", "PT1D", "P1Y2W"),
    "byte": ("***", "abc"),
    "int32": (2**31, -(2**31) - 1),
    "int64": (2**63,),
    "date": ("2026-02-30", "21.11.2026"),
    "date-time": ("tomorrow",),
    "time": ("25:00:00Z", "noon"),
    "email": ("ada at x",),
    "uuid": ("42",),
}


def refused(value: JsonValue, form: str) -> bool:
    try:
        satisfies(value, Parameter(name="x", schema={"format": form}))
    except Ungrounded:
        return True
    return False


@pytest.mark.parametrize(("form", "value"), [(form, value) for form, values in GOOD.items() for value in values])
def test_what_keeps_its_format_passes(form: str, value: JsonValue) -> None:
    assert not refused(value, form)


@pytest.mark.parametrize(("form", "value"), [(form, value) for form, values in BAD.items() for value in values])
def test_what_does_not_is_refused(form: str, value: JsonValue) -> None:
    assert refused(value, form)


def test_every_format_of_json_schema_that_a_value_can_break_is_checked() -> None:
    known = {*Draft202012Validator.FORMAT_CHECKER.checkers} | {"uri", "uri-reference", "hostname", "duration"}
    assert known <= {*FORMATS.checkers}
    assert {*GOOD} == {*BAD} <= {*FORMATS.checkers}


@given(value=st.text(max_size=40) | st.integers() | st.booleans() | st.none(), form=st.sampled_from(sorted(GOOD)))
def test_anything_is_judged(value: JsonValue, form: str) -> None:
    try:
        FORMATS.check(value, form)
    except FormatError:
        return
    assert not refused(value, form)
