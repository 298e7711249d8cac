"""What the planner needs of others, as small as it can be said. `api.wiring` names the classes that provide it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.joints import Segment
from knowledge.types import ActionSpec, Context, Decision, Query, Step
from models.lam import Situation
from retrieval.wording import parts

if TYPE_CHECKING:
    from models.dialogue_act import Act


class Searcher(Protocol):
    def context(self, query: Query) -> Context:
        """Candidates, passages and precedents for a request. May raise EmptyIndex."""


class Segmenter(Protocol):
    def segments(self, text: str) -> Sequence[Segment]:
        """What a request asks for one after the other; one segment if it is one wish."""

    def suspected(self, text: str) -> Sequence[Segment]:
        """What may be wishes of their own though it is taken for one; [] if nothing is."""


class Undivided:
    """A segmenter that takes every request for one wish, and suspects one in every part."""

    def segments(self, text: str) -> Sequence[Segment]:
        return [Segment(text=text)]

    def suspected(self, text: str) -> Sequence[Segment]:
        return parts(text)


class Interpreter(Protocol):
    def act(self, text: str) -> "Act":
        """What a message is: an order, a question, or a veto."""


class TakesOrders:
    """An interpreter to whom every message is an order."""

    def act(self, text: str) -> "Act":
        return "order"


class Opposites(Protocol):
    def instead(self, text: str, spec: ActionSpec, others: Sequence[ActionSpec]) -> ActionSpec | None:
        """Of `others` the opposite of `spec` that a text surely asks for, and not `spec`; None if there is none."""


class NoOpposites:
    """One that knows of none."""

    def instead(self, text: str, spec: ActionSpec, others: Sequence[ActionSpec]) -> ActionSpec | None:
        return None


class Embedder(Protocol):
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """[N, D] float32, L2-normalised."""


class Policy(Protocol):
    def decide(self, spec: ActionSpec, step: Step, situation: Situation) -> Decision:
        """Say of a grounded step whether it may run. `situation` holds every action used so far as a candidate."""


class Clock(Protocol):
    def now(self) -> datetime:
        """With time zone."""

    def seconds(self) -> float:
        """Counts up steadily from anywhere."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def seconds(self) -> float:
        return monotonic()
