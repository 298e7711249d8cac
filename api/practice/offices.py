"""Lessons of the made-up offices: applications that exist nowhere, so that a model learns to read what they can do.

Each office is a tenant of its own, with its manual, its operations, and a memory of other requests. In half of the
lessons memory knows nothing of the right operation: what similar requests had done is a neighbour then, or worse.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.apps import Access, add_app
from api.practice.lessons import EXPECTED, Lessons
from api.settings import load_settings
from api.wiring import Services, build
from knowledge.fetch import Fetched
from knowledge.ingest import ingest_bytes
from knowledge.types import Query, Task
from models.scene import Example
from planner.replay import Call, Demonstration, Report, at_noon, examples, trajectory, varied

if TYPE_CHECKING:
    from examples.offices import Asked, Office
    from knowledge.types import ActionSpec

HELD_OUT = frozenset({"seed_bank", "town_archive", "insurance_claims", "nursing_home"})  # to measure on
REMEMBERED = 0.6  # of the wordings
UNKNOWN = 0.5  # how often memory has nothing of the operation

Told = Callable[[str, int, int], None]


def office_lessons(
    offices: Sequence[Office], *, each: int, seed: int, vary: bool = True, tell: Told | None = None
) -> Lessons:
    """About `each` tasks of every operation. `vary` off: as a run would see them, to measure on."""
    report, made = Report(), list[Example]()
    with _house() as services:
        for number, office in enumerate(offices, start=1):
            rng = random.Random(f"{seed}/{office.name}")
            made += _of(services, office, each, rng, vary, report)
            if tell:
                tell("offices", number, len(offices))
    return Lessons(examples=tuple(made), report=report, families=Counter(example.origin for example in made))


def demonstration(office: Office, task: Asked) -> Demonstration:
    calls = tuple(
        Call(action=f"{office.name}.{c.operation}", arguments=dict(c.arguments), ok=True, body=dict(c.response))
        for c in task.calls
    )
    return Demonstration(
        task=Task(id=task.id, text=task.text, now=_noon(task.now), tenant=office.name),
        calls=calls,
        ending="ask" if task.asks else "finish",
        origin=f"office:{office.name}.{task.operation}",
    )


def _of(
    services: Services, office: Office, each: int, rng: random.Random, vary: bool, report: Report
) -> Iterator[Example]:
    from examples.offices import asked

    specs = _made_known(services, office)
    known = [task for task in asked(office, rng) if rng.random() < REMEMBERED]
    _remember(services, office, known, specs)
    for task in _drawn(list(asked(office, rng)), each, rng):
        unknown = rng.random() < UNKNOWN
        left_out = {k.id for k in known if k.wording == task.wording or (unknown and k.operation == task.operation)}
        query = Query(text=task.text, tenant=office.name)
        context = services.retriever.context(query, exclude=left_out)
        if vary:
            context = varied(context, rng)
        expected = vary and rng.random() < EXPECTED
        yield from examples(demonstration(office, task), context, specs, report=report, expected=expected)


def _made_known(services: Services, office: Office) -> dict[str, ActionSpec]:
    from examples.offices import document

    manual = Fetched(data=office.manual.encode(), media_type="", source=f"{office.name}.md")
    ingest_bytes(services.record, services.embedder, manual, tenant=office.name)
    found = add_app(services, document(office), app=office.name, access=Access(), tenant=office.name)
    return {spec.id: spec for spec in found.actions}


def _remember(services: Services, office: Office, known: Sequence[Asked], specs: dict[str, ActionSpec]) -> None:
    for task, vector in zip(known, services.requests.embed([task.text for task in known]), strict=True):
        services.record.memory.write(trajectory(demonstration(office, task), specs), vector, office.name)
    services.retriever.refresh(office.name)


def _drawn(tasks: Sequence[Asked], each: int, rng: random.Random) -> list[Asked]:
    """At most `each` of every operation."""
    order, seen = rng.sample(tasks, len(tasks)), Counter[str]()
    kept = []
    for task in order:
        seen[task.operation] += 1
        if seen[task.operation] <= each:
            kept.append(task)
    return kept


@contextmanager
def _house() -> Iterator[Services]:
    with tempfile.TemporaryDirectory(prefix="lamp-offices-") as folder:
        services = build(load_settings(data_dir=Path(folder), database_url=""))
        try:
            yield services
        finally:
            services.close()


def _noon(day: date) -> datetime:
    return at_noon(day.isoformat())
