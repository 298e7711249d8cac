"""From an expert's value to every place it may come from, and on to the argument."""

from typing import Any

import pytest
from models_toy import GRANT, MOVE, NOW, SEARCH, UNLOCK, accounts, after, said, situation

from knowledge.types import Argument, JsonValue, Literal, Parameter, Provenance, Reference, Task, Utterance
from models.annotate import argument, label, transferred
from models.layout import fill_scene, skeleton
from models.scene import FillScene, Label, Source, Span

QUERY, USERNAME, UNTIL = SEARCH.parameters[0], UNLOCK.parameters[0], GRANT.parameters[1]
TICKET, TEAM, URGENT = MOVE.parameters


def request(text: str) -> FillScene:
    return FillScene(action="x", sources=(Source(id="request", kind="text", text=text),), parameters=())


def pointed(parameter: Parameter, value: JsonValue, scene: FillScene) -> list[str]:
    found = label(parameter, value, scene, now=NOW)
    return [scene.sources[s.source].text[s.start : s.end] for s in found.spans]


@pytest.mark.parametrize(
    ("parameter", "value", "text", "spans"),
    [
        (QUERY, "Ann Lee", "Unlock Ann Lee, I mean Ann Lee!", ["Ann Lee", "Ann Lee"]),
        (QUERY, "Ann", "Unlock Anna", []),
        (QUERY, "ann", "Unlock Ann", []),
        (TICKET, 12, "ticket 12, not 121", ["12"]),
        (TICKET, 3, "the last three tickets", ["three"]),
        (UNTIL, "2026-03-20", "VPN until 20 March please", ["20 March"]),
        (UNTIL, "2026-03-20", "VPN until 2026-03-20", ["2026-03-20"]),
        (UNTIL, "2026-03-13", "VPN until next Friday please", ["Friday"]),
        (UNTIL, "2026-03-26", "VPN for two weeks please", ["two weeks"]),
        (UNTIL, "2026-04-05", "until the 5th, thanks", ["5th"]),
        (UNTIL, "2026-04-05", "until the 5th of April, thanks", ["5th of April"]),
        (UNTIL, "2026-04-05", "until April 5, thanks", ["April 5"]),
        (UNTIL, "2026-03-20", "20 laptops until 20 March", ["20 March"]),
        (UNTIL, "2026-03-20", "for ever", []),
    ],
)
def test_values_are_found_as_they_are_said(parameter: Parameter, value: JsonValue, text: str, spans: list[str]) -> None:
    assert pointed(parameter, value, request(text)) == spans


def test_a_leaf_is_right_only_as_a_whole() -> None:
    searched = after(situation("Unlock lee"), SEARCH, accounts("Ann Lee", "Eva Lee"), query=said("lee"))
    scene = fill_scene(searched, UNLOCK)
    found = label(USERNAME, "lee", scene, now=NOW)
    assert [(scene.sources[s.source].id, scene.sources[s.source].path) for s in found.spans] == [
        ("request", ""),
        ("step:0", "accounts.0.username"),
        ("step:0", "accounts.1.username"),
    ]


def test_options_are_indices_and_never_spans() -> None:
    scene = request("the hardware team, true")
    assert label(TEAM, "hardware", scene, now=NOW) == Label(option=1)
    assert label(URGENT, True, scene, now=NOW) == Label(option=0)
    assert not label(TEAM, "kitchen", scene, now=NOW).known


def test_absent_is_none_and_unplaceable_is_not_known() -> None:
    assert label(QUERY, "x", request("x"), now=NOW, given=False) == Label(none=True)
    assert label(QUERY, None, request("x"), now=NOW) == Label(none=True)
    assert not label(QUERY, "Bob", request("nobody"), now=NOW).known


def test_labels_move_to_the_placeholders_of_a_plan() -> None:
    real = after(situation("Unlock lee"), SEARCH, accounts("Ann Lee"), query=said("lee"))
    shown = after(situation("Unlock lee"), SEARCH, skeleton(SEARCH.returns), status="placeholder", query=said("lee"))
    scene, of = fill_scene(real, UNLOCK), fill_scene(shown, UNLOCK)
    moved = transferred(label(USERNAME, "lee", scene, now=NOW), scene, of)
    places = [of.sources[s.source] for s in moved.spans]
    assert [(p.id, p.path, p.text[s.start : s.end]) for p, s in zip(places, moved.spans, strict=True)] == [
        ("request", "", "lee"),
        ("step:0", "accounts.0.username", "[unused4]"),
    ]
    last = Label(spans=moved.spans[1:])
    given = argument(USERNAME, "lee", last, of, UNLOCK.id)
    assert given == Argument(name="username", value=Reference(step=0, path="accounts.0.username"))


def test_labels_of_rows_that_a_plan_cannot_foresee_are_lost() -> None:
    real = after(situation("Unlock all"), SEARCH, accounts("Ann Lee", "Bob Stone"), query=said("all"))
    shown = after(situation("Unlock all"), SEARCH, skeleton(SEARCH.returns), status="placeholder", query=said("all"))
    scene, of = fill_scene(real, UNLOCK), fill_scene(shown, UNLOCK)
    assert not transferred(label(USERNAME, "stone", scene, now=NOW), scene, of).known
    assert transferred(Label(none=True), scene, of) == Label(none=True)


def literal(found: Argument | None) -> Literal:
    assert found
    assert isinstance(found.value, Literal)
    return found.value


def test_arguments_have_the_provenance_the_planner_checks() -> None:
    turns = (Utterance(speaker="requester", text="it is Ann Lee"),)
    task = Task(id="t", text="Unlock Ann", requester="mbauer", now=NOW, utterances=turns)
    begin = situation(task=task)
    scene = fill_scene(begin, SEARCH)

    def made(value: str) -> Literal:
        return literal(argument(QUERY, value, label(QUERY, value, scene, now=NOW), scene, SEARCH.id))

    assert made("Unlock").provenance == Provenance(source="request", source_id="request", raw="Unlock", end=6)
    assert made("Lee").provenance == Provenance(source="answer", source_id="utterance:0", raw="Lee", start=10, end=13)
    assert made("mbauer").provenance == Provenance(source="request", source_id="requester", raw="mbauer", end=6)
    searched = fill_scene(after(begin, SEARCH, accounts("Ann Lee"), query=said("Ann")), UNLOCK)
    found = literal(argument(USERNAME, "lee", label(USERNAME, "lee", searched, now=NOW), searched, UNLOCK.id))
    assert found.provenance == Provenance(
        source="observation", source_id="step:0", raw="lee", end=3, path="accounts.0.username"
    )


@pytest.mark.parametrize(("value", "raw"), [("network", "network"), ("hardware", "hardware")])
def test_options_are_said_to_be_options(value: Any, raw: str) -> None:
    found = literal(argument(TEAM, value, label(TEAM, value, request(""), now=NOW), request(""), MOVE.id))
    assert found == Literal(value=value, provenance=Provenance(source="option", source_id=MOVE.id, raw=raw))


def test_without_a_place_there_is_no_argument() -> None:
    assert argument(QUERY, "x", Label(), request("y"), SEARCH.id) is None
    assert argument(QUERY, "y", Label(spans=(Span(source=0, start=0, end=1),)), request("y"), SEARCH.id)
