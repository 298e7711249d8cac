"""Conversations to learn from, as OpenAI's format for fine-tuning has them: `messages` and `tools`, one a line.

An assistant's message of `weight` 0 is part of the story, and nobody is to do as it did.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.chat.conversation import arguments_of, conversation
from api.chat.history import current_task, lived
from api.chat.shelves import Shelves
from api.chat.tools import Toolbox
from api.chat.wire import ChatRequest, FunctionCall, Message, Tool, ToolCall
from api.errors import BadRequest
from knowledge.errors import BadConfiguration
from knowledge.redaction import Redactor
from knowledge.types import Ending, Outcome, Trajectory

FORMAT = 'Each line is {"messages": […], "tools": […]}, as OpenAI\'s format for fine-tuning has it.'


class Weighed(Message):
    weight: Literal[0, 1] | None = None


@dataclass(frozen=True, kw_only=True)
class Made:
    """A call with its answer; it is call `number` of message `message`. Not `taught`: nobody is to make it."""

    call: ToolCall
    message: int
    number: int
    answer: str
    taught: bool


class Demonstration(BaseModel):
    """`user` is who asked, as the tools know that person. The last request of several is the one that is learned."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field("", max_length=1_000)
    messages: list[Weighed] = Field(min_length=1, max_length=2_000)
    tools: list[Tool] = Field(min_length=1, max_length=512)
    user: str | None = Field(None, max_length=200)

    @property
    def calls(self) -> list[Made]:
        """Those that were answered, in order; a tool that only ends the conversation needs no answer."""
        answers = {message.tool_call_id: message.text for message in self.messages if message.role == "tool"}
        return [
            Made(
                call=call,
                message=place,
                number=number,
                answer=answers[call.id],
                taught=message.weight != 0,
            )
            for place, message in enumerate(self.messages)
            for number, call in enumerate(message.tool_calls or ())
            if call.id in answers
        ]

    @property
    def closing(self) -> Message | None:
        """What the assistant said or called last, to end it."""
        last = self.messages[-1]
        return last if last.role == "assistant" else None

    @property
    def decisions(self) -> list[int]:
        """How many calls went before each that is taught; after all of them it is to end."""
        made = self.calls
        return [number for number, call in enumerate(made) if call.taught] + [len(made)]

    def until(self, number: int) -> ChatRequest:
        """The request for call `number`, or for the end after all of them."""
        return ChatRequest(model="lamplighter", messages=self._before(number), tools=self.tools, user=self.user)

    def _before(self, number: int) -> list[Message]:
        made = self.calls
        if number >= len(made):
            return list(self.messages[:-1] if self.closing else self.messages)
        here = made[number]
        message = self.messages[here.message]
        earlier = list(message.tool_calls or ())[: here.number]
        if not earlier:
            return list(self.messages[: here.message])
        asked = Message(role="assistant", content=message.content, tool_calls=earlier)
        ids = {call.id for call in earlier}
        answered = [each for each in self.messages if each.role == "tool" and each.tool_call_id in ids]
        return [*self.messages[: here.message], asked, *answered]

    def redacted(self, redactor: Redactor) -> "Demonstration":
        """Without secrets, and what else is never kept. Raises BadRequest for arguments that are no JSON."""
        return self.model_copy(update={"messages": [_redacted(message, redactor) for message in self.messages]})

    def id_for(self, tenant: str) -> str:
        """The same for the same `id`, or if there is none, for the same words."""
        said = self.id or self.model_dump_json(exclude={"id"})
        digest = hashlib.sha256(json.dumps([tenant, said]).encode())
        return f"chat-{digest.hexdigest()[:24]}"


def _redacted(message: Weighed, redactor: Redactor) -> Weighed:
    content = None if message.content is None else redactor.text(message.text)
    calls = [_kept(call, redactor) for call in message.tool_calls or ()]
    return message.model_copy(update={"content": content, "tool_calls": calls or None})


def _kept(call: ToolCall, redactor: Redactor) -> ToolCall:
    said = json.dumps(redactor.value(arguments_of(call)))
    return call.model_copy(update={"function": FunctionCall(name=call.function.name, arguments=said)})


def read(path: Path) -> Iterator[Demonstration]:
    """Raises BadConfiguration, naming the line, also for a file without any."""
    try:
        # Not splitlines: what people write may hold other line ends.
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise BadConfiguration(message, remedy="Give the path of a file with one conversation a line.") from error
    except UnicodeDecodeError as error:
        raise BadConfiguration(f"{path} is no text: {error}.", remedy=FORMAT) from error
    if not any(line.strip() for line in lines):
        raise BadConfiguration(f"{path} is empty.", remedy=FORMAT)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _read(line, f"Line {number} of {path}")


def _read(line: str, where: str) -> Demonstration:
    try:
        return Demonstration.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"])) or "it"
        message = f"{where} is no conversation to learn from: {at}: {first['msg']}."
        raise BadConfiguration(message, remedy=FORMAT) from error


def precedent(shown: Demonstration, shelves: Shelves, *, now: datetime, tenant: str) -> Trajectory:
    """As it is remembered. Raises BadRequest or BadCatalogue for one that is no whole conversation."""
    talk, tools = conversation(shown.until(len(shown.calls)), now=now), shelves.tools(shown.tools)
    everything, fresh = lived(talk, tools, shelves.manual(talk.documentation))
    taught = [call.taught for call in shown.calls][-len(everything.steps) :]
    steps = tuple(
        replace(step, index=index, confidence=1.0 if kept else 0.0)
        for index, (step, kept) in enumerate(zip(everything.steps[fresh:], taught[fresh:], strict=True))
    )
    seen = tuple(replace(each, step=index) for index, each in enumerate(everything.observations[fresh:]))
    over, ending = tools.box.escalate, _ending(shown, tools.box)
    if over and steps and steps[-1].action == over.id:
        steps, seen, ending = steps[:-1], seen[:-1], "escalate"
    return Trajectory(
        id=shown.id_for(tenant),
        task=replace(current_task(talk), tenant=tenant),
        steps=steps,
        observations=seen,
        ending=ending,
        outcome=Outcome(status="verified", reason="given as an example"),
        created_at=now,
        of_caller=True,
    )


def _ending(shown: Demonstration, box: Toolbox) -> Ending:
    """By the tool that ended it, or a question; any other words end what is done. Raises BadRequest for other calls."""
    last = shown.closing
    called = {call.function.name for call in (last and last.tool_calls) or ()}
    endings = {spec.name for spec in (box.finish, box.escalate) if spec}
    if left := sorted(called - endings):
        raise BadRequest(
            f"The last message calls {left[0]!r}, and nobody answered.",
            remedy="Send what it answered as a tool message, or leave the call out.",
        )
    if box.escalate and box.escalate.name in called:
        return "escalate"
    return "ask" if last and last.text.rstrip().endswith("?") else "finish"
