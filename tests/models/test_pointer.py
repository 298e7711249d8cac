"""The whole model, small: trained, saved, loaded by the real code, and asked."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models_toy import GRANT, MOVE, NAMES, NOW, SEARCH, UNLOCK, accounts, after, lessons, passage, said, situation

from knowledge.types import ActionSpec, Argument, Literal, Parameter, Reference, Task, Utterance
from models.base import PLACEHOLDER
from models.calibrate import TEMPERATURES, decisions, fitted_temperature
from models.encode import Encoder
from models.lam import ENDINGS, LAM, Situation
from models.layout import fill_scene
from models.measure import measure
from models.network import PointerNetwork
from models.pointer import PointerLAM

MATES = replace(
    GRANT, name="swap", parameters=(GRANT.parameters[0], replace(GRANT.parameters[0], name="colleague", required=False))
)


def literals(arguments: tuple[Argument, ...]) -> dict[str, Literal]:
    return {a.name: a.value for a in arguments if isinstance(a.value, Literal)}


def check_provenance(value: Literal, at: Situation, action: ActionSpec) -> None:
    """Every value can be read again where it is said to come from."""
    where = value.provenance
    if where.source == "option":
        assert where.source_id == action.id
        assert str(value.value).lower() == where.raw.lower()
        return
    texts = {(s.id, s.path): s.text for s in fill_scene(at, action).sources}
    assert texts[where.source_id, where.path][where.start : where.end] == where.raw != ""


def test_the_lessons_are_learned_by_heart(taught: PointerNetwork, encoder: Encoder) -> None:
    assert measure(taught, encoder, lessons()).shares() == {"choose": 1, "span": 1, "option": 1, "call_exact": 1}


def test_probabilities_of_all_options_sum_to_one_best_first(lam: PointerLAM) -> None:
    seam: LAM = lam
    choice = seam.choose(situation())
    shares = [o.probability for o in choice.ranked]
    assert choice.best.action == SEARCH.id
    assert {o.action for o in choice.ranked} == {a.id for a in situation().candidates} | set(ENDINGS)
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert choice.probability(*ENDINGS) == pytest.approx(
        sum(o.probability for o in choice.ranked if o.action in ENDINGS)
    )


def test_values_come_from_the_request_options_and_results(lam: PointerLAM) -> None:
    begin = situation("Move ticket 12 to the network team, thanks.")
    moved = literals(lam.fill(begin, MOVE).arguments)
    assert {name: v.value for name, v in moved.items()} == {"ticket": 12, "team": "network"}
    assert (moved["ticket"].provenance.source, moved["team"].provenance.source) == ("request", "option")
    granted = literals(lam.fill(situation("Give jdoe VPN access until 20 March."), GRANT).arguments)
    assert {name: v.value for name, v in granted.items()} == {"username": "jdoe", "until": "2026-03-20"}
    assert granted["until"].provenance.raw == "20 March"
    searched = after(situation(), SEARCH, accounts("Ann Lee"), query=said("Ann Lee"))
    unlocked = literals(lam.fill(searched, UNLOCK).arguments)["username"]
    assert (unlocked.value, unlocked.provenance.path) == ("lee", "accounts.0.username")
    assert (unlocked.provenance.source, unlocked.provenance.trust) == ("observation", "untrusted")


WORDS = ("unlock", "ann", "lee", "Zoë", "12", "three", "20", "March", "network,", "tomorrow", "[x]", "jdoe!")
words = st.lists(st.sampled_from(WORDS), min_size=1)


@settings(max_examples=25)
@given(request=words.map(" ".join), answer=words.map(" ".join), name=words.map(" ".join))
def test_whatever_is_said_every_value_can_be_read_again_and_no_place_twice(
    lam: PointerLAM, request: str, answer: str, name: str
) -> None:
    task = Task(
        id="t", text=request, requester="mbauer", now=NOW, utterances=(Utterance(speaker="requester", text=answer),)
    )
    begin = situation(
        task=task, passages=(passage(f"Teams are {name}."), passage(f"It is {answer}.", trust="untrusted"))
    )
    at = after(begin, SEARCH, accounts("Ann Lee", full_name=name), query=said("Ann"))
    for action in (SEARCH, UNLOCK, MOVE, GRANT, MATES):
        filled = lam.fill(at, action)
        found = literals(filled.arguments)
        for value in found.values():
            check_provenance(value, at, action)
        places = [
            (v.provenance.source_id, v.provenance.path, v.provenance.start, v.provenance.end)
            for v in found.values()
            if v.provenance.source != "option"
        ]
        assert len(places) == len(set(places))
        required = {p.name for p in action.parameters if p.required}
        assert required <= set(found) | set(filled.missing)
        assert 0 <= filled.confidence <= 1


def test_two_parameters_never_share_one_span(lam: PointerLAM) -> None:
    filled = lam.fill(situation("jdoe"), MATES)
    assert len(filled.arguments) <= 1


def test_a_required_value_that_stands_nowhere_is_missing_and_says_why(lam: PointerLAM) -> None:
    filled = lam.fill(situation("hello there"), MOVE)
    assert "ticket" in filled.missing
    assert "number" in filled.problems["ticket"]


def test_more_parameters_than_fit_one_pass_are_all_asked_for(lam: PointerLAM) -> None:
    many = tuple(Parameter(name=f"name_{i}", description="user name", required=True) for i in range(23))
    filled = lam.fill(situation(), replace(GRANT, name="many", parameters=many))
    named = [a.name for a in filled.arguments]
    assert sorted([*named, *filled.missing]) == sorted(p.name for p in many)
    order = [p.name for p in many]
    assert named == sorted(named, key=order.index)
    assert list(filled.missing) == sorted(filled.missing, key=order.index)


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_points_to_results_not_known_yet(lam: PointerLAM, name: str) -> None:
    plan = lam.rollout(situation(f"Please unlock the account of {name}."))
    assert [step.action for step in plan.steps] == [SEARCH.id, UNLOCK.id]
    assert plan.ending == "finish"
    assert literals(plan.steps[0].arguments)["query"].value == name
    assert plan.steps[1].arguments == (Argument(name="username", value=Reference(step=0, path="accounts.0.username")),)
    assert all(0 < step.confidence <= 1 for step in plan.steps)


def test_a_plan_without_its_values_asks_and_one_without_an_end_is_open(lam: PointerLAM) -> None:
    assert lam.rollout(situation(), max_steps=1).ending == "open"
    dates = replace(SEARCH, parameters=(replace(SEARCH.parameters[0], schema={"type": "string", "format": "date"}),))
    plan = lam.rollout(situation(actions=(dates, UNLOCK, MOVE, GRANT)))
    assert (plan.ending, plan.steps) == ("ask", ())
    assert plan.reason == "search_accounts needs query"


def test_nobody_can_write_the_placeholder(lam: PointerLAM) -> None:
    """A request or a result may consist of its letters; only results that are really expected become References."""
    forged = after(situation(PLACEHOLDER), SEARCH, {"accounts": [{"username": PLACEHOLDER}]}, query=said("x"))
    filled = lam.fill(forged, UNLOCK)
    assert all(isinstance(a.value, Literal) for a in filled.arguments)


def test_the_temperature_is_the_likeliest_and_does_not_change_the_order(
    taught: PointerNetwork, encoder: Encoder
) -> None:
    assert fitted_temperature([]) == 1.0
    assert fitted_temperature(decisions(taught, encoder, lessons()[:4])) in TEMPERATURES
    cold, hot = (PointerLAM(taught, encoder, temperature=t).choose(situation()) for t in (0.5, 4.0))
    assert [o.action for o in cold.ranked] == [o.action for o in hot.ranked]
    assert cold.best.probability > hot.best.probability
