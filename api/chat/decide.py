"""One turn: the model chooses, points, and what passes the gate is called; or it says how the turn ends."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from api.chat.follow import as_before
from api.chat.history import Scene
from api.chat.meaning import toggles
from api.chat.offer import needed, providers
from api.chat.tools import Toolbox
from knowledge.errors import Ungrounded
from knowledge.types import ActionSpec, Argument, Hit, Literal, Observation, Parameter, Provenance, Step, literals
from models.lam import ENDINGS, LAM, Choice, Filled, Option, Situation
from models.votes import pooled
from planner import lacking, questions
from planner.ground import Grounded, ground
from planner.heard import heard
from planner.paths import text_of
from planner.taint import labelled

TRIES = 3  # actions looked at before it is said that there is no way on
LOOK_FIRST = 0.02  # a read at least so probable is tried before a value it may find is asked for
SURE_TOGETHER = 0.6  # of a further call at the same time
MOST_TOGETHER = 8
Kind = OneOf["call", "finish", "ask", "refuse", "escalate", "open"]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the caller allows. `only` is the one tool to call; `must` means a call is wanted, whatever it is."""

    may_call: bool = True
    must: bool = False
    only: str = ""
    together: bool = True


@dataclass(frozen=True, kw_only=True)
class Turn:
    """`calls` are grounded; without any, `ending` says how the turn ends and `question` what is asked, if anything.
    `would` is the call that was not allowed now."""

    kind: Kind
    confidence: float
    calls: tuple[Grounded, ...] = ()
    question: str = ""
    would: Grounded | None = None


def decide(scene: Scene, box: Toolbox, lam: LAM, wish: Wish) -> Turn:
    if wish.only:
        return _only(scene, box, lam, wish)
    turn = _first(scene, box, lam, wish)
    if not wish.may_call and turn.calls:
        return replace(turn, kind="open", calls=(), would=turn.calls[0])
    several = wish.together and turn.kind == "call" and turn.calls[0].spec.id in scene.specs
    return _together(scene, lam, turn) if several else turn


def _first(scene: Scene, box: Toolbox, lam: LAM, wish: Wish) -> Turn:
    """The best option that can be had. What misses a value is asked for, unless a call is wanted at any rate."""
    choice = pooled(lam.choose(scene.choosing), scene.choosing)
    asked: Turn | None = None
    for option in _worth_trying(choice, wish):
        found = _ending(option, scene, box, lam, choice, wish) or _call(option, scene, lam, choice)
        if found.calls or (found.kind != "open" and not wish.must):
            return found
        asked = asked or (found if found.question else None)
    return asked or Turn(kind="open", confidence=choice.best.probability, question=questions.stuck(scene.choosing))


def _worth_trying(choice: Choice, wish: Wish) -> Iterator[Option]:
    yield from choice.ranked if wish.must else choice.ranked[:TRIES]


# ---- endings


def _ending(option: Option, scene: Scene, box: Toolbox, lam: LAM, choice: Choice, wish: Wish) -> Turn | None:
    """An ending as the tool that means it, or as words; None for an action."""
    if option.action not in ENDINGS:
        return None
    tool = box.ending(option.action) if wish.may_call else None
    if tool and (call := _worded(tool, scene, lam)):
        return Turn(kind="call", confidence=option.probability, calls=(call,))
    question = _question(scene, lam, choice) if option.action == "ask" else ""
    kind: dict[str, Kind] = {"finish": "finish", "ask": "ask", "refuse": "refuse", "escalate": "escalate"}
    return Turn(kind=kind[option.action], confidence=option.probability, question=question)


def _worded(tool: ActionSpec, scene: Scene, lam: LAM) -> Grounded | None:
    """A tool that ends the turn. Required words that nothing fits are the request's own."""
    situation = _offering(scene.filling, tool)
    filled = lam.fill(situation, tool) if tool.parameters else Filled(arguments=())
    given = {argument.name: argument for argument in filled.arguments}
    wanted = [p for p in tool.parameters if p.name in given or p.required]
    arguments = tuple(given.get(p.name) or _quoted(p, situation) for p in wanted)
    try:
        return ground(Step(index=len(situation.steps), action=tool.id, arguments=arguments), situation)
    except Ungrounded:
        return None


def _quoted(parameter: Parameter, situation: Situation) -> Argument:
    text = situation.task.text
    provenance = Provenance(source="request", source_id="request", raw=text, start=0, end=len(text))
    return Argument(name=parameter.name, value=Literal(value=text, provenance=provenance))


def _question(scene: Scene, lam: LAM, choice: Choice) -> str:
    return lacking.question(
        choice,
        scene.choosing,
        offered=scene.choosing.context.actions,
        specs=scene.specs,
        fill=lambda spec: lam.fill(scene.filling_for(spec), spec),
    )


# ---- calls


def _call(option: Option, scene: Scene, lam: LAM, choice: Choice) -> Turn:
    """The action with its values; where one is missing, a read that may find it, else the question for it."""
    spec = scene.specs.get(option.action)
    if spec is None:
        return Turn(kind="open", confidence=option.probability)
    filled = as_before(lam.fill(scene.filling_for(spec), spec), spec, scene)
    if filled.missing:
        return _look_first(spec, filled, scene, lam, choice) or Turn(
            kind="ask",
            confidence=option.probability,
            question=questions.missing(spec, filled.missing, filled.problems),
        )
    call = _grounded(spec, filled, scene, option.probability)
    return Turn(kind="call" if call else "open", confidence=option.probability, calls=(call,) if call else ())


