"""The wire format of OpenAI's chat completions, as far as it is understood here. What is not known is ignored."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import ArgumentView
from knowledge.types import Ending


class _In(BaseModel):
    """Clients send more than any service reads (temperature, seed …): it is passed over."""

    model_config = ConfigDict(extra="ignore")


# ---- in


class Part(_In):
    """A piece of a message's content; only text is read."""

    type: str
    text: str = ""
    refusal: str = ""


class FunctionCall(_In):
    name: str
    arguments: str = "{}"


class ToolCall(_In):
    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class Message(_In):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text or part.refusal for part in self.content)
        return self.content or ""


class Function(_In):
    name: str = Field(pattern=r"^[\w.\-]{1,128}$")
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(_In):
    type: Literal["function"]
    function: Function


class Named(_In):
    name: str


class NamedTool(_In):
    type: Literal["function"] = "function"
    function: Named


class StreamOptions(_In):
    include_usage: bool | None = None


class ResponseFormat(_In):
    type: str


class ChatRequest(_In):
    """One turn asked for. `user` names the person asking, as the applications know that person."""

    model: str
    messages: list[Message] = Field(min_length=1, max_length=2_000)
    tools: list[Tool] | None = Field(None, max_length=512)
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    response_format: ResponseFormat | None = None
    user: str | None = Field(None, max_length=200)


# ---- out


class Usage(BaseModel):
    """Words and punctuation marks, not the tokens of any model."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Reply(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(BaseModel):
    index: int = 0
    message: Reply
    logprobs: None = None
    finish_reason: Literal["stop", "tool_calls"]


class CallSources(BaseModel):
    """Where each argument of one tool call comes from."""

    tool_call_id: str
    arguments: list[ArgumentView]


class Explained(BaseModel):
    """Ours, beside what OpenAI's clients read: `decision` is "call", or how the turn ended; `confidence` is that of
    the choice, in [0, 1]; `run` names the run when the service carried the request out itself."""

    decision: Literal["call", "finish", "ask", "refuse", "escalate", "open"]
    confidence: float
    sources: list[CallSources] = []
    run: str | None = None


class Completion(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    lamplighter: Explained


class ModelCard(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "lamplighter"


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelCard]


class Learned(BaseModel):
    """A conversation as it is remembered; `request` is the one that was understood in it."""

    id: str
    request: str
    steps: int
    ending: Ending


class Wrong(BaseModel):
    message: str
    type: str
    param: str | None = None
    code: str | None = None


class WrongAnswer(BaseModel):
    """OpenAI's shape of an error; `message` names the remedy."""

    error: Wrong
