"""How far a run may go, and how sure it has to be."""

from dataclasses import dataclass

from knowledge.types import ActionSpec, Context
from models.lam import Choice

STOPS = ("refuse", "ask", "escalate")
LEAST_ACT = 0.51  # whatever a calibration says: a second thought has .5 at most, and is never acted on unasked


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """`steps` counts proposals, refused ones too; `seconds` leaves out the time people take.

    `approval_s` is how long an approval is good for once it was given. `linger_s` is how long a request that broke off
    may still be on its way: traces of it are looked for no sooner.
    """

    steps: int = 12
    seconds: float = 120.0
    questions: int = 3
    approval_s: float = 3600.0
    linger_s: float = 2.0
    tries: int = 3  # proposals at one point: the best option and at most two next best ones


@dataclass(frozen=True, kw_only=True)
class Caution:
    """A write runs unasked only when the model is sure of it. All are probabilities, `match` a cosine."""

    act: float = 0.5  # the action's own probability, at least
    guard: float = 0.45  # refuse, ask and escalate together, at most
    point: float = 0.5  # the least sure of the pointed values and of those it rests on, at least
    match: float = 0.1  # what retrieval found must be at least this near to the request

    def doubt(self, spec: ActionSpec, choice: Choice, pointed: float) -> str:
        """Why the requester should be asked first; empty when there is no reason to."""
        if spec.effect == "read":
            return ""
        if choice.probability(*STOPS) > self.guard:
            return "it may have to be refused, escalated or asked about"
        if choice.probability(spec.id) < self.act:
            return "I am not sure that this is the right action"
        return "I am not sure of a value" if pointed < self.point else ""

    def matches(self, context: Context) -> bool:
        """Whether anything retrieved has to do with the request, and there is something to be done at all."""
        hits = (*context.actions, *context.passages, *context.precedents)
        return bool(context.actions) and any(hit.similarity >= self.match for hit in hits)
