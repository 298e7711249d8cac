"""Requests by what they want: what the encoder of requests learns from, and is measured on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from examples.helpdesk.tasks.task import HelpDeskTask, Split
    from knowledge.ingest import Embedder
    from models.contrast import Source

SEEDS, PER_FAMILY = (101, 102, 103), 110  # most wordings of the train split, about several people and things
DEV_SEEDS = (3, 11)
SHORTEST = 16  # characters; a shorter utterance goes on with something


def helpdesk(*, without: Collection[str] = ()) -> Source:
    """The practice help desk's requests of the train split, by the family whose wording they have."""
    from examples.helpdesk.tasks import generate
    from models.contrast import Source

    kinds = defaultdict[str, list[str]](list)
    for seed in SEEDS:
        for task in generate("train", seed=seed, per_family=PER_FAMILY):
            kinds[kind(task)].append(task.text)
    return Source(name="helpdesk", kinds={k: texts for k, texts in kinds.items() if k not in without}, weight=3)


def dialogues(folder: Path) -> Source:
    """SGD's train dialogues: what a user says when an intent comes up, by service and intent."""
    from models.contrast import Source
    from models.sgd import read

    kinds = defaultdict[str, list[str]](list)
    for dialogue in read(folder / "train.json.xz")["dialogues"]:
        seen = set[str]()
        for turn in dialogue["turns"]:
            for frame in turn["frames"] if turn["speaker"] == "USER" else ():
                name = f"{frame['service']}.{frame['state']['active_intent']}"
                if not name.endswith(".NONE") and name not in seen and len(turn["utterance"]) >= SHORTEST:
                    seen.add(name)
                    kinds[name].append(turn["utterance"])
    return Source(name="sgd", kinds=kinds, weight=1)


def measured(embedder: Embedder, *, left_out: Collection[str] = ()) -> dict[str, float | int]:
    """Of dev requests, how often the nearest one in a memory of experts' runs, and any of the nearest five, wants the
    same; those of `left_out` by themselves.
    """
    from api.practice.experience import PER_FAMILY as REMEMBERED
    from api.practice.experience import SEED
    from examples.helpdesk.tasks import generate

    asked = list({task.text: task for seed in DEV_SEEDS for task in generate("dev", seed=seed, per_family=6)}.values())
    known = generate("train", seed=SEED, per_family=REMEMBERED)
    cosines = embedder.embed([t.text for t in asked]) @ embedder.embed([t.text for t in known]).T
    hits: dict[str, list[tuple[bool, bool]]] = {"": [], "left_out_": []}
    for task, row in zip(asked, cosines, strict=True):
        nearest = [kind(known[at]) == kind(task) for at in (-row).argsort(kind="stable")[:5]]
        hits["left_out_" if kind(task) in left_out else ""].append((nearest[0], any(nearest)))
    return {
        key: figure
        for group, found in hits.items()
        if found
        for key, figure in (
            (f"{group}requests", len(found)),
            (f"{group}first", round(sum(first for first, _ in found) / len(found), 4)),
            (f"{group}in_five", round(sum(any_ for _, any_ in found) / len(found), 4)),
        )
    }


def kind(task: HelpDeskTask) -> str:
    """A refusal that borrows its words from a wish that is granted elsewhere wants the same."""
    return _lenders(task.split).get(task.wording, task.family)


@cache
def _lenders(split: Split) -> Mapping[str, str]:
    from examples.helpdesk.tasks import FAMILIES
    from examples.helpdesk.tasks.wording import wordings

    return {one.pattern: name for name in FAMILIES for one in wordings(name, split) if not one.borrowed_from}
