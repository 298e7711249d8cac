"""Runs in words: values with their sources, and the story told from events."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.describe import action_in_words, brief, observation_in_words, sourced
from api.story import Chapter, Exchange, tell_story
from api.view import headings_of
from knowledge.codec import to_json
from knowledge.types import (
    Argument,
    Event,
    Hit,
    JsonValue,
    Literal,
    Observation,
    Outcome,
    Passage,
    Provenance,
    Reference,
    SourceKind,
    Step,
    Waiting,
)
from retrieval.assemble import cite

STEP = Step(index=0, action="desk.wipe_device")


def argument(source: SourceKind, source_id: str, raw: str, value: JsonValue, path: str = "") -> Argument:
    provenance = Provenance(source=source, source_id=source_id, raw=raw, path=path)
    return Argument(name="x", value=Literal(value=value, provenance=provenance))


@pytest.mark.parametrize(
    ("given", "source"),
    [
        (argument("request", "request", "Friday", "2026-11-27"), "your request, “Friday”"),
        (argument("request", "request", "mbauer", "mbauer"), "your request"),
        (argument("request", "requester", "mbauer", "mbauer"), "who asks"),
        (argument("answer", "utterance:1", "5", 5), "your answer"),
        (argument("observation", "step:2", "a", "a", "rows.0.id"), "result of step 3, rows.0.id"),
        (argument("document", "p1", "high", "high"), "documentation, Priorities > High"),
        (argument("document", "p2", "high", "high"), "documentation"),
        (argument("option", "desk.x", "high", "high"), "an option of the action"),
        (argument("default", "desk.x", "5", 5), "the action's default"),
        (Argument(name="x", value=Reference(step=0, path="id")), "result of step 1, id"),
    ],
)
def test_every_source_has_words(given: Argument, source: str) -> None:
    assert sourced(given, {"p1": "Priorities > High"}).source == source


def test_an_untrusted_source_is_marked() -> None:
    provenance = Provenance(source="document", source_id="p", raw="x", trust="untrusted")
    assert not sourced(Argument(name="x", value=Literal(value="x", provenance=provenance))).trusted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": True, "c": None}, "a: 1 · b: yes · c: none"),
        ({"rows": [{"id": 1}, {"id": 2}]}, "rows: 2 (first id: 1)"),
        ({"rows": [{"id": 1}]}, "rows: 1 (id: 1)"),
        ({"rows": []}, "rows: none"),
        (["a", "b"], "a, b"),
        ("x  y\nz", "x y z"),
        (None, "none"),
    ],
)
def test_results_fit_one_line(value: JsonValue, text: str) -> None:
    assert brief(value, 100) == text
    assert len(brief({"text": "word " * 500}, 80)) <= 80


def test_actions_and_errors_in_words() -> None:
    assert action_in_words("desk.resetPassword") == "Reset password"
    assert action_in_words("desk.wipe_device") == "Wipe device"
    refused = Observation(step=0, status="error", code="not_locked", message="The account is not locked.")
    assert observation_in_words(refused) == "The account is not locked. (not_locked)"
    assert observation_in_words(Observation(step=0, status="unreachable")) == "unreachable"


def test_a_passage_has_one_number_wherever_it_is_named() -> None:
    passages = [
        Passage(id=id, document_id="d", heading="Priorities > High", text="high", start=0, end=4, content_hash="h")
        for id in ("p0", "p1")
    ]
    hits = [Hit(kind="passage", score=1.0, similarity=0.5, item=passage) for passage in passages]
    retrieved: JsonValue = [{"id": p.id, "similarity": 0.5, "heading": p.heading} for p in passages]
    found = tell_story(happen(("retrieved", {"passages": retrieved}))).found
    assert found
    terminal = headings_of(cite(hits, sources={"d": "docs/tickets.md"}))
    assert found.headings == terminal == {"p0": "[1] Priorities > High", "p1": "[2] Priorities > High"}
    given = argument("document", "p1", "high", "high")
    assert sourced(given, terminal).source == "documentation, [2] Priorities > High"


def test_what_was_found_for_a_part_of_the_request_joins_what_was_found_for_all_of_it() -> None:
    def row(id: str) -> JsonValue:
        return {"id": id, "similarity": 0.5, "heading": id, "description": id, "text": id}

    story = tell_story(
        happen(
            ("retrieved", {"passages": [row("p0")], "actions": [row("a")], "precedents": [row("t0")]}),
            (
                "retrieved",
                {"passages": [row("p1"), row("p0")], "actions": [row("b")], "precedents": [], "part": "and VPN"},
            ),
        )
    )
    assert story.found
    assert story.found.headings == {"p0": "[1] p0", "p1": "[2] p1"}
    assert [each.id for each in story.found.actions] == ["a", "b"]
    assert [each.id for each in story.found.precedents] == ["t0"]
    answered = tell_story(happen(("retrieved", {"actions": [row("a")]}), ("retrieved", {"actions": [row("b")]})))
    assert answered.found
    assert [each.id for each in answered.found.actions] == ["b"]


def test_a_step_says_which_part_of_the_request_it_is_for() -> None:
    def found(**of: JsonValue) -> tuple[str, dict[str, JsonValue]]:
        return "retrieved", {"passages": [], "actions": [], "precedents": [], **of}

    steps = [to_json(Step(index=at, action="desk.wipe_device")) for at in range(3)]
    events = happen(
        found(),
        found(part="Unlock her,", wish={}),
        ("proposed", {"step": steps[0]}),
        found(part="then give her VPN"),
        ("proposed", {"step": steps[1]}),
        found(part="", wish=None),
        ("proposed", {"step": steps[2]}),
    )
    wishes = [each.wish for each in tell_story(events).entries if isinstance(each, Chapter)]
    assert wishes == ["Unlock her,", "then give her VPN", ""]


def happen(*happened: tuple[Any, dict[str, JsonValue]]) -> list[Event]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return [Event(run_id="r", seq=at, kind=kind, at=now, data=data) for at, (kind, data) in enumerate(happened)]


def test_a_question_about_a_step_belongs_to_it_and_others_stand_alone() -> None:
    free, bound = Waiting(kind="answer", question="Which?"), Waiting(kind="approval", question="May I?", step=STEP)
    events = happen(
        ("waiting", {"waiting": to_json(free)}),
        ("answered", {"text": "That one"}),
        ("proposed", {"step": to_json(STEP)}),
        ("decided", {"verdict": "ask", "rule": "r", "reason": "because"}),
        ("waiting", {"waiting": to_json(bound)}),
        ("answered", {"approved": False, "note": "no"}),
        ("observed", {"observation": to_json(Observation(step=0, status="denied"))}),
        ("ended", {"outcome": to_json(Outcome(status="cancelled"))}),
    )
    assert tell_story(events[:1]).waiting == free
    assert tell_story(events[:2]).waiting is None
    assert tell_story(events[:5]).waiting == bound
    question, chapter = tell_story(events).entries
    assert question == Exchange(waiting=free, said="That one")
    assert isinstance(chapter, Chapter)
    assert chapter.exchange == Exchange(waiting=bound, said="not approved: no")
    assert chapter.observation
    assert chapter.observation.status == "denied"


def test_nothing_waits_once_it_ended() -> None:
    waiting = to_json(Waiting(kind="answer", question="Which?"))
    events = happen(("waiting", {"waiting": waiting}), ("ended", {"outcome": to_json(Outcome(status="asked"))}))
    assert tell_story(events).waiting is None
