"""The seam between planner and model: what a Large Action Model sees, and what it answers."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Protocol

from knowledge.types import ActionSpec, Argument, Context, Observation, Plan, Step, Task
from models.endings import ENDINGS

__all__ = ["ENDINGS", "LAM", "Choice", "Filled", "Option", "Situation"]


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Everything that may steer the next choice: `steps[i]` led to `observations[i]`; candidates: context.actions."""

    task: Task
    context: Context
    steps: tuple[Step, ...] = ()
    observations: tuple[Observation, ...] = ()

    @property
    def candidates(self) -> tuple[ActionSpec, ...]:
        return tuple(hit.item for hit in self.context.actions if isinstance(hit.item, ActionSpec))

    @property
    def retrieved(self) -> dict[str, ActionSpec]:
        """By id, the candidates and those that a result may still bring forward."""
        hits = (*self.context.actions, *self.context.spare)
        return {hit.item.id: hit.item for hit in hits if isinstance(hit.item, ActionSpec)}


@dataclass(frozen=True, kw_only=True)
class Option:
    """An ActionSpec id, or one of ENDINGS, with its calibrated probability."""

    action: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Choice:
    """All options, most probable first; the probabilities sum to 1."""

    ranked: tuple[Option, ...]

    @property
    def best(self) -> Option:
        return self.ranked[0]

    def probability(self, *actions: str) -> float:
        return sum(option.probability for option in self.ranked if option.action in actions)

    def without(self, actions: Collection[str]) -> "Choice | None":
        """The choice among the others, whose probabilities sum to 1 again; None if there are none."""
        left = tuple(option for option in self.ranked if option.action not in actions)
        total = sum(option.probability for option in left)
        if len(left) < len(self.ranked) and total > 0:
            left = tuple(replace(option, probability=option.probability / total) for option in left)
        return Choice(ranked=left) if left else None


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Arguments found, required parameters without one, and the lowest probability among the values pointed to."""

    arguments: tuple[Argument, ...]
    missing: tuple[str, ...] = ()
    confidence: float = 1.0
    problems: dict[str, str] = field(default_factory=dict)


class LAM(Protocol):
    """A Large Action Model. Safe to call from several threads."""

    def choose(self, situation: Situation) -> Choice:
        """Rank the candidates and the four endings."""

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        """Point every parameter of `action` to its value in a source of the situation."""

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        """Plan to the end before anything runs; values still unknown become References."""
