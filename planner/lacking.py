"""What a question is about: the likeliest action that a value is missing for.

Where the model asks, nearly all of its certainty is in asking, and an action that lacks nothing is not what it asks
for. Of the others it says in which order they come, not how sure any is; so does retrieval, which reads the request
for what the action does. "VPN for Aiko Dahl" is no more likely to mean taking it away because that needs no date.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.types import ActionSpec, Hit
from models.lam import Choice, Filled, Situation
from planner import questions
from planner.unfound import sought

TRIED = 5  # actions whose values are looked for
SHARE = 0.1  # of what all actions weigh, at least: below that, nobody knows what is meant


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """`filled` misses something."""

    spec: ActionSpec
    filled: Filled


def question(
    choice: Choice,
    situation: Situation,
    *,
    offered: Sequence[Hit],
    specs: Mapping[str, ActionSpec],
    fill: Callable[[ActionSpec], Filled],
    problems: Callable[[Filled], dict[str, str]] = lambda filled: filled.problems,
    rather: str = "",
) -> str:
    """Which of several rows is meant, what was looked for in vain, or what an action lacks that is likely meant;
    `problems` says by name why a value could not be taken. `rather`: asked instead of what an action lacks.
    """
    if several := questions.several(situation.observations):
        return several
    found = lacking(choice, offered=offered, specs=specs, fill=fill)
    if found and (nobody := sought(found.filled.missing, situation)):
        return questions.unfound(nobody.words, nobody.action)
    if rather:
        return rather
    if found:
        return questions.missing(found.spec, found.filled.missing, problems(found.filled))
    return questions.unclear()


def lacking(
    choice: Choice, *, offered: Sequence[Hit], specs: Mapping[str, ActionSpec], fill: Callable[[ActionSpec], Filled]
) -> Lacking | None:
    """`offered` are retrieval's candidates, best first. None: no action that lacks something is likely enough."""
    rank = {hit.item.id: at for at, hit in enumerate(offered)}
    weights = {
        option.action: option.probability**0.5 / (1 + rank.get(option.action, len(rank)))
        for option in choice.ranked
        if option.action in specs
    }
    total = sum(weights.values())
    for action in sorted(weights, key=lambda each: -weights[each])[:TRIED]:
        if weights[action] < SHARE * total:
            return None
        filled = fill(specs[action])
        if filled.missing:
            return Lacking(spec=specs[action], filled=filled)
    return None
