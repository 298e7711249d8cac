"""A list of messages as a conversation: documentation, the request that is open, and the calls made for it.

Messages that come together and are not answered are one request. A message after a question of ours is its answer. A
message after any other reply begins a new request; what came before stays readable, as a source of values.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from api.chat.find import locate, plain
from api.chat.wire import ChatRequest, Message, ToolCall
from api.errors import BadRequest
from knowledge.types import JsonValue, Utterance

LONG_REQUEST = 2_000  # characters; a longer message of the user's holds documentation, too
MOST_CHARACTERS = 1_000_000
FEW_WORDS = 8  # a request that short may mean nothing without the one before it
_NOW = re.compile(
    r"\b(?:(?:current|present|today['’]?s)\b[ \w]{0,12}?\b(?:date|time|day|datetime)\b(?: and time)?|today)\s*"
    r"(?:is|:|=)\s*(?:currently )?"
    r"(?P<said>(?:[A-Z][a-z]+day,?\s+)?(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}|"
    r"[A-Z][a-z]{2,8} \d{1,2},? \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4})"
    r"(?:[T ,]+(?:at |and the current time is )?\d{1,2}:\d{2}(?::\d{2})?)?)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Called:
    """A call the caller was given, and what the tool answered."""

    name: str
    arguments: dict[str, JsonValue]
    answer: str


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """`fresh` is the number of the first call made for the open request; `former` was said before it."""

    request: str
    documentation: str
    now: datetime
    requester: str = ""
    utterances: tuple[Utterance, ...] = ()
    former: tuple[Utterance, ...] = ()
    calls: tuple[Called, ...] = ()
    fresh: int = 0

    @property
    def said(self) -> str:
        """All that the requester said for the open request; with what was said before, where it says little."""
        answers = [each.text for each in self.utterances if each.speaker == "requester"]
        before = [each.text for each in self.former if each.speaker == "requester"][-1:] if self.elliptic else []
        return " ".join([*before, self.request, *answers])

    @property
    def elliptic(self) -> bool:
        return bool(self.former) and len(self.request.split()) < FEW_WORDS


@dataclass(frozen=True, kw_only=True)
class _Open:
    """The request being read."""

    text: str
    first_call: int
    utterances: tuple[Utterance, ...] = ()
    answered: bool = False


def conversation(request: ChatRequest, *, now: datetime) -> Conversation:
    """Raises BadRequest. `now` counts unless the documentation says another time."""
    if sum(len(message.text) for message in request.messages) > MOST_CHARACTERS:
        raise BadRequest(
            f"The messages have more than {MOST_CHARACTERS:,} characters.",
            remedy="Leave out the oldest, or ingest documentation with `lamp ingest` instead of sending it.",
        )
    _only_text(request.messages)
    system = plain("\n\n".join(m.text for m in request.messages if m.role in ("system", "developer")))
    read = _read([m for m in request.messages if m.role not in ("system", "developer")])
    if read.request:
        found = _shortened(replace(read, documentation=system))
    else:
        inside = locate("\n\n".join(m.text for m in request.messages if m.role in ("system", "developer")))
        if not inside.request:
            raise BadRequest("There is nothing asked in these messages.", remedy="Send a user message that has text.")
        found = replace(read, request=inside.request, documentation=inside.rest)
    return replace(found, requester=request.user or "", now=said_now(system, now))


def _only_text(messages: Sequence[Message]) -> None:
    for number, message in enumerate(messages):
        for part in message.content if isinstance(message.content, list) else ():
            if part.type not in ("text", "refusal"):
                raise BadRequest(
                    f"messages[{number}] has a part of type {part.type!r}; only text is read here.",
                    remedy="Send what matters in it as text.",
                    param=f"messages[{number}].content",
                )


def _shortened(read: Conversation) -> Conversation:
    """A long message of the user's is documentation with the request in it."""
    if len(read.request) <= LONG_REQUEST:
        return read
    inside = locate(read.request)
    return replace(read, request=inside.request, documentation=f"{read.documentation}\n\n{inside.rest}".strip())


# ---- turns


def _read(messages: Sequence[Message]) -> Conversation:
    former: list[Utterance] = []
    calls: list[Called] = []
    current = _Open(text="", first_call=0)
    pending: dict[str, ToolCall] = {}
    for number, message in enumerate(messages):
        if message.role == "tool":
            calls.append(_called(message, pending, number))
            continue
        _all_answered(pending)
        if message.role == "user":
            if current.answered:
                former += _as_former(current)
            current = _heard(current, message.text, len(calls))
        elif message.tool_calls:
            pending = {call.id: call for call in message.tool_calls}
        else:
            current = _replied(current, message.text)
    _all_answered(pending)
    return Conversation(
        request=current.text.strip(),
        documentation="",
        now=datetime.min,
        utterances=current.utterances,
        former=tuple(former),
        calls=tuple(calls),
        fresh=current.first_call,
    )


def _heard(current: _Open, text: str, calls: int) -> _Open:
    if current.answered or not current.text:
        return _Open(text=text, first_call=calls if current.answered else 0)
    if not current.utterances and calls == current.first_call:
        return replace(current, text=f"{current.text}\n{text}")
    said = Utterance(speaker="requester", text=text, after=calls - current.first_call)
    return replace(current, utterances=(*current.utterances, said))


def _replied(current: _Open, text: str) -> _Open:
    """A question keeps the request open, any other reply answers it."""
    ours = Utterance(speaker="lamplighter", text=text)
    return replace(current, utterances=(*current.utterances, ours), answered=not text.rstrip().endswith("?"))


def _as_former(answered: _Open) -> list[Utterance]:
    return [Utterance(speaker="requester", text=answered.text), *answered.utterances]


def _called(message: Message, pending: dict[str, ToolCall], number: int) -> Called:
    call = pending.pop(message.tool_call_id or "", None)
    if call is None:
        raise BadRequest(
            f"A tool message answers call {message.tool_call_id!r}, which no assistant message before it made.",
            remedy="Send the assistant's tool_calls first, then one tool message for each of them, with its id.",
        )
    return Called(name=call.function.name, arguments=arguments_of(call), answer=message.text)


def arguments_of(call: ToolCall) -> dict[str, JsonValue]:
    """Raises BadRequest for what is no JSON."""
    try:
        given = json.loads(call.function.arguments or "{}")
    except ValueError:
        raise BadRequest(
            f"The arguments of tool call {call.id!r} are not JSON.",
            remedy="Send the assistant's message back as it came.",
        ) from None
    return given if isinstance(given, dict) else {}


def _all_answered(pending: dict[str, ToolCall]) -> None:
    if pending:
        raise BadRequest(
            f"Tool calls without an answer: {', '.join(pending)}.",
            remedy="Carry each call out, and send one tool message for each, with its tool_call_id.",
        )


# ---- time


@lru_cache(maxsize=256)
def said_now(text: str, now: datetime) -> datetime:
    """The time that the documentation says it is, or `now`."""
    found = _NOW.search(text)
    if not found:
        return now
    import dateparser

    said = re.sub(r"(?i)[, ]+and the current time is ", " ", found["said"])
    read = dateparser.parse(said, languages=["en"], settings={"RETURN_AS_TIMEZONE_AWARE": False})
    return read.replace(tzinfo=now.tzinfo) if read else now
