"""What is to be redacted reaches neither the model nor the record, and no call is made with what was taken out."""

import json
from collections.abc import Callable

import pytest
from planner_world import UNLOCK_AND_VPN_MOVES, Someone, World, act, end

from knowledge.codec import to_json
from knowledge.errors import BadConfiguration
from knowledge.redaction import Redactor
from knowledge.types import Decision, JsonValue, Run, Step
from planner.call import Call, Permit
from planner.discretion import DiscreetExecutor
from planner.execute import HttpExecutor
from planner.request import request_for
from tests.fakes import Move, ScriptedLAM, answered, said, seen

CARD, SECRET = "4111 1111 1111 1111", "planted-8f3kd02mxq"
REDACTOR = Redactor(["credit-card", "email"], secrets=lambda: {SECRET})
REQUEST = f"Card {CARD}: please unlock the account of Anders Bennett and give him VPN until 20 March."


def kept(world: World, run: Run) -> str:
    """All that the record has of a run."""
    record, nouns = world.record, [world.record.memory.get(run.id), world.record.runs.get(run.id)]
    parts: list[object] = [to_json(noun) for noun in [*nouns, *record.runs.events(run.id)]]
    return json.dumps([*parts, *(str(each) for each in record.runs.journal(run.id))], ensure_ascii=False)


def executor(world: World) -> DiscreetExecutor:
    application = world.catalogued.application
    inner = HttpExecutor([application], lambda _: world.token, approvals=world.record.approvals, pauses_s=(0, 0))
    return DiscreetExecutor(executor=inner, redactor=REDACTOR)


def test_a_run_is_carried_out_and_verified_on_redacted_texts(world: World) -> None:
    lam = ScriptedLAM(UNLOCK_AND_VPN_MOVES)
    world.patch("accounts", {"username": "abennett"}, {"status": "locked"})
    run = world.run(REQUEST, (), lam=lam, redactor=REDACTOR, executor=executor(world))
    assert run.outcome
    assert run.outcome.status == "verified"
    assert run.task.text.startswith("Card [redacted:credit-card]: please")
    for text in (kept(world, run), str(lam.situations)):
        assert CARD not in text
        assert "[redacted:email]" in text
        assert "@" not in text


def test_every_span_counts_in_the_text_that_is_kept(world: World) -> None:
    world.patch("accounts", {"username": "abennett"}, {"status": "locked"})
    run = world.run(REQUEST, UNLOCK_AND_VPN_MOVES, redactor=REDACTOR, executor=executor(world))
    origins = [argument.value.provenance for step in run.steps for argument in step.arguments]  # type: ignore[union-attr]
    requested = [each for each in origins if each.source == "request"]
    assert {each.raw for each in requested} == {"Anders Bennett", "20 March"}
    assert all(run.task.text[each.start : each.end] == each.raw for each in requested)


@pytest.mark.parametrize("words", ["[redacted:credit-card]", "redacted", "credit-card]"])
def test_what_was_taken_out_is_no_value(world: World, words: str) -> None:
    moves = [act("search_accounts", query=said(words)), end("escalate")]
    run = world.run(REQUEST, moves, redactor=REDACTOR)
    assert run.observations[0].status == "ungrounded"
    assert "LAMP_REDACT" in run.observations[0].message


def test_answers_are_redacted_before_the_run_hears_them(world: World) -> None:
    moves = [
        Move(action="helpdesk.search_accounts", missing=("query",)),
        act("search_accounts", query=answered("Anders Bennett")),
        end("finish"),
    ]
    person = Someone(answers=iter([f"{SECRET}: Anders Bennett, {CARD}"]))
    run = world.run("Who is it?", moves, person=person, redactor=REDACTOR, executor=executor(world))
    assert run.observations[0].status == "ok"
    assert "[redacted:secret]: Anders Bennett, [redacted:credit-card]" in kept(world, run)
    assert CARD not in kept(world, run)
    assert SECRET not in kept(world, run)


def test_edits_and_notes_of_an_approval_are_redacted(world: World) -> None:
    from planner.discretion import DiscreetPerson
    from planner.person import Approval

    class Approver(Someone):
        def approve(self, waiting: object) -> Approval:
            return Approval(approved=True, call_hash="h", note=f"card {CARD}", arguments={"to": ["a@b.example", 1]})

    said_so = DiscreetPerson(person=Approver(), redactor=REDACTOR).approve(None)  # type: ignore[arg-type]
    assert said_so
    assert (said_so.note, said_so.arguments) == ("card [redacted:credit-card]", {"to": ["[redacted:email]", 1]})


def test_a_secret_that_no_header_can_have_is_not_repeated_in_the_error(world: World) -> None:
    spec, application = world.spec("search_accounts"), world.catalogued.application
    call = Call(run_id="r", spec=spec, step=Step(index=0, action=spec.id))
    with pytest.raises(BadConfiguration, match="secret of helpdesk") as caught:
        request_for(call, application, "gehe\u00efm-token")
    assert "geh" not in str(caught.value)


@pytest.mark.parametrize(
    "spelt",
    [
        lambda token: token,
        lambda token: f"Bearer {token}",
        lambda token: json.dumps({"h": token}),
        lambda token: "".join(f"\\u{ord(each):04x}" for each in token),
    ],
)
def test_the_executor_itself_keeps_the_secret_it_used(world: World, spelt: Callable[[str], str]) -> None:
    """Also where the JSON spells it in a way of its own."""
    import httpx

    body = '{"echo": "' + spelt(world.token).replace('"', '\\"') + '"}'
    transport = httpx.MockTransport(lambda _: httpx.Response(400, content=body))
    inner = HttpExecutor([world.catalogued.application], lambda _: world.token, transport=transport)
    spec = world.spec("search_accounts")
    allowed = Permit(decision=Decision(verdict="allow", rule="test", reason=""))
    found = inner.execute(Call(run_id="r", spec=spec, step=Step(index=0, action=spec.id)), allowed)
    echoed: JsonValue = found.body
    assert "[redacted:secret]" in str(echoed)
    assert world.token not in str(found)


def test_seen_values_are_found_in_the_redacted_result(world: World) -> None:
    moves = [
        act("search_accounts", query=said("Anders Bennett")),
        act("get_account", username=seen(0, "accounts.0.email")),
        end("escalate"),
    ]
    run = world.run(REQUEST, moves, redactor=REDACTOR, executor=executor(world))
    assert (run.observations[1].status, run.observations[1].step) == ("ungrounded", 1)


@pytest.mark.parametrize("levels", [150, 900, 200_000])
def test_an_answer_nested_beyond_reading_is_an_error_that_the_model_sees(world: World, levels: int) -> None:
    import httpx

    content = b'{"a": ' + b"[" * levels + b"]" * levels + b"}"
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    inner = HttpExecutor([world.catalogued.application], lambda _: world.token, transport=transport)
    spec = world.spec("search_accounts")
    allowed = Permit(decision=Decision(verdict="allow", rule="test", reason=""))
    executor = DiscreetExecutor(executor=inner, redactor=REDACTOR)
    found = executor.execute(Call(run_id="r", spec=spec, step=Step(index=0, action=spec.id)), allowed)
    assert (found.status, found.code, found.body) == ("error", "response_too_deep", None)
