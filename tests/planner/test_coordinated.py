"""What is asked for several people or things is done for each of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planner_world import NOW, World, act, end

from knowledge.joints import Segment
from knowledge.types import ActionSpec, Argument, Literal, Observation, Parameter, Provenance, Step, Task
from models.lam import Filled, Situation
from planner.coordinated import LONGEST, left_over
from planner.paths import at, text_of
from tests.fakes import ScriptedLAM, said

FIRST = "Ann Lee", "t-1001", "a.lee@x.example", "Berth Planning"


def steps(*given: str) -> tuple[Step, ...]:
    return tuple(
        Step(
            index=at,
            action="desk.find",
            arguments=(
                Argument(
                    name="query",
                    value=Literal(value=value, provenance=Provenance(source="request", source_id="request", raw=value)),
                ),
            ),
        )
        for at, value in enumerate(given)
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("add Ann Lee and Bo Ek to Berth Planning", ["add Bo Ek to Berth Planning"]),
        ("Unlock Ann Lee and Bo Ek.", ["Unlock Bo Ek."]),
        ("Ann Lee and Bo Ek need VPN", ["Bo Ek need VPN"]),
        ("VPN for Ann Lee, Bo Ek, and Cy O'Dell", ["VPN for Bo Ek", "VPN for Cy O'Dell"]),
        ("close T-1001 & T-1002", ["close T-1002"]),
        ("unlock a.lee@x.example and b@x.example", ["unlock b@x.example"]),
        ("add her to Crane Rota and Berth Planning", ["add her to Crane Rota"]),
        ("unlock Bo Ek and Cy Dell", []),
        ("unlock Ann Lee and give her VPN", []),
        ("unlock Ann Lee, and Bo's manager knows", []),
        ("Research and Development", []),
        ("Ann Lee and Bo Ek, or Cy Dell and Di Fox", []),
        ("Ann Lee and Bo Ek " + "share an office, and so on " * LONGEST, []),
        ("", []),
    ],
)
def test_who_is_left_over(text: str, left: list[str]) -> None:
    assert [" ".join(segment.text.split()) for segment in left_over(text, steps(*FIRST))] == left
    assert not left_over(text, ())


words = st.sampled_from(["Ann Lee", "Bo Ek", " and ", ", ", " & ", "T-1", "unlock ", "a@b.example", ".", "\n", "Zoë "])


@given(st.lists(words, max_size=12).map("".join))
def test_what_is_left_stands_where_it_was(text: str) -> None:
    for segment in left_over(text, steps("Ann Lee", "T-1", "a@b.example")):
        assert len(segment.text) == len(text)
        assert segment.start == 0
        assert all(here in (" ", there) for here, there in zip(segment.text, text, strict=True))


def found(situation: Situation, parameter: Parameter) -> Literal:
    """The account of the latest search in view."""
    return account(situation.observations[-1])


def account(latest: Observation) -> Literal:
    value = text_of(at(latest.body, "accounts.0.username"))
    place = Provenance(
        source="observation", source_id=f"step:{latest.step}", raw=value, end=len(value), path="accounts.0.username"
    )
    return Literal(value=value, provenance=place)


class Whole:
    def segments(self, text: str) -> list[Segment]:
        return [Segment(text=text)]

    def suspected(self, text: str) -> list[Segment]:
        return []


def test_it_is_done_for_each_of_them(world: World) -> None:
    locked = [row for row in world.snapshot()["accounts"] if row["status"] == "locked" and not row["vip"]]
    one, other = [row for row in locked if re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", row["full_name"])][:2]
    lam = ScriptedLAM(
        [
            act("search_accounts", query=said(one["full_name"])),
            act("unlock_account", username=found),
            end("finish"),
            act("search_accounts", query=said(other["full_name"])),
            act("unlock_account", username=found),
            end("finish"),
        ]
    )
    text = f"Please unlock {one['full_name']} and {other['full_name']}."
    run = world.run(text, [], lam=lam, segmenter=Whole())
    assert run.outcome
    assert run.outcome.status == "verified"
    assert [world.account(row["username"])["status"] for row in (one, other)] == ["active", "active"]
    shown = [(" ".join(each.task.text.split()), len(each.steps)) for each in lam.situations]
    second = f"Please unlock {other['full_name']}."
    assert shown == [*((text, n) for n in range(3)), *((second, n) for n in range(3))]
    assert run.task.text == text


def test_whom_nobody_knows_is_not_somebody_else(world: World) -> None:
    locked = next(row for row in world.snapshot()["accounts"] if row["status"] == "locked" and not row["vip"])

    class FromAnything(ScriptedLAM):
        def fill(self, situation: Situation, action: ActionSpec) -> Filled:
            """Whoever was found at all."""
            if action.effect == "read":
                return super().fill(situation, action)
            known = [each for each in situation.observations if at(each.body, "count")]
            arguments = [Argument(name="username", value=account(each)) for each in known[:1]]
            return Filled(arguments=tuple(arguments), missing=() if known else ("username",))

    unlock = act("unlock_account", username=found)
    moves = [act("search_accounts", query=said(locked["full_name"])), unlock, end("finish")]
    lam = FromAnything([*moves, act("search_accounts", query=said("Zofia Kowal")), unlock])
    run = world.run(f"Unlock {locked['full_name']} and Zofia Kowal.", [], lam=lam, segmenter=Whole())
    assert run.outcome
    assert run.outcome.status == "asked"
    assert [step.action.partition(".")[2] for step in run.steps] == [
        "search_accounts",
        "unlock_account",
        "search_accounts",
    ]


def test_whom_the_model_asks_about_is_not_forgotten(world: World) -> None:
    locked = next(row for row in world.snapshot()["accounts"] if row["status"] == "locked" and not row["vip"])
    moves = [act("search_accounts", query=said(locked["full_name"])), act("unlock_account", username=found)]
    moves += [end("finish"), act("search_accounts", query=said("Zofia Kowal")), end("ask"), end("finish")]
    run = world.run(f"Unlock {locked['full_name']} and Zofia Kowal.", moves, segmenter=Whole())
    assert run.outcome
    assert run.outcome.status == "asked"
    plan = world.runner([moves[0], end("finish"), moves[3], end("ask"), moves[0]], segmenter=Whole()).plan(
        Task(id="task", text=f"Look for {locked['full_name']} and Zofia Kowal", now=NOW)
    )
    assert plan.ending == "ask"


def test_each_is_planned(world: World) -> None:
    names = ("Anders Bennett", "Hassan Kimura")
    looks = [act("search_accounts", query=said(name)) for name in names]
    runner = world.runner([looks[0], end("finish"), looks[1], end("finish")], segmenter=Whole())
    plan = runner.plan(Task(id="task", text=f"Look for {names[0]} and {names[1]}", now=NOW))
    queries = [argument.value for step in plan.steps for argument in step.arguments]
    assert [value.value for value in queries if isinstance(value, Literal)] == [*names]
    assert plan.ending == "finish"
