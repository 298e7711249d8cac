"""One exact call, what it takes to be let through, and the seam to what carries it out."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from knowledge.approvals import Refusal, hash_of
from knowledge.catalogue import Application
from knowledge.types import ActionSpec, Decision, JsonValue, Observation, Step, literals
from planner.person import Approval

REFUSALS: dict[Refusal, str] = {
    "unknown": "The record knows of no such approval.",
    "undecided": "It was not approved yet.",
    "rejected": "It was not approved.",
    "withdrawn": "Nobody approved it while it was asked for.",
    "used": "The approval was used before; each is good for one call.",
    "expired": "The approval has expired. Ask again.",
    "mismatch": "The approval was given for another call than this one.",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A grounded step about to be carried out for `requester` of `tenant`; `target` is the application's address."""

    run_id: str
    spec: ActionSpec
    step: Step
    requester: str = ""
    target: str = ""
    tenant: str = "default"

    @cached_property
    def arguments(self) -> dict[str, JsonValue]:
        """Values by parameter name; the gate has left no References."""
        return literals(self.step.arguments)

    @cached_property
    def plain(self) -> dict[str, JsonValue]:
        """All that matters to the application, as it is hashed and journalled."""
        return {
            "action": self.spec.id,
            "method": self.spec.method,
            "path": self.spec.path,
            "arguments": self.arguments,
            "requester": self.requester,
        }

    @cached_property
    def approvable(self) -> dict[str, JsonValue]:
        """What a person approves: the call, and where it goes."""
        return {**self.plain, "target": self.target}

    @cached_property
    def hash(self) -> str:
        return hash_of(self.approvable)

    @cached_property
    def key(self) -> str:
        """The idempotency key: the same for every try of this step, in this process or after a restart.

        Without the target: an application that moved meanwhile is still the same one.
        """
        return hashlib.sha256(f"{self.run_id}:{self.step.index}:{hash_of(self.plain)}".encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Permit:
    """What the policy said and what a person said to it. An executor shows it to `refusal` before every call.

    `doubt`, in a dry run: why the requester would have been asked first, or what an approval would have said besides.
    """

    decision: Decision
    approval: Approval | None = None
    doubt: str = ""

    def refusal(self, call: Call) -> Observation | None:
        """None lets exactly this call through; anything not allowed outright needs an approval of the same hash."""
        if self.decision.verdict == "allow":
            return None
        if self.decision.verdict != "ask":
            return _denied(call, "policy_denied", f"The policy does not allow this: {self.decision.reason}")
        if self.approval is None or not self.approval.approved:
            note = f": {self.approval.note}" if self.approval and self.approval.note else "."
            return _denied(call, "approval_denied", f"It was not approved{note}")
        if self.approval.call_hash != call.hash:
            return _denied(call, "approval_mismatch", "The approval was given for another call than this one.")
        return None


def moved(call: Call, permit: Permit, application: Application) -> Observation | None:
    """An approval is for one address; what was allowed without one goes wherever the application is now."""
    if permit.decision.verdict == "allow" or call.target == application.base_url:
        return None
    return _denied(call, "approval_mismatch", f"{application.name} is not where it was when this was approved.")


class Approvals(Protocol):
    def redeem(self, id: str, *, call_hash: str, at: datetime, tenant: str) -> Refusal | None:
        """None lets exactly this call through, this once."""


def unredeemed(call: Call, permit: Permit, approvals: Approvals | None, at: datetime) -> Observation | None:
    """None if no approval is needed, or if it is good; it is used up by that. Executors ask this before every call."""
    if permit.decision.verdict == "allow":
        return None
    if approvals is None or permit.approval is None:
        return _denied(call, "approval_unknown", "There is nothing to check the approval against.")
    if why := approvals.redeem(permit.approval.id, call_hash=call.hash, at=at, tenant=call.tenant):
        return _denied(call, f"approval_{why}", REFUSALS[why])
    return None


class Executor(Protocol):
    def execute(self, call: Call, permit: Permit) -> Observation:
        """Carry the call out if the permit lets it through. Whatever the world does comes back as an Observation."""


def _denied(call: Call, code: str, message: str) -> Observation:
    return Observation(step=call.step.index, status="denied", code=code, message=message)
