"""Tasks about people and things that do not exist: what is asked for cannot be done, and nothing else may be."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from examples.helpdesk.tasks.families.family import WRITES
from examples.helpdesk.tasks.task import HelpDeskTask
from examples.helpdesk.tasks.world import World, world

NAMED_IN = {"group": ("groups", "name"), "product": ("licences", "name"), "list": ("distribution_lists", "name")}
PEOPLE, NUMBERED = ("person", "target"), ("ticket", "request", "tag")
MISSPELT = 0.4  # of the names; the others are parts of two real ones
_TRIES = 30


def unknown(tasks: Sequence[HelpDeskTask], *, seed: int) -> Iterator[HelpDeskTask]:
    """Of every task that would be done, one about somebody or something that nobody knows, if it names any once.

    Searches may still find something by such a name: it is for the expert to see that nothing is found.
    """
    for task in tasks:
        rng, known = Random(f"{seed}/unknown/{task.id}"), world(task.seed, task.now)
        once = {slot for slot, said in task.spans.items() if task.text.count(said) == 1}
        slots = [slot for slot in (*PEOPLE, *NAMED_IN, *NUMBERED) if slot in once]
        if task.outcome != "done" or task.joined or not slots:
            continue
        slot = rng.choice(slots)
        called = _made_up(slot, task.spans[slot], known, rng)
        if called != task.spans[slot]:
            yield replace(
                task,
                id=f"{task.id}-unknown",
                text=task.text.replace(task.spans[slot], called),
                spans={**task.spans, slot: called},
                outcome="asked",
                goal=(),
                forbidden=WRITES,
            )


def _made_up(slot: str, said: str, known: World, rng: Random) -> str:
    """In the form of what was said: a full name, a user name, an address, a number."""
    if slot in NUMBERED:
        taken = {str(row[name]) for rows in known.tables.values() for row in rows for name in row}
        numbers = (re.sub(r"\d", lambda _: str(rng.randint(1, 9)), said) for _ in range(_TRIES))
        return next((number for number in numbers if number not in taken), said)
    if rng.random() < MISSPELT:
        return _misspelt(said, rng)
    if slot in PEOPLE:
        return _somebody(said, known, rng)
    table, column = NAMED_IN[slot]
    one, other = rng.sample([str(row[column]).split() for row in known.rows(table)], 2)
    return f"{one[0]} {other[-1]}" if "@" not in said else f"{one[0]}-{other[-1]}@{said.partition('@')[2]}".lower()


def _somebody(said: str, known: World, rng: Random) -> str:
    people = list(known.accounts.values())
    for _ in range(_TRIES):
        first = str(rng.choice(people)["full_name"]).split()[0]
        last = str(rng.choice(people)["full_name"]).split()[-1]
        if known.people_called(f"{first} {last}"):
            continue
        if "@" in said:
            return f"{first}.{last}@{said.partition('@')[2]}".lower()
        called = f"{first} {last}" if " " in said else f"{first[0]}{last}".lower()
        return called.lower() if said.islower() else called
    return said


def _misspelt(text: str, rng: Random) -> str:
    """One letter inside a word is left out, doubled, or another one."""
    inside = [found.start() + 1 for found in re.finditer(r"[a-z](?=[a-z]{2})", text)]
    if not inside:
        return text
    at = rng.choice(inside)
    return text[:at] + rng.choice(["", text[at] * 2, rng.choice("aeiourst")]) + text[at + 1 :]
