"""The vocabulary: every noun of Lamplighter, frozen, keyword-only. `knowledge.codec` turns them to JSON and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal as OneOf
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonSchema: TypeAlias = Mapping[str, JsonValue]

Effect: TypeAlias = OneOf["read", "write", "irreversible"]
Trust: TypeAlias = OneOf["trusted", "untrusted"]
SourceKind: TypeAlias = OneOf["request", "answer", "document", "observation", "option", "default", "person"]
Ending: TypeAlias = OneOf["finish", "ask", "escalate", "refuse", "open"]
Verdict: TypeAlias = OneOf["allow", "ask", "deny"]
HitKind: TypeAlias = OneOf["passage", "action", "precedent"]
ObservationStatus: TypeAlias = OneOf["ok", "error", "unreachable", "denied", "ungrounded", "placeholder"]
OutcomeStatus: TypeAlias = OneOf[
    "verified", "unverified", "failed", "asked", "refused", "escalated", "cancelled", "undone", "partly_undone"
]
HoldTest: TypeAlias = OneOf["is", "has", "lacks"]
RunStatus: TypeAlias = OneOf["running", "waiting", "done"]


# ---- what is asked


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One turn of the conversation after the request: a question of ours or an answer of the requester.

    `after`: how many steps the run had taken by then.
    """

    speaker: OneOf["requester", "lamplighter"]
    text: str
    after: int = 0


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a person wants done. `now` is the requester's local time: "Friday" is counted from it."""

    id: str
    text: str
    requester: str = ""
    now: datetime
    utterances: tuple[Utterance, ...] = ()
    tenant: str = "default"
    expects: "tuple[Postcondition, ...]" = ()


# ---- what can be done


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One input of an action. `schema` is JSON schema; `location` says where HTTP puts it."""

    name: str
    description: str = ""
    schema: JsonSchema = field(default_factory=dict)
    required: bool = False
    location: OneOf["path", "query", "header", "body"] = "body"
    sensitive: bool = False


@dataclass(frozen=True, kw_only=True)
class Compensation:
    """The action that undoes another.

    `arguments` says where its arguments come from, by name: `argument.NAME` of the call to undo, `result.PATH` of its
    answer, `before.PATH` of what the application showed before it. One not named is looked for in that order. It is the
    way to undo only if everything in `when` (places like those, with the value there) holds. `confirmed_by`: a person
    said so, not the application's document.
    """

    action: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    when: Mapping[str, JsonValue] = field(default_factory=dict)
    confirmed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """What `path` of a result must be: equal to `value`, a list that has it, or one that lacks it."""

    path: str
    test: HoldTest
    value: JsonValue


@dataclass(frozen=True, kw_only=True)
class Postcondition:
    """What must be seen afterwards: `read` is an action, `arguments` its arguments by name. `gone`: it finds nothing.

    A text `{name}`, as argument or as value of a Hold, stands for that argument of the call, `{result.path}` for
    what it answered. Arguments not named are the call's own.
    """

    read: str
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    gone: bool = False


@dataclass(frozen=True, kw_only=True)
class ActionSpec:
    """One thing an application can do. `id` is `app.name`; `returns` is the JSON schema of a successful result.

    `compensation` undoes it with what the call itself was given; `undone_by` are ways that need more, the first one
    that can be gone is taken. What is not `offered` only undoes others, and is never proposed.
    `keys_kept_h` is for how many hours the application knows an Idempotency-Key again; 0: it does not heed them.
    """

    name: str
    app: str
    description: str
    parameters: tuple[Parameter, ...] = ()
    returns: JsonSchema = field(default_factory=dict)
    effect: Effect = "write"
    method: str = "POST"
    path: str = ""
    compensation: str = ""
    keys_kept_h: float = 0.0
    source: str = ""
    undone_by: tuple[Compensation, ...] = ()
    postcondition: Postcondition | None = None
    offered: bool = True

    @property
    def id(self) -> str:
        return f"{self.app}.{self.name}"


# ---- what is planned


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a value comes from: `source_id` names the request, passage or step; `start`/`end` are characters in it.

    For an observation `path` is the place in its body, as `accounts.0.username`. "person": a value that a person put
    into an approval, which `source_id` names.
    """

    source: SourceKind
    source_id: str
    raw: str
    start: int = 0
    end: int = 0
    path: str = ""
    trust: Trust = "trusted"


