"""A situation as scenes: what the choosing and the filling pass get to read, and nothing else.

Control and data part here: the choosing pass sees the request, trusted passages, and only those fields of
observations that `fields.steers` lets through; the filling pass sees every value, as a value.
"""

import re
from collections.abc import Iterator, Sequence

from knowledge.types import (
    ActionSpec,
    Argument,
    JsonSchema,
    JsonValue,
    Literal,
    Observation,
    Parameter,
    Passage,
    Step,
    Task,
)
from models.base import PLACEHOLDER
from models.encode import words
from models.endings import ENDING_TEXTS
from models.fields import Leaf, error_code, is_machine, leaves, state
from models.lam import Situation
from models.limits import compared
from models.remaining import origin, others_left, rows_left
from models.scene import SPOKE, CandidateText, ChooseScene, FillScene, ParameterText, Source
from models.votes import votes
from models.when import dated

LONG_TEXT = 80  # characters; a longer observed string is quoted from, a shorter one taken whole
PASSAGE_SOURCES, QUOTED_CHARACTERS = 1, 300  # passages of each trust, and how much of each, that values are quoted from


# ---- choose


def choose_scene(situation: Situation) -> ChooseScene:
    specs = {spec.id: spec for spec in situation.candidates}
    pairs = zip(situation.steps, situation.observations, strict=True)
    lines = [_history_line(step, seen, specs.get(step.action), situation) for step, seen in pairs]
    passages = tuple(
        f"{hit.item.heading}: {hit.item.text}"
        for hit in situation.context.passages
        if isinstance(hit.item, Passage) and hit.item.trust == "trusted"
    )
    task = situation.task
    return ChooseScene(
        request=compared(dated(request_text(task), task.now), passages, task.now),
        history=tuple(_with_turns(lines, task)),
        passages=passages,
        candidates=_candidates(situation),
    )


def options(situation: Situation) -> list[str]:
    """Action id or ending of every candidate of the choose scene, in its order."""
    return [spec.id for spec in situation.candidates] + list(ENDING_TEXTS)


def request_text(task: Task) -> str:
    if not task.utterances:
        return task.text
    turns = [f"user: {task.text}"]
    turns += [f"user: {u.text}" if u.speaker == "requester" else f"agent: {_unquoted(u.text)}" for u in task.utterances]
    return "\n".join(turns)


def _spoke(task: Task) -> set[int]:
    """After how many steps the requester said something more."""
    return {u.after for u in task.utterances if u.speaker == "requester" and u.after}


def _with_turns(lines: Sequence[str], task: Task) -> Iterator[str]:
    spoke = _spoke(task)
    for done, line in enumerate(lines, start=1):
        yield line
        if done in spoke:
            yield SPOKE


def _unquoted(question: str) -> str:
    """Our own question without what it quotes: the title of a row in it is somebody's text and may not steer.

    From the first quotation mark to the last, whatever stands between.
    """
    return re.sub(r"[“”].*[“”]", "“…”", question, flags=re.DOTALL)


def _candidates(situation: Situation) -> tuple[CandidateText, ...]:
    cast = votes(situation)
    made = []
    scores = sorted((hit.score for hit in situation.context.actions), reverse=True)
    for hit in situation.context.actions:
        spec = hit.item
        if not isinstance(spec, ActionSpec):
            continue
        features = (
            1 / (1 + scores.index(hit.score)),
            max(0.0, hit.similarity),
            cast.get(spec.id, 0.0),
            *_progress(situation, spec.id),
        )
        made.append(CandidateText(name=spec.name, description=spec.description, features=features))
    for ending, text in ENDING_TEXTS.items():
        features = (0.0, 0.0, cast.get(ending, 0.0), 0.0, 0.0, 0.0)
        made.append(CandidateText(name=ending, description=text, features=features))
    return tuple(made)


def _progress(situation: Situation, action: str) -> tuple[float, float, float]:
    """times_done, just_succeeded, just_failed."""
    seen = [o for s, o in zip(situation.steps, situation.observations, strict=True) if s.action == action]
    done = sum(o.status in ("ok", "placeholder") for o in seen)
    turned = len(situation.steps) in _spoke(situation.task)
    last = bool(situation.steps) and situation.steps[-1].action == action and not turned
    good = last and situation.observations[-1].status in ("ok", "placeholder")
    return min(done, 3) / 3, float(good), float(last and not good)


def _history_line(step: Step, seen: Observation, spec: ActionSpec | None, situation: Situation) -> str:
    head = f"{words(step.action.split('.', 1)[-1])} ({', '.join(_said(a) for a in step.arguments)})"
    if seen.status == "placeholder":
        return f"{head} planned;"
    if seen.status != "ok":
        return f"{head} {seen.status} {words(error_code(seen.code))};"
    task = situation.task
    returns = spec.returns if spec else None
    fields = state(seen.body, returns, asked=request_text(task), now=task.now, requester=task.requester)
    return f"{head} ok{others_left(step, situation)}: {', '.join([*rows_left(seen, situation), *fields])};"


