"""Runs of the service: each in its thread, found by id while it is live, read from the record afterwards."""

import threading
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from api.errors import Busy, NotWaiting, tell
from api.identity import Identity
from api.live import LiveRun
from api.wiring import Services
from knowledge.codec import to_json
from knowledge.errors import EmptyIndex, Forbidden, LamplighterError, NotFound
from knowledge.runs import LISTED
from knowledge.types import Event, Outcome, Run, Task

log = structlog.get_logger(__name__)
SHUTDOWN_S = 5.0


def new_task(services: Services, text: str, *, requester: str = "", now: datetime | None = None) -> Task:
    return Task(
        id=uuid.uuid4().hex,
        text=text.strip(),
        requester=requester or services.settings.requester,
        now=now or datetime.now().astimezone(),
        tenant=services.settings.tenant,
    )


class Sessions:
    """All of them, of every tenant: surfaces use OwnSessions."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._live: dict[str, LiveRun] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def start(self, task: Task) -> LiveRun:
        """Raises EmptyIndex if no application is known, Busy if too many runs are open."""
        if not self.services.record.catalogue.actions(task.tenant):
            raise EmptyIndex("No application is known yet.", remedy="Add one: lamp apps add OPENAPI --name NAME.")
        run_id = uuid.uuid4().hex[:12]
        live = LiveRun(run_id=run_id, task=task, patience_s=self.services.settings.answer_timeout_s)
        thread = threading.Thread(target=self._carry_out, args=(live,), name=f"run-{run_id}", daemon=True)
        with self._lock:
            if len(self._live) >= self.services.settings.max_open_runs:
                raise Busy(f"{len(self._live)} runs are open.", remedy="Decide or cancel some of them first.")
            self._live[run_id], self._threads[run_id] = live, thread
        self.services.record.runs.save(Run(id=run_id, task=task, status="running"))
        thread.start()
        return live

    def live(self, run_id: str) -> LiveRun | None:
        with self._lock:
            return self._live.get(run_id)

    def close(self) -> None:
        """Cancel what is open and wait for it to be written down."""
        with self._lock:
            live, threads = list(self._live.values()), list(self._threads.values())
        for run in live:
            run.cancel()
        for thread in threads:
            thread.join(SHUTDOWN_S / max(1, len(threads)))

    def _carry_out(self, live: LiveRun) -> None:
        try:
            self.services.runner(live.task.tenant).run(
                live.task, run_id=live.run_id, person=live, on_event=live.on_event, cancelled=live.cancelled
            )
        except LamplighterError as error:
            told = tell(error)
            self._fail(live, f"{told.message} {told.remedy}".strip())
        except Exception:
            log.exception("run broke off", run_id=live.run_id)
            self._fail(live, "An error of Lamplighter itself; its log says more.")
        finally:
            with self._lock:
                self._live.pop(live.run_id, None)
                self._threads.pop(live.run_id, None)
            live.finish()

    def _fail(self, live: LiveRun, reason: str) -> None:
        outcome = Outcome(status="failed", reason=reason)
        run = self.services.record.runs.get(live.run_id, live.task.tenant)
        if run.status == "done":
            return
        self.services.record.runs.save(replace(run, status="done", waiting_for=None, outcome=outcome))
        seq = max((event.seq for event in live.events()), default=-1) + 1
        event = Event(
            run_id=live.run_id, seq=seq, kind="ended", at=datetime.now(UTC), data={"outcome": to_json(outcome)}
        )
        self.services.record.runs.append(event, live.task.tenant)
        live.on_event(event)


@dataclass(frozen=True)
class OwnSessions:
    """The runs that one person may see: the only way from the surfaces to runs."""

    everyones: Sessions
    identity: Identity

    @property
    def services(self) -> Services:
        return self.everyones.services

    def start(self, task: Task) -> LiveRun:
        """For the tenant of who asks, whatever the task says; a requester's in that one's name.

        Raises EmptyIndex, Busy; Forbidden if a requester names somebody else.
        """
        who, given = self.identity, task.requester
        if who.role == "requester" and given not in ("", who.requester, self.services.settings.requester):
            raise Forbidden(f"This key acts as {who.requester}, not as {given}.", remedy="Leave `requester` out.")
        named = who.requester if who.role == "requester" else given or who.requester
        return self.everyones.start(replace(task, tenant=who.tenant, requester=named))

    def live(self, run_id: str) -> LiveRun | None:
        live = self.everyones.live(run_id)
        return live if live and self._owns(live.task) else None

    def waiting(self, run_id: str) -> LiveRun:
        """The live run; raises NotFound, or NotWaiting if it is over."""
        if live := self.live(run_id):
            return live
        self.get(run_id)
        raise NotWaiting(f"Run {run_id} is over.", remedy="Start a new run for a new request.")

    def get(self, run_id: str) -> Run:
        """Raises NotFound, also for the runs of others: whether there are such is nobody's business."""
        run = self.services.record.runs.get(run_id, self.identity.tenant)
        if not self._owns(run.task):
            raise NotFound(f"There is no run {run_id}.", remedy=LISTED)
        live = self.live(run_id)
        if live and live.waiting:
            return replace(run, status="waiting", waiting_for=live.waiting)
        return replace(run, status="running", waiting_for=None) if live else run

    def recent(self, limit: int = 50) -> list[Run]:
        who = self.identity
        own = who.requester if who.role == "requester" else None
        return [self.get(run.id) for run in self.services.record.runs.list(limit, who.tenant, requester=own)]

    def events(self, run_id: str, after: int = -1) -> list[Event]:
        """Raises NotFound."""
        self.get(run_id)
        live = self.live(run_id)
        return (
            live.events(after) if live else self.services.record.runs.events(run_id, self.identity.tenant, after=after)
        )

    async def follow(self, run_id: str, after: int = -1) -> AsyncIterator[Event]:
        live = self.live(run_id)
        if live is None:
            for event in self.events(run_id, after):
                yield event
            return
        async for event in live.follow(after):
            yield event

    def _owns(self, task: Task) -> bool:
        return self.identity.owns(tenant=task.tenant, requester=task.requester)
