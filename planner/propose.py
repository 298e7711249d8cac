"""From a situation to one grounded call: choose an action, fill its parameters, pass the gate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from knowledge.codec import to_json
from knowledge.errors import Ungrounded
from knowledge.record import Record
from knowledge.types import ActionSpec, JsonValue, Observation, Step
from models.lam import LAM, Choice, Filled
from planner import lacking, questions
from planner.asking import Asking
from planner.backtrack import stepped_back
from planner.budgets import Budgets, Caution
from planner.call import Call, Permit
from planner.edits import edited
from planner.ground import ground
from planner.heard import heard
from planner.progress import Progress
from planner.readings import Reading
from planner.seams import Interpreter
from planner.signals import Again, Ended
from planner.taint import labelled
from planner.unfound import unfound
from planner.unwanted import anything
from planner.wariness import Wariness
from planner.wish import InView
from planner.wishes import Wishes

SHOWN_OPTIONS = 5


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A grounded call, the choice that led to it, and how sure its least sure value is, in [0, 1]."""

    call: Call
    choice: Choice
    pointed: float


@dataclass(frozen=True, kw_only=True)
class Proposer:
    lam: LAM
    record: Record
    budgets: Budgets
    caution: Caution
    wariness: Wariness
    reading: Reading
    wishes: Wishes
    interpreter: Interpreter

    def choose(self, run: Progress, asking: Asking) -> Choice:
        """The ranked options at this point; the best one is an action or an ending."""
        if run.index == 0 and not self.caution.matches(run.situation.context):
            asking.ask(questions.nothing_matches())
        self.wishes.begin(run)
        self.wishes.correct(run)
        choice = self._chosen(run)
        while choice and self._turns(run, choice):
            choice = self._chosen(run)
        if choice is None or len(run.tried) >= self.budgets.tries:
            raise Ended("failed" if run.changed_something else "escalated", questions.stuck(run.situation))
        return self.wariness.weigh(run, asking, choice)

    def _turns(self, run: Progress, choice: Choice) -> bool:
        """Whether something else is in view now: the next wish, or the whole request where a part says too little."""
        match choice.best.action:
            case "finish":
                return self.wishes.another(run)
            case "ask":
                return self.wishes.widen(run)
            case _:
                return False

    def _chosen(self, run: Progress) -> Choice | None:
        choice = self.lam.choose(run.view).without(run.tried)
        return choice and stepped_back(self.lam, run.view, choice)

    def question(self, run: Progress, choice: Choice) -> str:
        return lacking.question(
            choice,
            run.situation,
            offered=run.view.context.actions,
            specs=run.specs,
            fill=lambda spec: self._filled(run, spec),
            problems=lambda filled: _of_what_was_said(run, filled),
            rather=anything(run.situation, self.interpreter),
        )

    def propose(self, run: Progress, asking: Asking, choice: Choice) -> Proposal:
        action = choice.best.action
        spec = run.specs.get(action)
        filled = self._filled(run, spec) if spec else Filled(arguments=())
        if spec and (nobody := unfound(spec, filled.arguments, run.situation)):
            asking.ask(questions.unfound(nobody.words, nobody.action))
        if spec and filled.missing:
            rather = anything(run.situation, self.interpreter) if spec.effect != "read" else ""
            asking.ask(rather or questions.missing(spec, filled.missing, _of_what_was_said(run, filled)))
        run.pointed[run.index] = pointed = run.surety(filled, spec) if spec else 1.0
        step = Step(index=run.index, action=action, arguments=filled.arguments, confidence=choice.best.probability)
        ranked = {option.action: option.probability for option in choice.ranked[:SHOWN_OPTIONS]}
        run.note("proposed", step=to_json(_labelled(run, step)), ranked={**ranked}, pointed=pointed)
        return Proposal(call=self._grounded(run, step), choice=choice, pointed=pointed)

    def _filled(self, run: Progress, spec: ActionSpec) -> Filled:
        return InView(self.lam, run.wish).fill(run.situation, spec)

    def edited(self, run: Progress, proposal: Proposal, permit: Permit) -> Proposal:
        """The call as the person changed it, grounded again. The rule that asked stands: a person gave the values."""
        approval = permit.approval
        if approval is None or not approval.approved or not approval.arguments:
            return proposal
        step = edited(proposal.call.step, approval.arguments, approval_id=approval.id)
        run.note("proposed", step=to_json(step), ranked={}, pointed=1.0, edited=True)
        return replace(proposal, call=self._grounded(run, step, approval.arguments))

    def _grounded(self, run: Progress, step: Step, given: Mapping[str, JsonValue] | None = None) -> Call:
        """What the gate refuses becomes an observation that the model sees; then the next best option is tried."""
        try:
            grounded = ground(step, run.situation, reading=self.reading, given=given)
        except Ungrounded as error:
            raise _refused(run, step, "ungrounded", str(error)) from error
        step = _labelled(run, grounded.step)
        call = call_of(run, grounded.spec, step, self.record)
        if (before := run.done_before(call)) is not None:
            raise _refused(run, step, "repeated", f"This very call was made before, in step {before + 1}.")
        return call


def call_of(run: Progress, spec: ActionSpec, step: Step, record: Record) -> Call:
    """The step as a call of the run's requester, to where the application is now."""
    applications = record.catalogue.applications(run.task.tenant)
    target = next((each.base_url for each in applications if each.name == spec.app), "")
    task = run.task
    return Call(run_id=run.run_id, spec=spec, step=step, requester=task.requester, target=target, tenant=task.tenant)


def _of_what_was_said(run: Progress, filled: Filled) -> dict[str, str]:
    """Why words of the requester's will not do. What was only tried elsewhere, for want of them, is no answer."""
    return {name: why for name, why in filled.problems.items() if questions.quotation(why) in run.said}


def _labelled(run: Progress, step: Step) -> Step:
    seen = run.situation
    return labelled(step, steps=seen.steps, observations=seen.observations, specs=run.specs, heard=heard(seen))


def _refused(run: Progress, step: Step, code: str, reason: str) -> Again:
    run.took(step, Observation(step=step.index, status="ungrounded", code=code, message=reason))
    return Again()
