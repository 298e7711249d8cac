"""Runs of the service: each in its thread, found by id while it is live, read from the record afterwards.

A run outlives the process: it is a workflow of `api.durable`, and goes on where the record says that it was.
"""

import threading
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import structlog

from api.durable import Order, Workflows
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
from planner.person import Person
from planner.progress import OnEvent

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


@dataclass(kw_only=True)
class Attendant:
    """Who stands by a run in this process: asked, told of events, and of the error that it ended with."""

    person: Person
    on_event: OnEvent
    error: Exception | None = None


def _ignore(event: Event) -> None:
    pass


class Sessions:
    """All of them, of every tenant: surfaces use OwnSessions."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._workflows = Workflows(services.settings, self._carry_out)
        self._live: dict[str, LiveRun] = {}
        self._attended: dict[str, Attendant] = {}
        self._lock = threading.Lock()

    def open(self) -> None:
        """Take up the runs that a process left behind; starting one does so, too. Raises BadConfiguration."""
        self._workflows.open()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, task: Task, *, role: Role | None = None) -> LiveRun:
        """`role` is that of the key it was submitted with; None: the policy file says which role the requester has.

        Raises EmptyIndex if no application is known, Busy if too many runs are open, BadConfiguration.
        """
        live = self._begin(task)
        self._submit(live, lambda: self._workflows.start(Order(run_id=live.run_id, tenant=task.tenant, role=role)))
        return live

    def carry_out(self, task: Task, *, person: Person, on_event: OnEvent) -> Run:
        """In this thread, with this person to ask. Raises what `start` raises, and what the run raises."""
        live = self._begin(task)
        self._attended[live.run_id] = attendant = Attendant(person=person, on_event=on_event)
        self._submit(live, lambda: self._workflows.call(Order(run_id=live.run_id, tenant=task.tenant)), save_first=True)
        if attendant.error is not None:
            raise attendant.error
        return self.services.record.runs.get(live.run_id, task.tenant)

    def adopt(self, tenant: str) -> None:
        """Take up runs that DBOS does not know: of a version before it, or with its database gone."""
        for run in self.services.record.runs.open(tenant):
            if not self.live(run.id) and not self._workflows.knows(run.id):
                self._workflows.start(Order(run_id=run.id, tenant=tenant))

    def live(self, run_id: str) -> LiveRun | None:
        with self._lock:
            return self._live.get(run_id)

    def close(self) -> None:
        """Leave what is open to the next process: each run stops before its next step."""
        with self._lock:
            live = list(self._live.values())
        for run in live:
            run.suspend()
        for run in live:
            run.finished.wait(SHUTDOWN_S / len(live))
        self._workflows.close()

    # ---- beginning

    def _begin(self, task: Task) -> LiveRun:
        if not self.services.record.catalogue.actions(task.tenant):
            raise EmptyIndex("No application is known yet.", remedy="Add one: lamp apps add OPENAPI --name NAME.")
        self.open()
        live = self._made(uuid.uuid4().hex[:12], task)
        with self._lock:
            if len(self._live) >= self.services.settings.max_open_runs:
                raise Busy(f"{len(self._live)} runs are open.", remedy="Decide or cancel some of them first.")
            self._live[live.run_id] = live
        return live

    def _submit(self, live: LiveRun, submit: Callable[[], None], *, save_first: bool = False) -> None:
        """DBOS knows of a run before the record does: so no run of the record is ever without its workflow."""
        run = Run(id=live.run_id, task=live.task, status="running")
        try:
            if save_first:  # It is carried out in this very thread.
                self.services.record.runs.save(run)
                live.begun.set()
            submit()
            if not save_first:
                self.services.record.runs.save(run)
        except BaseException:
            self._forget(live)
            raise
        finally:
            live.begun.set()

    def _made(self, run_id: str, task: Task) -> LiveRun:
        settings, record = self.services.settings, self.services.record
        return LiveRun(
            run_id=run_id,
            task=task,
            patience_s=settings.answer_timeout_s,
            approvals=record.approvals,
            runs=record.runs,
            approval_s=settings.approval_ttl_s,
        )

    # ---- carrying out, in a thread of DBOS

    def _carry_out(self, order: Order) -> None:
        live = self.live(order.run_id) or self._left_behind(order)
        if live is None:
            return
        attendant = self._attended.get(order.run_id) or Attendant(person=live, on_event=_ignore)
        live.begun.wait()
        try:
            self._taken_up(live, attendant, order)
        except LamplighterError as error:
            told = tell(error)
            attendant.error = error
            self._fail(live, f"{told.message} {told.remedy}".strip())
        except Exception as error:
            attendant.error = error
            self._fail(live, "An error of Lamplighter itself; its log says more.")
            self._forget(live)  # Nobody waits for a long traceback to be written.
            log.exception("run broke off", run_id=live.run_id)
        finally:
            self._forget(live)

    def _taken_up(self, live: LiveRun, attendant: "Attendant", order: Order) -> None:
        def on_event(event: Event) -> None:
            live.on_event(event)
            attendant.on_event(event)

        self.services.runner(order.tenant, role=order.role).take_up(
            live.run_id,
            tenant=order.tenant,
            person=attendant.person,
            on_event=on_event,
            cancelled=live.cancelled,
        )

    def _left_behind(self, order: Order) -> LiveRun | None:
        """A run that another process began; None if that one ended before it told anybody of the run."""
        try:
            run = self.services.record.runs.get(order.run_id, order.tenant)
        except NotFound:
            return None
        live = self._made(run.id, run.task)
        live.begun.set()
        with self._lock:
            self._live[run.id] = live
        return live

    def _forget(self, live: LiveRun) -> None:
        with self._lock:
            self._live.pop(live.run_id, None)
            self._attended.pop(live.run_id, None)
        live.finish()

    def _fail(self, live: LiveRun, reason: str) -> None:
        outcome = Outcome(status="failed", reason=reason)
        try:
            run = self.services.record.runs.get(live.run_id, live.task.tenant)
        except NotFound:
            return  # It could not be written down; whoever began it was told so.
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
        if self.get(run_id).status != "done":
            raise NotWaiting(f"Run {run_id} is not carried out here.", remedy="Take it up: lamp runs resume.")
        raise NotWaiting(f"Run {run_id} is over.", remedy="Start a new run for a new request.")

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
