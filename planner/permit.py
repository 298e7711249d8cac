"""Whether a call may be made: the policy decides, caution doubts, and people are asked where either says so."""

from dataclasses import dataclass, field

from knowledge.types import ActionSpec, Decision, OutcomeStatus, Step
from planner.asking import Asking
from planner.budgets import Caution
from planner.call import Permit
from planner.contrary import contrary
from planner.progress import Progress
from planner.propose import Proposal
from planner.seams import Interpreter, NoOpposites, Opposites, Policy, TakesOrders
from planner.undoable import taken_back
from planner.unprecedented import unprecedented
from planner.unwanted import unwanted

DENIED: dict[str, OutcomeStatus] = {
    "approval_denied": "cancelled",
    "approval_rejected": "cancelled",
    "approval_expired": "asked",
    "policy_denied": "refused",
}


@dataclass(frozen=True, kw_only=True)
class Gatekeeper:
    policy: Policy
    caution: Caution
    dry_run: bool
    interpreter: Interpreter = field(default_factory=TakesOrders)
    opposites: Opposites = field(default_factory=NoOpposites)

    def permit(self, run: Progress, asking: Asking, proposal: Proposal) -> Permit:
        call = proposal.call
        decision = self.decided(run, call.spec, call.step)
        none_wanted = self._none_wanted(run, call.spec)
        unsure = self.caution.doubt(call.spec, proposal.choice, proposal.pointed)
        doubt = none_wanted or unsure or _turning_back(run, call.step) or self._unlikely(run, call.spec)
        if self.dry_run:
            _affirm(run, call.spec, none_wanted)  # as a yes would, so that the same is told once
            return Permit(decision=decision, doubt=doubt)
        approval = None
        if decision.verdict == "ask":
            approval = asking.approve(call, f"{decision.reason} Besides, {doubt}." if doubt else decision.reason)
        elif decision.verdict == "allow" and doubt:
            approval = asking.confirm(call, doubt)
        if approval and approval.approved:
            _affirm(run, call.spec, none_wanted)
        return Permit(decision=decision, approval=approval)

    def _none_wanted(self, run: Progress, spec: ActionSpec) -> str:
        """Why there may be nothing to change, until the requester said of this wish that there is."""
        wanted = spec.effect == "read" or run.view.task.text in run.wanted
        return "" if wanted else unwanted(run.situation, self.interpreter)

    def _unlikely(self, run: Progress, spec: ActionSpec) -> str:
        """Why it may not be what is meant, however sure the model is, until a person said yes to it for this wish."""
        if _for_this_wish(run, spec) in run.affirmed:
            return ""
        return unprecedented(run.situation, spec) or contrary(run.view, run.situation, spec, self.opposites)

    def decided(self, run: Progress, spec: ActionSpec, step: Step, *, verifying: bool = False) -> Decision:
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


def _affirm(run: Progress, spec: ActionSpec, none_wanted: str) -> None:
    """After a yes the same is not asked about again for this wish."""
    run.affirmed.add(_for_this_wish(run, spec))
    if none_wanted:
        run.wanted.add(run.view.task.text)


def _for_this_wish(run: Progress, spec: ActionSpec) -> tuple[str, str]:
    return run.view.task.text, spec.id


def _turning_back(run: Progress, step: Step) -> str:
    """Who asks for two things wants neither undone by the other, nor the opposite of what could not be done."""
    at = taken_back(step, run.situation)
    if at is None:
        return ""
    if run.situation.observations[at].status == "ok":
        return f"it would undo what step {at + 1} did"
    return f"it is the opposite of step {at + 1}, which did not succeed"
