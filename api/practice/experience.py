"""What the practice help desk's experts did before: verified precedents for a memory that is still empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.practice.desk import Practice

if TYPE_CHECKING:
    from api.wiring import Services
    from knowledge.ingest import Progress

SEED, PER_FAMILY = 101, 8


def learn_from_experts(services: Services, progress: Progress | None = None, *, per_family: int = PER_FAMILY) -> int:
    """Let the experts solve tasks of the train split on a help desk of their own; how many were verified.

    Nothing is done, and 0 returned, when memory holds any run of the planner's already.
    """
    from examples.helpdesk.server import HelpDeskServer
    from examples.helpdesk.tasks import generate

    memory, tenant = services.record.memory, services.settings.tenant
    newest = memory.list(tenant, limit=1)
    if newest and (not newest[0].of_caller or any(not run.of_caller for run in memory.list(tenant))):
        return 0
    tasks = generate("train", seed=SEED, per_family=per_family)
    with HelpDeskServer() as server:
        practice = Practice(services=services, server=server)
        solved = []
        for number, (_, demonstration) in enumerate(practice.solved(tasks), start=1):
            solved.append(demonstration)
            if progress:
                progress(number, len(tasks), demonstration.task.id)
        practice.remember(solved)
    return len(solved)
