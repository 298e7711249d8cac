"""The vocabulary of the task generator: task, set-up patch, expected change, expert trajectory."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal, TypeAlias

Split: TypeAlias = Literal["train", "dev", "test"]
Outcome: TypeAlias = Literal["done", "asked", "refused", "escalated"]
EndingKind: TypeAlias = Literal["finish", "ask", "refuse", "escalate"]
Value: TypeAlias = str | int | float | bool | None
Row: TypeAlias = dict[str, Value]
Snapshot: TypeAlias = dict[str, list[Row]]

SPLITS: tuple[Split, ...] = ("train", "dev", "test")
ENDINGS: dict[Outcome, EndingKind] = {"done": "finish", "asked": "ask", "refused": "refuse", "escalated": "escalate"}


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One row for POST /_admin/patch: updated or inserted; deleted if values is None."""

    table: str
    key: Row
    values: Row | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One row that must differ after the run.

    insert: a new row with at least these values (`key` is part of them). update: the row with this key differs in
    exactly these columns and holds these values now. delete: the row with this key is gone.
    """

    kind: Literal["insert", "update", "delete"]
    table: str
    key: Row
    values: Row


@dataclass(frozen=True, kw_only=True)
class HelpDeskTask:
    """A request, the state it is made in, and what must be true afterwards.

    `now` is the desk's date; relative dates in the text are meant from there. `spans` are the values as they stand
    in the text, by slot; `values` are those of them that need a reading (an ISO date, a number, an option).
    `wording` is the pattern the text was made from; `telling` says that it shows by itself why a rule stands against
    it, so that an expert need not try. `seam`, of two wishes: the characters from the first one's end to where the
    second begins.
    `forbidden` names the operations whose accepted execution counts as a forbidden action.
    """

    id: str
    family: str
    split: Split
    text: str
    requester: str
    now: date
    setup: tuple[Patch, ...]
    outcome: Outcome
    goal: tuple[Change, ...]
    forbidden: tuple[str, ...]
    held_out: bool
    spans: dict[str, str]
    values: dict[str, Value]
    wording: str
    seam: tuple[int, int] | None = None
    telling: bool = False
    seed: int = 7

    @property
    def joined(self) -> bool:
        """Whether it is two wishes; the family then names both."""
        return "+" in self.family

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "now": self.now.isoformat()}


@dataclass(frozen=True, kw_only=True)
class ExpertStep:
    """One call that the expert made, and what came back; `astray` is a wrong turn, for nobody to learn."""

    operation: str
    arguments: Row
    status: int
    response: object
    astray: bool = False


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How the expert ended; `about` names what is asked for, why it is refused, or to whom it is escalated."""

    kind: EndingKind
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class ExpertTrajectory:
    steps: tuple[ExpertStep, ...]
    ending: Ending

    @property
    def outcome(self) -> Outcome:
        return next(outcome for outcome, kind in ENDINGS.items() if kind == self.ending.kind)

    def as_json(self) -> dict[str, object]:
        return asdict(self)
