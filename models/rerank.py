"""Best of several: where the model is unsure, it plans on by lot, and begins the plan that the reward model likes."""

import math
import random

from knowledge.types import ActionSpec, Plan
from models.encode import Encoder
from models.lam import LAM, Choice, Filled, Situation
from models.layout import choose_scene
from models.reward import Judged, RewardNetwork, rewards
from models.rollout import rolled
from models.sampling import SamplingLAM, shared

SURE = 0.9  # above this the first choice is kept without looking further
TRUST = 2.0  # a plan surely good is exp(1) times as likely as one that nobody looked at


class RerankingLAM:
    """`plans`: how many are drawn at an unsure point, the model's own among them."""

    def __init__(
        self,
        lam: LAM,
        reward: RewardNetwork,
        encoder: Encoder,
        *,
        plans: int = 4,
        temperature: float = 1.5,
        seed: int = 0,
    ) -> None:
        self._lam, self._reward, self._encoder = lam, reward, encoder
        self._plans, self._temperature, self._seed = plans, temperature, seed

    def choose(self, situation: Situation) -> Choice:
        choice = self._lam.choose(situation)
        if choice.best.probability >= SURE:
            return choice
        best = self._best_by_first_step(situation)
        weights = {action: math.exp(TRUST * (value - 0.5)) for action, value in best.items()}
        return shared(choice, weights)

    def _best_by_first_step(self, situation: Situation) -> dict[str, float]:
        """The highest reward of a plan that begins with an action, by that action."""
        rng = random.Random(f"{self._seed}/{situation.task.text}/{len(situation.steps)}")
        lams: list[LAM] = [self._lam]
        lams += [SamplingLAM(self._lam, temperature=self._temperature, rng=rng) for _ in range(self._plans - 1)]
        plans = [rolled(lam, situation) for lam in lams]
        judged = [
            Judged(
                request=choose_scene(each.situation).request,
                history=choose_scene(each.situation).history,
                ended=each.plan.ending,
            )
            for each in plans
        ]
        best: dict[str, float] = {}
        for each, value in zip(plans, rewards(self._reward, self._encoder, judged), strict=True):
            first = _first(each.plan, len(situation.steps))
            best[first] = max(value, best.get(first, 0.0))
        return best

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return self._lam.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return rolled(self, situation, max_steps=max_steps).plan


def _first(plan: Plan, done: int) -> str:
    return plan.steps[done].action if len(plan.steps) > done else plan.ending
