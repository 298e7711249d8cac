"""An app's own verified runs, as examples to learn from and to be asked.

What is held out is chosen by wording, with a hash: the same requests are held out from every version of an adapter,
and no wording is both learned and asked.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.errors import NotFound, TooFew
from knowledge.types import ActionSpec, Query
from planner.lived import demonstration
from planner.replay import Demonstration, Report, examples, varied

if TYPE_CHECKING:
    from api.wiring import Services
    from models.scene import Example

NEEDED, LEARN_LEAST = 20, 12  # verified runs in all, and to learn from
HELD_OUT_SHARE = 0.2  # at least
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Lived:
    """A remembered run as a demonstration; `id` is that of its trajectory."""

    id: str
    run: Demonstration

    @property
    def wording(self) -> str:
        """What was asked but for names, addresses and numbers."""
        from retrieval.wording import wording

        return wording(self.run.task.text)

    @property
    def said(self) -> str:
        answers = [each.text for each in self.run.task.utterances if each.speaker == "requester"]
        return " ".join([self.run.task.text, *answers])


@dataclass(frozen=True, kw_only=True)
class Split:
    learn: tuple[Lived, ...]
    ask: tuple[Lived, ...]


@dataclass(frozen=True, kw_only=True)
class Material:
    """Examples to learn from and to ask, and what runs they come from: `learned` are the ids of those learned from."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    learned: tuple[str, ...]
    runs_held_out: int

    @property
    def runs(self) -> int:
        return len(self.learned)


def material(services: Services, app: str, *, tenant: str, seed: int, most: int, tell: Told) -> Material:
    """Of the `most` newest runs. Raises NotFound for an app that is not known, TooFew if more runs are needed."""
    specs = {spec.id: spec for spec in services.record.catalogue.actions(tenant)}
    if app not in {spec.app for spec in specs.values()}:
        raise NotFound(f"No application {app} is known.", remedy="`lamp apps list` shows which are.")
    found = split(lived(services, app, specs, tenant=tenant, most=most), app=app)
    services.retriever.refresh(tenant)
    shown = _Shown(services=services, specs=specs, tenant=tenant, rng=random.Random(seed), tell=tell)
    asked = frozenset(each.id for each in found.ask)
    return Material(
        train=shown.examples(found.learn, "runs to learn from", hide=asked, vary=True),
        held_out=shown.examples(found.ask, "runs held out", hide=asked, vary=False),
        learned=tuple(each.id for each in found.learn),
        runs_held_out=len(found.ask),
    )


def lived(services: Services, app: str, specs: dict[str, ActionSpec], *, tenant: str, most: int) -> list[Lived]:
    """The newest verified runs that used the app and can be learned from, oldest first."""
    own, found = {id for id, spec in specs.items() if spec.app == app}, list[Lived]()
    for each in services.record.memory.list(tenant):
        if len(found) < most and each.outcome.status == "verified" and own & {step.action for step in each.steps}:
            run = demonstration(each, specs, origin=f"app:{app}")
            found += [Lived(id=each.id, run=run)] if run else []
    return found[::-1]


def split(runs: Sequence[Lived], *, app: str) -> Split:
    """Whole wordings are held out, in the order of their hash, until they make a fifth of the runs."""
    if len(runs) < NEEDED:
        raise TooFew(
            f"{app} has {len(runs)} verified runs; an adapter of its own needs {NEEDED}: {NEEDED - len(runs)} more.",
            remedy="Let it work: every run that is read back and verified counts (`lamp memory list`).",
        )
    wordings: dict[str, list[Lived]] = {}
    for each in runs:
        wordings.setdefault(each.wording, []).append(each)
    ask: list[Lived] = []
    for name in sorted(wordings, key=lambda name: hashlib.sha256(name.encode()).digest()):
        if len(ask) < HELD_OUT_SHARE * len(runs):
            ask += wordings[name]
    held = {each.id for each in ask}
    learn = [each for each in runs if each.id not in held]
    if len(learn) < LEARN_LEAST:
        raise TooFew(
            f"The {len(runs)} verified runs of {app} have {len(wordings)} wordings: too few to hold some out.",
            remedy="Runs on requests in other words are needed; names and numbers do not count.",
        )
    return Split(learn=tuple(learn), ask=tuple(ask))


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """Runs as examples, under what retrieval finds for them."""

    services: Services
    specs: dict[str, ActionSpec]
    tenant: str
    rng: random.Random
    tell: Told

    def examples(self, runs: Sequence[Lived], what: str, *, hide: frozenset[str], vary: bool) -> tuple[Example, ...]:
        """No run is shown its own wording as a precedent, nor any run that is held out."""
        from retrieval.wording import alike

        same = alike({each.id: each.run.task.text for each in runs})
        made: list[Example] = []
        for number, each in enumerate(runs, start=1):
            query = Query(text=each.said, tenant=self.tenant)
            context = self.services.retriever.context(query, exclude=hide | same[each.id])
            context = varied(context, self.rng) if vary else context
            made += examples(each.run, context, self.specs, report=Report())
            self.tell(what, number, len(runs))
        return tuple(made)
