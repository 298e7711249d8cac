"""The seam to people: who approves a call, who answers a question, and what it means that nobody is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from knowledge.types import JsonValue, Waiting


class Cancelled(Exception):
    """The requester called the run off. A Person may raise it from either method; the run ends "cancelled"."""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """What a person decided about one exact call; it opens no other call than that of `call_hash`.

    `arguments` are what the person changed (None takes one away); a Person gives them with the hash that was asked
    about. `id` names the approval in the record, which an executor redeems.
    """

    approved: bool
    call_hash: str
    note: str = ""
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)
    by: str = ""
    id: str = ""


class Person(Protocol):
    """May block for as long as people take: that time is not counted against a run's budget."""

    def approve(self, waiting: Waiting) -> Approval | None:
        """Decide about `waiting.step`; None when nobody is there to decide."""

    def answer(self, waiting: Waiting) -> str | None:
        """Answer `waiting.question`; None when nobody is there to answer."""


@dataclass(frozen=True, kw_only=True)
class Nobody:
    """No person at hand, as in evaluation: answers nothing, approves everything or nothing."""

    approves: bool = False

    def approve(self, waiting: Waiting) -> Approval | None:
        return Approval(approved=True, call_hash=waiting.call_hash, note="nobody there") if self.approves else None

    def answer(self, waiting: Waiting) -> str | None:
        return None
