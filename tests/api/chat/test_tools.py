"""Tool definitions as actions: schemas, effects, the tools that end a turn; and what of them is offered."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from api_world import BagEmbedder
from chat_world import DESK, tool
from numpy.typing import NDArray

from api.chat.meaning import effect
from api.chat.offer import Seen, offered
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
MANY = [tool(f"tune_gadget_{n}", f"Tune gadget {n}.", [], level="Level") for n in range(45)]
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
