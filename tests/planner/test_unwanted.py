"""Who only wants to know something, or wants it left alone, is asked before anything is changed."""

import re
from dataclasses import dataclass

import pytest
from planner_world import NOW, Someone, World, act, end

from knowledge.joints import Segment
from knowledge.types import Observation, Task
from planner import questions
from planner.policy import FilePolicy
from planner.policy_file import parse_policy
from planner.seams import Undivided
from tests.fakes import Move, answered, said, seen

NAME = "Anders Bennett"
USERNAME = seen(0, "accounts.0.username")
LOOK = act("search_accounts", query=said(NAME))
UNLOCK = act("unlock_account", username=USERNAME)
GRANT = act("grant_vpn_access", username=USERNAME, until=said("20 March"))
MOVES = [LOOK, UNLOCK, end("finish")]


@dataclass
class Hears:
    """Takes for no order where one of these patterns fits."""

    words: dict[str, str]

    def act(self, text: str) -> str:
        return next((act for word, act in self.words.items() if re.search(word, text)), "order")


QUESTION, VETO = Hears({"Is": "question"}), Hears({"Leave": "veto"})


@pytest.fixture(autouse=True)
def locked(world: World) -> None:
    world.patch("accounts", {"username": username(world)}, {"status": "locked"})


def username(world: World) -> str:
    return str(world.desk.get("/accounts", params={"query": NAME}).json()["accounts"][0]["username"])


def test_a_question_is_answered_with_what_was_found_and_nothing_is_done(world: World) -> None:
    before, person = world.snapshot(), Someone()
    run = world.run(f"Is {NAME} locked?", MOVES, person=person, interpreter=QUESTION)
    (asked,) = (each.question for each in person.asked)
    name = username(world)
    assert asked.startswith(
        f"I would unlock account with username “{name}”, but as I read it, you only want to know something. I found “"
    )
    assert f"username: {name}, " in asked
    assert ", status: locked, " in asked
    assert asked.endswith("”. Shall I go ahead?")
    assert world.snapshot() == before
    assert run.outcome
    assert run.outcome.status == "asked"


@pytest.mark.parametrize(("answer", "ended", "status"), [("yes", "verified", "active"), ("no", "cancelled", "locked")])
def test_a_veto_stands_until_the_requester_says_otherwise(world: World, answer: str, ended: str, status: str) -> None:
    person = Someone(answers=iter([answer]))
    run = world.run(f"Leave {NAME} locked.", MOVES, person=person, interpreter=VETO)
    (asked,) = (each.question for each in person.asked)
    assert "but as I read it, you want it left as it is. Shall I go ahead?" in asked
    assert run.outcome
    assert run.outcome.status == ended
    assert world.account(username(world))["status"] == status


def test_thanks_are_no_yes(world: World) -> None:
    before, person = world.snapshot(), Someone(answers=iter(["Thanks, that is all."]))
    moves = [LOOK, UNLOCK, UNLOCK, end("finish")]
    run = world.run(f"Is {NAME} locked?", moves, person=person, interpreter=QUESTION)
    assert run.outcome
    assert (run.outcome.status, len(person.asked)) == ("asked", 2)
    assert world.snapshot() == before


def test_it_is_asked_once_for_everything_that_is_done_about_it(world: World) -> None:
    person = Someone(answers=iter(["yes"]))
    moves = [LOOK, UNLOCK, GRANT, end("finish")]
    run = world.run(f"Is {NAME} locked, with VPN to 20 March?", moves, person=person, interpreter=QUESTION)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert len(person.asked) == 1


def test_what_is_no_change_is_done_unasked(world: World) -> None:
    person = Someone()
    run = world.run(f"Is {NAME} locked?", [LOOK, end("finish")], person=person, interpreter=QUESTION)
    assert run.outcome
    assert (run.outcome.status, person.asked) == ("unverified", [])


class Two(Undivided):
    def segments(self, text: str) -> list[Segment]:
        at = text.index("give")
        return [Segment(text=text[:at].rstrip(), start=0), Segment(text=text[at:], start=at)]


