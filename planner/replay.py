"""Expert calls, replayed as the loop would have lived them: every step becomes an example to train on.

What the model is shown here is built by the very code that shows it the world when it runs, from what retrieval
really returns, so training and use cannot drift apart.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from knowledge.types import (
    ActionSpec,
    Argument,
    Context,
    Ending,
    Hit,
    JsonValue,
    Observation,
    Outcome,
    Step,
    Task,
    Trajectory,
)
from models.annotate import argument, label
from models.lam import Situation
from models.layout import choose_scene, fill_scene, options, skeleton
from models.scene import Example, Label


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of an expert: an ActionSpec id, plain values, and what the application answered."""

    action: str
    arguments: dict[str, JsonValue]
    ok: bool
    body: JsonValue
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """A task solved by an expert and checked. `origin` names its family, for reports and splits."""

    task: Task
    calls: tuple[Call, ...]
    ending: Ending
    origin: str


@dataclass
class Report:
    """What could be annotated, and what could not."""

    steps: int = 0
    values: int = 0
    unplaced: Counter[str] = field(default_factory=Counter)
    unoffered: Counter[str] = field(default_factory=Counter)


def trajectory(demonstration: Demonstration, specs: dict[str, ActionSpec]) -> Trajectory:
    """The demonstration as a verified precedent."""
    situation = Situation(task=demonstration.task, context=_offered(specs.values()))
    for call in demonstration.calls:
        situation = _after(situation, call, specs, Report())
    return Trajectory(
        id=demonstration.task.id,
        task=demonstration.task,
        steps=situation.steps,
        observations=situation.observations,
        ending=demonstration.ending,
        outcome=Outcome(status="verified", reason="solved by an expert and checked"),
        created_at=demonstration.task.now,
    )


def examples(
    demonstration: Demonstration,
    context: Context,
    specs: dict[str, ActionSpec],
    *,
    report: Report,
    expected: bool = False,
) -> Iterator[Example]:
    """One example a decision. With `expected`, results are those a plan expects: placeholders, not values.

    A step whose action retrieval did not offer teaches nothing about choosing; it is counted in `report.unoffered`.
    """
    situation = Situation(task=demonstration.task, context=_also(context, demonstration, specs))
    offered = {hit.item.id for hit in context.actions}
    for call in demonstration.calls:
        seen = replace(situation, context=context)
        yield _example(seen, situation, call, specs[call.action], offered, demonstration.origin, report)
        situation = _after(situation, call, specs, report, expected=expected and call.ok)
    yield _choice(replace(situation, context=context), demonstration.ending, demonstration.origin)


def _example(
    seen: Situation,
    whole: Situation,
    call: Call,
    spec: ActionSpec,
    offered: set[str],
    origin: str,
    report: Report,
) -> Example:
    report.steps += 1
    scene, labels = fill_scene(whole, spec), _labels(whole, call, spec, report)
    if spec.id not in offered:
        report.unoffered[spec.name] += 1
        return Example(origin=origin, fill=scene, labels=labels)
    return replace(_choice(seen, spec.id, origin), fill=scene, labels=labels)


def _choice(situation: Situation, action: str, origin: str) -> Example:
    return Example(origin=origin, choose=choose_scene(situation), right=options(situation).index(action))


def _labels(situation: Situation, call: Call, spec: ActionSpec, report: Report) -> tuple[Label, ...]:
    scene, now = fill_scene(situation, spec), situation.task.now
    labels = []
    for parameter in spec.parameters:
        given = parameter.name in call.arguments
        found = label(parameter, call.arguments.get(parameter.name), scene, now=now, given=given)
        report.values += 1
        if not found.known:
            report.unplaced[f"{spec.name}.{parameter.name}"] += 1
        labels.append(found)
    return tuple(labels)


def _after(
    situation: Situation, call: Call, specs: dict[str, ActionSpec], report: Report, *, expected: bool = False
) -> Situation:
    """The situation one call later."""
    spec = specs[call.action]
    index = len(situation.steps)
    step = Step(index=index, action=spec.id, arguments=_arguments(situation, call, spec))
    if expected:
        seen = Observation(step=index, status="placeholder", body=skeleton(spec.returns))
    else:
        seen = Observation(step=index, status="ok" if call.ok else "error", body=call.body, code=call.code)
    return replace(situation, steps=(*situation.steps, step), observations=(*situation.observations, seen))


def _arguments(situation: Situation, call: Call, spec: ActionSpec) -> tuple[Argument, ...]:
    scene, now = fill_scene(situation, spec), situation.task.now
    made = []
    for parameter in spec.parameters:
        if parameter.name in call.arguments:
            value = call.arguments[parameter.name]
            found = label(parameter, value, scene, now=now)
            made.append(argument(parameter, value, found, scene, spec.id))
    return tuple(a for a in made if a)


def _offered(specs: Iterable[ActionSpec]) -> Context:
    hits = tuple(Hit(kind="action", score=0.0, similarity=0.0, item=spec) for spec in specs)
    return Context(actions=hits)


def _also(context: Context, demonstration: Demonstration, specs: dict[str, ActionSpec]) -> Context:
    """The context with the demonstrated actions among the candidates, so that their results can be read."""
    offered = {hit.item.id for hit in context.actions}
    absent = {call.action for call in demonstration.calls} - offered
    hits = tuple(Hit(kind="action", score=0.0, similarity=0.0, item=specs[action]) for action in sorted(absent))
    return replace(context, actions=(*context.actions, *hits))


def varied(context: Context, rng: random.Random, *, others: Sequence[Hit] = ()) -> Context:
    """A context as a worse day would bring it: shuffled, with fewer or foreign passages, sometimes without memory.

    What is shuffled keeps its scores. `others`: passages of other tasks to mislead with.
    """
    passages, precedents, actions = context.passages, context.precedents, list(context.actions)
    if rng.random() < 0.3:
        precedents = ()
    if rng.random() < 0.1:
        passages = tuple(rng.sample(list(others), min(len(others), 2)))
    elif rng.random() < 0.1:
        passages = ()
    if rng.random() < 0.5:
        rng.shuffle(actions)
    return replace(context, passages=passages, precedents=precedents, actions=tuple(actions))


def at_noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00")
