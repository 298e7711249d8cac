"""Where examples come from: one function a source, each giving a part of a data set.

A new source is a new function that returns a `models.dataset.Part`; `lamp data` takes them all alike.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.dataset import Level, Part

if TYPE_CHECKING:
    from api.practice.lessons import Lessons, Told
    from api.practice.pairs import Pairs
    from api.wiring import Services
    from knowledge.types import Step
    from models.scene import Example
    from planner.replay import Report

HELD_OUT = 300  # examples of a public set to measure on
DEV_ASIDES = 96


def sgd(folder: Path, *, count: int, skip: int = 0, seed: int) -> Part:
    """Dialogues of train.json.xz; measured on the services of dev.json.xz that it does not have."""
    from models import sgd

    path, dev = folder / "train.json.xz", folder / "dev.json.xz"
    unseen = sgd.unseen_services(folder)
    return Part(
        label="sgd",
        name="Schema-Guided Dialogue (google-research-datasets), train",
        licence="CC BY-SA 4.0",
        sha256=_sha256(path),
        level="service",
        train=tuple(sgd.examples(path, seed=seed)[skip : skip + count]),
        dev=tuple(sgd.examples(dev, seed=1, services=unseen)[:HELD_OUT]),
    )


def star(path: Path, *, count: int, skip: int = 0, seed: int) -> Part:
    """Happy dialogues of 19 tasks; measured on five of domains that training never touches."""
    from models import star

    found = star.lessons(path, seed=seed)
    return Part(
        label="star",
        name="STAR (RasaHQ), happy dialogues of 19 of 24 tasks",
        licence="MIT",
        sha256=_sha256(path),
        level="family",
        train=tuple(found.examples[skip : skip + count]),
        dev=tuple(star.lessons(path, seed=1, tasks=star.HELD_OUT).examples[:HELD_OUT]),
        left_out=_short(found.report.left_out)
        | {"values that stand nowhere in the dialogue": sum(found.report.unplaced.values())},
    )


def helpdesk(*, per_family: int, seed: int, newest: int = 0, tell: Told | None = None) -> Part:
    """What the practice help desk's experts did; measured on the same families in wordings never trained on."""
    from api.practice.desk import practice
    from api.practice.lessons import helpdesk_lessons

    with practice() as desk:
        lessons = helpdesk_lessons(desk, split="train", per_family=per_family, seed=seed, newest=newest, tell=tell)
        dev = helpdesk_lessons(desk, split="dev", per_family=2, seed=seed, vary=False, tell=tell)
    name = "Lamplighter practice help desk, train split"
    return _taught(lessons, dev, label="helpdesk", name=name, level="wording")


def asides(*, count: int, seed: int, tell: Told | None = None) -> Part:
    """Requests about which nothing is to be changed; measured on wordings never trained on."""
    from api.practice.asides import aside_lessons
    from api.practice.desk import practice

    with practice() as desk:
        lessons = aside_lessons(desk, split="train", count=count, seed=seed, tell=tell)
        dev = aside_lessons(desk, split="dev", count=DEV_ASIDES, seed=1, vary=False)
    name = "Lamplighter practice help desk, asides"
    return _taught(lessons, dev, label="asides", name=name, level="wording")


def offices(*, each: int, seed: int, tell: Told | None = None) -> Part:
    """What is asked in made-up offices; measured on four that training never sees."""
    from api.practice.offices import office_lessons
    from examples import offices as made_up

    every = made_up.offices()
    known = [office for office in every if office.name not in made_up.HELD_OUT]
    unseen = [office for office in every if office.name in made_up.HELD_OUT]
    lessons = office_lessons(known, each=each, seed=seed, tell=tell)
    dev = office_lessons(unseen, each=2, seed=1, vary=False)
    return _taught(lessons, dev, label="offices", name="Lamplighter made-up offices", level="service")


def _taught(lessons: Lessons, dev: Lessons, *, label: str, name: str, level: Level) -> Part:
    """Lessons of our own making."""
    return Part(
        label=label,
        name=name,
        licence="Apache-2.0",
        sha256=fingerprint(lessons.examples),
        level=level,
        train=lessons.examples,
        dev=dev.examples,
        left_out=_reasons(lessons.report),
    )


