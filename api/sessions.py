"""Runs of the service: each in its thread, found by id while it is live, read from the record afterwards.

A run outlives the process: it is a workflow of `api.durable`, and goes on where the record says that it was.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import structlog

from api.durable import Order, Workflows
from api.errors import BadRequest, Busy, tell
from api.live import LiveRun
from api.wiring import Services
from knowledge.codec import to_json
from knowledge.errors import EmptyIndex, LamplighterError, NotFound, TooLate
from knowledge.keys import Role
from knowledge.types import Event, Outcome, Run, Task
from planner.discretion import DiscreetPerson
from planner.person import Person
from planner.progress import OnEvent
from planner.undo_words import agreement

log = structlog.get_logger(__name__)
SHUTDOWN_S = 5.0


def require_actions(services: Services, tenant: str) -> None:
    """Raises EmptyIndex, before any model is loaded, if nothing could be done."""
    if not services.record.catalogue.size(tenant):
        raise EmptyIndex("No application is known yet.", remedy="Add one: lamp apps add OPENAPI --name NAME.")


def new_task(services: Services, text: str, *, requester: str = "", now: datetime | None = None) -> Task:
    """Raises BadRequest if nothing is asked for."""
    if not text.strip():
        raise BadRequest("The request is empty.", remedy="Say in plain words what should be done.", param="text")
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


@dataclass(frozen=True, kw_only=True)
class _Begun:
    """A run about to be submitted; `yes_to` is a question that was answered with yes before it is asked."""

    run: Run
    live: LiveRun
    yes_to: str = ""


def _ignore(event: Event) -> None:
    pass


class Sessions:
    """All of them, of every tenant: surfaces use `api.own_sessions`."""

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
        return self._started(self._begin(self._fresh(task)), role)

    def carry_out(self, task: Task, *, person: Person, on_event: OnEvent) -> Run:
        """In this thread, with this person to ask. Raises what `start` raises, and what the run raises."""
        return self._attended_by(person, on_event, self._begin(self._fresh(task)))

    def undo(self, run: Run, *, agreed: str = "", role: Role | None = None) -> LiveRun:
        """Take a run back, in a run of its own; `agreed` is the hash of a plan that was seen, `role` as in `start`.

        Raises TooLate if it is undone, being undone, not over, or would be undone otherwise by now; NotUndoable, Busy.
        """
        return self._started(self._undoing(run, agreed, role), role)

    def carry_out_undo(self, run: Run, *, agreed: str, person: Person, on_event: OnEvent) -> Run:
        """In this thread, with this person to ask. Raises what `undo` raises, and what the run raises."""
        return self._attended_by(person, on_event, self._undoing(run, agreed, None))

    def adopt(self, tenant: str) -> None:
        """Take up runs that DBOS does not know: of a version before it, or with its database gone."""
        for run in self.services.record.runs.open(tenant):
            if not self.live(run.id) and not self._workflows.knows(run.id):
                self._workflows.start(Order(run_id=run.id, tenant=tenant))

    def live(self, run_id: str) -> LiveRun | None:
        with self._lock:
            return self._live.get(run_id)

    def open_ids(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._live)

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

    def _fresh(self, task: Task) -> Run:
        require_actions(self.services, task.tenant)
        task = self.services.redactor_for(task.tenant).task(task)
        return Run(id=uuid.uuid4().hex[:12], task=task, status="running")

    def _undoing(self, run: Run, agreed: str, role: Role | None) -> _Begun:
        """Begun after the plan was looked at: who agreed to it before is not asked again."""
        undoer = self.services.undoer(run.task.tenant, role=role)
        plan = undoer.ready(run.id, run.task.tenant, agreed=agreed)
        undoing = Run(id=undoer.undo_id(run.id, run.task.tenant), task=run.task, status="running", undoes=run.id)
        return self._begin(undoing, yes_to=agreement(plan) if agreed else "")

    def _begin(self, run: Run, *, yes_to: str = "") -> _Begun:
        self.open()
        live = self._made(run.id, run.task)
        with self._lock:
            if run.id in self._live or (run.undoes and self._workflows.knows(run.id)):
                raise TooLate(f"Run {run.undoes} is being undone, by run {run.id}.", remedy="Look at that one.")
            if len(self._live) >= self.services.settings.max_open_runs:
                raise Busy(f"{len(self._live)} runs are open.", remedy="Decide or cancel some of them first.")
            self._live[live.run_id] = live
        return _Begun(run=run, live=live, yes_to=yes_to)

    def _started(self, begun: _Begun, role: Role | None) -> LiveRun:
        order = Order(run_id=begun.run.id, tenant=begun.run.task.tenant, role=role)
        self._submit(begun, lambda: self._workflows.start(order))
        return begun.live

    def _attended_by(self, person: Person, on_event: OnEvent, begun: _Begun) -> Run:
        run = begun.run
        self._attended[run.id] = attendant = Attendant(person=person, on_event=on_event)
        order = Order(run_id=run.id, tenant=run.task.tenant)
        self._submit(begun, lambda: self._workflows.call(order), save_first=True)
        if attendant.error is not None:
            raise attendant.error
        return self.services.record.runs.get(run.id, run.task.tenant)

    def _submit(self, begun: _Begun, submit: Callable[[], None], *, save_first: bool = False) -> None:
        """DBOS knows of a run before the record does: so no run of the record is ever without its workflow."""
        live = begun.live
        try:
            if save_first:  # It is carried out in this very thread.
                self._write_down(begun)
                live.begun.set()
            submit()
            if not save_first:
                self._write_down(begun)
        except BaseException:
            self._forget(live)
            raise
        finally:
            live.begun.set()

    def _write_down(self, begun: _Begun) -> None:
        runs, run = self.services.record.runs, begun.run
        runs.save(run)
        if begun.yes_to:
            runs.reply(run.id, begun.yes_to, "yes", run.task.tenant)

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

        services, run = self.services, self.services.record.runs.get(live.run_id, order.tenant)
        carrier = (services.undoer if run.undoes else services.runner)(order.tenant, role=order.role)
        carrier.take_up(
            live.run_id,
            tenant=order.tenant,
            person=DiscreetPerson(person=attendant.person, redactor=services.redactor),
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
