"""A run in its own thread, seen from both sides: the run waits here for a person, people follow it and answer here."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta

from api.errors import NotWaiting
from knowledge.approvals import ApprovalStore
from knowledge.runs import RunStore
from knowledge.types import Event, JsonValue, Task, Waiting
from planner.person import Approval, Cancelled
from planner.signals import Suspended


class LiveRun:
    """The Person of one run (`planner.person`), and the feed of its events.

    A decision is first written into the record, where one of several wins, and then told to the run. It is good for
    `approval_s`. Answers and cancellations are written down first, too: what a person was told is kept outlives us.
    """

    def __init__(
        self,
        *,
        run_id: str,
        task: Task,
        patience_s: float,
        approvals: ApprovalStore,
        runs: RunStore,
        approval_s: float = 3600.0,
    ) -> None:
        self.run_id = run_id
        self.task = task
        self.waiting: Waiting | None = None
        self.begun = threading.Event()  # it is in the record
        self.finished = threading.Event()
        self._patience_s = patience_s
        self._approvals, self._approval_s, self._runs = approvals, approval_s, runs
        self._events: list[Event] = runs.events(run_id, task.tenant)
        self._approval: Approval | None = None
        self._answer: str | None = None
        self._cancelled = runs.called_off(run_id, task.tenant)
        self._suspended = False
        self._changed = threading.Condition()
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    # ---- the run's side

    def on_event(self, event: Event) -> None:
        with self._changed:
            self._events.append(event)
            self._tell_listeners()

    def cancelled(self) -> bool:
        """Raises Suspended."""
        if self._suspended:
            raise Suspended
        return self._cancelled

    def approve(self, waiting: Waiting) -> Approval | None:
        """Blocks until someone decides; None after the patience. Raises Cancelled, Suspended."""
        with self._changed:
            self._wait(waiting, lambda: self._approval is not None)
            approval, self._approval = self._approval, None
        return approval

    def answer(self, waiting: Waiting) -> str | None:
        """Blocks until someone answers; None after the patience. Raises Cancelled, Suspended."""
        with self._changed:
            self._wait(waiting, lambda: self._answer is not None)
            answer, self._answer = self._answer, None
        return answer

    def finish(self) -> None:
        with self._changed:
            self.finished.set()
            self._tell_listeners()

    # ---- the person's side

    def decide(
        self,
        *,
        approved: bool,
        call_hash: str,
        note: str = "",
        arguments: Mapping[str, JsonValue] | None = None,
        by: str = "",
    ) -> None:
        """`arguments` take the place of those asked about. Raises NotWaiting, or TooLate if it was decided before."""
        edits = dict(arguments or {}) if approved else {}
        with self._changed:
            waiting = self._waiting_for("approval")
            if waiting.call_hash != call_hash:
                raise NotWaiting("The call to approve has changed.", remedy="Read the run again and decide on that.")
            now = datetime.now(UTC)
            self._approvals.decide(
                waiting.approval_id,
                approved=approved,
                at=now,
                expires_at=now + timedelta(seconds=self._approval_s),
                edits=edits,
                by=by,
                note=note,
                tenant=self.task.tenant,
            )
            self._approval = Approval(approved=approved, call_hash=call_hash, note=note, arguments=edits, by=by)
            self._resume()

    def reply(self, text: str) -> None:
        with self._changed:
            waiting = self._waiting_for("answer")
            self._runs.reply(self.run_id, waiting.question, text, self.task.tenant)
            self._answer = text
            self._resume()

    def cancel(self) -> None:
        self._runs.call_off(self.run_id, self.task.tenant)
        with self._changed:
            self._cancelled = True
            self._resume()

    def suspend(self) -> None:
        """The process ends: the run stops before its next step and is left to the next process."""
        with self._changed:
            self._suspended = True
            self._changed.notify_all()

    def events(self, after: int = -1) -> list[Event]:
        with self._changed:
            return [event for event in self._events if event.seq > after]

    async def follow(self, after: int = -1) -> AsyncIterator[Event]:
        """Events after `after`, those to come as well, until the run has finished."""
        news = asyncio.Event()
        listener = (asyncio.get_running_loop(), news)
        self._listeners.add(listener)
        try:
            while True:
                news.clear()
                last = self.finished.is_set()
                for event in self.events(after):
                    after = event.seq
                    yield event
                if last:
                    return
                await news.wait()
        finally:
            self._listeners.discard(listener)

    # ---- inside; the condition is held

    def _wait(self, waiting: Waiting, arrived: Callable[[], bool]) -> None:
        self.waiting = None if self._cancelled else waiting
        try:
            self._changed.wait_for(lambda: self._cancelled or self._suspended or arrived(), self._patience_s)
        finally:
            self.waiting = None
        if self._cancelled:
            raise Cancelled
        if self._suspended and not arrived():
            raise Suspended

    def _waiting_for(self, kind: str) -> Waiting:
        if self.waiting is None or self.waiting.kind != kind:
            raise NotWaiting(f"Run {self.run_id} does not wait for an {kind}.", remedy="Read the run again.")
        return self.waiting

    def _resume(self) -> None:
        self.waiting = None
        self._changed.notify_all()

    def _tell_listeners(self) -> None:
        for loop, news in list(self._listeners):
            if not loop.is_closed():
                loop.call_soon_threadsafe(news.set)
