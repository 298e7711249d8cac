"""Lamplighter as a model for OpenAI's clients: /v1/chat/completions and /v1/models."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from api.chat.answer import Answer, answer, as_json, chunks, completion
from api.chat.conversation import Conversation, conversation
from api.chat.decide import Wish, decide
from api.chat.demonstrations import Demonstration, precedent
from api.chat.errors import OpenAIRoute, wrong
from api.chat.history import scene
from api.chat.precedents import Precedents
from api.chat.runs import Followed, Runs
from api.chat.shelves import Shelves
from api.chat.wire import ChatRequest, Completion, Learned, ModelCard, ModelList, NamedTool, WrongAnswer
from api.deps import SessionsDep, needs
from api.errors import BadRequest, tell
from api.own_sessions import OwnSessions
from api.wiring import Services
from knowledge.errors import LamplighterError
from knowledge.types import JsonValue

ACTING, PLANNING = "lamplighter", "lamplighter-plan"
KEEP_ALIVE_S = 10.0
_ONE_AT_A_TIME = re.compile(r"\b(?:one|single) (?:tool|function|action)(?: call)? (?:call )?at a time\b", re.IGNORECASE)

router = APIRouter(
    prefix="/v1",
    tags=["chat"],
    route_class=OpenAIRoute,
    responses={"4XX": {"model": WrongAnswer, "description": "OpenAI's shape of an error, with the remedy"}},
)


class Chat:
    """What the routes keep between requests."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.shelves = Shelves(services.embedder)
        self.runs = Runs()

    @cached_property
    def precedents(self) -> Precedents:
        return Precedents(self.services.record, self.services.embedder)


def _chat(request: Request) -> Chat:
    return cast(Chat, request.app.state.chat)


ChatDep = Annotated[Chat, Depends(_chat)]


@router.get("/models")
def models() -> ModelList:
    return ModelList(data=[ModelCard(id=ACTING), ModelCard(id=PLANNING)])


@router.get("/models/{model}", response_model=ModelCard)
def model(model: str) -> ModelCard | Response:
    return ModelCard(id=model) if model in (ACTING, PLANNING) else _unknown(model)


@router.post("/chat/completions", response_model=Completion)
async def complete(request: ChatRequest, chat: ChatDep, own: SessionsDep) -> Response:
    """The next turn. With `tools` the answer is calls for the caller to carry out; nothing is executed here."""
    if request.model not in (ACTING, PLANNING):
        return _unknown(request.model)
    _supported(request)
    if request.tools or _called_before(request):
        given = await asyncio.to_thread(_with_tools, request, chat, own)
        return _sent(request, given)
    talk = _talk(request, own)
    if request.model == PLANNING or request.tool_choice == "none":
        return _sent(request, await asyncio.to_thread(chat.runs.planned, talk, own))
    followed = await chat.runs.begin(request, talk, own)
    if request.stream:
        return _streaming(_awaited(request, chat, followed, own))
    return _sent(request, await chat.runs.ended(request, followed, own))


@router.post("/chat/precedents", status_code=201, dependencies=[Depends(needs("admin", "add precedents"))])
def learn(shown: Demonstration, chat: ChatDep, own: SessionsDep) -> Learned:
    """Take a conversation that went well, with all its calls and their answers, as a precedent for such tools."""
    tenant, now = own.identity.tenant, datetime.now().astimezone()
    kept = shown.redacted(chat.services.redactor_for(tenant))
    made = precedent(kept, chat.shelves, now=now, tenant=tenant)
    vector = chat.services.embedder.embed([made.task.text])[0]
    chat.services.record.memory.write(made, vector, tenant)
    return Learned(id=made.id, request=made.task.text, steps=len(made.steps), ending=made.ending)


def _called_before(request: ChatRequest) -> bool:
    """Whose tools were called before does not want us to act now: that is a request for the last words."""
    return any(message.role == "tool" or message.tool_calls for message in request.messages)


