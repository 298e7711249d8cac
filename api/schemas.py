"""What goes in and out over HTTP: pydantic at the edge, made from the frozen nouns inside."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.describe import sourced
from api.forgetting import Forgotten
from knowledge.keys import Role
from knowledge.types import (
    Argument,
    Effect,
    Literal,
    ObservationStatus,
    OutcomeStatus,
    Run,
    RunStatus,
    SourceKind,
    Step,
    Trust,
    Waiting,
)


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


# ---- in


class Expectation(BaseModel):
    """What must be seen at the end for the run to count as a success, besides what its actions declare."""

    read: str = Field(max_length=200, description="a reading action, as `helpdesk.get_account`")
    arguments: dict[str, Any] = Field({}, max_length=50, description="its arguments by name")
    holds: dict[str, Any] = Field(
        {},
        max_length=50,
        description='by path in its result: a value, `{"has": …}`, `{"lacks": …}`, `{"none": true}`',
    )
    gone: bool = Field(False, description="instead of `holds`: it must find nothing")


class NewRun(BaseModel):
    """A request in plain words, and who asks."""

    text: str = Field(min_length=1, max_length=10_000, description="what should be done, in plain words")
    requester: str = Field("", max_length=200, description="account name of the person asking")
    now: datetime | None = Field(None, description="the requester's local time; the service's if absent")
    expects: list[Expectation] = Field([], max_length=20, description="conditions of the task itself")

    @field_validator("now")
    @classmethod
    def _with_zone(cls, now: datetime | None) -> datetime | None:
        """Without one it is the service's."""
        return now.replace(tzinfo=datetime.now().astimezone().tzinfo) if now and now.tzinfo is None else now


class Verdict(BaseModel):
    """Approval or rejection of exactly the call that `waiting_for.call_hash` names."""

    call_hash: str = Field(min_length=1, description="`waiting_for.call_hash` of the run")
    note: str = Field("", max_length=2_000)


class Approval(Verdict):
    """`arguments` take the place of those in `waiting_for.step`; null takes one away, the others stay."""

    arguments: dict[str, Any] = Field({}, max_length=100, description="changed arguments by name, as JSON values")


class Answer(BaseModel):
    text: str = Field(min_length=1, max_length=10_000)


class NewDocument(BaseModel):
    """`source` identifies the document: sending the same source again replaces it."""

    source: str = Field(min_length=1, max_length=500, examples=["vpn-policy.md"])
    text: str = Field(description="Markdown, HTML or plain text; the ending of `source` says which")
    trust: Trust = Field(
        "untrusted", description="trusted documents may steer what is done, untrusted ones only inform"
    )


class NewApp(BaseModel):
    """An application by its OpenAPI document: `openapi` is the document, or `url` says where it is."""

    app: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$", description="short name, as `helpdesk`")
    url: str | None = Field(
        None, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$", max_length=2_000, description="where the OpenAPI document is"
    )
    openapi: dict[str, Any] | None = Field(None, description="the OpenAPI document itself")
    base_url: str | None = Field(None, description="where the application is; default: `servers` of the document")
    on_behalf_of_header: str | None = Field(None, description="header that names the requester")
    effects: dict[str, Effect] = Field({}, description="effect by operation id, where the method says it wrongly")


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


class ProvenanceView(_View):
    source: SourceKind
    source_id: str
    raw: str
    start: int
    end: int
    path: str
    trust: Trust


class ReferenceView(_View):
    step: int
    path: str
    trust: Trust


class ArgumentView(BaseModel):
    """`value` with its `provenance`, or the `reference` that will supply it; `source` says it in words."""

    name: str
    source: str
    value: Any = None
    provenance: ProvenanceView | None = None
    reference: ReferenceView | None = None

    @classmethod
    def of(cls, argument: Argument) -> "ArgumentView":
        words = sourced(argument).source
        if isinstance(argument.value, Literal):
            origin = ProvenanceView.model_validate(argument.value.provenance)
            return cls(name=argument.name, source=words, value=argument.value.value, provenance=origin)
        return cls(name=argument.name, source=words, reference=ReferenceView.model_validate(argument.value))


class StepView(BaseModel):
    index: int
    action: str
    confidence: float
    arguments: list[ArgumentView]

    @classmethod
    def of(cls, step: Step) -> "StepView":
        arguments = [ArgumentView.of(argument) for argument in step.arguments]
        return cls(index=step.index, action=step.action, confidence=step.confidence, arguments=arguments)


class ObservationView(_View):
    step: int
    status: ObservationStatus
    body: Any
    code: str
    message: str
    whole: bool = Field(description="no schema tells its fields apart: every later write asks")


class WaitingView(BaseModel):
    kind: str
    question: str
    step: StepView | None
    call_hash: str

    @classmethod
    def of(cls, waiting: Waiting) -> "WaitingView":
        step = StepView.of(waiting.step) if waiting.step else None
        return cls(kind=waiting.kind, question=waiting.question, step=step, call_hash=waiting.call_hash)


class OutcomeView(_View):
    status: OutcomeStatus
    reason: str
    question: str


class TaskView(_View):
    text: str
    requester: str
    now: datetime


class RunView(BaseModel):
    """A run as it stands; `GET /v1/runs/{id}/events` tells how it came there."""

    id: str
    status: RunStatus
    task: TaskView
    steps: list[StepView]
    observations: list[ObservationView]
    waiting_for: WaitingView | None
    outcome: OutcomeView | None
    undoes: str = Field("", description="the run that this one takes back; its own steps come first here")
    marked: bool = Field(description="a result had to be shown whole to the model: every later write asks")

    @classmethod
    def of(cls, run: Run) -> "RunView":
        return cls(
            id=run.id,
            status=run.status,
            task=TaskView.model_validate(run.task),
            steps=[StepView.of(step) for step in run.steps],
            observations=[ObservationView.model_validate(each) for each in run.observations],
            waiting_for=WaitingView.of(run.waiting_for) if run.waiting_for else None,
            outcome=OutcomeView.model_validate(run.outcome) if run.outcome else None,
            undoes=run.undoes,
            marked=run.marked,
        )


class RunList(BaseModel):
    runs: list[RunView]


class FailureView(_View):
    source: str
    message: str


class Ingested(BaseModel):
    """How many documents were added, replaced, left as they were; and what could not be read."""

    added: int
    replaced: int
    unchanged: int
    passages: int
    failed: list[FailureView] = []


class ActionView(_View):
    id: str
    description: str
    effect: Effect


class AppView(BaseModel):
    app: str
    base_url: str
    actions: list[ActionView]


class KeyView(_View):
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


class Problem(BaseModel):
    """Every error answer: what is wrong, and what to do about it."""

    message: str
    remedy: str


class Health(BaseModel):
    status: str
    version: str
    documents: int | None = None
    actions: int | None = None
    precedents: int | None = None