def _said(argument: Argument) -> str:
    """What was quoted of people's text is named by its place, not repeated: it may not steer."""
    value = argument.value
    if not isinstance(value, Literal):
        return words(value.path)
    somebodys = value.provenance.trust == "untrusted" or not is_machine(value.value, {})
    quoted = value.provenance.source in ("observation", "document") and somebodys
    return (words(value.provenance.path) or "quoted") if quoted else str(value.value)[:40]


# ---- fill


def fill_scene(situation: Situation, action: ActionSpec, *, steering: bool = False) -> FillScene:
    """With `steering`, only the sources that may steer: an option is chosen, not quoted, so no stranger has a say."""
    return FillScene(
        action=action.name,
        sources=tuple(_sources(situation, action, steering=steering)),
        parameters=tuple(parameter_text(p) for p in action.parameters),
    )


def parameter_text(parameter: Parameter) -> ParameterText:
    return ParameterText(
        name=parameter.name,
        description=parameter.description,
        type=_type(parameter.schema),
        options=closed_set(parameter.schema),
    )


def closed_set(schema: JsonSchema) -> tuple[str, ...]:
    """The only values a schema allows, as text; empty if it is open."""
    values = schema.get("enum")
    if isinstance(values, list):
        return tuple(str(v) for v in values)
    return ("true", "false") if schema.get("type") == "boolean" else ()


def _type(schema: JsonSchema) -> str:
    form, kind = str(schema.get("format", "")), schema.get("type")
    if form:
        return {"date-time": "time", "email": "e-mail address", "uri": "address"}.get(form, form)
    return "number" if kind in ("integer", "number") else "text"


def _sources(situation: Situation, action: ActionSpec, *, steering: bool) -> Iterator[Source]:
    task = situation.task
    yield Source(id="request", kind="text", text=task.text)
    for index, utterance in enumerate(task.utterances):
        if utterance.speaker == "requester":
            yield Source(id=f"utterance:{index}", kind="text", label="answer", text=utterance.text)
    if task.requester:
        yield Source(id="requester", kind="leaf", label="requester username", text=task.requester)
    yield from _observed(situation, action, steering=steering)
    for passage in _quotable(situation):
        if steering and passage.trust != "trusted":
            continue
        yield Source(id=passage.id, kind="text", label="documentation", text=passage.text[:QUOTED_CHARACTERS])


def _quotable(situation: Situation) -> list[Passage]:
    """The best passages of each trust: what was uploaded takes no trusted one's place."""
    found = [hit.item for hit in situation.context.passages if isinstance(hit.item, Passage)]
    trusted = [each for each in found if each.trust == "trusted"]
    return [*trusted[:PASSAGE_SOURCES], *[each for each in found if each not in trusted][:PASSAGE_SOURCES]]


def _observed(situation: Situation, action: ActionSpec, *, steering: bool) -> Iterator[Source]:
    """The latest observations first; what this action was already done with is said to be done."""
    specs = {spec.id: spec for spec in situation.candidates}
    spent = _spent(situation, action)
    for step, seen in reversed(list(zip(situation.steps, situation.observations, strict=True))):
        if seen.status not in ("ok", "placeholder"):
            continue
        spec = specs.get(step.action)
        head = f"{words(step.action.split('.', 1)[-1])} {' '.join(_said(a) for a in step.arguments)}:"
        for leaf in leaves(seen.body, spec.returns if spec else None):
            if isinstance(leaf.value, bool) or leaf.value in (None, ""):
                continue
            known = seen.status == "ok"  # What is only planned was written by nobody.
            if steering and known and not (leaf.named and is_machine(leaf.value, leaf.schema)):
                continue
            yield _leaf_source(seen.step, leaf, head, done=f"{seen.step}:{leaf.path}" in spent)
            head = ""


def _spent(situation: Situation, action: ActionSpec) -> set[str]:
    pairs = zip(situation.steps, situation.observations, strict=True)
    done = [s for s, o in pairs if s.action == action.id and o.status in ("ok", "placeholder")]
    return {f"{step}:{path}" for s in done for step, path in map(origin, s.arguments) if step >= 0}


def _leaf_source(step: int, leaf: Leaf, head: str, *, done: bool) -> Source:
    text = str(leaf.value)
    label = f"{head} {'done ' if done else ''}{leaf.label}".strip()
    kind = "text" if len(text) > LONG_TEXT else "leaf"
    return Source(id=f"step:{step}", kind=kind, label=label, text=text, path=leaf.path)  # type: ignore[arg-type]


# ---- results not known yet


def skeleton(schema: JsonSchema) -> JsonValue:
    """A result as its schema promises it: one row a list, a placeholder for every scalar."""
    properties = schema.get("properties")
    if isinstance(properties, dict):
        return {name: skeleton(below) for name, below in properties.items() if isinstance(below, dict)}
    items = schema.get("items")
    if isinstance(items, dict):
        return [skeleton(items)]
    return PLACEHOLDER
