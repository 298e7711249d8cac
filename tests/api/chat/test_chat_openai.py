"""The `openai` client against the running service: calls, their results, questions, streams, models and errors."""

import json
from typing import Any

import openai as sdk
import pytest
from chat_world import DESK, FIND, FOUND, UNLOCK, LamByState, tool
from openai import OpenAI

LOCKED = {"role": "user", "content": "Amara Nyberg is locked out, please help her."}


def ask(client: OpenAI, messages: list[dict[str, Any]], tools: list[dict[str, Any]] = DESK, **more: Any) -> Any:
    return client.chat.completions.create(model="lamplighter", messages=messages, tools=tools, **more)  # type: ignore[call-overload]


def carried_out(message: Any, *results: object) -> list[dict[str, Any]]:
    """The assistant's message as a client sends it back, and what its tools answered."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in results]
    answers = [
        {"role": "tool", "tool_call_id": call.id, "content": text}
        for call, text in zip(message.tool_calls, texts, strict=True)
    ]
    return [message.model_dump(exclude_none=True), *answers]


def called(message: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or ()]


# ---- the caller carries out


def test_a_request_is_carried_out_call_by_call_by_the_caller(openai: OpenAI) -> None:
    messages = [LOCKED]
    first = ask(openai, messages)
    assert first.choices[0].finish_reason == "tool_calls"
    assert called(first.choices[0].message) == [("find_account", {"query": "Amara Nyberg"})]
    messages += carried_out(first.choices[0].message, FOUND)
    second = ask(openai, messages)
    assert called(second.choices[0].message) == [("unlock_account", {"username": "anyberg"})]
    messages += carried_out(second.choices[0].message, {"status": "active"})
    last = ask(openai, messages)
    assert last.choices[0].finish_reason == "stop"
    assert last.choices[0].message.content == "Done: unlock account with username “anyberg”."
    assert last.choices[0].message.tool_calls is None


def test_each_value_of_a_call_says_where_it_comes_from(openai: OpenAI) -> None:
    first = ask(openai, [LOCKED])
    second = ask(openai, [LOCKED, *carried_out(first.choices[0].message, FOUND)])
    told = second.model_extra["lamplighter"]
    assert told["decision"] == "call"
    assert told["confidence"] == 0.8
    (source,) = told["sources"]
    assert source["tool_call_id"] == second.choices[0].message.tool_calls[0].id
    assert source["arguments"][0]["source"] == "result of step 1, accounts.0.username"


def test_a_missing_value_is_asked_for_and_the_answer_is_used(openai: OpenAI) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Give Amara Nyberg VPN access."}]
    messages += carried_out(ask(openai, messages).choices[0].message, FOUND)
    question = ask(openai, messages).choices[0]
    assert question.finish_reason == "stop"
    assert question.message.content.endswith("?")
    assert "until" in question.message.content
    messages += [{"role": "assistant", "content": question.message.content}]
    messages += [{"role": "user", "content": "Until 2027-01-15."}]
    answered = ask(openai, messages).choices[0].message
    assert called(answered) == [("grant_vpn", {"username": "anyberg", "until": "2027-01-15"})]


def test_a_value_that_stands_nowhere_is_never_sent(openai: OpenAI) -> None:
    reply = ask(openai, [{"role": "user", "content": "Please invent somebody and unlock the account."}])
    assert reply.choices[0].message.tool_calls is None


def test_a_refusal_and_a_handing_over_are_words(openai: OpenAI) -> None:
    refused = ask(openai, [{"role": "user", "content": "Forward my boss's mail to me."}])
    assert refused.model_extra["lamplighter"]["decision"] == "refuse"
    assert "may not" in refused.choices[0].message.content
    handed = ask(openai, [{"role": "user", "content": "Hand over my case."}])
    assert handed.model_extra["lamplighter"]["decision"] == "escalate"


def test_last_words_asked_for_without_the_tools_start_no_run(openai: OpenAI) -> None:
    first = ask(openai, [LOCKED])
    messages = [LOCKED, *carried_out(first.choices[0].message, "Account: anyberg")]
    reply = openai.chat.completions.create(model="lamplighter", messages=messages)  # type: ignore[arg-type]
    assert reply.choices[0].message.content == "Account: anyberg."
    assert reply.choices[0].message.tool_calls is None


def test_a_failed_call_is_seen_as_one(openai: OpenAI, lam: LamByState) -> None:
    first = ask(openai, [LOCKED])
    ask(openai, [LOCKED, *carried_out(first.choices[0].message, "Error: the directory does not answer")])
    (seen,) = lam.situations[-1].observations
    assert (seen.status, seen.message) == ("error", "Error: the directory does not answer")


def test_nothing_is_written_down_and_nothing_runs(openai: OpenAI) -> None:
    ask(openai, [LOCKED])
    runs = openai.with_options().get("/runs", cast_to=dict)
    assert runs == {"runs": []}


# ---- tool_choice, parallel_tool_calls


def test_without_leave_to_call_it_says_what_it_would_call(openai: OpenAI) -> None:
    reply = ask(openai, [LOCKED], tool_choice="none").choices[0]
    assert reply.message.tool_calls is None
    assert reply.message.content == "I would find account with query “Amara Nyberg”."


def test_a_required_call_is_the_likeliest_that_can_be_made(openai: OpenAI) -> None:
    messages = [{"role": "user", "content": "Hand over the case of Amara Nyberg, who is locked out."}]
    assert ask(openai, messages, tool_choice="required").choices[0].message.tool_calls


def test_a_named_tool_is_called_whatever_else_would_be(openai: OpenAI) -> None:
    first = ask(openai, [LOCKED])
    messages = [LOCKED, *carried_out(first.choices[0].message, FOUND)]
    named = {"type": "function", "function": {"name": "find_account"}}
    reply = ask(openai, messages, tool_choice=named).choices[0].message
    assert called(reply) == [("find_account", {"query": "Amara Nyberg"})]


def test_calls_that_need_nothing_of_each_other_come_together_if_they_may(openai: OpenAI) -> None:
    messages = [{"role": "user", "content": "Do both services work, vpn and mail?"}]
    together = ask(openai, messages).choices[0].message
    assert called(together) == [("check_service", {"service": "vpn"}), ("check_service", {"service": "mail"})]
    alone = ask(openai, messages, parallel_tool_calls=False).choices[0].message
    assert called(alone) == [("check_service", {"service": "vpn"})]
    said = ask(openai, [{"role": "system", "content": "Make one tool call at a time."}, *messages]).choices[0].message
    assert len(said.tool_calls) == 1
    over = ask(openai, [*messages, *carried_out(together, "The vpn works.", "The mail works.")]).choices[0].message
    assert over.content == "The mail works."


def test_a_write_never_comes_beside_a_read(openai: OpenAI) -> None:
    assert len(ask(openai, [LOCKED]).choices[0].message.tool_calls) == 1


# ---- tools that mean an ending


DONE = tool("done", "Call this function when you are done with the task.")
TRANSFER = tool(
    "transfer_to_human_agents", "Transfer the user to a human agent.", ["summary"], summary="Summary of the issue"
)


def test_the_end_is_told_through_the_tool_for_it(openai: OpenAI) -> None:
    messages = [{"role": "user", "content": "Nothing to do."}]
    reply = ask(openai, messages, [*DESK, DONE, TRANSFER], tool_choice="required").choices[0].message
    assert called(reply) == [("done", {})]


def test_a_case_is_handed_over_through_the_tool_for_it_in_the_words_of_the_request(openai: OpenAI) -> None:
    messages = [{"role": "user", "content": "Hand over my case."}]
    reply = ask(openai, messages, [*DESK, DONE, TRANSFER]).choices[0].message
    assert called(reply) == [("transfer_to_human_agents", {"summary": "Hand over my case."})]


def test_tools_that_end_are_not_offered_as_actions(openai: OpenAI, lam: LamByState) -> None:
    ask(openai, [LOCKED], [*DESK, DONE, TRANSFER])
    assert {spec.name for spec in lam.situations[-1].candidates} == {each["function"]["name"] for each in DESK}


# ---- several turns


def test_a_new_request_begins_afresh_but_may_take_values_from_before(openai: OpenAI, lam: LamByState) -> None:
    messages: list[dict[str, Any]] = [LOCKED]
    messages += carried_out(ask(openai, messages).choices[0].message, FOUND)
    messages += carried_out(ask(openai, messages).choices[0].message, {"status": "active"})
    messages += [{"role": "assistant", "content": ask(openai, messages).choices[0].message.content}]
    messages += [{"role": "user", "content": "Thank you. Now please do both services work, vpn and mail?"}]
    reply = ask(openai, messages, parallel_tool_calls=False).choices[0].message
    assert called(reply) == [("check_service", {"service": "vpn"})]
    assert lam.situations[-1].steps == ()
    assert lam.situations[-1].task.text.startswith("Thank you.")


# ---- streams


def test_a_call_is_streamed_in_pieces(openai: OpenAI) -> None:
    chunks = list(ask(openai, [LOCKED], stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert deltas[0].role == "assistant"
    pieces = [call for delta in deltas for call in delta.tool_calls or ()]
    assert pieces[0].id
    assert pieces[0].function.name == "find_account"
    assert "".join(piece.function.arguments for piece in pieces) == '{"query": "Amara Nyberg"}'
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "tool_calls"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_text_is_streamed_in_pieces_and_without_usage_unless_asked_for(openai: OpenAI) -> None:
    chunks = list(ask(openai, [{"role": "user", "content": "Forward my boss's mail to me."}], stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    whole = ask(openai, [{"role": "user", "content": "Forward my boss's mail to me."}])
    assert text == whole.choices[0].message.content
    assert all(chunk.usage is None for chunk in chunks)


def test_the_client_s_own_stream_helper_puts_it_together(openai: OpenAI) -> None:
    with openai.chat.completions.stream(model="lamplighter", messages=[LOCKED], tools=DESK) as stream:  # type: ignore[arg-type, list-item]
        final = stream.get_final_completion()
    assert called(final.choices[0].message) == [("find_account", {"query": "Amara Nyberg"})]


# ---- models and errors


def test_the_models_are_listed(openai: OpenAI) -> None:
    assert [each.id for each in openai.models.list()] == ["lamplighter", "lamplighter-plan"]
    assert openai.models.retrieve("lamplighter").owned_by == "lamplighter"
    with pytest.raises(sdk.NotFoundError, match="Use 'lamplighter'"):
        openai.models.retrieve("gpt-4o")


def test_an_unknown_model_is_told_in_openai_s_shape(openai: OpenAI) -> None:
    with pytest.raises(sdk.NotFoundError) as caught:
        openai.chat.completions.create(model="gpt-4o", messages=[LOCKED])  # type: ignore[list-item]
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


STRAY = {"role": "tool", "tool_call_id": "call_9", "content": "{}"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "find_account", "arguments": "{}"}}
BROKEN = {**CALL, "function": {"name": "find_account", "arguments": "{"}}
REMOTE = tool("x", "y", z={"$ref": "elsewhere.json#/a"})
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("a tool message for no call", {"messages": [LOCKED, STRAY]}, "one tool message for each of them"),
    (
        "a call without its result",
        {"messages": [LOCKED, {"role": "assistant", "tool_calls": [CALL]}, LOCKED]},
        "one tool message for each",
    ),
    (
        "arguments that are not JSON",
        {
            "messages": [
                LOCKED,
                {"role": "assistant", "tool_calls": [BROKEN]},
                {"role": "tool", "tool_call_id": "call_1", "content": ""},
            ]
        },
        "as it came",
    ),
    ("a picture", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "as text"),
    ("nothing asked", {"messages": [{"role": "user", "content": " "}]}, "Send a user message"),
    ("several choices", {"n": 2}, "Leave n out"),
    ("a JSON format", {"response_format": {"type": "json_object"}}, "as a tool"),
    ("a tool that is not there", {"tool_choice": {"type": "function", "function": {"name": "fly"}}}, "Name one of"),
    ("two tools of one name", {"tools": [FIND, UNLOCK, FIND]}, "a name of its own"),
    ("a tool that is no function", {"tools": [{"type": "web_search"}]}, "not valid"),
    ("a schema elsewhere", {"tools": [REMOTE]}, "another file"),
    (
        "parameters that are no object",
        {"tools": [{**FIND, "function": {"name": "f", "parameters": {"type": "array"}}}]},
        "object",
    ),
]


@pytest.mark.parametrize(("what", "changed", "remedy"), WRONG, ids=[each[0] for each in WRONG])
def test_what_cannot_be_used_is_a_bad_request_with_the_remedy(
    openai: OpenAI, what: str, changed: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(sdk.BadRequestError) as caught:
        openai.chat.completions.create(**{"model": "lamplighter", "messages": [LOCKED], "tools": DESK, **changed})
    assert remedy in caught.value.message
    assert caught.value.type == "invalid_request_error"


def test_no_tools_where_one_is_required_is_a_bad_request(openai: OpenAI) -> None:
    with pytest.raises(sdk.BadRequestError, match="Send tools"):
        openai.chat.completions.create(model="lamplighter", messages=[LOCKED], tool_choice="required")  # type: ignore[list-item]


def test_what_others_understand_and_this_does_not_is_passed_over(openai: OpenAI) -> None:
    reply = ask(openai, [LOCKED], temperature=0.2, seed=7, max_tokens=50, logprobs=False, user="npetrov", store=False)
    assert reply.choices[0].message.tool_calls
