"""Tool definitions as actions: schemas, effects, the tools that end a turn; and what of them is offered."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from api_world import BagEmbedder
from chat_world import DESK, tool
from numpy.typing import NDArray

from api.chat.meaning import effect, toggles
from api.chat.named import opened
from api.chat.offer import Seen, described, offered
from api.chat.shelves import Shelves
from api.chat.tools import Toolbox, toolbox
from api.chat.wire import Tool
from knowledge.types import Observation, Step


def wire(*tools: dict[str, Any]) -> list[Tool]:
    return [Tool.model_validate(each) for each in tools]


def box(*tools: dict[str, Any]) -> Toolbox:
    return toolbox(wire(*tools))


# ---- definitions


def test_a_definition_becomes_an_action() -> None:
    (spec,) = box(
        tool(
            "send_mail", "Send a mail.", ["to"], to={"type": "string", "format": "email", "description": "Who gets it"}
        )
    ).specs
    assert (spec.id, spec.description, spec.effect) == ("tools.send_mail", "Send a mail.", "write")
    (to,) = spec.parameters
    assert (to.name, to.description, to.required) == ("to", "Who gets it", True)
    assert to.schema == {"type": "string", "format": "email"}


def test_a_tool_without_description_or_parameters_is_one_too() -> None:
    (spec,) = box({"type": "function", "function": {"name": "reboot_device"}}).specs
    assert (spec.description, spec.parameters) == ("reboot device", ())


def test_references_and_nulls_are_resolved() -> None:
    schema = {
        "type": "object",
        "$defs": {"Mode": {"type": "string", "enum": ["4g", "5g"]}},
        "properties": {
            "mode": {"$ref": "#/$defs/Mode"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["mode", "note"],
    }
    made = box({"type": "function", "function": {"name": "set_mode", "parameters": schema, "strict": True}})
    mode, note = made.specs[0].parameters
    assert mode.schema["enum"] == ["4g", "5g"]
    assert (note.schema, note.required) == ({"type": "string"}, False)
    assert made.nulls == {"set_mode": ("note",)}


def test_a_list_of_values_or_any_text_is_the_list() -> None:
    listed = {"type": "string", "enum": ["4g_only", "2g_only"]}
    mode = {"anyOf": [listed, {"type": "string"}]}
    size = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    (spec,) = box(tool("set_mode", "Set it.", ["mode"], mode=mode, size=size)).specs
    assert [parameter.schema for parameter in spec.parameters] == [listed, size]


@pytest.mark.parametrize(
    ("said", "values"),
    [
        (
            'Field to return. Available fields are: "id", "sent_date", "inbox/outbox".',
            ["id", "sent_date", "inbox/outbox"],
        ),
        ("Type of plot. Can be 'bar', 'line' or 'pie'", ["bar", "line", "pie"]),
        ('State. One of: "Won", "Lost"', ["Won", "Lost"]),
        ("The mode, must be one of `a`, `b`, or `c`.", ["a", "b", "c"]),
        ('A name, e.g. "Ann" or "Bob".', None),
        ('Any text, such as "a" or "b".', None),
        ('It can be "x".', None),
    ],
)
def test_values_that_only_a_description_lists_are_the_only_ones(said: str, values: list[str] | None) -> None:
    (spec,) = box(tool("show", "Show it.", [], what={"type": "string", "description": said})).specs
    assert spec.parameters[0].schema.get("enum") == values
    (spec,) = box(tool("show", "Show it.", [], what={"type": "integer", "description": said})).specs
    assert "enum" not in spec.parameters[0].schema


def test_what_a_docstring_says_of_its_arguments_is_read() -> None:
    text = "Suspend a line.\nLogic: sets its status.\n\nArgs:\n    line_id: ID of the line.\n\nReturns:\n    The line."
    parameters = {"type": "object", "properties": {"line_id": {"type": "string"}}, "required": ["line_id"]}
    made = {"type": "function", "function": {"name": "suspend_line", "description": text, "parameters": parameters}}
    (spec,) = box(made).specs
    assert spec.description == "Suspend a line."
    assert spec.parameters[0].description == "ID of the line."


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("get_customer_by_phone", "", "read"),
        ("check_status_bar", "", "read"),
        ("can_send_mms", "", "read"),
        ("email.search_emails", "", "read"),
        ("listOrders", "", "read"),
        ("run_speed_test", "Measures your current internet connection speed.", "read"),
        ("toggle_data", "", "write"),
        ("reset_apn_settings", "", "write"),
        ("get_or_create_user", "", "write"),
        ("check_out_book", "", "write"),
        ("frobnicate", "Frobnicates the thing.", "write"),
        ("frobnicate", "", "write"),
        ("delete_search_index", "", "write"),
    ],
)
def test_what_is_not_plainly_a_read_is_a_write(name: str, description: str, expected: str) -> None:
    assert effect(name, description) == expected


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("toggle_wifi", "", True),
        ("wifi", "Toggles the radio.", True),
        ("set_wifi", "Sets the radio.", False),
        ("restart", "Restarts everything, do not toggle it.", False),
    ],
)
def test_what_is_undone_by_another_call_is_known(name: str, description: str, expected: bool) -> None:
    assert toggles(box(tool(name, description, [])).specs[0]) is expected


@pytest.mark.parametrize(
    ("made", "ending"),
    [
        (tool("done", "Call this function when you are done with the task."), "finish"),
        (tool("task_complete", "Ends it."), "finish"),
        (tool("transfer_to_human_agents", "Transfer.", ["summary"], summary="Summary"), "escalate"),
        (tool("escalateToSupport", "Hand over.", ["reason"], reason="Why"), "escalate"),
        (tool("complete_order", "Complete an order.", ["id"], id="Order"), ""),
        (tool("escalate_ticket", "Escalate a ticket.", ["ticket"], ticket="Number"), ""),
        (tool("escalate_to_human", "Hand a ticket over.", ["ticket_id"], ticket_id="Number"), ""),
        (tool("finish", "Give the answer.", ["answer"], answer="The answer"), ""),
    ],
)
def test_a_tool_that_needs_nothing_but_words_to_end_is_an_ending(made: dict[str, Any], ending: str) -> None:
    found = box(*DESK, made)
    assert {name for name in ("finish", "escalate") if found.ending(name)} == ({ending} if ending else set())
    assert len(found.actions) == len(DESK) + (not ending)


# ---- shelves


class Counting(BagEmbedder):
    def __init__(self) -> None:
        self.calls = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls += 1
        return super().embed(texts)


def test_tools_and_documentation_are_embedded_once() -> None:
    embedder = Counting()
    shelves = Shelves(embedder)
    first = shelves.tools(wire(*DESK))
    assert shelves.tools(wire(*DESK)) is first
    manual = shelves.manual("# VPN\n\nAt most 90 days.")
    assert shelves.manual("# VPN\n\nAt most 90 days.") is manual
    assert embedder.calls == 2
    assert shelves.tools(wire(*DESK[:2])) is not first


def test_only_the_last_ones_are_kept() -> None:
    shelves = Shelves(BagEmbedder(), kept=2)
    first = shelves.manual("one")
    shelves.manual("two")
    shelves.manual("three")
    assert shelves.manual("one") is not first


def test_no_documentation_is_an_empty_shelf() -> None:
    assert Shelves(BagEmbedder()).manual(" \n").shelf is None


# ---- what is offered


MANUAL = """# Manual

