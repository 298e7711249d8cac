"""How a step leaves the loop early. Inside the planner only."""

from knowledge.types import Outcome, OutcomeStatus


class Ended(Exception):
    """The run is over."""

    def __init__(self, status: OutcomeStatus, reason: str = "", *, question: str = "") -> None:
        super().__init__(status, reason)
        self.outcome = Outcome(status=status, reason=reason, question=question)


class Suspended(BaseException):
    """The process is about to end, the run is not: it is left as it is, and taken up by the next process.

    No Exception, so that nothing takes it for a failure of the run.
    """


class Again(Exception):
    """Something was learned; look at the situation once more."""