@pytest.mark.parametrize(("word", "asked"), [("Then", ["unlock account", "grant vpn access"]), ("^give", [])])
def test_the_whole_request_says_and_each_of_its_wishes_is_asked_about(
    world: World, word: str, asked: list[str]
) -> None:
    person, text = Someone(answers=iter(["yes", "yes"])), f"Unlock {NAME}. Then give {NAME} VPN until 20 March."
    moves = [LOOK, UNLOCK, end("finish"), LOOK, GRANT, end("finish")]
    run = world.run(text, moves, person=person, segmenter=Two(), interpreter=Hears({word: "veto"}))
    assert run.outcome
    assert run.outcome.status == "verified"
    assert [each.question.partition(" with ")[0] for each in person.asked] == [f"I would {each}" for each in asked]


def test_a_rule_that_asks_anyway_says_it_besides(world: World) -> None:
    rules = "version: 1\nrules:\n  - {name: careful, verdict: ask, reason: Mind.}\n"
    policy, person = FilePolicy(parse_policy(rules, source="p.yaml")), Someone(approves=False)
    unlock = act("unlock_account", username=said(username(world)))
    world.run(f"Leave {username(world)} locked.", [unlock], person=person, policy=policy, interpreter=VETO)
    (asked,) = (each.question for each in person.asked)
    assert asked.endswith("? Mind. Besides, as I read it, you want it left as it is.")


@pytest.mark.parametrize("asks", [end("ask"), Move(action=GRANT.action, missing=("until",))], ids=["asks", "lacks"])
def test_what_a_change_lacks_is_not_asked_where_there_may_be_none(world: World, asks: Move) -> None:
    person = Someone(answers=iter(["Give him VPN.", "Until 20 March."]))
    grant = act("grant_vpn_access", username=USERNAME, until=answered("20 March"))
    moves = [LOOK, asks, Move(action=GRANT.action, missing=("until",)), grant, end("finish")]
    world.patch("accounts", {"username": username(world)}, {"status": "active"})
    run = world.run(f"Is {NAME} in the VPN?", moves, person=person, interpreter=QUESTION)
    first, second, third = (each.question for each in person.asked)
    assert first.startswith("As I read it, you only want to know something. I found “")
    assert first.endswith("”. What should be done, if anything?")
    assert second.startswith("To grant vpn access I need to know: until")
    assert third.startswith("I would grant vpn access")
    assert run.outcome
    assert run.outcome.status == "asked"


def test_a_plan_ends_where_it_would_be_asked(world: World) -> None:
    runner = world.runner([LOOK, UNLOCK, end("finish")], interpreter=VETO)
    plan = runner.plan(Task(id="task", text=f"Leave {NAME} locked.", requester="", now=NOW))
    assert [step.action for step in plan.steps] == [LOOK.action]
    assert plan.ending == "ask"
    assert plan.reason == ("I would unlock account, but as I read it, you want it left as it is. Shall I go ahead?")
    ordered = world.runner([LOOK, UNLOCK, end("finish")], interpreter=VETO)
    plan = ordered.plan(Task(id="task", text=f"Unlock {NAME}.", requester="", now=NOW))
    assert (len(plan.steps), plan.ending) == (2, "finish")


def test_only_a_look_that_told_something_is_told_of() -> None:
    one = Observation(step=0, status="ok", body={"accounts": [{"name": "A", "tags": [], "left": None, "on": False}]})
    assert questions.found([one]) == "I found “name: A, on: false”"
    several = Observation(step=0, status="ok", body={"rows": [{"n": n} for n in range(9)]})
    assert questions.found([several]).count("“n: ") == questions.MOST_ROWS
    single = Observation(step=0, status="ok", body={"username": "a”b"})
    assert questions.found([single]) == 'I found “username: a"b”'
    for nothing in ([], [Observation(step=0, status="ok", body={"rows": []})], [Observation(step=0, status="error")]):
        assert questions.found(nothing) == ""
