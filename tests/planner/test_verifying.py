"""Reading back: on the help desk for every kind of write, and by hand for applications that do otherwise."""

from collections.abc import Sequence
from typing import TypeAlias

import pytest
from planner_world import UNLOCK_AND_VPN, World, act

from knowledge.types import ActionSpec, Argument, JsonValue, Literal, Observation, Outcome, Parameter, Provenance, Step
from planner.readback import ReadBack
from planner.verify import verify
from tests.fakes import Move, option, said

GROUP, TICKET, PRODUCT = "brand-library", "T-1001", "codeharbor-enterprise"
TEXTS = f"abennett {GROUP} {TICKET} {PRODUCT} “Printer is on fire” 25 all-design@northwind-harbour.example Head of Ink"


@pytest.mark.parametrize(
    "move",
    [
        act("reset_mfa", username=said("abennett")),
        act("reset_password", username=said("abennett")),
        act("update_account", username=said("abennett"), title=said("Head of Ink")),
        act("add_group_member", group=said(GROUP), username=said("abennett")),
        act("create_ticket", title=said("Printer is on fire"), requester=said("abennett"), priority=option("high"),
            team=option("hardware")),
        act("add_ticket_comment", ticket_id=said(TICKET), text=said("Printer is on fire")),
        act("set_ticket_status", ticket_id=said(TICKET), status=option("resolved")),
        act("assign_licence", product=said(PRODUCT), username=said("abennett")),
        act("add_list_member", list=said("all-design@northwind-harbour.example"), username=said("abennett")),
    ],
    ids=lambda move: move.action,
)  # fmt: skip
def test_writes_of_the_help_desk_are_read_back(world: World, move: Move) -> None:
    run = world.run(TEXTS, [move])
    assert run.observations[0].status == "ok", run.observations
    assert run.outcome
    assert run.outcome.status == "verified", run.outcome


def test_what_was_removed_must_be_gone(world: World) -> None:
    member = next(m["username"] for m in world.snapshot()["group_members"] if m["group"] == GROUP)
    run = world.run(
        f"Remove {member} from {GROUP}.", [act("remove_group_member", group=said(GROUP), username=said(member))]
    )
    assert run.outcome
    assert run.outcome.status == "verified"


def test_a_run_that_changed_nothing_is_not_a_success(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, [act("search_accounts", query=said("Anders Bennett"))])
    assert run.outcome
    assert (run.outcome.status, run.outcome.reason) == ("unverified", "Nothing was changed.")


# ---- by hand

Result: TypeAlias = "JsonValue | Observation"


def spec(method: str, path: str, *parameters: Parameter) -> ActionSpec:
    name = f"{method.lower()} {path}"
    effect = "read" if method == "GET" else "write"
    inside = tuple(
        Parameter(name=part[1:-1], location="path", required=True) for part in path.split("/") if "{" in part
    )
    return ActionSpec(
        name=name, app="a", description="", method=method, path=path, effect=effect, parameters=(*inside, *parameters)
    )


GET = spec("GET", "/cases/{id}")
CLOSE = spec("POST", "/cases/{id}/close")
OPEN = spec("POST", "/cases/{id}/open")
REMOVE = spec("DELETE", "/cases/{id}")
PATCH = spec("PATCH", "/cases/{id}", Parameter(name="title"))
MEMBERS = spec("GET", "/cases/{id}/members")
ADD = spec("POST", "/cases/{id}/members", Parameter(name="user"))


def check(
    *done: tuple[ActionSpec, Result],
    reads: Sequence[ActionSpec] = (GET, MEMBERS),
    back: Result = None,
    **values: str,
) -> Outcome:
    provenance = Provenance(source="request", source_id="request", raw="x")
    arguments = tuple(
        Argument(name=name, value=Literal(value=value, provenance=provenance))
        for name, value in {"id": "c1", **values}.items()
    )
    steps = [Step(index=i, action=action.id, arguments=arguments) for i, (action, _) in enumerate(done)]
    seen = [
        result if isinstance(result, Observation) else Observation(step=i, status="ok", body=result)
        for i, (_, result) in enumerate(done)
    ]
    specs = {action.id: action for action in (*reads, CLOSE, OPEN, REMOVE, PATCH, ADD)}

    def read(wanted: ReadBack) -> Observation:
        return back if isinstance(back, Observation) else Observation(step=9, status="ok", body=back)

    return verify(steps, seen, specs=specs, reads=reads, read=read)


