"""LangChain's agent against the running service: its own loop, its own tools, our decisions."""

import json
from typing import Any

import httpx
import pytest
from chat_world import FOUND
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

CALLED: list[str] = []


@tool
def find_account(query: str) -> dict[str, Any]:
    """Find accounts by name or e-mail address."""
    CALLED.append(f"find {query}")
    return FOUND


@tool
def unlock_account(username: str) -> str:
    """Unlock a locked account.

    Args:
        username: User name of the account.
    """
    CALLED.append(f"unlock {username}")
    return json.dumps({"username": username, "status": "active"})


@pytest.fixture
def model(http: httpx.Client) -> ChatOpenAI:
    CALLED.clear()
    return ChatOpenAI(model="lamplighter", base_url=f"{http.base_url}/v1", api_key="none", max_retries=0)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:langchain")
def test_an_agent_carries_a_request_out(model: ChatOpenAI) -> None:
    agent = create_agent(model, [find_account, unlock_account], system_prompt="You work at a help desk.")
    said = agent.invoke({"messages": [HumanMessage("Amara Nyberg is locked out, please help her.")]})
    assert CALLED == ["find Amara Nyberg", "unlock anyberg"]
    kinds = [type(message) for message in said["messages"]]
    assert kinds == [HumanMessage, AIMessage, ToolMessage, AIMessage, ToolMessage, AIMessage]
    assert said["messages"][-1].content == "Done: unlock account with username “anyberg”."


def test_an_agent_streams(model: ChatOpenAI) -> None:
    agent = create_agent(model, [find_account, unlock_account])
    request = {"messages": [HumanMessage("Amara Nyberg is locked out, please help her.")]}
    chunks = [chunk for chunk, _ in agent.stream(request, stream_mode="messages") if chunk.type == "AIMessageChunk"]
    assert CALLED == ["find Amara Nyberg", "unlock anyberg"]
    assert "".join(str(chunk.content) for chunk in chunks) == "Done: unlock account with username “anyberg”."


def test_a_model_with_bound_tools_honours_the_choice_and_counts(model: ChatOpenAI) -> None:
    bound = model.bind_tools([find_account, unlock_account], tool_choice="find_account", parallel_tool_calls=False)
    reply = bound.invoke("Amara Nyberg is locked out, please help her.")
    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [("find_account", {"query": "Amara Nyberg"})]
    assert reply.usage_metadata is not None
    assert reply.usage_metadata["total_tokens"] > 0