@dataclass(frozen=True, kw_only=True)
class Literal:
    """A value that is known now."""

    value: JsonValue
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A value that step `step` will return at `path` (`accounts.0.username`); `trust` as far as its schema tells."""

    step: int
    path: str
    trust: Trust = "trusted"


@dataclass(frozen=True, kw_only=True)
class Argument:
    name: str
    value: Literal | Reference


def literals(arguments: Iterable[Argument]) -> dict[str, JsonValue]:
    """The values that are known by now, by parameter name; what is only planned is left out."""
    return {each.name: each.value.value for each in arguments if isinstance(each.value, Literal)}


@dataclass(frozen=True, kw_only=True)
class Step:
    """`action` is an ActionSpec id; `confidence` the model's calibrated probability for it, in [0, 1].

    0 in a precedent: it was done, and nobody is to do so.
    """

    index: int
    action: str
    arguments: tuple[Argument, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Steps in order and how they end; "open" when a budget ran out before an ending was chosen.

    `lasting` says of each step why it could not be undone; an empty text, if it could, or changes nothing.
    """

    task_id: str
    steps: tuple[Step, ...]
    ending: Ending = "finish"
    reason: str = ""
    lasting: tuple[str, ...] = ()


# ---- what happened


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What came of a step. `code` is the application's machine-readable error code, or the HTTP status as text;
    `http_status` is 0 where no HTTP answer was an error.

    `whole` marks a result that no schema takes apart, so that it was shown whole: every later write asks.
    """

    step: int
    status: ObservationStatus
    body: JsonValue = None
    code: str = ""
    message: str = ""
    whole: bool = False
    http_status: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`question` is what the requester has to answer when `status` is "asked"."""

    status: OutcomeStatus
    reason: str = ""
    question: str = ""


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """A run as it is remembered: `steps[i]` led to `observations[i]`.

    `of_caller`: its actions were tools of a chat request, carried out by whoever asked; a precedent for such requests
    only.
    """

    id: str
    task: Task
    steps: tuple[Step, ...]
    observations: tuple[Observation, ...]
    ending: Ending
    outcome: Outcome
    created_at: datetime
    successes: int = 0
    failures: int = 0
    of_caller: bool = False


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the policy said of a step, and the rule that said it."""

    verdict: Verdict
    rule: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a run's diary; `seq` counts from 0 within the run.

    "resumed": another process took the run up; "settled": what came of the call that it had broken off in.
    """

    run_id: str
    seq: int
    kind: OneOf[
        "retrieved", "proposed", "decided", "waiting", "answered", "looked", "executed", "observed", "resumed",
        "settled", "ended", "remembered", "undone"
    ]  # fmt: skip
    at: datetime
    data: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A task being carried out. `waiting_for` is set while a person is needed; `ending` is what the model chose.

    If it `undoes` another run, its first steps are those of that run, and what was seen before each of its writes.
    """

    id: str
    task: Task
    status: RunStatus
    steps: tuple[Step, ...] = ()
    observations: tuple[Observation, ...] = ()
    waiting_for: "Waiting | None" = None
    outcome: Outcome | None = None
    undoes: str = ""
    ending: Ending = "open"

    @property
    def marked(self) -> bool:
        """Whether a result had to be shown whole, after which every write asks."""
        return any(observation.whole for observation in self.observations)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What a run waits for: an answer to `question`, or approval of `step` (bound to `call_hash`).

    `approval_id` names the approval in the record.
    """

    kind: OneOf["answer", "approval"]
    question: str
    step: Step | None = None
    call_hash: str = ""
    approval_id: str = ""


# ---- what is known


@dataclass(frozen=True, kw_only=True)
class Document:
    """`source` is the path or URL it came from and identifies it within a tenant; `text` is Markdown."""

    id: str
    source: str
    title: str
    text: str
    media_type: str
    content_hash: str
    trust: Trust = "trusted"
    tenant: str = "default"


@dataclass(frozen=True, kw_only=True)
class Passage:
    """`text == document.text[start:end]`; `heading` is the path of headings above it, as `Title > Section`."""

    id: str
    document_id: str
    heading: str
    text: str
    start: int
    end: int
    content_hash: str
    trust: Trust = "trusted"


@dataclass(frozen=True, kw_only=True)
class Query:
    text: str
    tenant: str = "default"
    apps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hit:
    """`score` is comparable within one result list only; `similarity` is the cosine with the query, in [-1, 1].

    `at`: of a precedent that was found by where it stood, after how many of its steps it stood as we do now; `score` is
    then how well, in [0, 1]. -1: it was found by its request.
    """

    kind: HitKind
    score: float
    similarity: float
    item: "Passage | ActionSpec | Trajectory"
    at: int = -1


@dataclass(frozen=True, kw_only=True)
class Context:
    """What retrieval found for a task, best first, cut to a token budget.

    `spare` are actions and precedents that come after those: a result may bring them forward (`models.focus`).
    """

    passages: tuple[Hit, ...] = ()
    actions: tuple[Hit, ...] = ()
    precedents: tuple[Hit, ...] = ()
    spare: tuple[Hit, ...] = ()
