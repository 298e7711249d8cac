"""Counting without leaving a trace: for a dry run, and for explanations."""

from dataclasses import dataclass
from datetime import datetime

from planner.policy import Attempts

PENDING = 0


@dataclass(frozen=True, kw_only=True)
class CountOnly:
    """What was attempted so far; nothing is added."""

    attempts: Attempts

    def note(self, *, tenant: str, requester: str, action: str, at: datetime) -> int:
        return PENDING

    def withdraw(self, number: int, *, tenant: str) -> None:
        return None

    def count(self, *, tenant: str, requester: str, action: str, since: datetime, before: int | None = None) -> int:
        earlier = None if before == PENDING else before
        return self.attempts.count(tenant=tenant, requester=requester, action=action, since=since, before=earlier)