def plans(*, each: int, seed: int, tell: Told | None = None) -> Part:
    """Tasks and plans from the practice help desk's operations and runbooks, as in phase 1; choices only."""
    from api.practice.desk import practice
    from api.practice.pairs import dev_plans, documentation_pairs

    with practice() as desk:
        made = documentation_pairs(desk, each=each, per_family=each, seed=seed, tell=tell)
        dev = dev_plans(desk, per_family=1, seed=seed)
    name = "Lamplighter practice help desk: operations and runbooks"
    return _planned(made, label="plans", name=name, licence="Apache-2.0", level="wording", dev=dev)


def documents(services: Services, *, each: int, seed: int, tell: Told | None = None) -> Part:
    """Tasks and plans from this installation's operations and trusted runbooks; whole plans are set aside."""
    from api.practice.desk import Known
    from api.practice.pairs import own_pairs

    made = own_pairs(Known(services=services), each=each, seed=seed, tell=tell)
    name = "Operations and runbooks of this installation"
    return _planned(made, label="documents", name=name, licence="private", level="family")


def _planned(made: Pairs, *, label: str, name: str, licence: str, level: Level, dev: Sequence[Example] = ()) -> Part:
    return Part(
        label=label,
        name=name,
        licence=licence,
        sha256=fingerprint(made.examples),
        level=level,
        train=tuple(made.examples),
        dev=tuple(dev),
        left_out={f"runbook lines for which {why}": n for why, n in made.lines.items() if why != "an action"},
    )


def memory(services: Services) -> Part:
    """The verified runs of this installation; whole kinds of tasks are set aside to measure on.

    No run is shown its own wording as a precedent: that would teach to copy.
    """
    from knowledge.types import Query
    from planner.lived import demonstration
    from planner.replay import Report, examples
    from retrieval.wording import alike

    tenant, report, left = services.settings.tenant, Report(), Counter[str]()
    specs = {spec.id: spec for spec in services.record.catalogue.actions(tenant)}
    made: list[Example] = []
    runs = services.record.memory.list(tenant)
    same = alike({run.id: run.task.text for run in runs})
    for run in runs:
        if run.outcome.status != "verified":
            left[f"a run that ended {run.outcome.status}"] += 1
        elif each := demonstration(run, specs, origin=f"memory:{_kind(run.steps)}"):
            query = Query(text=each.task.text, tenant=tenant)
            context = services.retriever.context(query, exclude=same[run.id])
            made += examples(each, context, specs, report=report)
        else:
            left["a run without an ending, or of actions that are no longer so"] += 1
    return Part(
        label="memory",
        name="Verified runs of this installation",
        licence="private",
        sha256=fingerprint(made),
        level="family",
        train=tuple(made),
        left_out={**left, **_reasons(report)},
    )


def file(path: Path) -> Part:
    """Examples that another program wrote, one JSON object a line, perhaps compressed."""
    from models.dataset_files import read_file

    label = path.name.removesuffix(".xz").removesuffix(".jsonl")
    return Part(
        label=label,
        name=f"Examples of {path.name}",
        licence="as its source",
        sha256=_sha256(path),
        level="family",
        train=tuple(read_file(path)),
    )


def fingerprint(examples: Iterable[Example]) -> str:
    """sha256 of the examples' JSON."""
    from models.scene import to_plain

    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(to_plain(example), sort_keys=True).encode())
    return digest.hexdigest()


def told(part: Part) -> str:
    """One line for the terminal."""
    left = sum(part.left_out.values())
    return f"{part.label}: {len(part.train)} examples, {len(part.dev)} to measure on; {left} not annotated or left out"


def _reasons(report: Report) -> dict[str, int]:
    return {
        "values that stand in no source": sum(report.unplaced.values()),
        "actions that retrieval did not offer": sum(report.unoffered.values()),
    }


def _short(counts: Counter[str], most: int = 10) -> dict[str, int]:
    shown = dict(counts.most_common(most))
    rest = sum(counts.values()) - sum(shown.values())
    return shown | ({"other reasons": rest} if rest else {})


def _kind(steps: Sequence[Step]) -> str:
    """What a run did, in short: runs that did the same are of one family."""
    return "+".join(dict.fromkeys(step.action.split(".", 1)[-1] for step in steps)) or "nothing"


def _sha256(path: Path) -> str:
    from knowledge.errors import BadConfiguration

    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.", remedy="Give the path of the file.") from error
