"""Values as precedents had them: those that stood in nobody's request or result, and so came from what is written down.

Which of the values that documentation gives is meant ("sms" or "storage") is what precedents know that stood where we
stand. A value is followed only if it stands in a source here, too: the gate reads it there.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from api.chat.history import Scene
from knowledge.types import ActionSpec, Argument, Hit, JsonValue, Literal, Trajectory
from models.annotate import argument, label
from models.encode import RESULT
from models.lam import Filled, Situation
from models.layout import fill_scene
from models.pointer import provenance_of
from models.scene import FillScene, Label
from models.votes import UNHEARD


def as_before(filled: Filled, spec: ActionSpec, scene: Scene) -> Filled:
    """With the values of precedents that did this next, where most of them agree on another one."""
    wanted = agreed(scene.choosing.context.precedents, spec)
    known = {each.name: each for each in filled.arguments}
    differing = {name: value for name, value in wanted.items() if name not in known or _value(known[name]) != value}
    if not differing:
        return filled
    situation = scene.filling_for(spec)
    places = fill_scene(situation, spec)
    for parameter in spec.parameters:
        if parameter.name in differing:
            value = differing[parameter.name]
            where = _written(label(parameter, value, places, now=situation.task.now), places)
            made = argument(parameter, value, where, places, spec.id)
            known |= {parameter.name: _sourced(made, where, places, situation)} if made else {}
    return replace(
        filled,
        arguments=tuple(known[p.name] for p in spec.parameters if p.name in known),
        missing=tuple(name for name in filled.missing if name not in known),
    )


def _sourced(made: Argument, where: Label, places: FillScene, situation: Situation) -> Argument:
    """With the source as the gate knows it; an option has its own already."""
    if not where.spans or not isinstance(made.value, Literal):
        return made
    span = where.spans[0]
    source = places.sources[span.source]
    found = provenance_of(source, span.start, span.end, source.text[span.start : span.end], situation)
    return replace(made, value=replace(made.value, provenance=found))


def agreed(hits: Sequence[Hit], spec: ActionSpec) -> dict[str, JsonValue]:
    """By parameter the value that more than half of them had, by weight; only of what no request or result said."""
    weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for hit in hits:
        run = hit.item
        if not isinstance(run, Trajectory) or not 0 <= hit.at < len(run.steps) or run.steps[hit.at].action != spec.id:
            continue
        for each in run.steps[hit.at].arguments:
            said = isinstance(each.value, Literal) and each.value.provenance.source not in ("request", "observation")
            weights[each.name][json.dumps(_value(each)) if said else ""] += hit.score
    found = {name: max(cast, key=lambda value: cast[value]) for name, cast in weights.items()}
    return {
        name: json.loads(value)
        for name, value in found.items()
        if value and weights[name][value] > max(UNHEARD, sum(weights[name].values()) / 2)
    }


def _written(found: Label, places: FillScene) -> Label:
    """Without what results say: there the same word may mean anything."""
    return replace(found, spans=tuple(s for s in found.spans if not places.sources[s.source].id.startswith(RESULT)))


def _value(given: Argument) -> JsonValue:
    return given.value.value if isinstance(given.value, Literal) else None