## Picture messages

If picture messages cannot be sent, check the settings of gadget 31 first.

## Bills

An overdue bill stops the line. Send a payment request.
""" + "".join(f"\n## Section {n}\n\nNothing of interest about matter {n}.\n" for n in range(100, 160))
MANY = [tool(f"tune_gadget_{n}", f"Tune gadget {n}.", [], level="Level") for n in range(60)]
CUSTOMER = tool("get_customer_by_phone", "Find a customer.", ["phone"], phone="Number")
LINE = tool("resume_line", "Resume a suspended line of gadget 31.", ["customer_id"], customer_id="Customer")


def look(seen: Seen, *tools: dict[str, Any], manual: str = MANUAL) -> tuple[list[str], list[str]]:
    shelves = Shelves(BagEmbedder())
    context = offered(seen, shelves.tools(wire(*tools)), shelves.manual(manual), BagEmbedder())
    passages = [hit.item.heading for hit in context.passages]  # type: ignore[union-attr]
    return [hit.item.name for hit in context.actions], passages  # type: ignore[union-attr]


def said(text: str) -> Seen:
    return Seen(said=text, steps=(), observations=())


def test_few_tools_are_all_offered() -> None:
    names, _ = look(said("anything"), *DESK)
    assert {*names} == {each["function"]["name"] for each in DESK}


def test_of_many_tools_the_likeliest_are_offered_and_passages_name_some() -> None:
    names, headings = look(said("Picture messages cannot be sent."), *MANY)
    assert len(names) <= 14
    assert "tune_gadget_31" in names
    assert headings[0] == "Manual > Picture messages"


def test_a_read_that_finds_the_identifier_of_a_likely_action_is_offered_with_it() -> None:
    names, _ = look(said("Resume the suspended line."), *MANY, LINE, CUSTOMER)
    assert "resume_line" in names
    assert "get_customer_by_phone" in names


def test_what_was_used_before_stays_on_offer_and_what_was_seen_leads_to_the_next_passage() -> None:
    step = Step(index=0, action="tools.tune_gadget_7")
    result = Observation(step=0, status="ok", body={"bill": "overdue", "text": "x"})
    seen = Seen(said="Picture messages cannot be sent.", steps=(step,), observations=(result,))
    names, headings = look(seen, *MANY)
    assert "tune_gadget_7" in names
    assert "Manual > Bills" in headings


def test_people_s_words_in_a_result_do_not_choose_what_is_read() -> None:
    step = Step(index=0, action="tools.tune_gadget_7")
    result = Observation(step=0, status="ok", body={"text": "An overdue bill stops the line, send a payment request"})
    seen = Seen(said="Picture messages cannot be sent.", steps=(step,), observations=(result,))
    assert "Manual > Bills" not in look(seen, *MANY)[1][:1]
    assert "overdue" not in seen.lately


def test_an_error_s_sentence_does_not_choose_what_is_read() -> None:
    step = Step(index=0, action="tools.tune_gadget_7")
    for code, shown in (("line_busy", True), ("An overdue bill stops the line", False)):
        refused = Observation(step=0, status="error", code=code)
        seen = Seen(said="Picture messages cannot be sent.", steps=(step,), observations=(refused,))
        assert (code in seen.lately) == shown


RUNBOOK = """# Runbook

