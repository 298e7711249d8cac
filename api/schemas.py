"""What goes in and out over HTTP about runs: pydantic at the edge, made from the frozen nouns inside."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.describe import sourced
from knowledge.types import (
    Argument,
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

SAID: dict[str, Any] = {"minLength": 1, "pattern": r"\S"}  # `new_task` says it in words


class View(BaseModel):
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

    text: str = Field(max_length=10_000, description="what should be done, in plain words", json_schema_extra=SAID)
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
    text: str = Field(min_length=1, max_length=10_000, pattern=r"\S")


# ---- out


class ProvenanceView(View):
    source: SourceKind
    source_id: str
    raw: str
    start: int
    end: int
    path: str
    trust: Trust


class ReferenceView(View):
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


class ObservationView(View):
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


class OutcomeView(View):
    status: OutcomeStatus
    reason: str
    question: str


class TaskView(View):
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
