"""Walks: plans made of the catalogue alone, so that every write is right somewhere, also those no expert was asked for.

Demonstrations show only some of an application's actions; a model trained on them alone learns that the others are
always wrong. A walk takes the reads of a demonstration that found a write's identifiers, and puts another write that
takes the same ones in its place: its own description, in other words, is the request. Two walks about the same person
make a longer one. No task, wording or goal of a held-out family is used, and none of their pairs of writes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from api.practice.desk import Practice
from knowledge.types import ActionSpec, JsonValue, Query
from models.augment import reworded, vocabulary
from models.encode import words
from models.layout import closed_set
from models.scene import Example
from planner.replay import Call, Demonstration, Report, examples, varied

WALKS, UNSHOWN, PAIRS = 24, 120, 240  # of each write; of one that no demonstration shows; of two writes each
SAYINGS = (
    "{wish}: {things}.",
    "{wish}. It is about {things}.",
    "Please do this for {things}: {wish}.",
    "{things}: {wish}, please.",
    "Could you? {wish} ({things})",
    "We need the following. {wish}. {things}",
    "Task: {wish}\n{things}",
    "Can somebody please {wish} for {things}? Thanks!",
    "Hello, would you {wish}, {things}? No hurry.",
    "{things}: I have been asked to have you {wish}.",
    "Hi all,\n\nplease {wish} ({things}).\n\nMany thanks",
    "It has been decided to {wish}: {things}. Could you see to it today?",
)
JOINTS = (" and ", ", then ", ". Also: ", "; after that, ")
# What stops one write does not stop another: of a product that has no licence left one can still be given back.
STOPPED = {"escalate_pool_empty": "assign_licence"}
NOT_TOGETHER = frozenset({"add_group_member", "assign_licence"})  # what a held-out family asks for

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a demonstration found before one write: the identifiers and what the request calls them."""

    of: Demonstration
    reads: tuple[Call, ...]
    identifiers: dict[str, JsonValue]
    named: tuple[str, ...]
    not_for: str = ""  # the write that was not possible there


def walks(
    practice: Practice, demonstrations: Sequence[Demonstration], rng: random.Random, *, tell: Told | None = None
) -> list[Example]:
    """Examples of every decision of every walk."""
    specs, made, report = practice.specs, list[Example](), Report()
    made_of = list(planned(demonstrations, specs, rng))
    for number, walk in enumerate(made_of, start=1):
        context = varied(practice.services.retriever.context(Query(text=walk.task.text)), rng)
        made += examples(walk, context, specs, report=report)
        if tell:
            tell("walks", number, len(made_of))
    return made


def planned(
    demonstrations: Sequence[Demonstration], specs: dict[str, ActionSpec], rng: random.Random
) -> Iterator[Demonstration]:
    writes = [spec for spec in specs.values() if spec.effect != "read" and _says_all(spec)]
    grounds = [g for each in demonstrations if each.ending == "finish" for g in _grounds(each, specs)]
    grounds += [g for each in demonstrations for g in _stopped(each, specs)]
    fitting = {
        spec.id: [g for g in grounds if set(g.identifiers) == _needs(spec) and g.not_for != spec.name]
        for spec in writes
    }
    single = [spec for spec in writes if fitting[spec.id]]
    shown = {call.action for each in demonstrations for call in each.calls}
    for spec in single:
        most = WALKS if spec.id in shown else UNSHOWN
        for ground in rng.sample(fitting[spec.id], min(most, len(fitting[spec.id]))):
            yield _walk([(spec, ground)], specs, rng)
    about_people = [spec for spec in single if "username" in _needs(spec)]
    for _ in range(PAIRS):
        one, other = rng.sample(about_people, 2)
        if {one.name, other.name} == NOT_TOGETHER:
            continue
        first, second = rng.choice(fitting[one.id]), rng.choice(fitting[other.id])
        yield _walk([(one, first), (other, _about(second, first, specs))], specs, rng)


def _says_all(spec: ActionSpec) -> bool:
    """Whether identifiers alone make a whole call: no option to choose, and no change left open."""
    closed = any(p.required and closed_set(p.schema) for p in spec.parameters)
    return bool(_needs(spec)) and not closed and spec.method != "PATCH"


