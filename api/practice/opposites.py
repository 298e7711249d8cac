"""Requests with what they ask for and its opposites: what the model of opposites learns from, and is measured on."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING

from api.practice.sides import side_of
from models.opposites import SURE, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from api.practice.desk import Practice
    from examples.helpdesk.tasks.task import HelpDeskTask, Split
    from examples.offices import Office
    from examples.offices.office import Operation
    from knowledge.types import ActionSpec
    from models.opposites import Odds, Opposites, Side
    from models.opposites_train import Request

SEEDS, PER_FAMILY = (5, 6), 120
DEV_SEEDS, DEV_PER_FAMILY = (3, 11), 5
JOINED = 4000  # requests of two wishes, made of two of one office
JOINTS = ("{} {}", "{}\n{}", "{} And {}", "{} Also: {}", "1. {}\n2. {}")


# ---- offices


def of_offices(*, learned: bool) -> list[Request]:
    """What made-up offices are asked to change; those that nobody learned from, or the others."""
    from examples.offices import asked
    from models.opposites_train import Request

    rng, found = Random("opposites"), list[Request]()
    for office in _offices(learned=learned):
        beside, by_name = _beside(office), {each.name: each for each in office.operations}
        for task in asked(office, rng):
            side = side_of(task.operation)
            if task.operation not in beside or side is None:
                continue
            opposed = [each for each in beside[task.operation] if _opposed(side, side_of(each.name))]
            found.append(
                Request(
                    text=task.text,
                    side=side,
                    origin=office.name,
                    asks=_described(by_name[task.operation]),
                    opposites=tuple(map(_described, opposed)),
                    others=tuple(_described(each) for each in beside[task.operation] if each not in opposed),
                )
            )
    return found


def joined(requests: Sequence[Request]) -> list[Request]:
    """Two requests to one office in one text: what the second asks for is no wrong answer to the first."""
    from models.opposites_train import Request

    rng, of = Random("joined"), defaultdict[str, list[Request]](list)
    for each in requests:
        if each.side != "neither":
            of[each.origin].append(each)
    names, found = sorted(of), list[Request]()
    while len(found) < JOINED:
        first, second = rng.sample(of[rng.choice(names)], 2)
        if first.asks != second.asks:
            found.append(
                Request(
                    text=rng.choice(JOINTS).format(first.text, second.text),
                    side=first.side if first.side == second.side else "neither",
                    origin=first.origin,
                    asks=first.asks,
                    opposites=tuple(each for each in first.opposites if each != second.asks),
                    others=tuple(each for each in first.others if each != second.asks),
                )
            )
    return found


def operations() -> list[tuple[str, Side]]:
    """The offices' own operations, of those that may be learned from."""
    every = (each for office in _offices(learned=True) for each in office.operations if not each.finds)
    return [(_described(each), side) for each in every if (side := side_of(each.name)) is not None]


def _offices(*, learned: bool) -> list[Office]:
    from examples.offices import HELD_OUT, offices

    return [office for office in offices() if (office.name in HELD_OUT) != learned]


def _beside(office: Office) -> Mapping[str, list[Operation]]:
    """To every operation the others that are about the same kinds of things."""
    changes = [each for each in office.operations if not each.finds]
    about = {each.name: {taken.kind for taken in each.takes if taken.kind} for each in changes}
    return {one.name: [o for o in changes if o is not one and about[o.name] == about[one.name]] for one in changes}


def _opposed(side: Side | None, other: Side | None) -> bool:
    return {side, other} == {"gives", "takes"}


def _described(operation: Operation) -> str:
    from models.encode import words

    return f"{words(operation.name)}: {operation.about}"


# ---- the practice help desk


def helpdesk(practice: Practice, split: Split = "train") -> list[Request]:
    """Requests that change one thing, to which training knows requests for every opposite, too.

    Of a pair of which it knows one side only it would learn that this side is always right.
    """
    from examples.helpdesk.tasks import generate
    from models.opposites_train import Request

    asks = _asked_for(practice)
    specs = {each: practice.specs[each] for each in {*asks.values()}}
    found: dict[str, Request] = {}
    for seed in SEEDS if split == "train" else DEV_SEEDS:
        for task in generate(split, seed=seed, per_family=PER_FAMILY if split == "train" else DEV_PER_FAMILY):
            spec = specs.get(asks.get(task.family, ""))
            if spec is None or (side := side_of(spec.name)) is None:
                continue
            opposed = _opposites(spec, practice.specs.values()) if side != "neither" else []
            if all(each.id in specs for each in opposed):
                texts = tuple(map(described, opposed))
                found[task.text] = Request(
                    text=task.text, side=side, origin="helpdesk", asks=described(spec), opposites=texts
                )
    return list(found.values())


def _asked_for(practice: Practice) -> dict[str, str]:
    """To every family of train tasks that changes one thing the operation that does."""
    from examples.helpdesk.tasks import generate

    tasks: Iterable[HelpDeskTask] = generate("train", seed=SEEDS[0], per_family=4)
    changed = defaultdict[str, set[str]](set)
    for task, shown in practice.solved(tasks):
        changed[task.family] |= {c.action for c in shown.calls if practice.specs[c.action].effect != "read"}
    return {family: action for family, actions in changed.items() if len(actions) == 1 for action in actions}


def _opposites(spec: ActionSpec, every: Iterable[ActionSpec]) -> list[ActionSpec]:
    from planner.contrary import may_be_opposites

    return [o for o in every if may_be_opposites(spec, o) and _opposed(side_of(spec.name), side_of(o.name))]


# ---- figures


def measured(opposites: Opposites, dev: Sequence[Request]) -> dict[str, float | int]:
    """Of `dev`, and of offices that it did not learn from, those requests that have an opposite."""
    figures: dict[str, float | int] = {}
    for name, requests in {"": dev, "held_out_": of_offices(learned=False)}.items():
        found = [_odds(opposites, each) for each in requests if each.opposites]
        if found:
            figures |= {
                f"{name}n": len(found),
                f"{name}match": _share(odds.match < 0 for odds in found),
                f"{name}side": _share(odds.side < 0 for odds in found),
                f"{name}both": _share(odds.both < 0 for odds in found),
                f"{name}asked": _share(odds.both >= SURE for odds in found),
            }
    return figures


def _odds(opposites: Opposites, request: Request) -> Odds:
    """That of all opposites the likeliest is meant."""
    every = (opposites.odds(request.text, request.asks, each, request.side) for each in request.opposites)
    return max(every, key=lambda odds: odds.both)


def _share(of: Iterable[bool]) -> float:
    found = [*of]
    return round(sum(found) / len(found), 4)
