"""Taking up a run that broke off: what it knew is read from the record, what it was doing from the journal.

Nothing is done again that was done. From there on the loop looks at the situation and proposes, as it always does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.codec import from_json, to_json
from knowledge.errors import NotFound
from knowledge.record import Record
from knowledge.types import ActionSpec, Event, Hit, JsonValue, Observation, Run, Step
from planner.asking import Asking
from planner.doubt import Doubts
from planner.journal import Journal, step_of
from planner.progress import OnEvent, Past, Progress
from planner.propose import call_of
from planner.seams import Clock
from planner.signals import Ended
from planner.wish import Wish


@dataclass(frozen=True, kw_only=True)
class Resumption:
    record: Record
    clock: Clock
    doubts: Doubts

    def rehearsed(self, run_id: str, tenant: str) -> bool:
        """Whether it was begun as a dry run."""
        return any(event.data.get("dry_run") for event in self.record.runs.events(run_id, tenant))

    def progress(self, run: Run, on_event: OnEvent) -> Progress:
        """The run as it was when it was last saved. It has its seconds anew; its steps and questions stay counted."""
        tenant = run.task.tenant
        events = self.record.runs.events(run.id, tenant)
        actions = {line.call["action"] for line in self.record.runs.journal(run.id, tenant)}
        used = self._known({*(step.action for step in run.steps), *map(str, actions)}, tenant)
        taken = Progress(run.task, run.id, record=self.record, clock=self.clock, on_event=on_event)
        taken.take_up(run, _past(run, events, used))
        for spec, step, observation in _carried_out(run, used):
            taken.count(call_of(taken, spec, step, self.record), observation)
        return taken

    def catch_up(self, run: Progress, asking: Asking) -> None:
        """Bring the run up to the journal, and find out what came of the call that it broke off in."""
        run.tell_missing()
        for intent in Journal(self.record.runs, run.task.tenant).since(run.run_id, run.index):
            step, spec = step_of(intent), run.specs.get(str(intent.call["action"]))
            if step is None or spec is None:
                reason = f"{intent.call['action']} was under way: look in the application what came of it."
                raise Ended("failed", reason)
            observation = intent.observation or self.doubts.settle(run, asking, intent, spec, step)
            if observation is not None:
                run.carried_out(call_of(run, spec, step, self.record), observation)

    def _known(self, actions: set[str], tenant: str) -> dict[str, ActionSpec]:
        """An application may have been taken out of the catalogue meanwhile."""
        found = {}
        for action in actions:
            try:
                found[action] = self.record.catalogue.get(action, tenant)
            except NotFound:
                continue
        return found


def _carried_out(run: Run, specs: Mapping[str, ActionSpec]) -> list[tuple[ActionSpec, Step, Observation]]:
    pairs = zip(run.steps, run.observations, strict=True)
    return [(specs[s.action], s, o) for s, o in pairs if o.status != "ungrounded" and s.action in specs]


def _past(run: Run, events: Sequence[Event], specs: Mapping[str, ActionSpec]) -> Past:
    return Past(
        hits=tuple(Hit(kind="action", score=0.0, similarity=0.0, item=spec) for spec in specs.values()),
        events=tuple(events),
        tried=_tried(run, events),
        pointed={_index(e.data): _number(e.data["pointed"]) for e in events if _proposed(e)},
        questions=sum(event.kind == "answered" and bool(event.data.get("counted")) for event in events),
        wish=_wish(events),
        untold=tuple(
            to_json(seen) for seen in run.observations if not any(_tells(event, seen.step) for event in events)
        ),
    )


def _wish(events: Sequence[Event]) -> Wish | None:
    """The one that was in view last."""
    told = next((event.data["wish"] for event in reversed(events) if "wish" in event.data), None)
    return from_json(Wish, told) if isinstance(told, dict) else None


def _tried(run: Run, events: Sequence[Event]) -> frozenset[str]:
    """Actions refused at this point: since something was carried out, the requester said something new, or another wish
    came into view.
    """
    tried: set[str] = set()
    asked_plainly = False
    for event in events:
        waiting, seen = event.data.get("waiting"), event.data.get("observation")
        if event.kind == "waiting" and isinstance(waiting, dict):
            asked_plainly = waiting.get("kind") == "answer" and waiting.get("step") is None
        if (event.kind == "answered" and asked_plainly) or "part" in event.data:
            tried.clear()
        if event.kind == "observed" and isinstance(seen, dict):
            step = run.steps[int(_number(seen["step"]))]
            tried = tried | {step.action} if seen["status"] == "ungrounded" else set()
    return frozenset(tried)


def _proposed(event: Event) -> bool:
    return event.kind == "proposed" and not event.data.get("edited")


def _index(data: Mapping[str, JsonValue]) -> int:
    step = data["step"]
    return int(_number(step["index"])) if isinstance(step, dict) else 0


def _number(value: JsonValue) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _tells(event: Event, step: int) -> bool:
    seen = event.data.get("observation")
    return event.kind == "observed" and isinstance(seen, dict) and seen.get("step") == step
