"""An operation whose opposite was asked for is asked about first."""

from collections.abc import Sequence

import pytest
from planner_world import Someone, World, act, end

from knowledge.types import ActionSpec, Effect, Parameter
from planner.contrary import may_be_opposites
from planner.policy import FilePolicy
from planner.policy_file import parse_policy
from tests.fakes import Move, said, seen

NAME = "Anders Bennett"
LOOK = act("search_accounts", query=said(NAME))
GRANT = act("grant_vpn_access", username=seen(0, "accounts.0.username"), until=said("20 March"))
MOVES = [LOOK, GRANT, end("finish")]
REQUEST = f"{NAME} has VPN until 20 March. End it."


class EndMeansRevoke:
    """Hears in an "End it", if it is the last thing said, that access is to be taken away; keeps what it was shown."""

    def __init__(self) -> None:
        self.offered: list[set[str]] = []

    def instead(self, text: str, spec: ActionSpec, others: Sequence[ActionSpec]) -> ActionSpec | None:
        self.offered.append({each.name for each in others})
        found = [each for each in others if each.name == "revoke_vpn_access"]
        return found[0] if found and text.endswith("End it.") else None


@pytest.fixture(autouse=True)
def active(world: World) -> None:
    name = world.desk.get("/accounts", params={"query": NAME}).json()["accounts"][0]["username"]
    world.patch("accounts", {"username": name}, {"status": "active"})


def run(world: World, person: Someone, moves: Sequence[Move] = MOVES, **parts: object) -> str:
    ended = world.run(REQUEST, moves, person=person, opposites=EndMeansRevoke(), **parts)
    assert ended.outcome
    return ended.outcome.status


def test_nothing_is_done_without_a_yes(world: World) -> None:
    before, person = world.snapshot(), Someone()
    assert run(world, person) == "asked"
    (asked,) = (each.question for each in person.asked)
    assert "but as I read it, you may rather want to revoke vpn access. Shall I go ahead?" in asked
    assert world.snapshot() == before


@pytest.mark.parametrize(("answer", "ended", "writes"), [("yes", "verified", 1), ("no", "cancelled", 0)])
def test_a_yes_goes_on_and_a_no_calls_it_off(world: World, answer: str, ended: str, writes: int) -> None:
    assert run(world, Someone(answers=iter([answer]))) == ended
    assert world.writes("grant_vpn_access") == writes


def test_what_is_said_then_is_heard(world: World) -> None:
    person = Someone(answers=iter(["I meant that he shall have it longer."]))
    assert run(world, person, [LOOK, GRANT, GRANT, end("finish")]) == "verified"
    assert len(person.asked) == 1


def test_a_yes_is_good_for_the_whole_wish(world: World) -> None:
    """Two people of one wish: the second is not asked about again."""
    names = [each["username"] for each in world.snapshot()["accounts"] if each["status"] == "active"][:2]
    moves = [act("grant_vpn_access", username=said(name), until=said("20 March")) for name in names]
    person = Someone(answers=iter(["yes"]))
    text = f"{' and '.join(names)} have VPN until 20 March. End it."
    world.run(text, [*moves, end("finish")], person=person, opposites=EndMeansRevoke())
    assert len(person.asked) == 1
    assert world.writes("grant_vpn_access") == 2


def test_only_what_may_be_an_opposite_is_held_against_it(world: World) -> None:
    opposites = EndMeansRevoke()
    world.run(f"VPN for {NAME} until 20 March.", MOVES, person=Someone(), opposites=opposites)
    assert opposites.offered == [{"revoke_vpn_access"}]
    assert world.writes("grant_vpn_access") == 1


def test_what_needs_an_approval_says_it_there(world: World) -> None:
    rules = "version: 1\nrules:\n  - {name: careful, verdict: ask, reason: Mind.}\n"
    person = Someone(approves=False)
    moves = [act("grant_vpn_access", username=said(NAME), until=said("20 March"))]
    run(world, person, moves, policy=FilePolicy(parse_policy(rules, source="p.yaml")))
    asked = person.asked[-1].question
    assert asked.endswith("? Mind. Besides, as I read it, you may rather want to revoke vpn access.")


def test_a_dry_run_tells_it_of_an_approval_too(world: World) -> None:
    rules = "version: 1\nrules:\n  - {name: careful, verdict: ask, reason: Mind.}\n"
    policy = FilePolicy(parse_policy(rules, source="p.yaml"))
    moves = [act("grant_vpn_access", username=said(NAME), until=said("20 March")), end("finish")]
    ended = world.run(REQUEST, moves, opposites=EndMeansRevoke(), policy=policy, dry_run=True)
    told = "A person would have been asked. Besides, as I read it, you may rather want to revoke vpn access."
    assert [each.message for each in ended.observations] == [f"Dry run: not carried out. {told}"]


def test_a_dry_run_tells_what_would_be_asked_and_tells_it_once(world: World) -> None:
    names = [each["username"] for each in world.snapshot()["accounts"] if each["status"] == "active"][:2]
    moves = [act("grant_vpn_access", username=said(name), until=said("20 March")) for name in names]
    text, before, person = f"{' and '.join(names)} have VPN until 20 March. End it.", world.snapshot(), Someone()
    ended = world.run(text, [*moves, end("finish")], person=person, opposites=EndMeansRevoke(), dry_run=True)
    told = "You would have been asked first: as I read it, you may rather want to revoke vpn access."
    assert [told in each.message for each in ended.observations] == [True, False]
    assert all(each.message.startswith("Dry run: not carried out.") for each in ended.observations)
    assert not person.asked
    assert world.snapshot() == before


def spec(name: str, *needs: str, app: str = "gym", effect: Effect = "write", takes: Sequence[str] = ()) -> ActionSpec:
    of = [Parameter(name=each, description="", schema={"type": "string"}, required=True) for each in needs]
    of += [Parameter(name=each, description="", schema={"type": "string"}, required=False) for each in takes]
    return ActionSpec(app=app, name=name, description="", effect=effect, parameters=tuple(of))


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        pytest.param(spec("grant_vpn", "who", "until"), spec("revoke_vpn", "who"), True, id="one needs less"),
        pytest.param(spec("locker_give", "who"), spec("locker_take", "who"), True, id="the noun comes first"),
        pytest.param(spec("giveLocker", "who"), spec("take-locker", "who"), True, id="written in other ways"),
        pytest.param(spec("subscribe", "who"), spec("unsubscribe", "who"), True, id="nothing but a verb"),
        pytest.param(spec("hold", "who", takes=["day"]), spec("free", "who", "day"), True, id="takes it, if given"),
        pytest.param(spec("add_to_club", "who"), spec("remove_from_list", "who"), False, id="other things"),
        pytest.param(spec("add_to_club", "who"), spec("go_to_list", "who"), False, id="only a little word in common"),
        pytest.param(spec("close_gym", "day"), spec("open_gym", "who"), False, id="neither takes what the other needs"),
        pytest.param(spec("open_gym"), spec("close_gym", app="pool"), False, id="another application"),
        pytest.param(spec("open_gym"), spec("see_gym", effect="read"), False, id="a read"),
        pytest.param(spec("open_gym"), spec("open_gym"), False, id="itself"),
    ],
)
def test_what_may_be_an_opposite(one: ActionSpec, other: ActionSpec, may_be: bool) -> None:
    assert may_be_opposites(one, other) is may_be
    assert may_be_opposites(other, one) is may_be
