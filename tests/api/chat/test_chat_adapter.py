"""The shipped adapter behind the real client: forty and more tools, a manual of 25,000 characters, no user message."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from chat_world import tool
from openai import OpenAI
from test_find import INSTRUCTIONS, POLICY

from api.settings import Settings
from api.wiring import build

TICKET = "Please unlock the account with the username mbauer, she is locked out."
SYSTEM = (
    f"<instructions>\n{INSTRUCTIONS}\n</instructions>\n<policy>\n{POLICY}\n</policy>\n<ticket>\n{TICKET}\n</ticket>"
)
UNLOCK = tool("unlock_account", "Unlock an account that is locked.", ["username"], username="Username of the account")
OTHERS = [
    tool(
        f"{verb}_{thing}", f"{verb.capitalize()} a {thing.replace('_', ' ')}.", ["which"], which=f"Name of the {thing}"
    )
    for verb in ("order", "return", "rename", "get", "delete")
    for thing in ("printer", "meeting_room", "phone_line", "invoice", "parking_space", "web_page", "desk", "badge")
]
DONE = tool("done", "Call this function when you are done with the task.")
TOOLS = [*OTHERS[:20], UNLOCK, *OTHERS[20:], DONE]


@pytest.fixture
def chat(settings: Settings, serve: Callable[..., httpx.Client]) -> Iterator[OpenAI]:
    services = build(settings)
    with OpenAI(base_url=f"{serve(services).base_url}/v1", api_key="none", max_retries=0) as client:
        yield client
    services.close()


def test_a_ticket_inside_a_manual_is_solved_by_tool_calls_alone(chat: OpenAI) -> None:
    assert len(SYSTEM) > 25_000
    assert len(TOOLS) > 40
    messages: list[dict[str, Any]] = [{"role": "system", "content": SYSTEM}]
    made = []
    for _ in range(4):
        reply = chat.chat.completions.create(  # type: ignore[call-overload]
            model="lamplighter", messages=messages, tools=TOOLS, tool_choice="required"
        )
        (call, *_) = reply.choices[0].message.tool_calls
        made.append((call.function.name, json.loads(call.function.arguments)))
        if call.function.name == "done":
            break
        messages += [reply.choices[0].message.model_dump(exclude_none=True)]
        messages += [
            {"role": "tool", "tool_call_id": each.id, "content": '{"username": "mbauer", "status": "active"}'}
            for each in reply.choices[0].message.tool_calls
        ]
    assert made[0] == ("unlock_account", {"username": "mbauer"})
    assert made[-1] == ("done", {})
