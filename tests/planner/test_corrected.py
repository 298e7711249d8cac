"""Who was looked for in vain was called by the wrong name; the answer puts the right one in its place."""

from dataclasses import replace

import pytest
from planner_killed import TASK, Dies, executor, killed
from planner_world import Someone, World, act, end

from knowledge.joints import Segment
from knowledge.types import ActionSpec, Argument, Literal, Parameter, Reference, Run, literals
from models.lam import Filled, Situation
from planner.person import Nobody
from planner.seams import Undivided
from tests.fakes import Move, Pointer, ScriptedLAM, answered, said, seen

ASKER = "ecastillo"
NAME, OTHER = "Zofia Kovacs", "Zofia Kovač"
SEARCH = act("search_accounts")


def latest(path: str) -> Pointer:
    """A field of the latest result that is in view."""

    def point(situation: Situation, parameter: Parameter) -> Literal | Reference:
        last = situation.observations[-1]
        value = seen(len(situation.observations) - 1, path)(situation, parameter)
        assert isinstance(value, Literal)
        return replace(value, provenance=replace(value.provenance, source_id=f"step:{last.step}"))

    return point


NOBODY = act("unlock_account", username=latest("count"))
UNLOCK = act("unlock_account", username=latest("accounts.0.username"))
GRANT = act("grant_vpn_access", username=latest("accounts.0.username"), until=said("20 March"))
QUESTION = "I looked for “{}” (search accounts) and found nothing. Who or what is meant?"


class Names(ScriptedLAM):
    """Searches for the first name in what it is shown."""

    def __init__(self, moves: list[Move], names: tuple[str, ...]) -> None:
        super().__init__(moves)
        self._names = names

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        if action.name != "search_accounts":
            return super().fill(situation, action)
        found = [name for name in self._names if name in situation.task.text]
        if not found:
            return Filled(arguments=(), missing=("query",))
        return Filled(arguments=(Argument(name="query", value=said(found[0])(situation, action.parameters[0])),))


@pytest.fixture
def locked(world: World) -> dict[str, str]:
    return next(row for row in world.snapshot()["accounts"] if row["status"] == "locked")


@pytest.fixture
def outside(world: World) -> str:
    """Somebody without VPN."""
    rows = world.snapshot()
    inside = {row["username"] for row in rows["vpn_access"]}
    free = (row for row in rows["accounts"] if row["status"] == "active" and row["username"] not in inside)
    return str(next(row["full_name"] for row in free))


def run(
    world: World, text: str, moves: list[Move], answers: list[str], *names: str, **parts: object
) -> tuple[Run, list[str], Names]:
    person, lam = Someone(answers=iter(answers)), Names(moves, names)
    done = world.run(text, [], lam=lam, person=person, requester=ASKER, **parts)
    return done, [each.question for each in person.asked], lam


def calls(run: Run) -> list[tuple[str, dict[str, object]]]:
    return [(step.action.partition(".")[2], literals(step.arguments)) for step in run.steps]


def where(run: Run, step: int) -> list[tuple[str, str, str]]:
    values = [argument.value for argument in run.steps[step].arguments]
    places = [value.provenance for value in values if isinstance(value, Literal)]
    return [(each.source, each.source_id, each.raw) for each in places]


def test_the_model_is_shown_the_request_with_the_right_name_and_begins_anew(
    world: World, locked: dict[str, str]
) -> None:
    name = locked["full_name"]
    moves = [SEARCH, NOBODY, SEARCH, UNLOCK, end("finish")]
    text, answer = f"Please unlock {NAME} today.", f"Sorry, I meant {name}."
    done, asked, lam = run(world, text, moves, [answer], NAME, name)
    assert asked == [QUESTION.format(NAME)]
    assert calls(done) == [
        ("search_accounts", {"query": NAME}),
        ("search_accounts", {"query": name}),
        ("unlock_account", {"username": locked["username"]}),
    ]
    assert where(done, 1) == [("answer", "utterance:1", name)]
    assert done.outcome
    assert done.outcome.status == "verified"
    shown = [(each.task.text, len(each.steps), len(each.task.utterances)) for each in lam.situations[2:]]
    assert shown == [(f"Please unlock {name} today.", steps, 0) for steps in (0, 1, 2)]
    assert done.task.text == text


