"""A practice help desk of one's own: its service, its documentation and operations made known, its experts at work."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from api.demo import APP, helpdesk, make_known
from api.settings import load_settings
from api.wiring import Services, build
from knowledge.types import ActionSpec, Task
from planner.replay import Call, Demonstration, at_noon, trajectory

if TYPE_CHECKING:
    from examples.helpdesk.server import HelpDeskServer
    from examples.helpdesk.tasks.task import ExpertTrajectory, HelpDeskTask
    from knowledge.ingest import Embedder
    from models.lam import LAM


@dataclass(frozen=True, kw_only=True)
class Known:
    """What an organisation has anyway: documentation and operations, of the tenant of the settings.

    The operations are those that were known when they were first asked for.
    """

    services: Services

    @cached_property
    def specs(self) -> dict[str, ActionSpec]:
        catalogue = self.services.record.catalogue
        return {spec.id: spec for spec in catalogue.actions(self.services.settings.tenant) if spec.offered}


@dataclass(frozen=True, kw_only=True)
class Practice(Known):
    server: HelpDeskServer

    def solved(
        self, tasks: Iterable[HelpDeskTask], *, astray: Random | None = None
    ) -> Iterator[tuple[HelpDeskTask, Demonstration]]:
        """What the expert solved and the goal check accepted; most of it with wrong turns, if `astray`."""
        from examples.helpdesk.tasks import collect

        for task, expert, verified in collect(tasks, self.server, astray=astray):
            if expert is not None and verified:
                yield task, demonstration(task, expert)

    def remember(self, demonstrations: Sequence[Demonstration]) -> None:
        """Write them into memory as verified precedents."""
        remember(self.services, demonstrations, self.specs, self.services.settings.tenant)


def remember(
    services: Services, demonstrations: Sequence[Demonstration], specs: dict[str, ActionSpec], tenant: str
) -> None:
    """Write them into the tenant's memory as verified precedents."""
    if not demonstrations:
        return
    vectors = services.requests.embed([each.task.text for each in demonstrations])
    for each, vector in zip(demonstrations, vectors, strict=True):
        services.record.memory.write(trajectory(each, specs), vector, tenant)
    services.retriever.refresh(tenant)


@contextmanager
def practice(
    *, lam: LAM | None = None, adapter: Path | None = None, embedder: Embedder | None = None
) -> Iterator[Practice]:
    with of_its_own(lam=lam, adapter=adapter, embedder=embedder) as services, helpdesk(services, 0) as server:
        make_known(services, server)
        yield Practice(services=services, server=server)


@contextmanager
def of_its_own(
    *, lam: LAM | None = None, adapter: Path | None = None, embedder: Embedder | None = None
) -> Iterator[Services]:
    """Everything in a temporary folder; nothing of the user's data is touched."""
    with tempfile.TemporaryDirectory(prefix="lamp-practice-") as folder:
        settings = load_settings(data_dir=Path(folder), adapter=adapter, database_url="")
        services = build(settings, lam=lam, embedder=embedder)
        try:
            yield services
        finally:
            services.close()


def task_of(task: HelpDeskTask) -> Task:
    return Task(id=task.id, text=task.text, requester=task.requester, now=at_noon(task.now.isoformat()))


def demonstration(task: HelpDeskTask, expert: ExpertTrajectory) -> Demonstration:
    calls = tuple(
        Call(
            action=f"{APP}.{step.operation}",
            arguments=dict(step.arguments),
            ok=step.status < 400,
            body=step.response,
            code=str(step.response.get("code", "")) if isinstance(step.response, dict) and step.status >= 400 else "",
            astray=step.astray,
        )
        for step in expert.steps
    )
    return Demonstration(task=task_of(task), calls=calls, ending=expert.ending.kind, origin=f"helpdesk:{task.family}")
