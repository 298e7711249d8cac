"""Actions that seem to undo each other: verified runs in which one put back what another had changed.

Nothing is learned by itself: a pair is proposed with the runs that show it, and used only after a person confirmed it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TypeAlias

from knowledge.record import Record
from knowledge.types import ActionSpec, JsonValue
from planner.look import looks_of, reads_of
from planner.states import Change, alike, changes
from planner.undo_values import Done, seen_around
from planner.undoable import ways_back

MOST_RUNS = 500


@dataclass(frozen=True, kw_only=True)
class Pair:
    """`undone_by` seems to undo `action`; `arguments` as in Compensation, `evidence` are runs that did the one and
    the other."""

    action: str
    undone_by: str
    arguments: Mapping[str, str]
    evidence: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """A verified write, and what it changed of what was looked at with `read`."""

    run: str
    done: Done
    read: str
    changed: Mapping[str, Change]


_Seen: TypeAlias = list[_Shown]


def proposed(record: Record, tenant: str = "default") -> list[Pair]:
    """By the latest runs. What is known to be undone by something already is not proposed again."""
    seen = list(_verified_writes(record, tenant))
    found: dict[tuple[str, str], Pair] = {}
    for one, other in permutations(seen, 2):
        spec = one.done.spec
        if spec.id == other.done.spec.id or spec.effect != "write" or ways_back(spec) or one.read != other.read:
            continue
        arguments = _arguments(one.done, other.done.spec)
        if arguments is None or not _inverse(one, other):
            continue
        key = (spec.id, other.done.spec.id)
        before = found[key].evidence if key in found else ()
        evidence = tuple(dict.fromkeys((*before, one.run, other.run)))
        found[key] = Pair(action=key[0], undone_by=key[1], arguments=arguments, evidence=evidence)
    return [found[key] for key in sorted(found)]


def _verified_writes(record: Record, tenant: str) -> Iterator[_Shown]:
    specs = {spec.id: spec for spec in record.catalogue.actions(tenant)}
    for run in record.runs.list(MOST_RUNS, tenant):
        if run.outcome is None or run.outcome.status != "verified" or run.undoes:
            continue
        looks = looks_of(record.runs.events(run.id, tenant))
        for intent in record.runs.journal(run.id, tenant):
            spec, seen = specs.get(str(intent.call["action"])), intent.observation
            if spec is None or seen is None or seen.status != "ok" or intent.step >= len(run.steps):
                continue
            plain = Done(step=run.steps[intent.step], observation=seen, spec=spec)
            done = seen_around(plain, looks, reads_of(record, tenant, [spec.app]), recalled=len(run.steps))
            if done.back and done.before is not None and done.after is not None:
                changed = changes(done.before, done.after)
                if changed:
                    yield _Shown(run=run.id, done=done, read=done.back.spec.id, changed=changed)


def _arguments(one: Done, undoing: ActionSpec) -> dict[str, str] | None:
    """Where the undoing call would have its arguments from; None if one could not be had."""
    given = {argument.name for argument in one.step.arguments}
    places = {}
    for parameter in undoing.parameters:
        if not parameter.required or parameter.name in given:
            continue
        if (one.before or {}).get(parameter.name) is None:
            return None
        places[parameter.name] = f"before.{parameter.name}"
    return places


def _inverse(one: _Shown, other: _Shown) -> bool:
    """Whether the other changes, field by field, what the one changed, and the other way round."""
    if one.changed.keys() != other.changed.keys():
        return False
    return all(_opposite(_told(one, name), _told(other, name)) for name in one.changed)


def _told(shown: _Shown, name: str) -> Change:
    """The change, with what was only handed in left open: another date, another person do as well."""
    change = shown.changed[name]
    given = list(shown.done.arguments.values())
    if isinstance(change.old, list) and isinstance(change.new, list):
        gone = [_open(each, given) for each in change.old if each not in change.new]
        come = [_open(each, given) for each in change.new if each not in change.old]
        return Change(old=gone, new=come)
    if _number(change.old) and _number(change.new) and change.new not in given:
        return Change(old=0, new=change.new - change.old)  # type: ignore[operator]
    return replace(change, old=_open(change.old, given), new=_open(change.new, given))


ANY = "\0any"


def _open(value: JsonValue, given: list[JsonValue]) -> JsonValue:
    return ANY if value is not None and value in given else value


def _number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _opposite(one: Change, other: Change) -> bool:
    if one.old == other.old == 0 and _number(one.new) and _number(other.new):
        return one.new == -other.new  # type: ignore[operator]
    return _fits(one.old, other.new) and _fits(one.new, other.old)


def _fits(one: JsonValue, other: JsonValue) -> bool:
    if ANY in (one, other):
        return one is not None and other is not None
    return alike(one, other)
