"""What would undo a run: its writes in reverse order, each with the call that takes it back, or why there is none.

The plan's situation begins with the run as it was, and with what was seen before each of its writes. So every value
of a compensating call is found, by the same gate, where the run itself had it from; trust and taint come along.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge.errors import NotUndoable, TooLate, Ungrounded
from knowledge.record import Record
from knowledge.runs import Intent
from knowledge.types import ActionSpec, Compensation, Context, Hit, JsonValue, Literal, Run, Step, literals
from models.lam import Situation
from planner.ground import ground
from planner.look import Look, looks_of, reads_of
from planner.paths import text_of
from planner.questions import words
from planner.readings import Reading, agrees
from planner.taint import labelled
from planner.undo_values import Done, argument_for, found_at, seen_around
from planner.undoable import lasting, ways_back
from planner.undone import undone_steps

NEVER_SENT = frozenset({"no_connection", "not_configured", "not_allowed", "bad_address", "401"})


@dataclass(frozen=True, kw_only=True)
class Compensating:
    """The call that takes `done` back; `given` are values that a person had put into it."""

    done: Done
    spec: ActionSpec
    step: Step
    given: Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """A write that stays, and why."""

    step: Step
    why: str


@dataclass(frozen=True, kw_only=True)
class UndoPlan:
    """`calls` in the order in which they are to be made: the last write is taken back first."""

    run: Run
    situation: Situation
    calls: tuple[Compensating, ...]
    remaining: tuple[Remaining, ...]

    @property
    def hash(self) -> str:
        """Of exactly these calls and of what remains: whoever agrees to it has seen both."""
        calls = [[each.done.step.index, each.spec.id, literals(each.step.arguments)] for each in self.calls]
        left = [[each.step.index, each.step.action] for each in self.remaining]
        return hashlib.sha256(json.dumps([self.run.id, calls, left], sort_keys=True).encode()).hexdigest()


def plan_undo(run: Run, record: Record, *, reading: Reading = agrees) -> UndoPlan:
    """Nothing is called. Raises TooLate if it is undone or still going on, NotUndoable if nothing could be undone."""
    if run.undoes:
        raise NotUndoable(f"Run {run.id} undid run {run.undoes} itself.", remedy="Ask anew for what should be done.")
    if run.status != "done":
        raise TooLate(f"Run {run.id} is not over.", remedy="Cancel it, or wait for its end.")
    undone = undone_steps(record, run)
    journal = record.runs.journal(run.id, run.task.tenant)
    writes = [intent for intent in journal if intent.step not in undone and _may_be_done(intent)]
    if undone and not writes:
        raise TooLate(f"Run {run.id} is undone already.", remedy="Ask anew if it should be done again.")
    if not writes:
        raise NotUndoable(f"Run {run.id} changed nothing.", remedy="There is nothing to undo.")
    return _Planning(run=run, record=record, reading=reading).plan(writes)


def _may_be_done(intent: Intent) -> bool:
    """Whether the application was, or may have been, changed."""
    seen = intent.observation
    return seen is None or seen.status == "ok" or (seen.status == "unreachable" and seen.code not in NEVER_SENT)


@dataclass(frozen=True, kw_only=True)
class _Planning:
    run: Run
    record: Record
    reading: Reading

    def plan(self, writes: Sequence[Intent]) -> UndoPlan:
        known = {spec.id: spec for spec in self.record.catalogue.actions(self.run.task.tenant)}
        situation, looks = self._recalled(known)
        calls: list[Compensating] = []
        remaining: list[Remaining] = []
        for intent in sorted(writes, key=lambda each: -each.step):
            step = self.run.steps[intent.step] if intent.step < len(self.run.steps) else _lost(intent)
            place = len(situation.steps) + len(calls)
            found = self._compensating(intent, step, known, situation, looks, place)
            if isinstance(found, Compensating):
                calls.append(found)
            else:
                remaining.append(Remaining(step=step, why=found))
        return UndoPlan(run=self.run, situation=situation, calls=tuple(calls), remaining=tuple(remaining))

    def _recalled(self, known: Mapping[str, ActionSpec]) -> tuple[Situation, tuple[Look, ...]]:
        """The run as it was, then the looks it made, as steps; and those looks."""
        looks = looks_of(self.record.runs.events(self.run.id, self.run.task.tenant))
        steps, observations = list(self.run.steps), list(self.run.observations)
        for look in looks:
            steps.append(Step(index=len(steps), action=look.read, arguments=look.arguments))
            observations.append(replace(look.observation, step=len(observations)))
        cited = [a.value.provenance for s in steps for a in s.arguments if isinstance(a.value, Literal)]
        passages = sorted({each.source_id for each in cited if each.source == "document"})
        context = Context(
            actions=tuple(Hit(kind="action", score=0.0, similarity=0.0, item=spec) for spec in known.values()),
            passages=tuple(
                Hit(kind="passage", score=0.0, similarity=0.0, item=passage)
                for passage in self.record.documents.passages(self.run.task.tenant, ids=passages)
            ),
        )
        found = Situation(task=self.run.task, context=context, steps=tuple(steps), observations=tuple(observations))
        return found, looks

    def _compensating(
        self,
        intent: Intent,
        step: Step,
        known: Mapping[str, ActionSpec],
        situation: Situation,
        looks: Sequence[Look],
        place: int,
    ) -> Compensating | str:
        """The call, or why there is none."""
        spec = known.get(step.action)
        if intent.observation is None or intent.observation.status != "ok":
            return "nobody knows whether it was carried out; look in the application"
        if spec is None:
            return f"{step.action} is not among the known actions any more"
        if why := lasting(spec):
            return f"{why[0].lower()}{why[1:].rstrip('.')}"
        reads = reads_of(self.record, self.run.task.tenant, [spec.app])
        plain = Done(step=step, observation=intent.observation, spec=spec)
        done = seen_around(plain, looks, reads, recalled=len(self.run.steps))
        reasons = []
        for way in ways_back(spec):
            try:
                return self._call(done, way, known, situation, place)
            except Ungrounded as error:
                reasons.append(f"{words(way.action)}: {error}")
        return " ".join(dict.fromkeys(reasons))

    def _call(
        self, done: Done, way: Compensation, known: Mapping[str, ActionSpec], situation: Situation, place: int
    ) -> Compensating:
        """Raises Ungrounded if this is no way to undo it."""
        spec = known.get(way.action)
        if spec is None:
            raise Ungrounded("it is not among the known actions any more.")
        for where, wanted in way.when.items():
            found = found_at(where, done, situation)
            if found is None or found.value != wanted:
                raise Ungrounded(f"only where {where.partition('.')[2]} was {text_of(wanted) or 'none'} before.")
        arguments = [each for each in (argument_for(p, way, done, spec, situation) for p in spec.parameters) if each]
        step = Step(index=place, action=spec.id, arguments=tuple(arguments))
        given = self._given(step)
        grounded = ground(step, situation, reading=self.reading, given=given)
        offered = {each.id: each for each in situation.candidates}
        step = labelled(grounded.step, steps=situation.steps, observations=situation.observations, specs=offered)
        return Compensating(done=done, spec=spec, step=step, given=given)

    def _given(self, step: Step) -> dict[str, JsonValue]:
        """What people had put into the run's approvals, as the record has it."""
        given = {}
        for argument in step.arguments:
            literal = argument.value
            if isinstance(literal, Literal) and literal.provenance.source == "person":
                id = literal.provenance.source_id.removeprefix("approval:")
                stored = self.record.approvals.get(id, self.run.task.tenant)
                if stored.run_id == self.run.id and literal.value in stored.edits.values():
                    given[argument.name] = literal.value
        return given


def _lost(intent: Intent) -> Step:
    """A call that was begun when the run broke off: only the journal knows of it."""
    return Step(index=intent.step, action=str(intent.call["action"]))