## Picture messages

If `check_apn()` shows no address, use `reset_apn()`, then `tune_gadget_3()`.

## All tools

`check_apn`, `reset_apn`, `tune_gadget_1`, `tune_gadget_2`, `tune_gadget_3`, `tune_gadget_4`, `tune_gadget_5`.

## Refuelling

Data is sold by volume. The most that can be added is 2GB.
"""
APN = [tool("check_apn", "Shows it.", []), tool("reset_apn", "Mends it.", [])]
DETAILS = tool("get_details_by_id", "Details of anything.", ["id"], id="The id")
REFUEL = tool("refuel_data", "Add data.", ["gb_amount"], gb_amount={"type": "number", "description": "How much"})


def test_up_to_forty_eight_tools_are_all_offered() -> None:
    names, _ = look(said("anything"), *MANY[:48])
    assert len(names) == 48


def test_what_the_documentation_names_in_one_breath_with_the_last_step_is_offered() -> None:
    step = Step(index=0, action="tools.check_apn")
    seen = Seen(said="zzz", steps=(step,), observations=(Observation(step=0, status="ok", body={"apn": "unset"}),))
    names, _ = look(seen, *MANY, *APN, manual=RUNBOOK)
    assert {"reset_apn", "tune_gadget_3"} <= {*names}


def test_an_identifier_that_was_found_opens_the_reads_that_take_it() -> None:
    tools = Shelves(BagEmbedder()).tools(wire(*MANY, CUSTOMER, LINE, DETAILS)).shelf
    found = Observation(step=0, status="ok", body={"line_ids": ["L1", "L2"]})
    assert opened([found], tools) == ["tools.get_details_by_id"]
    assert opened([Observation(step=0, status="ok", body={"lines": 2})], tools) == []


def test_a_number_is_quoted_from_where_its_unit_stands() -> None:
    shelves = Shelves(BagEmbedder())
    tools = shelves.tools(wire(*APN, REFUEL))
    (spec,) = [each for each in tools.box.specs if each.name == "refuel_data"]
    hit = described(spec, tools=tools.shelf, manual=shelves.manual(RUNBOOK).shelf)
    assert hit
    assert "2GB" in hit.item.text  # type: ignore[union-attr]
