"""Conversations that went well become precedents for such tools, and for nobody else's."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_world import BagEmbedder
from chat_world import DESK, FOUND, LamByState
from openai import OpenAI
from typer.testing import CliRunner

import api.wiring
from api.chat.demonstrations import Demonstration, precedent
from api.chat.precedents import Precedents
from api.chat.shelves import Shelves
from api.cli import app
from api.wiring import Services
from knowledge.redaction import Redactor
from knowledge.types import Query, Trajectory
from models.votes import votes

NOON = datetime(2026, 11, 20, 12)
CALLS = ("find_account", {"query": "Amara Nyberg"}), ("unlock_account", {"username": "anyberg"})
ANSWERS = (FOUND, {"status": "active"})


def shown(said: str = "Amara Nyberg is locked out.", *, closing: str = "Done.", **more: Any) -> dict[str, Any]:
    """The line of a conversation with both calls."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": said}]
    for number, ((name, given), answer) in enumerate(zip(CALLS, ANSWERS, strict=True)):
        function = {"name": name, "arguments": json.dumps(given)}
        calls = [{"id": f"c{number}", "type": "function", "function": function}]
        messages.append({"role": "assistant", "tool_calls": calls})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(answer)})
    return {"messages": [*messages, {"role": "assistant", "content": closing}], "tools": DESK} | more


def remembered(services: Services, line: dict[str, Any]) -> Trajectory:
    made = Demonstration.model_validate(line)
    return precedent(made, Shelves(services.embedder), now=NOON, tenant="default")


# ---- as it is remembered


def test_a_conversation_is_remembered_with_its_calls_results_and_ending(chatting: Services) -> None:
    made = remembered(chatting, shown())
    assert [step.action for step in made.steps] == ["tools.find_account", "tools.unlock_account"]
    assert made.observations[0].body == FOUND
    assert (made.ending, made.of_caller, made.outcome.status) == ("finish", True, "verified")
    assert made.task.text == "Amara Nyberg is locked out."
    assert remembered(chatting, shown(closing="Which of them?")).ending == "ask"


def test_what_weighs_nothing_is_nobodys_example(chatting: Services) -> None:
    line = shown()
    line["messages"][1]["weight"] = 0
    assert [step.confidence for step in remembered(chatting, line).steps] == [0.0, 1.0]


def test_a_tool_that_hands_over_is_an_ending(chatting: Services) -> None:
    hand: dict[str, Any] = {"type": "function", "function": {"name": "transfer_to_human", "description": "Hand over."}}
    line = shown(tools=[*DESK, hand])
    call = {"id": "h", "type": "function", "function": {"name": "transfer_to_human", "arguments": "{}"}}
    line["messages"][-1] = {"role": "assistant", "tool_calls": [call]}
    made = remembered(chatting, line)
    assert (len(made.steps), made.ending) == (2, "escalate")
    line["messages"].append({"role": "tool", "tool_call_id": "h", "content": "handed over"})
    made = remembered(chatting, line)
    assert (len(made.steps), made.ending) == (2, "escalate")


# ---- over HTTP


def test_one_that_stood_here_votes_for_what_it_did_next(
    http: httpx.Client, openai: OpenAI, lam: LamByState, chatting: Services
) -> None:
    answer = http.post("/v1/chat/precedents", json=shown("Locked out: Amara Nyberg."))
    assert answer.status_code == 201
    assert (answer.json()["steps"], answer.json()["ending"]) == (2, "finish")
    messages: Any = shown()["messages"][:3]
    openai.chat.completions.create(model="lamplighter", messages=messages, tools=DESK)  # type: ignore[call-overload]
    cast = votes(lam.situations[0])
    assert set(cast) == {"tools.unlock_account"}
    assert cast["tools.unlock_account"] > 0.4
    chatting.record.memory.forget(answer.json()["id"])
    lam.situations.clear()
    openai.chat.completions.create(model="lamplighter", messages=messages, tools=DESK)  # type: ignore[call-overload]
    assert votes(lam.situations[0]) == {}


def test_the_planner_never_sees_them(http: httpx.Client, chatting: Services) -> None:
    first = http.post("/v1/chat/precedents", json=shown())
    assert chatting.retriever.search(Query(text="locked out"), "precedent") == []
    second = http.post("/v1/chat/precedents", json=shown("Bob is locked out, too."))
    chatting.retriever.refresh("default")
    assert chatting.retriever.search(Query(text="locked out"), "precedent") == []
    assert {first.json()["id"], second.json()["id"]} == {each.id for each in chatting.record.memory.list()}


def test_the_same_conversation_twice_is_one_precedent(http: httpx.Client, chatting: Services) -> None:
    assert (
        http.post("/v1/chat/precedents", json=shown()).json() == http.post("/v1/chat/precedents", json=shown()).json()
    )
    assert chatting.record.memory.size() == 1