ERROR = Observation(step=0, status="error", code="409", message="It is locked.")
GONE = Observation(step=9, status="error", code="404")
DOWN = Observation(step=9, status="unreachable")


def test_equal_fields_verify_and_a_difference_fails() -> None:
    assert check((CLOSE, {"id": "c1", "state": "closed"}), back={"id": "c1", "state": "closed"}).status == "verified"
    assert check((CLOSE, {"id": "c1", "state": "closed"}), back={"id": "c1", "state": "open"}).status == "failed"


def test_the_last_write_to_a_resource_counts() -> None:
    writes = [(CLOSE, {"id": "c1", "state": "closed"}), (OPEN, {"id": "c1", "state": "open"})]
    assert check(*writes, back={"id": "c1", "state": "open"}).status == "verified"
    assert check(*writes, back={"id": "c1", "state": "closed"}).status == "failed"


def test_what_was_answered_before_a_write_that_answered_nothing_is_out_of_date() -> None:
    """It was interrupted, say: that the resource changed since then is no failure, that it did not is no proof."""
    made = {"id": "c1", "notes": []}
    assert check((OPEN, made), (CLOSE, None), back=made | {"notes": ["closed"]}).status == "unverified"
    assert check((OPEN, made), (CLOSE, None), back=made).status == "unverified"
    assert check((OPEN, made), (CLOSE, None), (OPEN, made), back=made).status == "verified"
    assert check((PATCH, None), (CLOSE, None), title="B", back={"id": "c1", "title": "A"}).status == "failed"


def test_results_that_say_nothing_of_the_resource_prove_nothing() -> None:
    assert check((CLOSE, {"status": "done"}), back={"id": "c1", "state": "closed"}).status == "unverified"
    assert check((CLOSE, None), back={"id": "c1", "state": "closed"}).status == "unverified"
    other = {"id": "c1", "text": "a comment", "author": "me"}
    assert check((CLOSE, other), back={"id": "c1", "text": "the case", "state": "open"}).status == "unverified"


def test_an_echoed_identity_is_confirmed_and_the_reason_says_no_more() -> None:
    outcome = check((CLOSE, {"id": "c1", "sent_to": "phone"}), back={"id": "c1", "state": "open"})
    assert outcome.status == "verified"
    assert "no more than its answer said" in outcome.reason


def test_a_patch_must_show_its_arguments() -> None:
    assert check((PATCH, None), back={"id": "c1", "title": "new "}, title="New").status == "verified"
    assert check((PATCH, None), back={"id": "c1", "title": "old"}, title="New").status == "failed"


def test_what_is_gone_is_gone() -> None:
    assert check((REMOVE, None), back=GONE).status == "verified"
    assert check((CLOSE, {"id": "c1"}), back=GONE).status == "unverified"


def test_members_are_looked_for() -> None:
    assert check((ADD, None), back={"members": ["eve", "bob"]}, user="bob").status == "verified"
    assert check((ADD, None), back={"members": ["eve"]}, user="bob").status == "failed"
    assert check((ADD, None), back={"members": ["eve"], "count": 30}, user="bob").status == "unverified"
    assert check((ADD, None), back={"members": [{"user": "eve"}]}, user="bob").status == "unverified"


def test_without_a_read_back_it_stays_unverified() -> None:
    assert check((CLOSE, {"id": "c1"}), reads=()).status == "unverified"
    assert check((CLOSE, {"id": "c1"}), back=DOWN).status == "unverified"


def test_an_error_not_made_good_fails_the_run() -> None:
    good = {"id": "c1", "state": "closed"}
    assert check((CLOSE, ERROR), back=good).status == "failed"
    assert "It is locked." in check((CLOSE, ERROR), back=good).reason
    assert check((CLOSE, ERROR), (CLOSE, good), back=good).status == "verified"
    assert check((CLOSE, good), (CLOSE, ERROR), back=good).status == "failed"
