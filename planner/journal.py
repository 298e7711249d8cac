"""Intent before a call, outcome after it: nothing that changes the world is ever done twice, or done unseen."""

from collections.abc import Callable
from dataclasses import replace

from knowledge.codec import from_json, to_json
from knowledge.runs import Intent, RunStore
from knowledge.types import Observation, Step
from planner.call import Call

NOT_DONE = "not_carried_out"


class Journal:
    """Of calls with side effects. A read may be repeated freely, so it leaves no line."""

    def __init__(self, runs: RunStore, tenant: str = "default") -> None:
        self._runs, self._tenant = runs, tenant

    def carry_out(self, call: Call, execute: Callable[[], Observation]) -> Observation:
        """What came of the call. One intended before is not repeated: what is known of it is returned instead."""
        if call.spec.effect == "read":
            return execute()
        before = self._runs.intent(call.key, self._tenant)
        if before and not shown_undone(before):
            return before.observation or _unknown(call)
        if before:
            self._runs.reopen(call.key, self._tenant)
        else:
            line = {**call.plain, "step": to_json(call.step)}
            self._runs.intend(call.run_id, call.step.index, call.key, call.hash, line, self._tenant)
        observation = execute()
        self._runs.complete(call.key, observation, self._tenant)
        return observation

    def came(self, intent: Intent, observation: Observation) -> None:
        """What came of a call that was in doubt."""
        self._runs.complete(intent.key, observation, self._tenant)

    def never_came(self, intent: Intent) -> None:
        """It was shown, or said, not to have been carried out: it may be tried again."""
        observation = Observation(step=intent.step, status="error", code=NOT_DONE, message="It was not carried out.")
        self._runs.complete(intent.key, observation, self._tenant)

    def since(self, run_id: str, index: int) -> list[Intent]:
        """Calls of step `index` and later: intended, but not part of the saved run yet."""
        lines = self._runs.journal(run_id, self._tenant)
        return [line for line in lines if line.step >= index and not shown_undone(line)]

    def unfinished(self, run_id: str) -> tuple[str, ...]:
        """Ids of the actions that were begun and of which nobody knows what came."""
        return tuple(str(intent.call["action"]) for intent in self._runs.pending(run_id, self._tenant))


def shown_undone(intent: Intent) -> bool:
    return intent.observation is not None and intent.observation.code == NOT_DONE


def step_of(intent: Intent) -> Step | None:
    """The step with the sources of its values; None for a line that an earlier version wrote."""
    written = intent.call.get("step")
    return replace(from_json(Step, written), index=intent.step) if isinstance(written, dict) else None


def _unknown(call: Call) -> Observation:
    message = f"{call.spec.name} was begun before and interrupted. Look in {call.spec.app} what came of it."
    return Observation(step=call.step.index, status="unreachable", code="interrupted", message=message)
