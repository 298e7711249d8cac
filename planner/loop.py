"""The loop: choose, ground, permit, execute, observe, until the model ends it; then verify and remember, always."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from knowledge.codec import to_json
from knowledge.errors import LamplighterError, Ungrounded
from knowledge.record import Record
from knowledge.redaction import Redactor
from knowledge.types import (
    ActionSpec,
    Decision,
    Event,
    JsonValue,
    Observation,
    Outcome,
    OutcomeStatus,
    Plan,
    Query,
    Run,
    Step,
    Task,
)
from models.lam import ENDINGS, LAM, Choice, Filled, Situation
from planner import questions
from planner.asking import Asking
from planner.budgets import Budgets, Caution
from planner.call import Call, Executor, Permit
from planner.discretion import DiscreetPerson
from planner.dryrun import checked
from planner.edits import edited
from planner.ground import ground
from planner.journal import Journal
from planner.person import Cancelled, Person
from planner.policy import FirstPolicy
from planner.progress import OnEvent, Progress
from planner.readback import ReadBack
from planner.readings import Reading, agrees
from planner.rehearsal import Rehearsal, rehearsed
from planner.remember import remember
from planner.seams import Clock, Embedder, Policy, Searcher, SystemClock
from planner.signals import Again, Ended
from planner.taint import labelled
from planner.verify import verify

__all__ = ["Budgets", "Caution", "Runner"]

SHOWN_OPTIONS = 5
DENIED: dict[str, OutcomeStatus] = {
    "approval_denied": "cancelled",
    "approval_rejected": "cancelled",
    "approval_expired": "asked",
    "policy_denied": "refused",
}


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A grounded call, the choice that led to it, and how sure its least sure value is, in [0, 1]."""

    call: Call
    choice: Choice
    pointed: float


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
    embedder: Embedder
    executor: Executor
    policy: Policy = field(default_factory=FirstPolicy)
    budgets: Budgets = field(default_factory=Budgets)
    caution: Caution = field(default_factory=Caution)
    clock: Clock = field(default_factory=SystemClock)
    reading: Reading = agrees
    redactor: Redactor = field(default_factory=Redactor)
    dry_run: bool = False  # decide and say everything, change nothing, ask for no approval

    def plan(self, task: Task) -> Plan:
        """What would be done, up to the first step that could not be; nothing is called. May raise EmptyIndex."""
        task = self.redactor.task(task)
        context = self.retriever.context(Query(text=task.text, tenant=task.tenant))
        situation = Situation(task=task, context=context)
        return checked(self.lam.rollout(situation, max_steps=self.budgets.steps), situation, reading=self.reading)

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
        asking = Asking(
            run=run,
            person=DiscreetPerson(person=person, redactor=self.redactor),
            most=self.budgets.questions,
            approvals=self.record.approvals,
            approval_s=self.budgets.approval_s,
        )
        try:
            run.save()
            while run.outcome is None:
                self._step(run, asking, cancelled)
        except (KeyboardInterrupt, Cancelled):
            run.outcome = Outcome(status="cancelled", reason=self._called_off(run))
        except LamplighterError as error:
            run.outcome = Outcome(status="failed", reason=str(error))
        except BaseException as error:
            run.outcome = Outcome(
                status="failed", reason=self.redactor.text(f"A bug in Lamplighter stopped the run: {error!r}")
            )
            raise
        finally:
            remember(run, self.record, self.embedder)
        return run.run

    def _step(self, run: Progress, asking: Asking, cancelled: Callable[[], bool]) -> None:
        try:
            self._go_on(run, cancelled)
            self._retrieve(run)
            choice = self._choose(run, asking)
            proposal = self._propose(run, asking, choice)
            permit = self._permit(run, asking, proposal)
            proposal = self._edited(run, proposal, permit)
            observation = self._execute(run, proposal, permit)
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
            run.found(self.retriever.context(Query(text=run.said, tenant=run.task.tenant)))

    # ---- choose

    def _choose(self, run: Progress, asking: Asking) -> Choice:
        """The ranked options at this point, an action first; an ending ends the run, or asks."""
        if run.index == 0 and not self.caution.matches(run.situation.context):
            asking.ask(questions.nothing_matches())
        choice = run.untried(self.lam.choose(run.situation))
        if choice is None or len(run.tried) >= self.budgets.tries:
            raise Ended("failed" if run.changed_something else "escalated", questions.stuck(run.situation))
        if choice.best.action in ENDINGS:
            self._end(run, asking, choice)
        return choice

    def _end(self, run: Progress, asking: Asking, choice: Choice) -> NoReturn:
        match choice.best.action:
            case "ask":
                asking.ask(self._question(run, choice))
            case "refuse":
                run.ending = "refuse"
                raise Ended("refused", questions.reason("refuse", run.situation))
            case "escalate":
                run.ending = "escalate"
                raise Ended("escalated", questions.reason("escalate", run.situation))
            case _:
                run.ending = "finish"
                outcome = self._verify(run)
                raise Ended(outcome.status, outcome.reason)

    def _question(self, run: Progress, choice: Choice) -> str:
        """Which of several rows is meant, or what the likeliest action lacks."""
        if several := questions.several(run.situation.observations):
            return several
        likeliest = next((run.specs[option.action] for option in choice.ranked if option.action in run.specs), None)
        filled = self.lam.fill(run.situation, likeliest) if likeliest else None
        if likeliest and filled and filled.missing:
            return questions.missing(likeliest, filled.missing, filled.problems)
        return questions.unclear()

    # ---- propose and ground

    def _propose(self, run: Progress, asking: Asking, choice: Choice) -> Proposal:
        action = choice.best.action
        filled = self.lam.fill(run.situation, run.specs[action]) if action in run.specs else Filled(arguments=())
        if filled.missing:
            asking.ask(questions.missing(run.specs[action], filled.missing, filled.problems))
        run.pointed[run.index] = pointed = run.surety(filled)
        step = Step(index=run.index, action=action, arguments=filled.arguments, confidence=choice.best.probability)
        ranked = {option.action: option.probability for option in choice.ranked[:SHOWN_OPTIONS]}
        run.note("proposed", step=to_json(self._labelled(run, step)), ranked={**ranked}, pointed=pointed)
        return Proposal(call=self._grounded(run, step), choice=choice, pointed=pointed)

    def _grounded(self, run: Progress, step: Step, given: Mapping[str, JsonValue] | None = None) -> Call:
        """What the gate refuses becomes an observation that the model sees; then the next best option is tried."""
        try:
            grounded = ground(step, run.situation, reading=self.reading, given=given)
        except Ungrounded as error:
            raise self._refused(run, step, "ungrounded", str(error)) from error
        step = self._labelled(run, grounded.step)
        call = self._call(run, grounded.spec, step)
        if (before := run.done_before(call)) is not None:
            raise self._refused(run, step, "repeated", f"This very call was made before, in step {before + 1}.")
        return call

    def _labelled(self, run: Progress, step: Step) -> Step:
        seen = run.situation
        return labelled(step, steps=seen.steps, observations=seen.observations, specs=run.specs)

    def _call(self, run: Progress, spec: ActionSpec, step: Step) -> Call:
        applications = self.record.catalogue.applications(run.task.tenant)
        target = next((each.base_url for each in applications if each.name == spec.app), "")
        task = run.task
        return Call(
            run_id=run.run_id, spec=spec, step=step, requester=task.requester, target=target, tenant=task.tenant
        )

    def _refused(self, run: Progress, step: Step, code: str, reason: str) -> Again:
        run.took(step, Observation(step=step.index, status="ungrounded", code=code, message=reason))
        return Again()

    # ---- permit, execute, observe

    def _permit(self, run: Progress, asking: Asking, proposal: Proposal) -> Permit:
        call = proposal.call
        decision = self._decided(run, call.spec, call.step)
        if self.dry_run:
            return Permit(decision=decision)
        approval = None
        doubt = self.caution.doubt(call.spec, proposal.choice, proposal.pointed)
        if decision.verdict == "ask":
            approval = asking.approve(call, f"{decision.reason} Besides, {doubt}." if doubt else decision.reason)
        elif decision.verdict == "allow" and doubt:
            approval = asking.confirm(call, doubt)
        return Permit(decision=decision, approval=approval)

    def _decided(self, run: Progress, spec: ActionSpec, step: Step, *, verifying: bool = False) -> Decision:
        """Every decision is an event; `verifying` that about reading back what was done."""
        decision = self.policy.decide(spec, step, run.situation)
        run.note(
            "decided",
            action=spec.id,
            verdict=decision.verdict,
            rule=decision.rule,
            reason=decision.reason,
            dry_run=self.dry_run,
            verifying=verifying,
        )
        return decision

    def _edited(self, run: Progress, proposal: Proposal, permit: Permit) -> Proposal:
        """The call as the person changed it, grounded again. The rule that asked stands: a person gave the values."""
        approval = permit.approval
        if approval is None or not approval.approved or not approval.arguments:
            return proposal
        step = edited(proposal.call.step, approval.arguments, approval_id=approval.id)
        run.note("proposed", step=to_json(step), ranked={}, pointed=1.0, edited=True)
        return replace(proposal, call=self._grounded(run, step, approval.arguments))

    def _execute(self, run: Progress, proposal: Proposal, permit: Permit) -> Observation:
        call = proposal.call
        if self.dry_run:
            return Rehearsal(executor=self.executor).execute(call, permit)
        journal = Journal(self.record.runs, run.task.tenant)
        return journal.carry_out(call, lambda: self.executor.execute(call, permit))

    def _observe(self, run: Progress, proposal: Proposal, observation: Observation) -> None:
        run.carried_out(proposal.call, observation)
        if observation.status == "unreachable":
            raise Ended("failed", observation.message)
        if observation.status == "denied":
            raise Ended(DENIED.get(observation.code, "failed"), observation.message)

    # ---- end

    def _verify(self, run: Progress) -> Outcome:
        if self.dry_run:
            return rehearsed(run.situation)
        seen, specs = run.situation, run.specs
        apps = tuple({specs[step.action].app for step in seen.steps if step.action in specs})
        actions = self.record.catalogue.actions(run.task.tenant, apps) if apps else []

        def read(back: ReadBack) -> Observation:
            step = Step(index=run.index, action=back.spec.id, arguments=back.arguments)
            decision = self._decided(run, back.spec, step, verifying=True)
            if decision.verdict != "allow":  # Nobody is asked about a look back: it is then not made.
                return Observation(step=step.index, status="denied", code="policy_denied", message=decision.reason)
            return self.executor.execute(self._call(run, back.spec, step), Permit(decision=decision))

        reads = [spec for spec in actions if spec.effect == "read"]
        return verify(seen.steps, seen.observations, specs=specs, reads=reads, read=read)

    def _called_off(self, run: Progress) -> str:
        unfinished = Journal(self.record.runs, run.task.tenant).unfinished(run.run_id)
        begun = (
            f" {', '.join(unfinished)} was under way: look in the application what came of it." if unfinished else ""
        )
        return f"Called off.{begun}"
