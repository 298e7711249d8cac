"""Tasks of an office: a wording filled, and what a careful clerk does about it."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from examples.helpdesk.tasks.dates import end_date
from examples.helpdesk.tasks.wording import Wording, render
from examples.offices.office import PLACE, Ask, Kind, Office, Operation, Row, Taken, Value

BESIDE = 0.35  # how often a look brings another row, too
FIRST_DAY, DAYS = date(2026, 1, 5), 700
LATEST = 150  # days from now on that a date may be away
OPENED = (
    "Hello,",
    "Hi,",
    "Good day,",
    "Morning,",
    "Dear office,",
    "Hi all,",
    "For you:",
    "A small thing:",
    "Me again.",
)
CLOSED = (
    "Thanks!",
    "Thank you, {me}",
    "Regards, {me}",
    "Best,\n{me}",
    "Cheers",
    "No hurry.",
    "Many thanks\n{me}",
    "Bye, {me}",
)
DRESSED = 0.35  # how often a wording that has no greeting of its own gets one; likewise a name below
_GREETS = re.compile(r"(?i)(?:hi|hello|hey|dear|good|morning|greetings|to|from|re|subject)\b")
_ENDS = re.compile(r"[.?!}\"]$")
WRITERS = ("Hana", "Tomás", "Ines", "Marek", "Priya", "Ole", "Salma", "Jun", "Renske", "Kofi", "Dorota", "Luca")


@dataclass(frozen=True, kw_only=True)
class Done:
    """One call of the clerk, and what the application answered."""

    operation: str
    arguments: Mapping[str, Value]
    response: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`wording` is shared by tasks that say the same about other things; a clerk who lacks a value `asks`."""

    id: str
    operation: str
    wording: str
    text: str
    now: date
    calls: tuple[Done, ...]
    asks: bool


def asked(office: Office, rng: Random) -> Iterator[Asked]:
    """One task of every wording."""
    for operation in office.operations:
        for number, ask in enumerate(operation.asks):
            yield _task(office, operation, ask, f"{office.name}/{operation.name}/{number}", rng)


def _task(office: Office, operation: Operation, ask: Ask, id: str, rng: Random) -> Asked:
    now = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
    rows = {name: rng.choice(kind.rows) for name, kind in office.kinds.items()}
    said, meant = _values(operation, ask, now, rng)
    said |= named(ask.places, rows)
    text = told(ask.pattern, said, rng)
    missing = any(not t.optional and not t.kind and t.name not in meant for t in operation.takes)
    sought = [office.kinds[taken.kind] for taken in operation.takes if _looked_up(office, taken, ask)]
    sought.sort(key=lambda kind: ask.pattern.index(f"{{{kind.name}.{kind.called}}}"))  # as they are mentioned
    looks = [_look(office, kind, rows, rng) for kind in sought]
    things = [taken for taken in operation.takes if taken.kind in _named(ask)]
    arguments = {taken.name: rows[taken.kind][office.kinds[taken.kind].id] for taken in things} | meant
    ordered = {taken.name: arguments[taken.name] for taken in operation.takes if taken.name in arguments}
    write = Done(operation=operation.name, arguments=ordered, response=dict(ordered))
    return Asked(
        id=id,
        operation=operation.name,
        wording=f"{office.name}: {ask.pattern}",
        text=text,
        now=now,
        calls=tuple(looks) if missing else (*looks, write),
        asks=missing,
    )


def retold(office: Office, operation: Operation, ask: Ask, pattern: str, rng: Random) -> str:
    """What somebody else makes of a wording, with the same places, about any of its things."""
    rows = {name: rng.choice(kind.rows) for name, kind in office.kinds.items()}
    said, _ = _values(operation, ask, FIRST_DAY + timedelta(days=rng.randrange(DAYS)), rng)
    return told(pattern, said | named(ask.places, rows), rng)


def told(pattern: str, said: Mapping[str, str], rng: Random) -> str:
    """A wording as somebody writes it, with a greeting at times; `said` is what stands in its places."""
    pattern = PLACE.sub(lambda place: "{" + _slot(place[1], place[2]) + "}", _dressed(pattern, rng))
    wording, me = Wording(pattern=pattern, flags=frozenset({"bare"})), rng.choice(WRITERS)
    return render(wording, said, rng=rng, split="train", me=me).text


def named(places: Collection[tuple[str, str]], rows: Mapping[str, Row]) -> dict[str, str]:
    """What stands where things are called: `places` are (kind, field), `rows` the thing of each kind."""
    return {_slot(name, field): str(rows[name][field]) for name, field in sorted(places) if field}


def _values(operation: Operation, ask: Ask, now: date, rng: Random) -> tuple[dict[str, str], dict[str, Value]]:
    """How each is said, and what is meant."""
    said, meant = dict[str, str](), dict[str, Value](ask.fixed)
    for taken in operation.takes:
        if (taken.name, "") not in ask.places or taken.kind:
            continue
        if taken.options:
            meant[taken.name] = rng.choice(taken.options)
            said[_slot(taken.name)] = rng.choice(taken.said[str(meant[taken.name])])
        elif taken.type == "date":
            said[_slot(taken.name)], meant[taken.name] = _day(taken, now, rng)
        else:
            meant[taken.name] = rng.choice(taken.values)
            said[_slot(taken.name)] = str(meant[taken.name])
    return said, meant


def _day(taken: Taken, now: date, rng: Random) -> tuple[str, str]:
    """A day to come is said in any way, one that has passed with its year: without, it would be next year's."""
    if taken.past:
        day = now - timedelta(days=rng.randint(1, LATEST))
        return rng.choice((day.isoformat(), f"{day.day} {day:%B %Y}")), day.isoformat()
    spoken = end_date(rng, now, first=1, last=LATEST)
    return spoken.text, spoken.meant.isoformat()


def _dressed(pattern: str, rng: Random) -> str:
    """With a greeting in front and a name below, at times; a mail that has them stays as it is."""
    if "\n" in pattern or _GREETS.match(pattern):
        return pattern
    if rng.random() < DRESSED:
        pattern = f"{rng.choice(OPENED)} {pattern}"
    if _ENDS.search(pattern) and rng.random() < DRESSED:
        pattern = f"{pattern}{' ' if pattern[-1] in '.?!' else chr(10)}{rng.choice(CLOSED)}"
    return pattern


def _slot(name: str, field: str | None = None) -> str:
    """As a place is called in a wording of the help desk's, which has no dots and no capitals."""
    return (f"{name}__{field}" if field else name).lower()


def _named(ask: Ask) -> set[str]:
    return {name for name, field in ask.places if field}


def _looked_up(office: Office, taken: Taken, ask: Ask) -> bool:
    """What is called by its name, its id unsaid."""
    kind = office.kinds.get(taken.kind)
    return kind is not None and (kind.name, kind.called) in ask.places and (kind.name, kind.id) not in ask.places


def _look(office: Office, kind: Kind, rows: Mapping[str, Row], rng: Random) -> Done:
    finder, row = office.finder(kind.name), rows[kind.name]
    found = [row]
    if rng.random() < BESIDE:
        found.append(rng.choice([other for other in kind.rows if other is not row]))
        rng.shuffle(found)
    by, answer = finder.takes[0].name, {kind.plural: [dict(each) for each in found]}
    return Done(operation=finder.name, arguments={by: row[kind.called]}, response=answer)
