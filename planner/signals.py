"""How a step leaves the loop early. Inside the planner only."""

from knowledge.types import Outcome, OutcomeStatus


class Ended(Exception):
    """The run is over."""

    def __init__(self, status: OutcomeStatus, reason: str = "", *, question: str = "") -> None:
        super().__init__(status, reason)
        self.outcome = Outcome(status=status, reason=reason, question=question)


class Again(Exception):
    """Something was learned; look at the situation once more."""
