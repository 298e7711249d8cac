"""What goes in and out over HTTP about people: their keys, and forgetting them."""

from datetime import datetime

from pydantic import BaseModel, Field

from api.forgetting import Forgotten
from api.schemas import View
from knowledge.keys import Role

# ---- in


class NewKey(BaseModel):
    """A key to be made for the tenant of who asks."""

    name: str = Field(min_length=1, max_length=200, description="who or what will hold it")
    role: Role = "requester"
    requester: str = Field("", max_length=200, description="account name its holder acts as; needed for a requester")
    days: float | None = Field(90.0, gt=0, le=36_500, description="until it expires; null: never")


class Forget(BaseModel):
    """One person, by every name that is known: account, e-mail address, full name."""

    names: list[str] = Field(min_length=1, max_length=20, examples=[["anyberg", "Amara Nyberg"]])
    documents: bool = Field(False, description="remove documents that mention the person, too")
    dry_run: bool = Field(False, description="only say what would go")


# ---- out


class KeyView(View):
    """`id` is the key's public part."""

    id: str
    name: str
    role: Role
    requester: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewKeyView(KeyView):
    """`key` is told this once; only its hash is kept."""

    key: str


class KeyList(BaseModel):
    keys: list[KeyView]


class ForgetReport(BaseModel):
    """What was found. `left` counts where the names still are; it is empty after a dry run.

    `also` may be names of the same person, `longer` names that one of these is a part of: both are for you to judge.
    `adapters` are versions of app adapters that had learned from these runs: they go too.
    """

    runs: list[str]
    trajectories: list[str]
    quoting: list[str]
    attempts: int
    keys: list[str]
    documents: list[str]
    applications: list[str]
    adapters: list[str]
    also: list[str]
    longer: list[str]
    left: dict[str, int]
    forgotten: bool

    @classmethod
    def of(cls, done: Forgotten) -> "ForgetReport":
        found = done.found
        return cls(
            runs=sorted(found.runs),
            trajectories=sorted(found.trajectories),
            quoting=sorted(found.quoting),
            attempts=found.attempts,
            keys=sorted(found.keys),
            documents=sorted(found.documents.values()),
            applications=sorted(found.actions),
            adapters=sorted(done.adapters),
            also=sorted(found.also),
            longer=sorted(found.longer),
            left=dict(done.left),
            forgotten=done.proved,
        )
