"""Runs of the service: each in its thread, found by id while it is live, read from the record afterwards."""

import threading
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from api.errors import BadArguments, Busy, NotWaiting, tell
from api.identity import Identity
from api.live import LiveRun
from api.wiring import Services
from knowledge.codec import to_json
from knowledge.errors import EmptyIndex, Forbidden, LamplighterError, NotFound, Ungrounded
from knowledge.keys import Role
from knowledge.runs import LISTED
from knowledge.types import Event, JsonValue, Outcome, Run, Task
from planner.edits import check, edited

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

    def start(self, task: Task, *, role: Role | None = None) -> LiveRun:
        """`role` is that of the key it was submitted with; None: the policy file says which role the requester has.

        Raises EmptyIndex if no application is known, Busy if too many runs are open.
        """
        if not self.services.record.catalogue.actions(task.tenant):
            raise EmptyIndex("No application is known yet.", remedy="Add one: lamp apps add OPENAPI --name NAME.")
        task = self.services.redactor_for(task.tenant).task(task)
        run_id = uuid.uuid4().hex[:12]
        settings = self.services.settings
        live = LiveRun(
            run_id=run_id,
            task=task,
            patience_s=settings.answer_timeout_s,
            approvals=self.services.record.approvals,
            approval_s=settings.approval_ttl_s,
        )
        thread = threading.Thread(target=self._carry_out, args=(live, role), name=f"run-{run_id}", daemon=True)
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

    def open_ids(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._live)

    def close(self) -> None:
        """Cancel what is open and wait for it to be written down."""
        with self._lock:
            live, threads = list(self._live.values()), list(self._threads.values())
        for run in live:
            run.cancel()
        for thread in threads:
            thread.join(SHUTDOWN_S / max(1, len(threads)))

    def _carry_out(self, live: LiveRun, role: Role | None) -> None:
        try:
            self.services.runner(live.task.tenant, role=role).run(
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
        return self.everyones.start(self.owned(task), role=self.identity.key_role)

    def owned(self, task: Task) -> Task:
        """For the tenant of who asks, in the name that one may act in. Raises Forbidden."""
        return replace(task, tenant=self.identity.tenant, requester=self.named(task.requester))

    def named(self, given: str) -> str:
        """The account acted as: a requester's own, for others the given one. Raises Forbidden."""
        who = self.identity
        if who.role != "requester":
            return given or who.requester
        if given not in ("", who.requester, self.services.settings.requester):
            remedy = "Leave `requester` out, or `user` in a chat."
            raise Forbidden(f"This key acts as {who.requester}, not as {given}.", remedy=remedy)
        return who.requester

    def live(self, run_id: str) -> LiveRun | None:
        live = self.everyones.live(run_id)
        return live if live and self._owns(live.task) else None

    def waiting(self, run_id: str) -> LiveRun:
        """The live run; raises NotFound, or NotWaiting if it is over."""
        if live := self.live(run_id):
            return live
        self.get(run_id)
        raise NotWaiting(f"Run {run_id} is over.", remedy="Start a new run for a new request.")

    def reply(self, run_id: str, text: str) -> None:
        """Raises NotFound, NotWaiting."""
        self.waiting(run_id).reply(self.services.redactor.text(text))

    def decide(
        self,
        run_id: str,
        *,
        approved: bool,
        call_hash: str,
        note: str = "",
        arguments: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """In the name of who asks. Nothing is decided if it raises.

        Raises Forbidden, NotFound, NotWaiting, TooLate, BadArguments.
        """
        self.identity.require("operator", "approve or reject calls")
        live = self.waiting(run_id)
        redactor = self.services.redactor
        note, arguments = redactor.text(note), {name: redactor.value(each) for name, each in (arguments or {}).items()}
        if approved and arguments:
            self._check(live, arguments)
        by = self.identity.principal
        live.decide(approved=approved, call_hash=call_hash, note=note, arguments=arguments, by=by)

    def _check(self, live: LiveRun, arguments: Mapping[str, JsonValue]) -> None:
        waiting, catalogue = live.waiting, self.services.record.catalogue
        if waiting is None or waiting.step is None:
            return  # `decide` says that nothing is waited for.
        step = edited(waiting.step, arguments, approval_id=waiting.approval_id)
        try:
            check(step, catalogue.get(step.action, live.task.tenant))
        except Ungrounded as error:
            raise BadArguments(str(error), remedy="Send values that the action's parameters take.") from error

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
