"""The policy: rules in order, the first that fits decides, and where none fits the answer is no."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from knowledge.types import ActionSpec, Decision, Step
from models.fields import undescribed
from models.lam import Situation
from planner.heard import heard
from planner.policy_file import default_rules
from planner.policy_rules import Facts, Rule, Rules
from planner.sensitive import sensitive_names
from planner.taint import labelled, trust_of

NOTHING_FITS = "nothing-fits"
SENSITIVE = "sensitive-asks"
UNREAD = "shown-whole-asks"


class Attempts(Protocol):
    """What rates are counted from; it must outlast the process."""

    def note(self, *, tenant: str, requester: str, action: str, at: datetime) -> int:
        """Write an attempt down and give its number; later ones have higher numbers."""

    def withdraw(self, number: int, *, tenant: str) -> None:
        """It came to nothing."""

    def count(self, *, tenant: str, requester: str, action: str, since: datetime, before: int | None = None) -> int:
        """Attempts after `since`, of lower number than `before`."""


@dataclass(frozen=True, kw_only=True)
class Considered:
    """A rule, and why it did not fit; empty if it did."""

    rule: Rule
    miss: str


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The decision, and every rule that was looked at on the way, the deciding one last."""

    decision: Decision
    considered: tuple[Considered, ...]


class FilePolicy:
    """Decides by the rules of a policy file. Safe to use from several threads if `attempts` is.

    Whatever the rules allow, a sensitive parameter filled with what nobody vouches for asks. `role_of` gives a
    requester's role; without it the file's `roles` say. `now` is the service's time: a requester cannot choose it.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        attempts: Attempts | None = None,
        role_of: Callable[[str], str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if attempts is None and any(rule.rate for rule in rules.rules):
            raise ValueError(f"{rules.source} has rates, and nothing to count them from.")
        self.rules = rules
        self.role_of = role_of or rules.role_of
        self._attempts, self._now = attempts, now

    def decide(self, spec: ActionSpec, step: Step, situation: Situation) -> Decision:
        """An attempt is noted before it is counted, so of several at the same moment only so many pass."""
        facts = self.facts(spec, step, situation)
        if self._attempts is None or not any(rule.counts(facts) for rule in self.rules.rules):
            return self.explain(facts).decision
        number = self._attempts.note(tenant=facts.tenant, requester=facts.requester, action=facts.action, at=facts.at)
        decision = self.explain(facts, before=number).decision
        if decision.verdict == "deny":
            self._attempts.withdraw(number, tenant=facts.tenant)
        return decision

    def facts(self, spec: ActionSpec, step: Step, situation: Situation) -> Facts:
        specs = {each.id: each for each in situation.candidates}
        step = labelled(
            step, steps=situation.steps, observations=situation.observations, specs=specs, heard=heard(situation)
        )
        return Facts(
            action=spec.id,
            effect=spec.effect,
            at=self._now(),
            arguments={argument.name: trust_of(argument) == "trusted" for argument in step.arguments},
            sensitive=sensitive_names(spec, self.rules.sensitive),
            unread=_without_schema(situation, specs),
            requester=situation.task.requester,
            role=self.role_of(situation.task.requester),
            tenant=situation.task.tenant,
        )

    def explain(self, facts: Facts, *, before: int | None = None) -> Explanation:
        """Changes nothing. `before` is the number of the attempt that is being decided."""
        considered = []
        for rule in self.rules.rules:
            considered.append(
                Considered(rule=rule, miss=rule.miss(facts, lambda span: self._made(facts, span, before)))
            )
            if not considered[-1].miss:
                decision = Decision(verdict=rule.verdict, rule=rule.name, reason=_worded(rule.reason, facts))
                return Explanation(decision=_floor(decision, rule, facts), considered=tuple(considered))
        nothing = f"No rule of {self.rules.source} allows {facts.action}."
        decision = Decision(verdict="deny", rule=NOTHING_FITS, reason=nothing)
        return Explanation(decision=decision, considered=tuple(considered))

    def _made(self, facts: Facts, span: timedelta, before: int | None) -> int:
        assert self._attempts is not None, "checked when it was made"
        return self._attempts.count(
            tenant=facts.tenant,
            requester=facts.requester,
            action=facts.action,
            since=facts.at - span,
            before=before,
        )


class FirstPolicy(FilePolicy):
    """The policy that is shipped: planner/policies/default.yaml."""

    def __init__(self) -> None:
        super().__init__(default_rules())


def _floor(decision: Decision, rule: Rule, facts: Facts) -> Decision:
    """No rule may let a stranger's text choose a recipient, an address or an amount.

    Nor may one that does not name such results let a write pass after a result that was shown whole.
    """
    if decision.verdict != "allow":
        return decision
    if names := [name for name in facts.tainted if name in facts.sensitive]:
        reason = f"{', '.join(names)} matters too much to be taken from somebody else's text."
        return Decision(verdict="ask", rule=SENSITIVE, reason=f"{reason} ({decision.rule} would allow it.)")
    if facts.unread and facts.effect != "read" and "unread-result" not in rule.taint:
        reason = f"The result of {facts.unread} was shown whole to the model."
        return Decision(verdict="ask", rule=UNREAD, reason=f"{reason} ({decision.rule} would allow it.)")
    return decision


def _worded(reason: str, facts: Facts) -> str:
    """The file's words, with what this call is about."""
    words = {
        "action": facts.action,
        "requester": facts.requester or "the requester",
        "role": facts.role,
        "tainted": ", ".join(facts.tainted) or "its values",
        "unread": facts.unread or "an earlier step",
    }
    return re.sub(r"\{(\w+)\}", lambda found: words.get(found[1], found[0]), reason)


def _without_schema(situation: Situation, specs: Mapping[str, ActionSpec]) -> str:
    """The first action whose result had to be shown whole, because no schema tells its machine fields apart."""
    for step, observation in zip(situation.steps, situation.observations, strict=False):
        spec = specs.get(step.action)
        known = spec.returns if spec else None
        if observation.status == "ok" and (observation.whole or undescribed(observation.body, known)):
            return step.action
    return ""
