"""A name that nobody has is asked about: nothing is done to whoever is left to fill the place."""

from dataclasses import replace

import pytest
from planner_world import NOW, Someone, World, act, end

from knowledge.types import (
    ActionSpec,
    Argument,
    Context,
    Hit,
    JsonValue,
    Literal,
    Observation,
    ObservationStatus,
    Parameter,
    Provenance,
    SourceKind,
    Step,
    Task,
    Utterance,
)
from models.lam import Situation
from planner.unfound import Unfound, sought, unfound
from tests.fakes import Pointer, answered, said, seen

ASKER = "ecastillo"


def own(situation: Situation, parameter: Parameter) -> Literal:
    """The requester's own user name."""
    name = situation.task.requester
    return Literal(
        value=name,
        provenance=Provenance(source="request", source_id="requester", raw=name, start=0, end=len(name)),
    )


@pytest.mark.parametrize("whom", [own, seen(0, "count")], ids=["the requester", "a count of nothing"])
def test_nothing_is_done_to_somebody_else(world: World, whom: Pointer) -> None:
    before, person = world.snapshot(), Someone()
    search = act("search_accounts", query=said("Zofia Kovacs"))
    grant = act("grant_vpn_access", username=whom, until=said("2026-03-20"))
    run = world.run("VPN for Zofia Kovacs until 2026-03-20.", [search, grant], person=person, requester=ASKER)
    assert run.outcome
    assert run.outcome.status == "asked"
    assert [each.question for each in person.asked] == [
        "I looked for “Zofia Kovacs” (search accounts) and found nothing. Who or what is meant?"
    ]
    assert world.snapshot() == before


def test_the_answer_is_looked_for_and_the_run_goes_on(world: World) -> None:
    account = next(row for row in world.snapshot()["accounts"] if row["status"] == "locked")
    moves = [
        act("search_accounts", query=said("Zofia Kovacs")),
        act("unlock_account", username=own),
        act("search_accounts", query=answered(account["username"])),
        act("unlock_account", username=seen(1, "accounts.0.username")),
        end("finish"),
    ]
    person = Someone(answers=iter([f"I meant {account['username']}."]))
    run = world.run("Unlock Zofia Kovacs.", moves, person=person, requester=ASKER)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert world.account(account["username"])["status"] == "active"


SEARCH = ActionSpec(
    name="search_accounts",
    app="desk",
    description="",
    effect="read",
    parameters=(Parameter(name="query"),),
    returns={
        "properties": {
            "accounts": {"type": "array", "items": {"properties": {"userName": {"type": "string"}}}},
            "count": {"type": "integer"},
        }
    },
)
LOCKERS = replace(SEARCH, name="search_lockers", returns={"properties": {"lockers": {"type": "array"}}})
UNLOCK = ActionSpec(name="unlock", app="desk", description="", parameters=(Parameter(name="user_name"),))
NOBODY: JsonValue = {"count": 0, "accounts": []}


def literal(value: JsonValue, source: SourceKind = "request", source_id: str = "request") -> Literal:
    return Literal(value=value, provenance=Provenance(source=source, source_id=source_id, raw=str(value)))


def looked(spec: ActionSpec = SEARCH, body: JsonValue = NOBODY, *, by: str = "request", code: str = "") -> Situation:
    """After one search for Zofia."""
    hits = (Hit(kind="action", score=1.0, similarity=1.0, item=each) for each in (SEARCH, LOCKERS, UNLOCK))
    query = Argument(name="query", value=literal("Zofia", source_id=by))
    status: ObservationStatus = "error" if code else "ok"
    return Situation(
        task=Task(id="t", text="Unlock Zofia.", requester=ASKER, now=NOW),
        context=Context(actions=tuple(hits)),
        steps=(Step(index=0, action=spec.id, arguments=(query,)),),
        observations=(Observation(step=0, status=status, body=body, code=code),),
    )


def told(situation: Situation, value: Literal) -> str:
    found = unfound(UNLOCK, (Argument(name="user_name", value=value),), situation)
    return found.words if found else ""


OWN, COUNT = literal(ASKER, source_id="requester"), literal(0, "observation", "step:0")
ROW = literal("zofia1", "observation", "step:0")


@pytest.mark.parametrize("value", [OWN, COUNT, literal(ASKER, "observation", "step:0"), literal("zo", "document")])
def test_a_value_that_no_search_led_to(value: Literal) -> None:
    assert told(looked(), value) == "Zofia"
    assert told(looked(body={}, code="not_found"), value) == "Zofia"


