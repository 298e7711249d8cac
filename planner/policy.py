"""The first policy: reads run, writes run when everything in them is vouched for, what cannot be undone asks."""

from collections.abc import Mapping

from knowledge.types import ActionSpec, Decision, Step
from models.lam import Situation
from planner.taint import vouched


class FirstPolicy:
    """Rules in order, the first that fits decides; every effect that is neither read nor plain write asks."""

    def decide(self, spec: ActionSpec, step: Step, situation: Situation) -> Decision:
        if spec.effect == "read":
            return Decision(verdict="allow", rule="reads-run", reason="It changes nothing.")
        if spec.effect != "write":
            return Decision(verdict="ask", rule="irreversible-asks", reason="It cannot be undone.")
        specs = {each.id: each for each in situation.candidates}
        if unread := _without_schema(situation, specs):
            return Decision(
                verdict="ask", rule="unread-result-asks", reason=f"The result of {unread} was shown whole to the model."
            )
        return _write(step, situation, specs)


def _write(step: Step, situation: Situation, specs: Mapping[str, ActionSpec]) -> Decision:
    steps, observations = situation.steps, situation.observations
    tainted = [
        argument.name
        for argument in step.arguments
        if not vouched(argument, steps=steps, observations=observations, specs=specs)
    ]
    if tainted:
        reason = f"The requester does not stand behind {', '.join(tainted)}: it comes from somebody else's text."
        return Decision(verdict="ask", rule="tainted-write-asks", reason=reason)
    return Decision(
        verdict="allow", rule="vouched-writes-run", reason="Every value comes from the request or trusted knowledge."
    )


def _without_schema(situation: Situation, specs: Mapping[str, ActionSpec]) -> str:
    """The first action whose result had to be shown whole, because no schema tells its machine fields apart."""
    for step, observation in zip(situation.steps, situation.observations, strict=False):
        spec = specs.get(step.action)
        if observation.status == "ok" and observation.body and not (spec and spec.returns):
            return step.action
    return ""
