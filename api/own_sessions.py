"""The runs that one person may see and decide: the only way from the surfaces to runs."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

from api.errors import BadArguments, NotWaiting
from api.identity import Identity
from api.live import LiveRun
from api.sessions import Sessions
from api.wiring import Services
from knowledge.errors import Forbidden, NotFound, Ungrounded
from knowledge.runs import LISTED
from knowledge.types import Event, JsonValue, Run, Task
from planner.edits import check, edited
from planner.undo_plan import UndoPlan


@dataclass(frozen=True)
class OwnSessions:
    """Of one identity."""

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

    def undo_plan(self, run_id: str) -> UndoPlan:
        """What would undo a run. Raises NotFound, TooLate, NotUndoable."""
        run = self.get(run_id)
        return self.services.undoer(run.task.tenant, role=self.identity.key_role).plan(run.id, run.task.tenant)

    def undo(self, run_id: str, *, agreed: str = "") -> LiveRun:
        """In the name of who asked for the run. Raises NotFound, and as `Sessions.undo`."""
        return self.everyones.undo(self.get(run_id), agreed=agreed, role=self.identity.key_role)

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
        live = self.live(run_id)  # Before the record: what ended in between must not look as if it still waited.
        run = self.services.record.runs.get(run_id, self.identity.tenant)
        if not self._owns(run.task):
            raise NotFound(f"There is no run {run_id}.", remedy=LISTED)
        if live and (waiting := live.waiting):
            return replace(run, status="waiting", waiting_for=waiting)
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
