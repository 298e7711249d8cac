"""Looking at what a write changes: before it, so that it can be undone, and afterwards, so that it can be believed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from knowledge.codec import from_json, to_json
from knowledge.record import Record
from knowledge.types import ActionSpec, Argument, Event, JsonValue, Observation, Step, literals
from planner.call import Call, Executor, Permit
from planner.permit import Gatekeeper
from planner.progress import Progress
from planner.propose import call_of
from planner.readback import ReadBack, Write, read_back_for


@dataclass(frozen=True, kw_only=True)
class Look:
    """What `read` showed, when the run was about to take step number `step`."""

    step: int
    read: str
    arguments: tuple[Argument, ...]
    observation: Observation

    @property
    def key(self) -> str:
        return _key(self.read, self.arguments)

    def shows(self, back: ReadBack) -> bool:
        return self.key == key_of(back)


def looks_of(events: Iterable[Event]) -> tuple[Look, ...]:
    """Every look that a run noted, in order."""
    return tuple(_look(event) for event in events if event.kind == "looked")


def key_of(back: ReadBack) -> str:
    return _key(back.spec.id, back.arguments)


def reads_of(record: Record, tenant: str, apps: Iterable[str]) -> list[ActionSpec]:
    names = tuple(sorted(set(apps)))
    return [spec for spec in record.catalogue.actions(tenant, names) if spec.effect == "read"] if names else []


@dataclass(frozen=True, kw_only=True)
class Looker:
    """Reads like any other call: the policy decides about it. Nobody is asked about a look; it is then not made."""

    record: Record
    executor: Executor
    gatekeeper: Gatekeeper

    def look(self, run: Progress, back: ReadBack) -> Observation:
        """What is there now; it is noted in the run's diary."""
        step = Step(index=run.index, action=back.spec.id, arguments=back.arguments)
        observation = self._read(run, back, step)
        arguments = [to_json(argument) for argument in back.arguments]
        run.note("looked", step=step.index, read=back.spec.id, arguments=[*arguments], observation=to_json(observation))
        return observation

    def before(self, run: Progress, call: Call) -> None:
        """What the call is about to change, if the application offers a read that shows it."""
        if call.spec.effect == "read":
            return
        nothing = Observation(step=call.step.index, status="placeholder")
        write = Write(spec=call.spec, step=call.step, observation=nothing)
        if back := read_back_for(write, reads_of(self.record, run.task.tenant, [call.spec.app])):
            self.look(run, back)

    def _read(self, run: Progress, back: ReadBack, step: Step) -> Observation:
        decision = self.gatekeeper.decided(run, back.spec, step, verifying=True)
        if decision.verdict != "allow":
            return Observation(step=step.index, status="denied", code="policy_denied", message=decision.reason)
        return self.executor.execute(call_of(run, back.spec, step, self.record), Permit(decision=decision))


def _look(event: Event) -> Look:
    data = event.data
    arguments = cast(Sequence[dict[str, JsonValue]], data["arguments"])
    return Look(
        step=cast(int, data["step"]),
        read=str(data["read"]),
        arguments=tuple(from_json(Argument, each) for each in arguments),
        observation=from_json(Observation, cast(dict[str, JsonValue], data["observation"])),
    )


def _key(read: str, arguments: Sequence[Argument]) -> str:
    values = literals(arguments)
    return f"{read} {sorted(values.items())}"
