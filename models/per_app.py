"""One adapter an app: whose decision it is decides which one makes it.

Each adapter is a network of its own, merged, that shares every tensor that is the same with the general one; nothing is
switched, so any number of threads may use them at once (docs/decisions/0016-app-adapters.md).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.types import ActionSpec, Plan
from models.lam import LAM, Choice, Filled, Situation


def main_app(situation: Situation) -> str:
    """The app that most of the candidates belong to: more than half of them; "" if there is none."""
    counts = Counter(spec.app for spec in situation.candidates)
    if not counts:
        return ""
    app, count = counts.most_common(1)[0]
    return app if 2 * count > counts.total() else ""


@dataclass(frozen=True, kw_only=True)
class PerAppLAM:
    """Satisfies `models.lam.LAM`. `of` gives an app's own model, or None: then the general one does it."""

    general: LAM
    of: Callable[[str], LAM | None]

    def choose(self, situation: Situation) -> Choice:
        return self._for(main_app(situation)).choose(situation)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return self._for(main_app(situation)).fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return self._for(main_app(situation)).rollout(situation, max_steps=max_steps)

    def _for(self, app: str) -> LAM:
        return (self.of(app) if app else None) or self.general