def _needs(spec: ActionSpec) -> set[str]:
    return {p.name for p in spec.parameters if p.required}


def _grounds(demonstration: Demonstration, specs: dict[str, ActionSpec]) -> Iterator[Ground]:
    """One for every successful write that is the first after some reads."""
    reads: list[Call] = []
    for call in demonstration.calls:
        spec = specs[call.action]
        if spec.effect == "read":
            if not call.ok:
                return
            reads.append(call)
            continue
        if not call.ok:
            return
        needed = {name: value for name, value in call.arguments.items() if name in _needs(spec)}
        said = [str(v) for read in reads for v in read.arguments.values()] or [str(v) for v in needed.values()]
        text = demonstration.task.text
        named = tuple(dict.fromkeys(v for v in said if v in text))
        if named and all(_found(v, reads, named) for v in needed.values()):
            yield Ground(of=demonstration, reads=tuple(reads), identifiers=needed, named=named)
        return


def _stopped(demonstration: Demonstration, specs: dict[str, ActionSpec]) -> Iterator[Ground]:
    """What was found before a write that was not possible, if it was found without doubt."""
    family = demonstration.origin.rpartition(":")[2]
    if family not in STOPPED or not all(call.ok for call in demonstration.calls):
        return
    denied = next(spec for spec in specs.values() if spec.name == STOPPED[family])
    reads = tuple(call for call in demonstration.calls if specs[call.action].effect == "read")
    named = tuple(str(v) for read in reads for v in read.arguments.values() if str(v) in demonstration.task.text)
    rows = [row for read in reads for row in _only_row(read.body)]
    identifiers = {name: row[name] for name in _needs(denied) for row in rows if name in row}
    if len(reads) == len(demonstration.calls) == len(named) and set(identifiers) == _needs(denied):
        yield Ground(of=demonstration, reads=reads, identifiers=identifiers, named=named, not_for=denied.name)


def _only_row(body: JsonValue) -> list[dict[str, JsonValue]]:
    lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else []
    return [row for rows in lists if len(rows) == 1 for row in rows if isinstance(row, dict)]


def _found(value: JsonValue, reads: Sequence[Call], named: Sequence[str]) -> bool:
    return isinstance(value, str) and (value in named or any(repr(value) in str(read.body) for read in reads))


def _about(second: Ground, first: Ground, specs: dict[str, ActionSpec]) -> Ground:
    """The second ground, about the first one's person."""
    if "username" not in first.identifiers:
        return second
    theirs = [r for r in second.reads if r.action.endswith("search_accounts")]
    names = {str(v) for r in theirs for v in r.arguments.values()}
    return replace(
        second,
        reads=tuple(r for r in second.reads if r not in theirs),
        identifiers={**second.identifiers, "username": first.identifiers["username"]},
        named=tuple(n for n in second.named if n not in names),
    )


def _walk(
    parts: Sequence[tuple[ActionSpec, Ground]], specs: dict[str, ActionSpec], rng: random.Random
) -> Demonstration:
    chosen = vocabulary(rng, share=rng.choice((0.0, 0.5, 0.9)))
    said = [rng.choice((spec.description.rstrip("."), words(spec.name))) for spec, _ in parts]
    wish = rng.choice(JOINTS).join(_lower(reworded(each, chosen)) for each in said)
    things = list(dict.fromkeys(name for _, ground in parts for name in ground.named))
    rng.shuffle(things)
    saying = rng.choice(SAYINGS).format(wish=wish, things=rng.choice((", ", " / ", " - ")).join(things))
    text = saying[:1].upper() + saying[1:]
    calls: list[Call] = []
    for spec, ground in parts:
        arguments = dict(ground.identifiers)
        properties = spec.returns.get("properties")
        known = properties if isinstance(properties, dict) else {}
        calls += [read for read in ground.reads if read not in calls]
        calls.append(
            Call(
                action=spec.id,
                arguments=arguments,
                ok=True,
                body={name: value for name, value in arguments.items() if name in known},
            )
        )
    first = parts[0][1].of
    return Demonstration(
        task=replace(first.task, text=text),
        calls=tuple(calls),
        ending="finish",
        origin="walk:" + "+".join(spec.name for spec, _ in parts),
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
