"""The loop: choose, ground, permit, execute, observe, until the model ends it; then verify and remember, always."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from knowledge.errors import LamplighterError
from knowledge.record import Record
from knowledge.redaction import Redactor
from knowledge.types import Event, Observation, Outcome, Plan, Query, Run, Task
from models.lam import LAM
from planner.asking import Asking
from planner.budgets import Budgets, Caution
from planner.call import Executor, Permit
from planner.closing import Closer, called_off
from planner.discretion import DiscreetPerson
from planner.doubt import Doubts
from planner.dryrun import checked
from planner.foresight import Foresight
from planner.heard import said_in
from planner.journal import Journal
from planner.look import Looker
from planner.permit import DENIED, Gatekeeper
from planner.person import Cancelled, Person
from planner.policy import FirstPolicy
from planner.progress import OnEvent, Progress
from planner.propose import Proposal, Proposer
from planner.readings import Reading, agrees
from planner.rehearsal import Rehearsal
from planner.remember import remember
from planner.resume import Resumption
from planner.seams import (
    Clock,
    Embedder,
    Interpreter,
    NoOpposites,
    Opposites,
    Policy,
    Searcher,
    Segmenter,
    SystemClock,
    TakesOrders,
    Undivided,
)
from planner.signals import Again, Ended, Suspended
from planner.wariness import Wariness
from planner.wishes import Wishes

__all__ = ["Budgets", "Caution", "Runner"]


def _never() -> bool:
    return False


def _ignore(event: Event) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Carries tasks out. Safe to use from several threads if its parts are."""

    lam: LAM
    retriever: Searcher
    record: Record
    requests: Embedder  # as those in memory were embedded
    executor: Executor
    segmenter: Segmenter = field(default_factory=Undivided)
    interpreter: Interpreter = field(default_factory=TakesOrders)
    opposites: Opposites = field(default_factory=NoOpposites)
    policy: Policy = field(default_factory=FirstPolicy)
    budgets: Budgets = field(default_factory=Budgets)
    caution: Caution = field(default_factory=Caution)
    clock: Clock = field(default_factory=SystemClock)
    reading: Reading = agrees
    redactor: Redactor = field(default_factory=Redactor)
    dry_run: bool = False  # decide and say everything, change nothing, ask for no approval

    def plan(self, task: Task) -> Plan:
        """What would be done, up to the first step that could not be; nothing is called. May raise EmptyIndex."""
        foresight = Foresight(
            lam=self.lam,
            retriever=self.retriever,
            segmenter=self.segmenter,
            interpreter=self.interpreter,
            wariness=self._wariness,
        )
        plan, situation = foresight.plan(self.redactor.task(task), steps=self.budgets.steps)
        return checked(plan, situation, reading=self.reading)

    def run(
        self,
        task: Task,
        *,
        run_id: str,
        person: Person,
        on_event: OnEvent = _ignore,
        cancelled: Callable[[], bool] = _never,
    ) -> Run:
        """Carry a task out and remember it, whatever happens. Only bugs of ours escape, after the run was closed.

        `cancelled` is asked before every step; KeyboardInterrupt and Cancelled end the run in the same way.
        """
        run = Progress(self.redactor.task(task), run_id, record=self.record, clock=self.clock, on_event=on_event)
        return self._to_the_end(run, self._asking(run, person), cancelled, run.save)

    def take_up(
        self,
        run_id: str,
        *,
        tenant: str,
        person: Person,
        on_event: OnEvent = _ignore,
        cancelled: Callable[[], bool] = _never,
    ) -> Run:
        """Go on with a run of the record: one that only began, or broke off; one that had ended is only remembered.

        Nobody else may be carrying it out. A dry run stays one. Raises NotFound.
        """
        if not self.dry_run and self._resumption.rehearsed(run_id, tenant):
            rehearsing = replace(self, dry_run=True)
            return rehearsing.take_up(run_id, tenant=tenant, person=person, on_event=on_event, cancelled=cancelled)
        run = self._resumption.progress(self.record.runs.get(run_id, tenant), on_event)
        asking = self._asking(run, person)
        return self._to_the_end(run, asking, cancelled, lambda: self._catch_up(run, asking))

    def _to_the_end(
        self, run: Progress, asking: Asking, cancelled: Callable[[], bool], begin: Callable[[], None]
    ) -> Run:
        suspended = False
        try:
            begin()
            while run.outcome is None:
                self._step(run, asking, cancelled)
        except Suspended:
            suspended = True
            raise
        except (KeyboardInterrupt, Cancelled):
            run.outcome = Outcome(status="cancelled", reason=called_off(run, self.record))
        except LamplighterError as error:
            run.outcome = Outcome(status="failed", reason=str(error))
        except BaseException as error:
            run.outcome = Outcome(
                status="failed", reason=self.redactor.text(f"A bug in Lamplighter stopped the run: {error!r}")
            )
            raise
        finally:
            if not suspended:
                remember(run, self.record, self.requests)
        return run.run

    def _catch_up(self, run: Progress, asking: Asking) -> None:
        if run.outcome is not None:
            return
        try:
            self._resumption.catch_up(run, asking)
        except Ended as end:
            run.outcome = end.outcome

    def _step(self, run: Progress, asking: Asking, cancelled: Callable[[], bool]) -> None:
        try:
            self._go_on(run, cancelled)
            self._retrieve(run)
            choice = self._proposer.choose(run, asking)
            self._closer.end(run, asking, choice)
            proposal = self._proposer.propose(run, asking, choice)
            permit = self._gatekeeper.permit(run, asking, proposal)
            proposal = self._proposer.edited(run, proposal, permit)
            observation = self._execute(run, proposal, permit, cancelled)
            self._observe(run, proposal, observation)
        except Again:
            return
        except Ended as end:
            run.outcome = end.outcome

    # ---- go on, retrieve

    def _go_on(self, run: Progress, cancelled: Callable[[], bool]) -> None:
        if cancelled():
            raise Cancelled
        if run.index >= self.budgets.steps:
            raise Ended("failed", f"Stopped after {run.index} steps without coming to an end.")
        if run.seconds > self.budgets.seconds:
            raise Ended("failed", f"Stopped after {run.seconds:.0f} seconds without coming to an end.")

    def _retrieve(self, run: Progress) -> None:
        """At the start, and whenever the requester said something new."""
        if run.unread:
            said = said_in(run.view.task)
            run.found(self.retriever.context(Query(text=said, tenant=run.task.tenant)))

    # ---- execute, observe

    def _execute(self, run: Progress, proposal: Proposal, permit: Permit, cancelled: Callable[[], bool]) -> Observation:
        call = proposal.call
        if call.spec.effect != "read" and cancelled():
            raise Cancelled  # Choosing and asking take time: this is the last moment before something is changed.
        if self.dry_run:
            return Rehearsal(executor=self.executor).execute(call, permit)
        if permit.refusal(call) is not None:
            return self.executor.execute(call, permit)  # It says no. Nothing is begun that the journal should know of.
        self._looker.before(run, call)
        journal = Journal(self.record.runs, run.task.tenant)
        return journal.carry_out(call, lambda: self.executor.execute(call, permit))

    def _observe(self, run: Progress, proposal: Proposal, observation: Observation) -> None:
        run.carried_out(proposal.call, observation)
        if observation.status == "unreachable":
            raise Ended("failed", observation.message)
        if observation.status == "denied":
            raise Ended(DENIED.get(observation.code, "failed"), observation.message)

    # ---- the parts, put together

    def _asking(self, run: Progress, person: Person) -> Asking:
        return Asking(
            run=run,
            person=DiscreetPerson(person=person, redactor=self.redactor),
            most=self.budgets.questions,
            approvals=self.record.approvals,
            replies=self.record.runs,
            approval_s=self.budgets.approval_s,
        )

    @cached_property
    def _resumption(self) -> Resumption:
        doubts = Doubts(
            record=self.record,
            executor=self.executor,
            gatekeeper=self._gatekeeper,
            looker=self._looker,
            linger_s=self.budgets.linger_s,
        )
        return Resumption(record=self.record, clock=self.clock, doubts=doubts)

    @cached_property
    def _wariness(self) -> Wariness:
        return Wariness(record=self.record, embedder=self.requests)

    @cached_property
    def _proposer(self) -> Proposer:
        return Proposer(
            lam=self.lam,
            record=self.record,
            budgets=self.budgets,
            caution=self.caution,
            wariness=self._wariness,
            reading=self.reading,
            wishes=self._wishes,
            interpreter=self.interpreter,
        )

    @cached_property
    def _wishes(self) -> Wishes:
        return Wishes(lam=self.lam, retriever=self.retriever, segmenter=self.segmenter)

    @cached_property
    def _gatekeeper(self) -> Gatekeeper:
        return Gatekeeper(
            policy=self.policy,
            caution=self.caution,
            interpreter=self.interpreter,
            opposites=self.opposites,
            dry_run=self.dry_run,
        )

    @cached_property
    def _looker(self) -> Looker:
        return Looker(record=self.record, executor=self.executor, gatekeeper=self._gatekeeper)

    @cached_property
    def _closer(self) -> Closer:
        return Closer(record=self.record, proposer=self._proposer, looker=self._looker, dry_run=self.dry_run)
