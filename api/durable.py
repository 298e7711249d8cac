"""Runs as DBOS workflows, one workflow a run: whoever starts next takes up what a process left behind.

The workflow is coarse on purpose (docs/decisions/0012-durable-runs.md): DBOS keeps which runs are under way and whose
they are; what a run did is in the record and its journal, from which `planner.loop.Runner.take_up` goes on. So nothing
that anybody said is in DBOS' tables.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import make_url

from knowledge.errors import BadConfiguration
from knowledge.keys import Role

if TYPE_CHECKING:
    from dbos import DBOSConfig
    from filelock import FileLock

    from api.settings import Settings

APPLICATION = "lamplighter"
VERSION = "runs-1"  # of the workflow's arguments: runs outlive an update of anything else
MOST_RECOVERIES = 1_000  # one that takes the process down each time it is taken up is left alone after that
UNDER_WAY = ["PENDING", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run of the record to be carried out. `role` is that of the key it was submitted with."""

    run_id: str
    tenant: str
    role: Role | None = None


CarryOut = Callable[[Order], None]


class Workflows:
    """This process as one of those that carry runs out: `carry_out` is called in a thread, once for each run.

    It leaves a run to the next process by raising `planner.signals.Suspended`. Only one may be open in a process.
    """

    def __init__(self, settings: Settings, carry_out: CarryOut) -> None:
        self._settings, self.carry_out = settings, carry_out
        self._slot: Slot | None = None

    def open(self) -> None:
        """Take up what was left behind. Raises BadConfiguration if DBOS' database cannot be used."""
        from dbos import DBOS

        global _current
        with _opening:
            if _current is self:
                return
            if _current is not None:
                raise BadConfiguration("Runs are carried out in this process already.", remedy="Close that one first.")
            _workflow()
            self._slot = slot = Slot.taken(self._settings.data_dir / "workers", _worker(self._settings))
            _current = self
            try:
                DBOS(config=_config(self._settings, slot.name))
                DBOS.launch()
            except BaseException as error:
                self._let_go()
                if isinstance(error, Exception):
                    raise _unusable(self._settings, error) from error
                raise
        slot.for_the_dead(self._take_over)

    def start(self, order: Order) -> None:
        """In a thread of its own."""
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(order.run_id):
            DBOS.start_workflow(_workflow(), order.run_id, order.tenant, order.role)

    def call(self, order: Order) -> None:
        """In this thread."""
        from dbos import SetWorkflowID

        with SetWorkflowID(order.run_id):
            _workflow()(order.run_id, order.tenant, order.role)

    def knows(self, run_id: str) -> bool:
        from dbos import DBOS

        return _away(lambda: DBOS.get_workflow_status(run_id)) is not None

    def close(self) -> None:
        """Runs under way must have been suspended before."""
        with _opening:
            if _current is self:
                self._let_go()

    def _let_go(self) -> None:
        from dbos import DBOS

        global _current
        _current = None
        DBOS.destroy()
        logging.getLogger("dbos").handlers.clear()  # they hold on to a stderr that may be closed by the next start
        if self._slot is not None:
            self._slot.release()

    def _take_over(self, worker: str) -> None:
        from dbos import DBOS

        def resume() -> None:
            left = DBOS.list_workflows(status=UNDER_WAY, executor_id=worker, load_input=False, load_output=False)
            for workflow in left:
                DBOS.resume_workflow(workflow.workflow_id)

        _away(resume)


_opening = threading.RLock()
_current: Workflows | None = None


@cache
def _workflow() -> Callable[[str, str, str | None], None]:
    from dbos import DBOS

    @DBOS.workflow(name="carry_out_run", max_recovery_attempts=MOST_RECOVERIES)
    def carry_out_run(run_id: str, tenant: str, role: str | None) -> None:
        if _current is not None:
            _current.carry_out(Order(run_id=run_id, tenant=tenant, role=cast(Role, role)))

    return carry_out_run


def _away(do: Callable[[], T]) -> T:
    """In a thread without an event loop: where one runs, DBOS refuses to be asked."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(do).result()


class Slot:
    """A worker's name that nobody else uses as long as its file is locked; the lock ends with the process."""

    def __init__(self, folder: Path, worker: str, number: int) -> None:
        from filelock import FileLock

        self.name, self._folder, self._worker = f"{worker}-{number}", folder, worker
        self._lock: FileLock = FileLock(folder / f"{number}.lock")

    @classmethod
    def taken(cls, folder: Path, worker: str) -> Slot:
        """The first that is free."""
        folder.mkdir(parents=True, exist_ok=True)
        number = 0
        while not (slot := cls(folder, worker, number)).acquire():
            number += 1
        return slot

    def acquire(self) -> bool:
        from filelock import Timeout

        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        self._lock.release()

    def for_the_dead(self, do: Callable[[str], None]) -> None:
        """With the name of every other worker of this folder that does not live; nobody takes it meanwhile."""
        for path in sorted(self._folder.glob("*.lock")):
            slot = Slot(self._folder, self._worker, int(path.stem))
            if slot.name != self.name and slot.acquire():
                try:
                    do(slot.name)
                finally:
                    slot.release()


def _worker(settings: Settings) -> str:
    """Processes on one SQLite file are on one machine; a PostgreSQL server may have many."""
    return settings.worker or (socket.gethostname() if settings.database.startswith("postgres") else "local")


def _config(settings: Settings, worker: str) -> DBOSConfig:
    return {
        "name": APPLICATION,
        "system_database_url": settings.workflows,
        "application_version": VERSION,
        "executor_id": worker,
        "log_level": "ERROR",
        "console_log_level": "ERROR",
    }


def _unusable(settings: Settings, error: Exception) -> BadConfiguration:
    where = make_url(settings.workflows).render_as_string(hide_password=True)
    return BadConfiguration(
        f"Runs cannot be kept at {where}: {error}.", remedy="Check LAMP_DATABASE_URL and the permissions of its owner."
    )
