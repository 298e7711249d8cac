"""Lessons of the made-up offices: applications that exist nowhere, so that a model learns to read what they can do.

Each office is a tenant of its own, with its manual, its operations, and a memory of other requests. In half of the
lessons memory knows nothing of the right operation: what similar requests had done is a neighbour then, or worse. That
holds for those that are measured on, too.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.apps import Access, add_app
from api.practice.desk import of_its_own, remember
from api.practice.lessons import EXPECTED, FAMILY_UNKNOWN, Lessons
from knowledge.fetch import Fetched
from knowledge.ingest import ingest_bytes
from knowledge.types import Context, Query, Task
from models.scene import FEATURES, Example
from planner.replay import Call, Demonstration, Report, at_noon, examples, varied

if TYPE_CHECKING:
    from api.practice.lessons import Told
    from api.wiring import Services
    from examples.offices import Asked, Office
    from knowledge.types import ActionSpec

REMEMBERED = 0.6  # of the wordings
VOTE = FEATURES.index("vote")


def office_lessons(
    offices: Sequence[Office], *, each: int, seed: int, vary: bool = True, tell: Told | None = None
) -> Lessons:
    """`each` tasks of every operation. `vary` off: nothing is shuffled, expected or lost, to measure on."""
    report, made, asked_for = Report(), list[Example](), Counter[str]()
    with of_its_own() as services:
        for number, office in enumerate(offices, start=1):
            rng = random.Random(f"{seed}/{office.name}")
            for shown in _shown(services, office, each, rng):
                asked_for[shown.demonstration.origin] += 1
                made += shown.examples(rng, vary, report)
            if tell:
                tell("offices", number, len(offices))
    return Lessons(examples=tuple(made), report=report, families=asked_for)


def misled(lesson: Example) -> bool:
    """Whether it is a call for which precedents vote less than for something else."""
    if lesson.fill is None or lesson.choose is None:
        return False
    cast = [candidate.features[VOTE] for candidate in lesson.choose.candidates]
    return max(cast) > cast[lesson.right]


def demonstration(office: Office, task: Asked) -> Demonstration:
    calls = tuple(
        Call(action=f"{office.name}.{c.operation}", arguments=dict(c.arguments), ok=True, body=dict(c.response))
        for c in task.calls
    )
    return Demonstration(
        task=Task(id=task.id, text=task.text, now=at_noon(task.now.isoformat()), tenant=office.name),
        calls=calls,
        ending="ask" if task.asks else "finish",
        origin=f"office:{office.name}.{task.operation}",
    )


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """A task with what retrieval found for it."""

    demonstration: Demonstration
    context: Context
    specs: dict[str, ActionSpec]

    def examples(self, rng: random.Random, vary: bool, report: Report) -> Iterator[Example]:
        context = varied(self.context, rng) if vary else self.context
        expected = vary and rng.random() < EXPECTED
        return examples(self.demonstration, context, self.specs, report=report, expected=expected)


def _shown(services: Services, office: Office, each: int, rng: random.Random) -> Iterator[_Shown]:
    from examples.offices import asked

    specs = _made_known(services, office)
    known = [task for task in asked(office, rng) if rng.random() < REMEMBERED]
    remember(services, [demonstration(office, task) for task in known], specs, office.name)
    for task in _drawn(office, each, rng):
        unknown = rng.random() < FAMILY_UNKNOWN
        left_out = {k.id for k in known if k.wording == task.wording or (unknown and k.operation == task.operation)}
        context = services.retriever.context(Query(text=task.text, tenant=office.name), exclude=left_out)
        yield _Shown(demonstration=demonstration(office, task), context=context, specs=specs)


def _made_known(services: Services, office: Office) -> dict[str, ActionSpec]:
    from examples.offices import document

    manual = Fetched(data=office.manual.encode(), media_type="", source=f"{office.name}.md")
    ingest_bytes(services.record, services.embedder, manual, tenant=office.name)
    found = add_app(services, document(office), app=office.name, access=Access(), tenant=office.name)
    return {spec.id: spec for spec in found.actions}


def _drawn(office: Office, each: int, rng: random.Random) -> Iterator[Asked]:
    """`each` of every operation, no wording again before all others of its operation."""
    from examples.offices import asked

    seen = Counter[str]()
    for _ in range(each):
        tasks = list(asked(office, rng))
        rng.shuffle(tasks)
        for task in tasks:
            if seen[task.operation] < each:
                seen[task.operation] += 1
                yield task
