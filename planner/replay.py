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
from models.annotate import argument, label, transferred
from models.focus import focused
from models.lam import Situation
from models.layout import choose_scene, fill_scene, options, skeleton
from models.scene import Example, Label


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of an expert: an ActionSpec id, plain values, and what the application answered.

    `astray` is a wrong turn: it is seen, and nobody learns to make it.
    """

    action: str
    arguments: dict[str, JsonValue]
    ok: bool
    body: JsonValue
    code: str = ""
    astray: bool = False


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
    """The demonstration as a verified precedent, without wrong turns."""
    situation = Situation(task=demonstration.task, context=_offered(specs.values()))
    for call in (each for each in demonstration.calls if not each.astray):
        situation = _after(situation, situation, call, specs[call.action])
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
    shown = real = Situation(task=demonstration.task, context=_also(context, demonstration, specs))
    for call in demonstration.calls:
        spec, here = specs[call.action], focused(context, shown)
        if call.astray:
            real, shown = _after(real, real, call, spec), _after(real, shown, call, spec)
            continue
        offered = {hit.item.id for hit in here.actions}
        scene, labels = fill_scene(shown, spec), _labels(real, shown, call, spec)
        _count(report, spec, labels, offered)
        if spec.id in offered:
            chosen = choice(replace(shown, context=here), spec.id, demonstration.origin)
            yield replace(chosen, fill=scene, labels=labels)
        else:
            yield Example(origin=demonstration.origin, fill=scene, labels=labels)
        later = _after(real, real, call, spec)
        shown = (
            _after(real, shown, call, spec, expected=True) if expected and call.ok else _after(real, shown, call, spec)
        )
        real = later
    yield choice(replace(shown, context=focused(context, shown)), demonstration.ending, demonstration.origin)


def _count(report: Report, spec: ActionSpec, labels: Sequence[Label], offered: set[str]) -> None:
    report.steps += 1
    report.values += len(labels)
    report.unoffered[spec.name] += spec.id not in offered
    for parameter, found in zip(spec.parameters, labels, strict=True):
        report.unplaced[f"{spec.name}.{parameter.name}"] += not found.known


def _labels(real: Situation, shown: Situation, call: Call, spec: ActionSpec) -> tuple[Label, ...]:
    """Values are found where they really stood, then pointed to in the scene that is shown."""
    scene, of = fill_scene(real, spec), fill_scene(shown, spec)
    return tuple(
        transferred(
            label(p, call.arguments.get(p.name), scene, now=real.task.now, given=p.name in call.arguments), scene, of
        )
        for p in spec.parameters
    )


def _after(real: Situation, shown: Situation, call: Call, spec: ActionSpec, *, expected: bool = False) -> Situation:
    """`shown`, one call later."""
    index, scene = len(shown.steps), fill_scene(shown, spec)
    made = [
        argument(p, call.arguments[p.name], found, scene, spec.id)
        for p, found in zip(spec.parameters, _labels(real, shown, call, spec), strict=True)
        if p.name in call.arguments
    ]
    step = Step(index=index, action=spec.id, arguments=tuple(a for a in made if a))
    if expected:
        seen = Observation(step=index, status="placeholder", body=skeleton(spec.returns))
    else:
        seen = Observation(step=index, status="ok" if call.ok else "error", body=call.body, code=call.code)
    return replace(shown, steps=(*shown.steps, step), observations=(*shown.observations, seen))


def _offered(specs: Iterable[ActionSpec]) -> Context:
    hits = tuple(Hit(kind="action", score=0.0, similarity=0.0, item=spec) for spec in specs)
    return Context(actions=hits)


def _also(context: Context, demonstration: Demonstration, specs: dict[str, ActionSpec]) -> Context:
    """The context with the demonstrated actions among the candidates, so that their results can be read."""
    offered = {hit.item.id for hit in context.actions}
    absent = {call.action for call in demonstration.calls} - offered
    hits = tuple(Hit(kind="action", score=0.0, similarity=0.0, item=specs[action]) for action in sorted(absent))
    return replace(context, actions=(*context.actions, *hits))


def choice(situation: Situation, action: str, origin: str) -> Example:
    """An example of choosing only. `action` must be among the situation's candidates, or be an ending."""
    return Example(origin=origin, choose=choose_scene(situation), right=options(situation).index(action))


def varied(context: Context, rng: random.Random, *, others: Sequence[Hit] = ()) -> Context:
    """A context as a worse day would bring it: shuffled, with fewer or foreign passages, sometimes without memory.

    What is shuffled keeps its scores. `others`: passages of other tasks to mislead with.
    """
    passages, precedents, actions, spare = context.passages, context.precedents, list(context.actions), context.spare
    if rng.random() < 0.3:
        precedents, spare = (), tuple(hit for hit in spare if hit.kind != "precedent")
    if rng.random() < 0.1:
        passages = tuple(rng.sample(list(others), min(len(others), 2)))
    elif rng.random() < 0.1:
        passages = ()
    if rng.random() < 0.5:
        rng.shuffle(actions)
    return replace(context, passages=passages, precedents=precedents, actions=tuple(actions), spare=spare)


def at_noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00")
