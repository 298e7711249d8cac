"""Tasks of an office: a wording filled, and what a careful clerk does about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from examples.helpdesk.tasks.dates import end_date
from examples.helpdesk.tasks.wording import Wording, render
from examples.offices.office import PLACE, Ask, Kind, Office, Operation, Row, Taken, Value

BESIDE = 0.35  # how often a look brings another row, too
FIRST_DAY, DAYS = date(2026, 1, 5), 700
LATEST = 150  # days from now on that a date may be away
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


def asked(office: Office, rng: Random, *, each: int = 1) -> Iterator[Asked]:
    """`each` tasks of every wording."""
    for operation in office.operations:
        for number, ask in enumerate(operation.asks):
            for copy in range(each):
                yield _task(office, operation, ask, f"{office.name}/{operation.name}/{number}/{copy}", rng)


def _task(office: Office, operation: Operation, ask: Ask, id: str, rng: Random) -> Asked:
    now = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
    rows = {name: rng.choice(kind.rows) for name, kind in office.kinds.items()}
    said, meant = _values(operation, ask, now, rng)
    for name, field in ask.places:
        if field:
            said[f"{name}__{field}"] = str(rows[name][field])
    pattern = PLACE.sub(lambda m: "{" + (f"{m[1]}__{m[2]}" if m[2] else m[1]).lower() + "}", ask.pattern)
    slots = {name.lower(): text for name, text in said.items()}
    wording, me = Wording(pattern=_letters(pattern, slots)), rng.choice(WRITERS)
    told = render(wording, _lettered(slots), rng=rng, split="train", me=me)
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
        text=told.text,
        now=now,
        calls=tuple(looks) if missing else (*looks, write),
        asks=missing,
    )


def _values(operation: Operation, ask: Ask, now: date, rng: Random) -> tuple[dict[str, str], dict[str, Value]]:
    """How each is said, and what is meant."""
    said, meant = dict[str, str](), dict[str, Value](ask.fixed)
    for taken in operation.takes:
        if (taken.name, "") not in ask.places or taken.kind:
            continue
        if taken.options:
            meant[taken.name] = rng.choice(taken.options)
            said[taken.name] = rng.choice(taken.said[str(meant[taken.name])])
        elif taken.type == "date":
            spoken = end_date(rng, now, first=1, last=LATEST)
            said[taken.name], meant[taken.name] = spoken.text, spoken.meant.isoformat()
        else:
            meant[taken.name] = rng.choice(taken.values)
            said[taken.name] = str(meant[taken.name])
    return said, meant


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
    by, answer = finder.takes[0].name, {f"{kind.name}s": [dict(each) for each in found]}
    return Done(operation=finder.name, arguments={by: row[kind.called]}, response=answer)


def _letters(pattern: str, slots: Mapping[str, str]) -> str:
    """Places with letters only, as wordings of the help desk have them."""
    for name in slots:
        pattern = pattern.replace("{" + name + "}", "{" + _letter(name) + "}")
    return pattern


def _lettered(slots: Mapping[str, str]) -> dict[str, str]:
    return {_letter(name): text for name, text in slots.items()}


def _letter(name: str) -> str:
    return "".join(chr(ord("a") + int(c)) if c.isdigit() else c for c in name)
