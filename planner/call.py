"""One exact call, what it takes to be let through, and the seam to what carries it out."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from knowledge.types import ActionSpec, Decision, JsonValue, Literal, Observation, Step
from planner.person import Approval


@dataclass(frozen=True, kw_only=True)
class Call:
    """A grounded step about to be carried out for `requester`."""

    run_id: str
    spec: ActionSpec
    step: Step
    requester: str = ""

    @cached_property
    def arguments(self) -> dict[str, JsonValue]:
        """Values by parameter name; the gate has left no References."""
        return {a.name: a.value.value for a in self.step.arguments if isinstance(a.value, Literal)}

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
    def hash(self) -> str:
        return hashlib.sha256(json.dumps(self.plain, sort_keys=True).encode()).hexdigest()

    @cached_property
    def key(self) -> str:
        """The idempotency key: the same for every try of this step, in this process or after a restart."""
        return hashlib.sha256(f"{self.run_id}:{self.step.index}:{self.hash}".encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Permit:
    """What the policy said and what a person said to it. An executor shows it to `refusal` before every call."""

    decision: Decision
    approval: Approval | None = None

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


class Executor(Protocol):
    def execute(self, call: Call, permit: Permit) -> Observation:
        """Carry the call out if the permit lets it through. Whatever the world does comes back as an Observation."""


def _denied(call: Call, code: str, message: str) -> Observation:
    return Observation(step=call.step.index, status="denied", code=code, message=message)
