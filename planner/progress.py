"""One run under way: what is known so far, its diary, and what is saved of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal as OneOf
from typing import TypeAlias

from knowledge.codec import to_json
from knowledge.memory import Similar
from knowledge.record import Record
from knowledge.types import (
    ActionSpec,
    Context,
    Ending,
    Event,
    Hit,
    JsonValue,
    Observation,
    Outcome,
    Passage,
    Run,
    RunStatus,
    Step,
    Task,
    Trajectory,
    Utterance,
    Waiting,
)
from models.focus import focused
from models.lam import Filled, Situation
from models.remaining import origin
from planner.belied import belied
from planner.call import Call
from planner.heard import said_in
from planner.seams import Clock
from planner.wish import Wish

OnEvent: TypeAlias = Callable[[Event], None]
EventKind: TypeAlias = OneOf[
    "retrieved", "proposed", "decided", "waiting", "answered", "looked", "executed", "observed", "resumed", "settled",
    "ended", "remembered"
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Past:
    """What the record tells of a run that broke off, beside its steps. `hits` are actions it used or was about to.

    `untold` are observations that were saved, but are in no event yet.
    """

    hits: tuple[Hit, ...]
    events: tuple[Event, ...]
    tried: frozenset[str]
    pointed: dict[int, float]
    questions: int
    wish: Wish | None
    untold: tuple[dict[str, JsonValue], ...]


class Progress:
    """The only thing about a run that changes. Every change is saved before the run goes on."""

    def __init__(
        self, task: Task, run_id: str, *, record: Record, clock: Clock, on_event: OnEvent, undoes: str = ""
    ) -> None:
        self.run_id, self.undoes = run_id, undoes
        self.situation = Situation(task=task, context=Context())
        self._found = Context()
        self.outcome: Outcome | None = None
        self.ending: Ending = "open"
        self.tried: frozenset[str] = frozenset()  # actions that did not do at this point
        self.pointed: dict[int, float] = {}  # how sure the least sure value of a step is, and all that it rests on
        self.questions = 0
        self.cases: tuple[Similar, ...] | None = None  # runs for the like that went wrong; None: not looked yet
        self.warned: set[str] = set()  # actions that the requester was told about
        self.wanted: set[str] = set()  # wishes of what was no order that were said yes to
        self.affirmed: set[tuple[str, str]] = set()  # wishes and actions that a person said yes to
        self.wish: Wish | None = None  # the part of the request that is in view; None: all of it
        self.looked_at: set[str] = set()  # parts that were, for a wish of their own
        self.unread = True  # the requester said something that retrieval has not seen
        self._record, self._clock, self._on_event = record, clock, on_event
        self._begun_s, self._waited_s, self._seq = clock.seconds(), 0.0, 0
        self._done: dict[str, int] = {}  # hash of a call → step, since the world last changed
        self._writes: set[str] = set()  # hashes of calls that were to change something
        self._used: dict[str, Hit] = {}
        self._waiting: Waiting | None = None
        self._noted: set[str] = set()
        self._untold: tuple[dict[str, JsonValue], ...] = ()
        self.proposed_at = clock.now()  # the latest step

    def take_up(self, run: Run, past: Past) -> None:
        """Be the run that was saved. Retrieval looks again, for what was found is in no record."""
        self._found = Context(actions=past.hits)
        self.situation = replace(self.situation, steps=run.steps, observations=run.observations, context=self._found)
        self.outcome, self.ending = run.outcome, run.ending
        self.tried, self.pointed, self.questions = past.tried, dict(past.pointed), past.questions
        self.wish = past.wish
        self._used = {hit.item.id: hit for hit in past.hits}
        self._noted = {event.kind for event in past.events}
        self._untold = past.untold
        self._seq = past.events[-1].seq + 1 if past.events else 0
        self.proposed_at = next((e.at for e in reversed(past.events) if e.kind == "proposed"), self.proposed_at)

    def tell_missing(self) -> None:
        """That it goes on, and observations that were saved just before it broke off."""
        if self._seq:
            self.note("resumed", steps=self.index)
        for observation in self._untold:
            self.note("observed", observation=observation)
        self._untold = ()

    # ---- what is known

    @property
    def task(self) -> Task:
        return self.situation.task

    @property
    def said(self) -> str:
        return said_in(self.task)

    @property
    def view(self) -> Situation:
        """What the next choice is made by."""
        return self.wish.view(self.situation) if self.wish else self.situation

    @property
    def index(self) -> int:
        return len(self.situation.steps)

    @property
    def now(self) -> datetime:
        return self._clock.now()

    @property
    def seconds(self) -> float:
        """Worked so far; waiting for people is not work."""
        return self._clock.seconds() - self._begun_s - self._waited_s

    @property
    def specs(self) -> dict[str, ActionSpec]:
        return {spec.id: spec for spec in self.situation.candidates}

    @property
    def changed_something(self) -> bool:
        specs, pairs = self.specs, zip(self.situation.steps, self.situation.observations, strict=True)
        return any(seen.status == "ok" and specs[step.action].effect != "read" for step, seen in pairs)

    def surety(self, filled: Filled, spec: ActionSpec) -> float:
        """How sure the least sure of the values is; one that was found is no surer than what it was found with."""
        if belied(filled.arguments, spec, self.task):
            return 0.0
        rests_on = (self.pointed.get(origin(argument)[0], 1.0) for argument in filled.arguments)
        return min(filled.confidence, *rests_on, 1.0)

    def done_before(self, call: Call) -> int | None:
        """The step that was this very call, unless the world was changed since."""
        return self._done.get(call.hash)

    # ---- what happens

    def found(self, context: Context, **of: JsonValue) -> None:
        """Candidates from now on; actions already used stay candidates, for their schemas are needed."""
        self._found = context
        self._focus()
        self.unread, self.cases = False, None
        self.note(
            "retrieved",
            passages=[_mention(hit) for hit in context.passages],
            actions=[_mention(hit) for hit in context.actions],
            precedents=[_mention(hit) for hit in context.precedents],
            **of,
        )

    def turn_to(self, wish: Wish | None, context: Context) -> None:
        """Only a part of the request is in view from now on, with what was found for it; None: all of it again."""
        self.wish, self.tried = wish, frozenset()
        self.found(context, part=" ".join(wish.text.split()) if wish else "", wish=to_json(wish) if wish else None)

    def _focus(self) -> None:
        context = focused(self._found, self.view)
        offered = {hit.item.id for hit in context.actions if isinstance(hit.item, ActionSpec)}
        kept = tuple(hit for id, hit in self._used.items() if id not in offered)
        self.situation = replace(self.situation, context=replace(context, actions=(*context.actions, *kept)))

    def heard(self, question: str, answer: str) -> None:
        done = len(self.situation.steps)
        ours = Utterance(speaker="lamplighter", text=question, after=done)
        theirs = Utterance(speaker="requester", text=answer, after=done)
        task = replace(self.task, utterances=(*self.task.utterances, ours, theirs))
        self.situation = replace(self.situation, task=task)
        self.tried, self.unread = frozenset(), True
        self.save()

    def took(self, step: Step, observation: Observation, *, key: str = "") -> None:
        """A step and what came of it; `key` is its idempotency key if it was called."""
        steps, observations = (*self.situation.steps, step), (*self.situation.observations, observation)
        self.situation = replace(self.situation, steps=steps, observations=observations)
        self._used |= {
            hit.item.id: hit
            for hit in self.situation.context.actions
            if isinstance(hit.item, ActionSpec) and hit.item.id == step.action
        }
        if self._found.spare:
            self._focus()
        self.tried = self.tried | {step.action} if observation.status == "ungrounded" else frozenset()
        self.save()
        if key:
            self.note("executed", step=step.index, key=key)
        self.note("observed", observation=to_json(observation))

    def carried_out(self, call: Call, observation: Observation) -> None:
        self.count(call, observation)
        self.took(call.step, observation, key=call.key)

    def count(self, call: Call, observation: Observation) -> None:
        """After a change of the world, reads are worth repeating; the change itself is not."""
        if call.spec.effect != "read":
            self._writes.add(call.hash)
            if observation.status == "ok":
                self.begin_anew()
        self._done[call.hash] = call.step.index

    def begin_anew(self) -> None:
        """Reads are worth repeating; a change is not."""
        self._done = {key: step for key, step in self._done.items() if key in self._writes}

    @contextmanager
    def waits(self, waiting: Waiting) -> Iterator[None]:
        """While a person is waited for."""
        self._waiting = waiting
        self.save()
        self.note("waiting", waiting=to_json(waiting))
        began = self._clock.seconds()
        try:
            yield
        finally:
            self._waited_s += self._clock.seconds() - began
            self._waiting = None
        self.save()

    # ---- what is kept

    def note(self, kind: EventKind, **data: JsonValue) -> None:
        event = Event(run_id=self.run_id, seq=self._seq, kind=kind, at=self._clock.now(), data=data)
        self._seq += 1
        self._noted.add(kind)
        self.proposed_at = event.at if kind == "proposed" else self.proposed_at
        self._record.runs.append(event, self.task.tenant)
        self._on_event(event)

    def go_on_after(self, events: int) -> None:
        """The diary has so many lines already."""
        self._seq = events

    def noted(self, kind: EventKind) -> bool:
        return kind in self._noted

    def save(self) -> None:
        self._record.runs.save(self.run)

    @property
    def run(self) -> Run:
        status: RunStatus = "done" if self.outcome else "waiting" if self._waiting else "running"
        return Run(
            id=self.run_id,
            task=self.task,
            status=status,
            steps=self.situation.steps,
            observations=self.situation.observations,
            waiting_for=self._waiting,
            outcome=self.outcome,
            undoes=self.undoes,
            ending=self.ending,
        )

    def trajectory(self, outcome: Outcome) -> Trajectory:
        return Trajectory(
            id=self.run_id,
            task=self.task,
            steps=self.situation.steps,
            observations=self.situation.observations,
            ending=self.ending,
            outcome=outcome,
            created_at=self._clock.now(),
        )


def _mention(hit: Hit) -> JsonValue:
    """A hit in an event: its id, how near it is, and what it is about."""
    item = hit.item
    if isinstance(item, Passage):
        return {"id": item.id, "similarity": hit.similarity, "heading": item.heading}
    if isinstance(item, ActionSpec):
        return {"id": item.id, "similarity": hit.similarity, "description": item.description}
    return {"id": item.id, "similarity": hit.similarity, "text": item.task.text}
