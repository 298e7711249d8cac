"""Choices by lot instead of the best: what a model tries when it may try again."""

import random
from dataclasses import replace

from knowledge.types import ActionSpec, Plan
from models.lam import LAM, Choice, Filled, Option, Situation
from models.rollout import rolled


class SamplingLAM:
    """Draws the action from the model's own probabilities at a temperature; values are pointed to as ever."""

    def __init__(self, lam: LAM, *, temperature: float, rng: random.Random) -> None:
        self._lam, self._temperature, self._rng = lam, temperature, rng

    def choose(self, situation: Situation) -> Choice:
        return drawn(self._lam.choose(situation), self._temperature, self._rng)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return self._lam.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return rolled(self, situation, max_steps=max_steps).plan


def drawn(choice: Choice, temperature: float, rng: random.Random) -> Choice:
    """The choice with a drawn option in front; probabilities as they were. Temperature 0: as it was."""
    if temperature <= 0:
        return choice
    weights = [option.probability ** (1 / temperature) for option in choice.ranked]
    (first,) = rng.choices(choice.ranked, weights) if sum(weights) > 0 else (choice.best,)
    return replace(choice, ranked=(first, *(option for option in choice.ranked if option is not first)))


def shared(choice: Choice, weights: dict[str, float]) -> Choice:
    """Probabilities times `weights` (1 where there is none), made to sum to 1 again; best first."""
    raised = [(o.action, o.probability * weights.get(o.action, 1.0)) for o in choice.ranked]
    total = sum(share for _, share in raised) or 1.0
    ranked = sorted(raised, key=lambda pair: -pair[1])
    return Choice(ranked=tuple(Option(action=action, probability=share / total) for action, share in ranked))
