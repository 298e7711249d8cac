"""Without tools the service carries requests out itself; what a run asks and needs approved is put to the caller."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai as sdk
import pytest
from api_world import Desk
from openai import OpenAI

UNLOCK = {"role": "user", "content": "Unlock the account of Amara Nyberg, please."}
VPN = {"role": "user", "content": "Give Amara Nyberg VPN access."}
WIPE = {"role": "user", "content": "Wipe the lost device NH-20463."}


@pytest.fixture
def desk_chat(client: httpx.Client) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{client.base_url}/v1", api_key="none", max_retries=0) as made:
        yield made


def said(chat: OpenAI, messages: list[dict[str, Any]], model: str = "lamplighter", **more: Any) -> Any:
    return chat.chat.completions.create(model=model, messages=messages, **more)  # type: ignore[call-overload]


def turn(chat: OpenAI, messages: list[dict[str, Any]], text: str) -> Any:
    """Take the reply into the conversation and answer it."""
    messages += [{"role": "assistant", "content": said(chat, messages).choices[0].message.content}]
    messages += [{"role": "user", "content": text}]
    return said(chat, messages)


def test_a_request_is_carried_out_by_the_service(desk_chat: OpenAI, desk: Desk) -> None:
    reply = said(desk_chat, [UNLOCK], user="npetrov")
    assert "Done and verified" in reply.choices[0].message.content
    assert "Unlock account (username: anyberg)" in reply.choices[0].message.content
    assert desk.account("anyberg")["status"] == "active"
    assert reply.model_extra["lamplighter"]["run"]


def test_a_question_is_answered_in_the_next_message(desk_chat: OpenAI, client: httpx.Client) -> None:
    messages = [VPN]
    reply = turn(desk_chat, messages, "2027-01-15")
    assert messages[1]["content"].endswith("?")
    assert len(client.get("/v1/runs").json()["runs"]) == 1
    assert reply.model_extra["lamplighter"]["run"] == client.get("/v1/runs").json()["runs"][0]["id"]


@pytest.mark.parametrize(("answer", "status"), [("Yes, go ahead.", "wiped"), ("No!", "lost")])
def test_what_needs_approval_waits_for_a_yes(desk_chat: OpenAI, desk: Desk, answer: str, status: str) -> None:
    messages = [WIPE]
    turn(desk_chat, messages, answer)
    assert messages[1]["content"].endswith("?")
    assert desk.admin.get("/devices/NH-20463").json()["status"] == status


def test_what_is_neither_yes_nor_no_is_asked_again(desk_chat: OpenAI, desk: Desk) -> None:
    messages = [WIPE]
    again = turn(desk_chat, messages, "Which device is that?").choices[0].message.content
    assert again == messages[1]["content"]
    assert desk.writes() == 0
    messages += [{"role": "assistant", "content": again}, {"role": "user", "content": "ok"}]
    said(desk_chat, messages)
    assert desk.admin.get("/devices/NH-20463").json()["status"] == "wiped"


def test_a_run_is_streamed_when_it_is_over(desk_chat: OpenAI, desk: Desk) -> None:
    chunks = list(said(desk_chat, [UNLOCK], stream=True))
    assert "Done and verified" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert desk.account("anyberg")["status"] == "active"


def test_the_planning_model_only_says_what_it_would_do(desk_chat: OpenAI, desk: Desk) -> None:
    text = said(desk_chat, [UNLOCK], model="lamplighter-plan").choices[0].message.content
    assert text.splitlines()[0] == "I would:"
    assert "Unlock account (username: known then)" in text
    assert text.endswith("Nothing was called.")
    assert desk.writes() == 0


def test_without_leave_to_call_it_plans(desk_chat: OpenAI, desk: Desk) -> None:
    assert said(desk_chat, [UNLOCK], tool_choice="none").choices[0].message.content.startswith("I would:")
    assert desk.writes() == 0


def test_without_an_application_the_remedy_is_told(http: httpx.Client) -> None:
    with OpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as chat:
        for model in ("lamplighter", "lamplighter-plan"):
            with pytest.raises(sdk.ConflictError, match="lamp apps add"):
                said(chat, [UNLOCK], model=model)
