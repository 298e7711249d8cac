"""Values that only documentation gives are taken as precedents had them, where they stand in it here."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from api_world import BagEmbedder
from chat_world import tool

from api.chat.conversation import conversation
from api.chat.demonstrations import Demonstration, precedent
from api.chat.follow import agreed, as_before
from api.chat.history import Scene, scene
from api.chat.precedents import Known
from api.chat.shelves import Shelves
from knowledge.types import ActionSpec, Literal, Step, literals
from models.lam import Filled, Situation
from planner.ground import ground
from tests.api.chat.test_chat_precedents import NOON

CHECK = tool("check_rights", "Show the rights of an app.")
GRANT = tool("grant_right", "Give an app a right.", ["app", "right"], app="Name of the app", right="The right")
POLICY = "# Rights\n\nMessages need the rights storage and sms. Give them with grant_right.\n"
EMBEDDER = BagEmbedder()


def said(right: str, *, policy: str = POLICY, request: str = "The app Chatter sends no pictures.") -> dict[str, Any]:
    calls = [
        ("check_rights", {}, "Chatter has the right: phone"),
        ("grant_right", {"app": "Chatter", "right": right}, "ok"),
    ]
    messages: list[dict[str, Any]] = [{"role": "system", "content": policy}, {"role": "user", "content": request}]
    for number, (name, given, answer) in enumerate(calls):
        made = {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        messages.append({"role": "assistant", "tool_calls": [made]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": answer})
    return {"messages": messages, "tools": [CHECK, GRANT]}


def here(rights: Sequence[str], **more: str) -> tuple[Scene, ActionSpec]:
    """After the check, with precedents that granted these."""
    shelves = Shelves(EMBEDDER)
    runs = tuple(
        precedent(Demonstration.model_validate(said(right) | {"id": str(n)}), shelves, now=NOON, tenant="")
        for n, right in enumerate(rights)
    )
    known = Known().and_more(0, runs, EMBEDDER.embed([run.task.text for run in runs]))
    request = Demonstration.model_validate(said("sms", **more)).until(1)
    talk, tools = conversation(request, now=NOON), shelves.tools(request.tools or [])
    found = scene(
        talk,
        tools,
        shelves.manual(talk.documentation),
        EMBEDDER,
        lambda task, steps, seen: known.near(task, steps, seen, EMBEDDER),
    )
    spec = tools.box.named("grant_right")
    assert spec
    return found, spec


def with_action(situation: Situation, spec: ActionSpec) -> Situation:
    hits = tuple(
        replace(hit, item=spec) if isinstance(hit.item, ActionSpec) and hit.item.id == spec.id else hit
        for hit in situation.context.actions
    )
    return replace(situation, context=replace(situation.context, actions=hits))


def followed(rights: Sequence[str], **more: str) -> dict[str, Any]:
    at, spec = here(rights, **more)
    return literals(as_before(Filled(arguments=(), missing=("app", "right")), spec, at).arguments)


def test_the_value_of_most_precedents_is_taken_from_the_documentation_here() -> None:
    assert followed(["sms", "sms", "storage"]) == {"right": "sms"}
    assert followed(["storage"]) == {"right": "storage"}


def test_the_gate_finds_it_where_it_is_said_to_stand() -> None:
    at, spec = here(["sms"])
    filled = as_before(Filled(arguments=(), missing=("app", "right")), spec, at)
    step = Step(index=len(at.filling.steps), action=spec.id, arguments=filled.arguments)
    optional = replace(spec, parameters=tuple(replace(each, required=False) for each in spec.parameters))
    (made,) = ground(step, with_action(at.filling_for(spec), optional)).step.arguments
    assert isinstance(made.value, Literal)
    assert (made.value.provenance.source, made.value.provenance.raw) == ("document", "sms")


def test_what_the_request_says_is_nobody_elses_to_say() -> None:
    """All precedents were about the app that their request names."""
    at, spec = here(["sms", "sms"])
    assert agreed(at.choosing.context.precedents, spec) == {"right": "sms"}


@pytest.mark.parametrize("rights", [["sms", "storage"], []])
def test_without_a_majority_nothing_is_followed(rights: Sequence[str]) -> None:
    assert followed(rights) == {}


def test_what_is_not_written_here_is_not_taken() -> None:
    assert followed(["sms"], policy="# Rights\n\nAsk an administrator.\n") == {}


def test_what_is_there_already_stays() -> None:
    at, spec = here(["sms"])
    filled = as_before(Filled(arguments=(), missing=("app", "right")), spec, at)
    assert filled.missing == ("app",)
    assert as_before(filled, spec, at) is filled