def _talk(request: ChatRequest, own: OwnSessions) -> Conversation:
    """In the name that whoever asks may act in. Raises BadRequest, Forbidden."""
    talk = conversation(request, now=datetime.now().astimezone())
    return replace(talk, requester=own.named(talk.requester))


def _with_tools(request: ChatRequest, chat: Chat, own: OwnSessions) -> Answer:
    talk = _talk(request, own)
    tools, manual = chat.shelves.tools(request.tools or ()), chat.shelves.manual(talk.documentation)
    recall = partial(chat.precedents.near, tenant=own.identity.tenant)
    seen = scene(talk, tools, manual, chat.services.embedder, recall)
    turn = decide(seen, tools.box, chat.services.lam, _wish(request, talk.documentation))
    return answer(turn, seen, tools.box.nulls)


def _wish(request: ChatRequest, documentation: str) -> Wish:
    choice = request.tool_choice
    together = request.parallel_tool_calls is not False and not _ONE_AT_A_TIME.search(documentation)
    return Wish(
        may_call=choice != "none" and bool(request.tools),
        must=choice == "required",
        only=choice.function.name if isinstance(choice, NamedTool) else "",
        together=together,
    )


def _supported(request: ChatRequest) -> None:
    """Raises BadRequest for what would silently mean something else."""
    if request.n not in (None, 1):
        raise BadRequest(f"n is {request.n}; one choice is made.", remedy="Leave n out.", param="n")
    if request.response_format and request.response_format.type != "text":
        raise BadRequest(
            f"response_format {request.response_format.type!r} is not there: the model quotes, it does not write.",
            remedy="Give the format as a tool, and name that tool in tool_choice.",
            param="response_format",
        )
    names = [tool.function.name for tool in request.tools or ()]
    choice = request.tool_choice
    if isinstance(choice, NamedTool) and choice.function.name not in names:
        raise BadRequest(
            f"tool_choice names {choice.function.name!r}, which is not among the tools.",
            remedy=f"Name one of these: {', '.join(names) or 'none were given'}.",
            param="tool_choice",
        )
    if choice == "required" and not names:
        raise BadRequest("tool_choice is required, but there are no tools.", remedy="Send tools.", param="tool_choice")


def _unknown(model: str) -> JSONResponse:
    return wrong(
        f"There is no model {model!r}.",
        f"Use {ACTING!r}, or {PLANNING!r}, which only says what it would do.",
        status=404,
        param="model",
        code="model_not_found",
    )


# ---- sending


def _sent(request: ChatRequest, given: Answer) -> Response:
    if not request.stream:
        return JSONResponse(as_json(completion(request, given)))

    async def lines() -> AsyncIterator[str]:
        for line in _lines(request, given):
            yield line

    return _streaming(lines())


def _streaming(lines: AsyncIterator[str]) -> StreamingResponse:
    return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


async def _awaited(request: ChatRequest, chat: Chat, followed: Followed, own: OwnSessions) -> AsyncIterator[str]:
    """Comments keep the connection open while the run works; an error then comes as an event."""
    task = asyncio.ensure_future(chat.runs.ended(request, followed, own))
    while not (await asyncio.wait([task], timeout=KEEP_ALIVE_S))[0]:
        yield ": working\n\n"
    try:
        lines: Iterable[str] = _lines(request, task.result())
    except LamplighterError as error:
        said = tell(error)
        lines = [f"data: {wrong(said.message, said.remedy, status=said.status).body.decode()}\n\n"]  # type: ignore[union-attr]
    for line in lines:
        yield line


def _lines(request: ChatRequest, given: Answer) -> Iterable[str]:
    with_usage = bool(request.stream_options and request.stream_options.include_usage)
    for chunk in chunks(completion(request, given), with_usage=with_usage):
        yield f"data: {_dumped(chunk)}\n\n"
    yield "data: [DONE]\n\n"


def _dumped(chunk: dict[str, JsonValue]) -> str:
    plain: Any = chunk
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
