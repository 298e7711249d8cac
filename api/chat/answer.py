"""A turn as a completion: tool calls with their sources, or a text; in one piece, or as the chunks of a stream."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.chat.decide import Kind, Turn
from api.chat.history import Scene
from api.chat.wire import (
    CallSources,
    ChatRequest,
    Choice,
    Completion,
    Explained,
    FunctionCall,
    Reply,
    ToolCall,
    Usage,
)
from api.describe import brief
from api.schemas import ArgumentView
from knowledge.types import JsonValue, Observation, Passage, literals
from planner import questions
from planner.ground import Grounded
from retrieval.assemble import count_tokens

PIECE = 24  # characters of a text sent at once
QUOTABLE = 0.35  # cosine from which a passage answers a request that needs no call
MOST_SHOWN = 1_500


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is sent back, before it has an id."""

    kind: Kind
    confidence: float = 1.0
    text: str | None = None
    calls: tuple[ToolCall, ...] = ()
    sources: tuple[CallSources, ...] = ()
    run: str | None = None


def answer(turn: Turn, scene: Scene, nulls: Mapping[str, tuple[str, ...]]) -> Answer:
    """`nulls` by tool: parameters to be sent as null where they have no value."""
    if not turn.calls:
        return Answer(kind=turn.kind, confidence=turn.confidence, text=words(turn, scene))
    calls = [_tool_call(call, nulls.get(call.spec.name, ())) for call in turn.calls]
    sources = [
        CallSources(tool_call_id=made.id, arguments=[ArgumentView.of(a) for a in call.step.arguments])
        for made, call in zip(calls, turn.calls, strict=True)
    ]
    return Answer(kind="call", confidence=turn.confidence, calls=tuple(calls), sources=tuple(sources))


def _tool_call(call: Grounded, nulls: Sequence[str]) -> ToolCall:
    given = literals(call.step.arguments)
    arguments = {**dict.fromkeys(each for each in nulls if each not in given), **given}
    function = FunctionCall(name=call.spec.name, arguments=json.dumps(arguments, ensure_ascii=False))
    return ToolCall(id=f"call_{uuid.uuid4().hex[:24]}", function=function)


# ---- words


def words(turn: Turn, scene: Scene) -> str:
    """Only a question ends with a question mark: the next message is then taken as its answer."""
    match turn.kind:
        case "ask":
            return turn.question if turn.question.endswith("?") else f"{turn.question} What should it be?"
        case "refuse" | "escalate":
            return _stated(questions.reason(turn.kind, scene.choosing))
        case "finish":
            return _stated(_finished(scene))
        case _:
            would = turn.would
            return _stated(f"I would {questions.would_do(would.spec, would.step)}" if would else turn.question)


def _stated(text: str) -> str:
    return text.rstrip("?. \n") + "."


def _finished(scene: Scene) -> str:
    """What was changed; without a change what was found; without a call what the documentation says."""
    pairs = list(zip(scene.choosing.steps, scene.choosing.observations, strict=True))
    specs = scene.specs
    changed = [
        questions.would_do(specs[step.action], step)
        for step, seen in pairs
        if seen.status == "ok" and step.action in specs and specs[step.action].effect != "read"
    ]
    if changed:
        return f"Done: {'; '.join(changed)}"
    found = [shown for _, seen in pairs if (shown := _shown(seen))]
    return found[-1] if found else _documented(scene)


def _shown(seen: Observation) -> str:
    if seen.status != "ok":
        return ""
    if isinstance(seen.body, dict) and isinstance(text := seen.body.get("text"), str):
        return text[:MOST_SHOWN]
    return brief(seen.body, MOST_SHOWN)


def _documented(scene: Scene) -> str:
    for hit in scene.choosing.context.passages[:1]:
        if isinstance(hit.item, Passage) and hit.similarity >= QUOTABLE:
            return f"{hit.item.heading}: {hit.item.text.strip()}"
    return "There is nothing that I could do about this"


# ---- in one piece


def completion(request: ChatRequest, given: Answer) -> Completion:
    said = (given.text or "") + "".join(call.function.arguments + call.function.name for call in given.calls)
    prompt = " ".join(message.text for message in request.messages)
    tools = "".join(tool.model_dump_json() for tool in request.tools or ())
    asked, written = count_tokens(prompt) + count_tokens(tools), count_tokens(said)
    reply = Reply(content=given.text, tool_calls=list(given.calls) or None)
    return Completion(
        id=f"chatcmpl-{uuid.uuid4().hex}",
        created=int(time.time()),
        model=request.model,
        choices=[Choice(message=reply, finish_reason="tool_calls" if given.calls else "stop")],
        usage=Usage(prompt_tokens=asked, completion_tokens=written, total_tokens=asked + written),
        lamplighter=Explained(
            decision=given.kind, confidence=round(given.confidence, 4), sources=list(given.sources), run=given.run
        ),
    )


def as_json(whole: Completion) -> dict[str, JsonValue]:
    """As OpenAI sends it: `content` may be null, `tool_calls` is there only if there are any."""
    without = None if whole.choices[0].message.tool_calls else {"choices": {"__all__": {"message": {"tool_calls"}}}}
    plain: dict[str, JsonValue] = whole.model_dump(mode="json", exclude=without)
    return plain


# ---- as a stream


def chunks(whole: Completion, *, with_usage: bool) -> Iterator[dict[str, JsonValue]]:
    """The completion in deltas; the last one has the finish reason and our explanation, then comes the usage."""
    choice = whole.choices[0]
    for delta in _deltas(choice.message):
        yield _chunk(whole, delta, with_usage=with_usage)
    last = _chunk(whole, {}, finish=choice.finish_reason, with_usage=with_usage)
    yield {**last, "lamplighter": whole.lamplighter.model_dump(mode="json")}
    if with_usage:
        yield {**_chunk(whole, {}, with_usage=True), "choices": [], "usage": whole.usage.model_dump()}


def _deltas(reply: Reply) -> Iterator[dict[str, JsonValue]]:
    yield {"role": "assistant", "content": None if reply.tool_calls else ""}
    text = reply.content or ""
    for at in range(0, len(text), PIECE):
        yield {"content": text[at : at + PIECE]}
    for index, call in enumerate(reply.tool_calls or ()):
        function: dict[str, JsonValue] = {"name": call.function.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
        yield {"tool_calls": [{"index": index, "function": {"arguments": call.function.arguments}}]}


def _chunk(
    whole: Completion, delta: dict[str, JsonValue], *, finish: str | None = None, with_usage: bool
) -> dict[str, JsonValue]:
    chunk: dict[str, JsonValue] = {
        "id": whole.id,
        "object": "chat.completion.chunk",
        "created": whole.created,
        "model": whole.model,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }
    return {**chunk, "usage": None} if with_usage else chunk
