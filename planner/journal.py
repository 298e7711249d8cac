"""Intent before a call, outcome after it: nothing that changes the world is ever done twice, or done unseen."""

from collections.abc import Callable

from knowledge.runs import RunStore
from knowledge.types import Observation
from planner.call import Call


class Journal:
    """Of calls with side effects. A read may be repeated freely, so it leaves no line."""

    def __init__(self, runs: RunStore, tenant: str = "default") -> None:
        self._runs, self._tenant = runs, tenant

    def carry_out(self, call: Call, execute: Callable[[], Observation]) -> Observation:
        """What came of the call. One intended before is not repeated: what is known of it is returned instead."""
        if call.spec.effect == "read":
            return execute()
        if before := self._runs.intent(call.key, self._tenant):
            return before.observation or _unknown(call)
        self._runs.intend(call.run_id, call.step.index, call.key, call.hash, call.plain, self._tenant)
        observation = execute()
        self._runs.complete(call.key, observation, self._tenant)
        return observation

    def unfinished(self, run_id: str) -> tuple[str, ...]:
        """Ids of the actions that were begun and of which nobody knows what came."""
        return tuple(str(intent.call["action"]) for intent in self._runs.pending(run_id, self._tenant))


def _unknown(call: Call) -> Observation:
    message = f"{call.spec.name} was begun before and interrupted. Look in {call.spec.app} what came of it."
    return Observation(step=call.step.index, status="unreachable", code="interrupted", message=message)
