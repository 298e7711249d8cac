"""Rules that can never decide, because earlier ones take every call that they would fit.

Whatever a rule leaves open is taken apart (effect, role, taint, a result shown whole or not), and each case looked for
among the earlier rules. What is reported is never reached; rules that overlap in part only are not reported.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import get_args

from knowledge.types import Effect
from planner.policy_rules import Role, Rule
from planner.sensitive import fits

OTHER = "other"  # An effect that is none of those known; only rules without an effect take it.


@dataclass(frozen=True, kw_only=True)
class Unreached:
    """`by` are the earlier rules that take its calls."""

    rule: Rule
    by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Case:
    effect: str
    role: Role
    tainted: bool
    unread: bool


def never_reached(rules: Sequence[Rule]) -> tuple[Unreached, ...]:
    found = []
    for i, rule in enumerate(rules):
        takers = [_taker(case, rule, rules[:i]) for case in _cases(rule)]
        if all(takers):
            found.append(Unreached(rule=rule, by=tuple(each.name for each in rules[:i] if each in takers)))
    return tuple(found)


def _cases(rule: Rule) -> Iterator[_Case]:
    effects: tuple[str, ...] = rule.effects or (*get_args(Effect), OTHER)
    roles: tuple[Role, ...] = rule.roles or get_args(Role)
    for effect, role, tainted, unread in product(effects, roles, (False, True), (False, True)):
        case = _Case(effect=effect, role=role, tainted=tainted, unread=unread)
        if _takes_taint(rule, case):
            yield case


def _taker(case: _Case, rule: Rule, earlier: Sequence[Rule]) -> Rule | None:
    return next((each for each in earlier if _wider(each, rule) and _takes(each, case, rule)), None)


def _wider(one: Rule, other: Rule) -> bool:
    """Whether the conditions of `one` that are no case hold wherever those of `other` do."""
    globs = other.actions or ("*",)
    actions = not one.actions or all(any(fits(glob, wide) for wide in one.actions) for glob in globs)
    time = one.time in (None, other.time)
    rate = one.rate is None or (other.rate is not None and one.rate.per == other.rate.per and _rarer(one, other))
    return actions and time and rate


def _rarer(one: Rule, other: Rule) -> bool:
    return one.rate is not None and other.rate is not None and one.rate.calls <= other.rate.calls


def _takes(one: Rule, case: _Case, other: Rule) -> bool:
    """Of rules about certain arguments only those about the same ones are compared: taint is then of the same."""
    same = (one.parameters, one.sensitive) == (other.parameters, other.sensitive)
    anything = not one.parameters and not one.sensitive and not one.taint
    effect = not one.effects or case.effect in one.effects
    role = not one.roles or case.role in one.roles
    return effect and role and (anything or (same and _takes_taint(one, case)))


def _takes_taint(rule: Rule, case: _Case) -> bool:
    found = {"tainted" if case.tainted else "vouched", *(["unread-result"] if case.unread else [])}
    return not rule.taint or bool(found & {*rule.taint})
