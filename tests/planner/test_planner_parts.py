"""The small parts: readings, paths, journal, questions."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.record import Record
from knowledge.types import ActionSpec, JsonSchema, JsonValue, Observation, Parameter, Step
from models.values import typed
from planner import questions
from planner.call import Call
from planner.journal import Journal
from planner.paths import at, schema_at, step_number
from planner.readings import agrees

NOW = datetime(2026, 3, 2, 9, 30)  # a Monday
DATE: JsonSchema = {"type": "string", "format": "date"}
TEAM: JsonSchema = {"enum": ["service_desk", "network"]}


@pytest.mark.parametrize(
    ("value", "raw", "schema"),
    [
        ("mbauer", " “mbauer”,", {}),
        ("Maria Bauer", "maria  bauer’s", {}),
        ("service_desk", "Service Desk", TEAM),
        (1000, "1,000 EUR", {"type": "integer"}),
        (1.5, "1,5 GB", {"type": "number"}),
        (3, "three", {"type": "integer"}),
        (True, "yes", {"type": "boolean"}),
        (["a", "b c"], "a, b c", {"type": "array"}),
        ("ana@x.example", "<Ana@x.example>", {"format": "email"}),
        *[
            (day, raw, DATE)
            for day, raw in [
                ("2026-03-02", "today"),
                ("2026-03-03", "tomorrow"),
                ("2026-03-06", "Friday"),
                ("2026-03-06", "until next Friday"),
                ("2026-03-13", "next Friday"),
                ("2026-12-12", "12 December"),
                ("2026-12-12", "until the 12th of December"),
                ("2026-12-04", "2026-12-04"),
                ("2026-04-03", "03/04/2026"),
                ("2026-03-04", "03/04/2026"),
                ("2026-03-16", "in two weeks"),
                ("2026-03-31", "the end of the month"),
                ("2026-06-30", "the end of June"),
                ("2027-02-28", "end of February 2027"),
                ("2026-04-30", "end of next month"),
                ("2026-03-13", "end of next week"),
                ("2026-12-31", "end of the year"),
            ]
        ],
    ],
)
def test_usual_readings_agree(value: JsonValue, raw: str, schema: JsonSchema) -> None:
    assert agrees(value, raw, schema, NOW)


@pytest.mark.parametrize(
    ("value", "raw", "schema"),
    [
        ("mbauer", "mbauer2", {}),
        ("m-bauer", "m_bauer", {}),
        ("", "...", {}),
        ("2026-03-07", "Friday", DATE),
        ("Friday", "Friday the", DATE),
        ("2026-03-06", "Friday", {"type": "string"}),
        ("bob@x.example", "b.bob@x.example", {"format": "email"}),
        (100, "1,000", {"type": "integer"}),
        (False, "yes", {"type": "boolean"}),
        (None, "none", {}),
        ({"a": 1}, "a 1", {}),
    ],
)
def test_other_readings_do_not(value: JsonValue, raw: str, schema: JsonSchema) -> None:
    assert not agrees(value, raw, schema, NOW)


SPOKEN = ["today", "Friday", "next monday", "5 June", "2026-07-01", "in 10 days", "tomorrow", "end of the month"]


@settings(deadline=None)
@given(raw=st.sampled_from(SPOKEN), day=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))
def test_the_models_own_reading_of_a_date_always_agrees(raw: str, day: datetime) -> None:
    assert agrees(typed(raw, DATE, now=day), raw, DATE, day)


@settings(deadline=None)
@given(text=st.text(alphabet=st.characters(codec="ascii", min_codepoint=32), min_size=1, max_size=20))
def test_the_models_own_reading_of_plain_words_always_agrees(text: str) -> None:
    try:
        value = typed(text, {"type": "string"}, now=NOW)
    except ValueError:
        return
    assert agrees(value, text, {"type": "string"}, NOW) or not str(value).strip()


# ---- paths


def test_places_in_a_body() -> None:
    body: JsonValue = {"rows": [{"a.b": {"c": 1}}], "n": None}
    assert at(body, "rows.0.a.b.c") == 1
    assert at(body, "") == body
    for path in ("rows.1", "rows.x", "rows.-1", "n.x", "m", "rows.0.a"):
        with pytest.raises(KeyError):
            at(body, path)


def test_schemas_of_places() -> None:
    inner: JsonSchema = {"type": "string", "format": "date"}
    schema: JsonSchema = {
        "anyOf": [{"type": "null"}, {"properties": {"rows": {"items": {"properties": {"day": inner}}}}}]  # type: ignore[dict-item]
    }
    assert schema_at(schema, "rows.3.day") == inner
    assert schema_at(schema, "rows.3.month") == {}


def test_step_numbers() -> None:
    assert [step_number(each) for each in ("step:2", "2", "utterance:10", "request", "")] == [2, 2, 10, -1, -1]


# ---- journal

WRITE = ActionSpec(name="unlock", app="desk", description="", parameters=(Parameter(name="user", description="Who."),))
CALL = Call(run_id="r", spec=WRITE, step=Step(index=0, action="desk.unlock"))
DONE = Observation(step=0, status="ok", body={"n": 1})


def never() -> Observation:
    raise AssertionError("it was done again")


def test_a_call_done_before_is_not_done_again(record: Record) -> None:
    journal = Journal(record.runs)
    assert journal.carry_out(CALL, lambda: DONE) == DONE
    assert journal.carry_out(CALL, never) == DONE
    assert journal.unfinished("r") == ()


def test_a_call_interrupted_before_is_put_to_a_person(record: Record) -> None:
    journal = Journal(record.runs)
    with pytest.raises(AssertionError):
        journal.carry_out(CALL, never)
    assert journal.unfinished("r") == ("desk.unlock",)
    seen = journal.carry_out(CALL, never)
    assert (seen.status, seen.code) == ("unreachable", "interrupted")
    assert "Look in desk" in seen.message


def test_reads_leave_no_line(record: Record) -> None:
    read = replace(CALL, spec=replace(WRITE, effect="read"))
    Journal(record.runs).carry_out(read, lambda: DONE)
    assert record.runs.journal("r") == []


# ---- words


@pytest.mark.parametrize("answer", ["yes", "Yes, please", "ok", "go ahead", "Do it!", "y"])
def test_a_yes(answer: str) -> None:
    assert questions.says_yes(answer)
    assert not questions.says_no(answer)


@pytest.mark.parametrize("answer", ["no", "No!", "don't", "do not do that", "stop", "Cancel it", "nevermind"])
def test_a_no(answer: str) -> None:
    assert questions.says_no(answer)
    assert not questions.says_yes(answer)


@pytest.mark.parametrize("answer", ["Yesterday", "nobody", "okapi", "the one in Finance", ""])
def test_neither(answer: str) -> None:
    assert not questions.says_yes(answer)
    assert not questions.says_no(answer)


def test_what_is_missing_is_described_and_what_did_not_do_is_explained() -> None:
    text = questions.missing(WRITE, ["user"], {"user": "'x' is no user"})
    assert text == "To unlock I need to know: user, who ('x' is no user). What should it be?"


def test_many_rows_are_not_all_named() -> None:
    rows: list[JsonValue] = [{"name": f"n{i}", "size": i} for i in range(9)]
    text = questions.several([Observation(step=0, status="ok", body={"count": 9, "rows": rows})])
    assert "n5" in text
    assert "n6" not in text
    assert "and 3 more" in text
    assert questions.several([Observation(step=0, status="ok", body={"rows": rows[:1]})]) == ""
    assert questions.several([]) == ""