@pytest.mark.parametrize(
    ("spec", "body", "by"),
    [
        (LOCKERS, {"lockers": [{"keeper": "kim"}]}, "request"),
        (SEARCH, {"accounts": [{"userName": "kim"}]}, "requester"),
    ],
    ids=["the keeper of something else", "looked up for the requester"],
)
def test_what_was_found_beside_is_nobody_meant(spec: ActionSpec, body: JsonValue, by: str) -> None:
    vain, beside = looked(), looked(spec, body, by=by)
    both = replace(
        vain,
        steps=(*vain.steps, replace(beside.steps[0], index=1)),
        observations=(*vain.observations, replace(beside.observations[0], step=1)),
    )
    assert told(both, literal("kim", "observation", "step:1")) == "Zofia"


@pytest.mark.parametrize(
    ("situation", "value"),
    [
        (looked(body={"count": 1, "accounts": [{"userName": "zofia1"}]}), ROW),
        (looked(body={"count": 1, "accounts": [{"userName": ASKER}]}), literal(ASKER, "observation", "step:0")),
        (looked(), literal("zkovacs")),
        (looked(LOCKERS, {"lockers": [{"keeper": "kim"}]}), literal("kim", "observation", "step:0")),
        (looked(by="requester"), OWN),
        (looked(body={}, code="unavailable"), OWN),
        (looked(body={"count": 0}), OWN),
        (looked(body={"userName": "zofia1", "accounts": []}), literal("zofia1", "observation", "step:0")),
    ],
    ids=[
        "found",
        "oneself",
        "named",
        "beside, and nothing in vain",
        "by the requester's id",
        "an error",
        "no list",
        "one thing",
    ],
)
def test_nothing_to_ask_about(situation: Situation, value: Literal) -> None:
    assert told(situation, value) == ""


@pytest.mark.parametrize(
    ("method", "path", "location", "value", "asked"),
    [
        ("POST", "/accounts/{user_name}/unlock", "path", "zofia", True),
        ("DELETE", "/accounts/{user_name}", "path", "Zofia", True),
        ("PUT", "/accounts/{user_name}", "path", "Zofia", False),
        ("POST", "/accounts", "body", "Zofia", False),
        ("POST", "/accounts/{user_name}/unlock", "path", "zkovacs", False),
    ],
    ids=["in its path", "taken away", "made there", "made", "by another name"],
)
def test_what_is_not_there_is_not_changed_under_the_same_name(
    method: str, path: str, location: str, value: str, asked: bool
) -> None:
    look = replace(SEARCH, path="/accounts/{user_name}")
    at = looked(look)
    hits = tuple(replace(hit, item=look) if hit.item == SEARCH else hit for hit in at.context.actions)
    at = replace(at, context=Context(actions=hits))
    parameter = Parameter(name="user_name", location=location)  # type: ignore[arg-type]
    spec = replace(UNLOCK, method=method, path=path, parameters=(parameter,))
    found = unfound(spec, (Argument(name="user_name", value=literal(value)),), at)
    assert found == (Unfound(words="Zofia", action=SEARCH.name) if asked else None)


def test_of_a_write_that_has_nothing_of_what_was_said_every_look_counts() -> None:
    at = looked(LOCKERS, {"lockers": []})
    assert told(at, OWN) == "Zofia"
    until = Argument(name="until", value=literal("Friday"))
    assert unfound(UNLOCK, (Argument(name="user_name", value=OWN), until), at) is None


def test_a_value_under_another_name_is_found_all_the_same() -> None:
    """Of an account that was found its address is taken; that no locker was found says nothing of it."""
    vain, account = looked(LOCKERS, {"lockers": []}), looked(SEARCH, {"accounts": [{"userName": "zo", "email": "z@x"}]})
    both = replace(
        vain,
        steps=(*vain.steps, replace(account.steps[0], index=1)),
        observations=(*vain.observations, replace(account.observations[0], step=1)),
    )
    forward = ActionSpec(name="forward", app="desk", description="", parameters=(Parameter(name="address"),))
    address = Argument(name="address", value=literal("z@x", "observation", "step:1"))
    assert unfound(forward, (address,), both) is None


def test_what_was_asked_about_is_not_asked_about_again() -> None:
    at = looked()
    question = Utterance(speaker="lamplighter", text="I looked for “Zofia” and found nothing.", after=1)
    answer = Utterance(speaker="requester", text="Do it for me.", after=1)
    assert told(replace(at, task=replace(at.task, utterances=(question, answer))), OWN) == ""


def test_of_a_missing_value_it_is_told_what_was_looked_for() -> None:
    found = sought(("until", "user_name"), looked())
    assert found == Unfound(words="Zofia", action="search_accounts")
    assert sought(("until",), looked()) is None


def test_a_read_may_be_tried_with_anything() -> None:
    assert unfound(SEARCH, (Argument(name="query", value=OWN),), looked()) is None