def test_the_same_id_again_replaces_it_for_those_that_come_after(
    http: httpx.Client, openai: OpenAI, lam: LamByState, chatting: Services
) -> None:
    messages: Any = shown()["messages"][:3]
    for closing, cut, next_ in (("Done.", 5, "tools.unlock_account"), ("Which of them?", 3, "ask")):
        line = shown(closing=closing, id="one")
        line["messages"] = [*line["messages"][:cut], line["messages"][-1]]
        assert http.post("/v1/chat/precedents", json=line).status_code == 201
        lam.situations.clear()
        openai.chat.completions.create(model="lamplighter", messages=messages, tools=DESK)  # type: ignore[call-overload]
        assert set(votes(lam.situations[0])) == {next_}
    assert chatting.record.memory.size() == 1


def test_what_is_no_whole_conversation_is_refused_with_the_remedy(http: httpx.Client, chatting: Services) -> None:
    unanswered, garbled = shown(), shown()
    unanswered["messages"] = unanswered["messages"][:4]
    garbled["messages"][1]["tool_calls"][0]["function"]["arguments"] = "{query"
    for line, said in ((unanswered, "nobody answered"), (garbled, "are not JSON")):
        answer = http.post("/v1/chat/precedents", json=line)
        assert answer.status_code == 400
        assert said in answer.json()["error"]["message"]
    assert chatting.record.memory.size() == 0


def test_conversations_are_compared_by_the_encoder_as_it_came_not_by_that_of_requests(
    http: httpx.Client, openai: OpenAI, lam: LamByState, chatting: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Services, "requests", property(lambda _: pytest.fail("the encoder of requests was asked for")))
    assert http.post("/v1/chat/precedents", json=shown()).status_code == 201
    messages: Any = shown()["messages"][:3]
    openai.chat.completions.create(model="lamplighter", messages=messages, tools=DESK)
    assert set(votes(lam.situations[0])) == {"tools.unlock_account"}


def test_nothing_is_embedded_for_precedents_where_there_are_none(chatting: Services) -> None:
    class Never:
        def embed(self, texts: Any) -> Any:
            raise AssertionError(texts)

    task = remembered(chatting, shown()).task
    assert Precedents(chatting.record, Never()).near(task, (), (), tenant="default") == ()


def test_a_call_that_nobody_answered_is_refused_with_the_remedy(http: httpx.Client, chatting: Services) -> None:
    line = shown()
    del line["messages"][2]
    answer = http.post("/v1/chat/precedents", json=line)
    assert answer.status_code == 400
    assert "one tool message for each" in answer.json()["error"]["message"]
    assert chatting.record.memory.size() == 0


def test_what_is_never_kept_is_not_kept_of_conversations(chatting: Services) -> None:
    redactor = Redactor(["email"])
    line = shown("Amara Nyberg (amara@example.org) is locked out.")
    line["messages"][1]["tool_calls"][0]["function"]["arguments"] = json.dumps({"query": "amara@example.org"})
    line["messages"][2]["content"] = json.dumps(FOUND | {"mail": "amara@example.org"})
    made = Demonstration.model_validate(line).redacted(redactor)
    kept = precedent(made, Shelves(chatting.embedder), now=NOON, tenant="default")
    assert "amara@example.org" not in repr(kept)
    assert len(kept.steps) == 2


# ---- from a file


@pytest.fixture
def lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(api.wiring, "build", lambda settings: Services(settings, embedder=BagEmbedder()))
    return lambda *words: CliRunner().invoke(app, ["--data-dir", str(tmp_path / "data"), *map(str, words)])


def test_a_file_of_conversations_is_taken_whole(lamp: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "good.jsonl"
    path.write_text("".join(json.dumps(shown(f"{name} is locked out.")) + "\n" for name in ("Ann", "Bob")))
    result = lamp("memory", "learn", path)
    assert result.exit_code == 0, result.output
    assert "2 conversations are precedents now." in result.output
    assert lamp("memory", "list").output.count("verified") == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{}", "Line 2 of"),
        ("not json", "Line 2 of"),
        (json.dumps({"messages": [{"role": "system", "content": ""}], "tools": DESK}), "Conversation 2 of"),
        (json.dumps(shown() | {"tools": [*DESK, DESK[0]]}), "Two tools are named"),
    ],
)
def test_one_line_that_is_none_is_named_and_nothing_is_taken(
    lamp: Callable[..., Any], tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(shown()) + f"\n{line}\n")
    result = lamp("memory", "learn", path)
    assert result.exit_code != 0
    assert said in str(result.exception or "") + result.output
    assert "Nothing is remembered yet." in lamp("memory", "list").output


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"", "is empty"), (b"\xff\xfe\x00", "is no text")]
)
def test_a_file_that_is_none_is_named(
    lamp: Callable[..., Any], tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "file.jsonl"
    if content is not None:
        path.write_bytes(content)
    result = lamp("memory", "learn", path)
    assert result.exit_code != 0
    assert f"file.jsonl {said}" in str(result.exception or "") + result.output