def _look_first(spec: ActionSpec, filled: Filled, scene: Scene, lam: LAM, choice: Choice) -> Turn | None:
    open_ones = [name for name in needed(spec) if name in filled.missing]
    able = {read.id for name in open_ones for read in providers(name, spec, scene.specs.values())}
    for option in choice.ranked:
        if option.action in able and option.probability >= LOOK_FIRST:
            read = scene.specs[option.action]
            found = lam.fill(scene.filling_for(read), read)
            if not found.missing and (call := _grounded(read, found, scene, option.probability)):
                return Turn(kind="call", confidence=option.probability, calls=(call,))
    return None


def _grounded(spec: ActionSpec, filled: Filled, scene: Scene, confidence: float) -> Grounded | None:
    """None if the gate refuses it, or if this very call was made and nothing was changed since."""
    situation = scene.filling_for(spec)
    step = Step(index=len(situation.steps), action=spec.id, arguments=filled.arguments, confidence=confidence)
    try:
        made = ground(step, situation)
    except Ungrounded:
        return None
    if any(not isinstance(a.value, Literal) for a in made.step.arguments) or _repeats(made, scene):
        return None
    specs = {each.id: each for each in situation.candidates}
    seen = situation.observations
    trusted = labelled(made.step, steps=situation.steps, observations=seen, specs=specs, heard=heard(situation))
    return replace(made, step=trusted)


def _repeats(made: Grounded, scene: Scene) -> bool:
    """After another change a call is worth repeating, as a restart is; the same one twice in a row never is. What
    toggles is worth it too once something was read: it may have been in the right state before."""
    again = toggles(made.spec)
    for step, seen in zip(reversed(scene.choosing.steps), reversed(scene.choosing.observations), strict=True):
        if step.action == made.step.action and values(step) == values(made.step):
            return True
        spec = scene.specs.get(step.action)
        if spec and (again or spec.effect != "read") and seen.status == "ok":
            return False
    return False


def values(step: Step) -> dict[str, str]:
    return {name: text_of(value) for name, value in literals(step.arguments).items()}


def _only(scene: Scene, box: Toolbox, lam: LAM, wish: Wish) -> Turn:
    """The tool that the caller named; what it lacks is asked for."""
    spec = box.named(wish.only)
    if spec is None:
        return Turn(kind="open", confidence=0.0)
    if spec in (box.finish, box.escalate) and (call := _worded(spec, scene, lam)):
        return Turn(kind="call", confidence=1.0, calls=(call,))
    wider = replace(scene, filling=_offering(scene.filling, spec), choosing=_offering(scene.choosing, spec))
    filled = lam.fill(wider.filling_for(spec), spec) if spec.parameters else Filled(arguments=())
    if filled.missing:
        question = questions.missing(spec, filled.missing, filled.problems)
        return Turn(kind="ask", confidence=filled.confidence, question=question)
    try:
        step = Step(index=len(wider.filling.steps), action=spec.id, arguments=filled.arguments)
        call = ground(step, wider.filling_for(spec))
    except Ungrounded as error:
        return Turn(kind="ask", confidence=filled.confidence, question=_doubted(spec, error))
    return Turn(kind="call", confidence=filled.confidence, calls=(call,))


def _doubted(spec: ActionSpec, error: Ungrounded) -> str:
    return f"To {questions.words(spec.name)} I found nothing that fits: {error} What should it be?"


def _offering(situation: Situation, spec: ActionSpec) -> Situation:
    """The situation with one more candidate, if it is none yet."""
    if spec in situation.candidates:
        return situation
    hit = Hit(kind="action", score=0.0, similarity=0.0, item=spec)
    return replace(situation, context=replace(situation.context, actions=(*situation.context.actions, hit)))


# ---- several calls at once


def _together(scene: Scene, lam: LAM, turn: Turn) -> Turn:
    """Further calls that need no result of these: other reads beside a read, or the same write for other rows."""
    calls = list(turn.calls)
    while len(calls) < MOST_TOGETHER:
        last = calls[-1]
        planned = Observation(step=last.step.index, status="placeholder")
        scene = scene.after(last.step, planned)
        choice = pooled(lam.choose(scene.choosing), scene.choosing)
        spec = scene.specs.get(choice.best.action)
        if spec is None or choice.best.probability < SURE_TOGETHER or not _beside(spec, calls[0].spec):
            break
        filled = lam.fill(scene.filling_for(spec), spec)
        call = None if filled.missing else _grounded(spec, filled, scene, choice.best.probability)
        if call is None or any(_same(call, each) for each in calls):
            break
        calls.append(call)
    return replace(turn, calls=tuple(calls))


def _beside(spec: ActionSpec, first: ActionSpec) -> bool:
    return spec.effect == first.effect == "read" or (spec.id == first.id and bool(spec.parameters))


def _same(one: Grounded, other: Grounded) -> bool:
    return one.spec.id == other.spec.id and values(one.step) == values(other.step)
