"""What did not do before: a failed, forbidden or undone run lowers the choice that led there, without any training.

Votes of precedents are a feature of the model, which was trained to weigh them. A warning is no such feature: it is
taken from the probabilities after the model, so that it counts from the first time on. What is taken away goes to the
other options in proportion to what they had, and the rest to a question: an unlikely action does not become likely
because the likely one failed, and nothing is finished by leaving out what failed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from knowledge.memory import Similar
from knowledge.types import Literal, Observation, Step, Trajectory
from models.fields import is_machine, leaves
from models.lam import Choice, Option, Situation
from models.remaining import origin
from models.votes import nearness, same_state
from planner.paths import text_of
from planner.questions import words
from planner.visible import quoted

NEAR, FAR = 0.95, 0.8  # cosine similarities of the requests that count fully, and not at all
OUT_OF_STEP = 0.5
ELSEWHERE = 0.15  # of a warning, when it was about somebody or something else, or somebody else asked
PASSING = ("408", "429", "500", "502", "503", "504")
ASK, FINISH = "ask", "finish"


@dataclass(frozen=True, kw_only=True)
class Caveat:
    """Against taking `action` now: `weight` in [0, 1], and what happened, in words."""

    action: str
    weight: float
    happened: str


Caveats: TypeAlias = Mapping[str, Caveat]


def caveats(cases: Iterable[Similar], situation: Situation, *, changes: Callable[[str], bool]) -> Caveats:
    """By action id. `cases` are runs that went wrong, `changes` says of an action whether it changes anything."""
    found: dict[str, Caveat] = {}
    for case in cases:
        for i in blamed(case.trajectory, changes=changes):
            action, weight = case.trajectory.steps[i].action, _weight(case, i, situation)
            if weight > 0:
                before = found.get(action)
                happened = before.happened if before and before.weight >= weight else _happened(case.trajectory, i)
                together = 1 - (1 - (before.weight if before else 0.0)) * (1 - weight)
                found[action] = Caveat(action=action, weight=together, happened=happened)
    return found


def lowered(choice: Choice, against: Caveats) -> Choice:
    """The choice with every warned action lowered; the probabilities still sum to 1."""
    for warning in against.values():
        choice = _lowered(choice, warning)
    return choice


def _lowered(choice: Choice, warning: Caveat) -> Choice:
    had = choice.probability(warning.action)
    taken = had * warning.weight
    shares = {option.action: option.probability for option in choice.ranked}
    gains = {a: taken * share for a, share in shares.items() if a not in (warning.action, ASK, FINISH)}
    after = {action: share + gains.get(action, 0.0) for action, share in shares.items()}
    if warning.action in shares:
        after[warning.action] = had - taken
    after[ASK] = after.get(ASK, 0.0) + taken - sum(gains.values())
    ranked = sorted(after.items(), key=lambda pair: -pair[1])
    return Choice(ranked=tuple(Option(action=action, probability=share) for action, share in ranked))


# ---- what was to blame


def blamed(trajectory: Trajectory, *, changes: Callable[[str], bool]) -> list[int]:
    """Numbers of the steps that should not have been taken; never a read, nor what an application that was down did."""
    writes = [
        (step, seen)
        for step, seen in zip(trajectory.steps, trajectory.observations, strict=False)
        if changes(step.action)
    ]
    done = [step.index for step, seen in writes if seen.status == "ok"]
    match trajectory.outcome.status:
        case "undone" | "partly_undone":
            return done
        case "refused":
            return [step.index for step, seen in writes if seen.code == "policy_denied"]
        case "failed":
            if any(seen.status == "unreachable" for seen in trajectory.observations):
                return []
            return [step.index for step, seen in writes if _objected(step, seen, writes)] or done
        case _:
            return []


def _objected(step: Step, seen: Observation, writes: Sequence[tuple[Step, Observation]]) -> bool:
    """Whether the application said no, and did not say yes to the same action later."""
    if seen.status != "error" or seen.code in PASSING:
        return False
    return not any(o.status == "ok" and s.action == step.action and s.index > step.index for s, o in writes)


def _happened(trajectory: Trajectory, i: int) -> str:
    named, seen = words(trajectory.steps[i].action), trajectory.observations[i]
    match trajectory.outcome.status:
        case "undone" | "partly_undone":
            return f"{named} was undone afterwards"
        case "refused":
            return f"{named} was not allowed: {quoted(seen.message)}"
        case _:
            why = seen.message if seen.status == "error" else trajectory.outcome.reason
            return f"{named} did not succeed: {quoted(why)}"


# ---- how much it is the same now


def _weight(case: Similar, i: int, situation: Situation) -> float:
    near = nearness(case.similarity, far=FAR, near=NEAR)
    position = _position(case.trajectory, i, situation)
    if not near or not position:
        return 0.0
    about = _about(case.trajectory, i, situation)
    if _did_better(case, i, situation, about=about):
        return 0.0
    state = same_state(case.trajectory, i, situation)
    same = about and case.trajectory.task.requester == situation.task.requester
    return near * position * state * (1.0 if same else ELSEWHERE)


def _position(past: Trajectory, i: int, situation: Situation) -> float:
    """How well the steps so far agree; what was refused on the way does not count."""
    theirs = _taken(past.steps[:i], past.observations)
    ours = _taken(situation.steps, situation.observations)
    if theirs == ours:
        return 1.0
    return OUT_OF_STEP if theirs[-1:] == ours[-1:] else 0.0


def _taken(steps: Sequence[Step], observations: Sequence[Observation]) -> list[str]:
    return [s.action for s, o in zip(steps, observations, strict=False) if o.status != "ungrounded"]


def _planned(situation: Situation) -> bool:
    """Whether what the last step would find is not known: nothing then speaks against its being the same."""
    return bool(situation.observations) and situation.observations[-1].status == "placeholder"


def _about(past: Trajectory, i: int, situation: Situation) -> bool:
    """Whether the values of that step occur here too: the same person, the same device.

    In a plan nothing was found yet: then it is the same if what they were found with is.
    """
    answers = [each.text for each in situation.task.utterances if each.speaker == "requester"]
    said = "\n".join([situation.task.text, *answers, situation.task.requester]).casefold()
    for argument in past.steps[i].arguments:
        value = argument.value
        raw = (value.provenance.raw or text_of(value.value)).casefold() if isinstance(value, Literal) else ""
        if raw not in said and raw not in _values(situation):
            found_in, _ = origin(argument)
            if not (_planned(situation) and 0 <= found_in < i and _about(past, found_in, situation)):
                return False
    return True


def _values(situation: Situation) -> set[str]:
    """Whole machine fields of what was found: a name that stands somewhere in people's text says nothing."""
    every = (leaf for seen in situation.observations for leaf in leaves(seen.body))
    return {text_of(leaf.value).casefold() for leaf in every if is_machine(leaf.value, leaf.schema)}


def _did_better(case: Similar, i: int, situation: Situation, *, about: bool) -> bool:
    """Whether a precedent shows that the action does after all: later for the same, or ever for somebody else."""
    action = case.trajectory.steps[i].action
    for hit in situation.context.precedents:
        past = hit.item
        if not isinstance(past, Trajectory) or hit.similarity < FAR:
            continue
        newer = past.created_at.timestamp() > case.trajectory.created_at.timestamp()  # an expert's may have no zone
        for j, (step, seen) in enumerate(zip(past.steps, past.observations, strict=False)):
            same = step.action == action and seen.status == "ok"
            if same and (not about or (newer and _about(past, j, situation))):
                return True
    return False


def warned(choice: Choice, against: Caveats) -> Caveat | None:
    """The warning to be put to a person: because of it the best option is to ask."""
    best, after = choice.best.action, lowered(choice, against).best.action
    return against.get(best) if after == ASK != best else None
