"""Rules that can never decide are found, and no other is called so."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_cases import MONDAY, facts, policy

from knowledge.types import Effect
from planner.policy_file import default_rules
from planner.policy_reach import never_reached
from planner.policy_rules import SPANS, Facts, Hours, Per, Rate, Role, Rule, Taint


def unreached(*rules: str) -> dict[str, tuple[str, ...]]:
    found = never_reached(policy(*(f"{rule}, verdict: ask" if rule else "verdict: ask" for rule in rules)).rules)
    return {each.rule.name: each.by for each in found}


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (("", "effect: read"), {"rule-2": ("rule-1",)}),
        (("effect: read", ""), {}),
        (("action: a.*", "action: a.wipe_*"), {"rule-2": ("rule-1",)}),
        (("action: a.wipe_*", "action: a.*"), {}),
        (("action: '*.wipe'", "action: a.*"), {}),
        (("action: [a.*, b.*]", "action: [b.x, a.y]"), {"rule-2": ("rule-1",)}),
        (
            ("effect: write, taint: tainted", "effect: write, taint: vouched", "effect: write"),
            {"rule-3": ("rule-1", "rule-2")},
        ),
        (("taint: unread-result", "taint: [tainted, vouched]", "taint: unread-result"), {"rule-3": ("rule-1",)}),
        (("taint: tainted", "taint: unread-result"), {}),
        (("effect: read", "effect: write", "effect: irreversible", "action: a"), {}),  # an unknown effect is left
        (("effect: [read, write]", "effect: read"), {"rule-2": ("rule-1",)}),
        (("role: [requester, operator]", "role: admin", "effect: read"), {"rule-3": ("rule-1", "rule-2")}),
        (("time: {days: mon}", "effect: read"), {}),
        (("time: {days: mon}", "effect: read, time: {days: mon}"), {"rule-2": ("rule-1",)}),
        (("effect: read", "effect: read, time: {days: mon}"), {"rule-2": ("rule-1",)}),
        (("rate: 5 per hour", "rate: 9 per hour"), {"rule-2": ("rule-1",)}),
        (("rate: 9 per hour", "rate: 5 per hour"), {}),
        (("rate: 5 per hour", "rate: 9 per day"), {}),
        (("parameters: to", "parameters: to, effect: read"), {"rule-2": ("rule-1",)}),
        (("parameters: to, taint: tainted", "taint: tainted"), {}),
        (("taint: tainted", "parameters: to, taint: tainted"), {}),  # it is, but that is not looked for
        (("", "parameters: to, sensitive: true"), {"rule-2": ("rule-1",)}),
        (("sensitive: true", "sensitive: true"), {"rule-2": ("rule-1",)}),
    ],
)
def test_what_is_never_reached(rules: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> None:
    assert unreached(*rules) == found


def test_every_rule_of_the_shipped_policy_is_reached() -> None:
    assert never_reached(default_rules().rules) == ()


def some(alias: object) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(get_args(alias)), max_size=2, unique=True).map(tuple)


names = st.sampled_from(["to", "a*"])
rules = st.builds(
    Rule,
    name=st.uuids().map(str),
    verdict=st.just("ask"),
    reason=st.just("x"),
    actions=st.lists(st.sampled_from(["*", "a.*", "a.b", "*.b", "a*b"]), max_size=2).map(tuple),
    effects=some(Effect),
    taint=some(Taint),
    roles=some(Role),
    parameters=st.lists(names, max_size=1).map(tuple),
    sensitive=st.booleans(),
    time=st.none() | st.just(Hours(days=frozenset({0}), since=0, until=1440)),
    rate=st.none() | st.builds(Rate, calls=st.integers(1, 3), per=st.sampled_from(get_args(Per))),
)
situations: st.SearchStrategy[Facts] = st.builds(
    facts,
    action=st.sampled_from(["a.b", "a.c", "x.b", "axb"]),
    effect=st.sampled_from([*get_args(Effect), "unheard-of"]),
    role=st.sampled_from(get_args(Role)),
    arguments=st.dictionaries(st.sampled_from(["to", "ab", "c"]), st.booleans()),
    sensitive=st.sets(st.sampled_from(["to", "c"])).map(frozenset),
    unread=st.sampled_from(["", "a.r"]),
    at=st.sampled_from([MONDAY, MONDAY.replace(day=3)]),
)


@given(st.lists(rules, max_size=5), st.lists(situations, max_size=8), st.integers(0, 3))
def test_a_rule_called_unreached_never_decides(listed: list[Rule], seen: list[Facts], made: int) -> None:
    lost = {each.rule.name for each in never_reached(listed)}
    for each in seen:
        counts = dict(zip(SPANS.values(), (made, made + 1, made + 2), strict=True))
        first = next((rule for rule in listed if not rule.miss(each, counts.__getitem__)), None)
        assert first is None or first.name not in lost