def test_what_stands_around_the_name_keeps_its_place(world: World, outside: str) -> None:
    name = outside
    moves = [SEARCH, NOBODY, SEARCH, GRANT, end("finish")]
    done, _, _ = run(world, f"VPN for {NAME} until 20 March.", moves, [name], NAME, name)
    assert where(done, 2)[1:] == [("request", "request", "20 March")]
    until = next(a.value for a in done.steps[2].arguments if a.name == "until")
    assert isinstance(until, Literal)
    place = until.provenance
    assert done.task.text[place.start : place.end] == "20 March"
    assert done.outcome
    assert done.outcome.status == "verified"


def test_a_second_name_that_nobody_has_is_asked_about_too(world: World, locked: dict[str, str]) -> None:
    name = locked["full_name"]
    moves = [SEARCH, NOBODY, SEARCH, NOBODY, SEARCH, UNLOCK, end("finish")]
    done, asked, lam = run(world, f"Unlock {NAME}.", moves, [f"{OTHER}!", f"Then {name}."], NAME, OTHER, name)
    assert asked == [QUESTION.format(NAME), QUESTION.format(OTHER)]
    assert [each.task.text for each in lam.situations] == [
        *[f"Unlock {NAME}."] * 2,
        *[f"Unlock {OTHER}."] * 2,
        *[f"Unlock {name}."] * 3,
    ]
    assert where(done, 2) == [("answer", "utterance:3", name)]
    assert done.outcome
    assert done.outcome.status == "verified"


def test_an_answer_later_on_is_found_where_it_was_said(world: World, outside: str) -> None:
    name, moves = outside, [SEARCH, NOBODY, SEARCH, end("ask")]
    grant = act("grant_vpn_access", username=latest("accounts.0.username"), until=answered("20 March"))
    done, asked, _ = run(world, f"VPN for {NAME}.", [*moves, grant, end("finish")], [name, "20 March"], NAME, name)
    assert len(asked) == 2
    assert where(done, 2)[1:] == [("answer", "utterance:3", "20 March")]
    assert done.outcome
    assert done.outcome.status == "verified"


def test_an_answer_without_a_name_changes_nothing_in_view(world: World) -> None:
    moves = [SEARCH, NOBODY, end("escalate")]
    _, asked, lam = run(world, f"Unlock {NAME}.", moves, ["No idea."], NAME)
    assert len(asked) == 1
    assert {each.task.text for each in lam.situations} == {f"Unlock {NAME}."}
    assert len(lam.situations[-1].task.utterances) == 2


class Two(Undivided):
    def segments(self, text: str) -> list[Segment]:
        at = text.index("Unlock")
        return [Segment(text=text[:at].rstrip(), start=0), Segment(text=text[at:], start=at)]


def test_of_two_wishes_the_one_in_view_is_corrected(world: World, locked: dict[str, str]) -> None:
    name = locked["full_name"]
    text = f"Look up {name}. Unlock {NAME} today."
    moves = [
        SEARCH,
        end("finish"),
        SEARCH,
        NOBODY,
        SEARCH,
        UNLOCK,
        end("finish"),
    ]
    done, asked, lam = run(world, text, moves, [name], NAME, name, segmenter=Two())
    assert asked == [QUESTION.format(NAME)]
    assert [each.task.text for each in lam.situations[-3:]] == [f"Unlock {name} today."] * 3
    assert calls(done)[-1] == ("unlock_account", {"username": locked["username"]})


def test_a_run_that_broke_off_goes_on_with_the_right_name(
    world: World, locked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = locked["full_name"]
    with killed(world, monkeypatch):
        first = Names([SEARCH, NOBODY, SEARCH, UNLOCK], (NAME, name))
        dies = Dies(executor(world), "unlock_account")
        task = replace(TASK, text=f"Unlock {NAME}.", requester=ASKER)
        person = Someone(answers=iter([name]))
        world.runner([], lam=first, executor=dies).run(task, run_id="run", person=person)
    again = Names([end("finish")], (NAME, name))
    done = world.runner([], lam=again).take_up("run", tenant="default", person=Nobody())
    assert {each.task.text for each in again.situations} == {f"Unlock {name}."}
    assert [call for call, _ in calls(done)] == ["search_accounts", "search_accounts", "unlock_account"]
    assert world.writes("unlock_account") == 1
    assert world.account(locked["username"])["status"] == "active"
