"""Requests as they leave, responses as they come in, and all the ways in which they do not."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import httpx
import pytest

from knowledge.approvals import Refusal
from knowledge.catalogue import Application
from knowledge.types import (
    ActionSpec,
    Argument,
    Decision,
    Effect,
    JsonValue,
    Literal,
    Observation,
    Parameter,
    Provenance,
    Step,
)
from planner.call import Approvals, Call, Permit
from planner.execute import HttpExecutor
from planner.person import Approval

APP = Application(
    name="desk",
    base_url="http://desk.example/api/",
    title="The desk",
    auth_header="Authorization",
    secret_name="desk",
    on_behalf_of_header="X-On-Behalf-Of",
)
ALLOW = Permit(decision=Decision(verdict="allow", rule="r", reason=""))
ASK = Decision(verdict="ask", rule="r", reason="Cannot be undone.")
Handler = Callable[[httpx.Request], httpx.Response]


def spec(
    effect: Effect = "write", method: str = "POST", path: str = "/things/{thing}", keys_kept_h: float = 0.0
) -> ActionSpec:
    parameters = (
        Parameter(name="thing", location="path"),
        Parameter(name="tags", location="query"),
        Parameter(name="X-Mode", location="header"),
        Parameter(name="Authorization", location="header"),
        Parameter(name="size", location="body"),
        Parameter(name="note", location="body"),
    )
    return ActionSpec(
        name="change",
        app="desk",
        description="",
        parameters=parameters,
        effect=effect,
        method=method,
        path=path,
        keys_kept_h=keys_kept_h,
    )


def call(action: ActionSpec | None = None, *, requester: str = "ana", **values: JsonValue) -> Call:
    provenance = Provenance(source="request", source_id="request", raw="x")
    arguments = tuple(
        Argument(name=name.replace("__", "-"), value=Literal(value=value, provenance=provenance))
        for name, value in values.items()
    )
    action = action or spec()
    return Call(run_id="r", spec=action, step=Step(index=3, action=action.id, arguments=arguments), requester=requester)


class Wire:
    """A transport that keeps what it was sent."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.sent: list[httpx.Request] = []
        self._answers = list(answers) or [httpx.Response(200, json={"ok": True})]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def execute(
    wire: Handler,
    made: Call,
    permit: Permit = ALLOW,
    *,
    app: Application = APP,
    most: int = 10_000,
    approvals: Approvals | None = None,
) -> Observation:
    executor = HttpExecutor(
        [app],
        lambda name: f"secret-of-{name}",
        approvals=approvals,
        transport=httpx.MockTransport(wire),
        pauses_s=(0, 0),
        most_bytes=most,
    )
    return executor.execute(made, permit)


def test_every_value_goes_where_its_parameter_says() -> None:
    wire = Wire()
    seen = execute(wire, call(thing="ü?#", tags=["a", "b c"], X__Mode="fast", size=5, note="hi", Authorization="mine"))
    (request,) = wire.sent
    assert request.method == "POST"
    assert str(request.url) == "http://desk.example/api/things/%C3%BC%3F%23?tags=a&tags=b+c"
    assert json.loads(request.content) == {"size": 5, "note": "hi"}
    assert request.headers["X-Mode"] == "fast"
    assert request.headers["Authorization"] == "Bearer secret-of-desk"
    assert request.headers["X-On-Behalf-Of"] == "ana"
    assert seen == Observation(step=3, status="ok", body={"ok": True}, whole=True)


def test_a_write_carries_an_idempotency_key_and_a_read_does_not() -> None:
    wire = Wire()
    execute(wire, call(thing="a"))
    execute(wire, call(spec("read", "GET"), thing="a"))
    assert wire.sent[0].headers["Idempotency-Key"] == call(thing="a").key
    assert len(call(thing="a").key) == 32
    assert "Idempotency-Key" not in wire.sent[1].headers


def test_the_key_is_of_this_very_call() -> None:
    one = call(thing="a", size=1)
    assert one.key == call(size=1, thing="a").key
    assert (
        len({one.key, call(thing="a", size=2).key, replace(one, run_id="s").key, replace(one, requester="b").key}) == 4
    )
    assert replace(one, run_id="s").hash == one.hash


@pytest.mark.parametrize(
    ("permit", "code"),
    [
        (Permit(decision=replace(ASK, verdict="deny")), "policy_denied"),
        (Permit(decision=ASK), "approval_denied"),
        (Permit(decision=ASK, approval=Approval(approved=False, call_hash=call(thing="a").hash)), "approval_denied"),
        (Permit(decision=ASK, approval=Approval(approved=True, call_hash=call(thing="b").hash)), "approval_mismatch"),
        (
            Permit(
                decision=replace(ASK, verdict="deny"), approval=Approval(approved=True, call_hash=call(thing="a").hash)
            ),
            "policy_denied",
        ),
        (Permit(decision=replace(ASK, verdict="maybe")), "policy_denied"),  # type: ignore[arg-type]
    ],
)
def test_without_a_permit_for_exactly_this_call_nothing_is_sent(permit: Permit, code: str) -> None:
    wire = Wire()
    seen = execute(wire, call(thing="a"), permit)
    assert (seen.status, seen.code) == ("denied", code)
    assert not wire.sent


class Book:
    """Approvals that all redeem, and what was asked of them."""

    def __init__(self, refusal: Refusal | None = None) -> None:
        self.refusal = refusal
        self.redeemed: list[tuple[str, str]] = []

    def redeem(self, id: str, *, call_hash: str, at: datetime, tenant: str) -> Refusal | None:
        self.redeemed.append((id, call_hash))
        return self.refusal


def approved(made: Call) -> Permit:
    return Permit(decision=ASK, approval=Approval(approved=True, call_hash=made.hash, id="a1"))


def test_an_approval_of_exactly_this_call_lets_it_through() -> None:
    made, book = call(thing="a"), Book()
    made = replace(made, target=APP.base_url)
    assert execute(Wire(), made, approved(made), approvals=book).status == "ok"
    assert book.redeemed == [("a1", made.hash)]


def test_what_is_allowed_redeems_nothing() -> None:
    book = Book()
    assert execute(Wire(), call(thing="a"), approvals=book).status == "ok"
    assert not book.redeemed


@pytest.mark.parametrize("refusal", ["unknown", "undecided", "rejected", "withdrawn", "used", "expired", "mismatch"])
def test_an_approval_that_the_record_does_not_redeem_opens_nothing(refusal: Refusal) -> None:
    wire, made = Wire(), replace(call(thing="a"), target=APP.base_url)
    seen = execute(wire, made, approved(made), approvals=Book(refusal))
    assert (seen.status, seen.code) == ("denied", f"approval_{refusal}")
    assert not wire.sent


def test_an_executor_without_the_record_lets_nothing_through_that_needs_an_approval() -> None:
    wire, made = Wire(), replace(call(thing="a"), target=APP.base_url)
    assert execute(wire, made, approved(made)).code == "approval_unknown"
    assert not wire.sent


def test_an_approval_is_for_one_address() -> None:
    wire, made, book = Wire(), replace(call(thing="a"), target=APP.base_url), Book()
    elsewhere = replace(APP, base_url="http://elsewhere.example/api/")
    assert execute(wire, made, approved(made), app=elsewhere, approvals=book).code == "approval_mismatch"
    assert not wire.sent
    assert not book.redeemed, "the approval is still good where it was given for"
    assert made.hash != replace(made, target=elsewhere.base_url).hash
    assert made.key == replace(made, target=elsewhere.base_url).key


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (
            httpx.Response(409, json={"code": "not_locked", "message": "It is not locked."}),
            "not_locked",
            "It is not locked.",
        ),
        (httpx.Response(422, json={"detail": [{"msg": "bad"}]}), "422", '[{"msg": "bad"}]'),
        (httpx.Response(400, json={"error": {"code": "E7", "message": "No."}}), "E7", "No."),
        (httpx.Response(404, text="Not here"), "404", "The application answered 404."),
        (httpx.Response(302, headers={"location": "http://evil.example"}), "redirected", ""),
    ],
)
def test_errors_keep_the_applications_own_code_and_words(answer: httpx.Response, code: str, message: str) -> None:
    seen = execute(Wire(answer), call(thing="a"))
    assert (seen.status, seen.code) == ("error", code)
    assert message in seen.message


@pytest.mark.parametrize(("effect", "remedy"), [("read", "ask again later"), ("write", "whether it was carried out")])
def test_a_failure_of_the_application_says_what_to_do(effect: Effect, remedy: str) -> None:
    failed = httpx.Response(500, json={"code": "internal_error", "message": "The service failed."})
    seen = execute(Wire(failed), call(spec(effect), thing="a"))
    assert (seen.status, seen.code) == ("error", "internal_error")
    assert seen.message.startswith("The service failed. ")
    assert remedy in seen.message


@pytest.mark.parametrize(
    ("effect", "keys_kept_h", "tries"),
    [("read", 0, 3), ("write", 24, 2), ("irreversible", 24, 2), ("write", 0, 1), ("irreversible", 0, 1)],
)
def test_failures_that_may_pass_are_tried_again_where_that_does_nothing_twice(
    effect: Effect, keys_kept_h: float, tries: int
) -> None:
    for failure in (httpx.Response(503, json={}), httpx.ReadTimeout("slow")):
        wire = Wire(failure)
        seen = execute(wire, call(spec(effect, keys_kept_h=keys_kept_h), thing="a"))
        assert seen.status == ("error" if isinstance(failure, httpx.Response) else "unreachable")
        assert len(wire.sent) == tries
        assert len({request.headers.get("Idempotency-Key") for request in wire.sent}) == 1


@pytest.mark.parametrize("failure", [httpx.Response(429, json={}), httpx.ConnectError("refused")])
def test_what_was_turned_away_is_tried_again_without_a_key(failure: httpx.Response | httpx.ConnectError) -> None:
    wire = Wire(failure)
    execute(wire, call(spec(), thing="a"))
    assert len(wire.sent) == 2


def test_an_answer_after_a_failure_counts() -> None:
    wire = Wire(httpx.ConnectError("refused"), httpx.Response(200, json={"n": 1}))
    assert execute(wire, call(thing="a")).body == {"n": 1}


def test_other_errors_are_not_tried_again() -> None:
    wire = Wire(httpx.Response(409, json={}))
    execute(wire, call(spec("read", "GET"), thing="a"))
    assert len(wire.sent) == 1


def test_what_was_not_sent_and_what_was_not_answered_are_told_apart() -> None:
    assert execute(Wire(httpx.ConnectError("x")), call(thing="a")).code == "no_connection"
    seen = execute(Wire(httpx.ReadTimeout("x")), call(thing="a"))
    assert seen.code == "no_answer"
    assert "may have been carried out" in seen.message
    assert "was not carried out" in execute(Wire(httpx.ReadTimeout("x")), call(spec("read"), thing="a")).message


def test_a_read_is_sent_on_within_the_host_only() -> None:
    inside = httpx.Response(307, headers={"location": "/api/there"})
    wire = Wire(inside, httpx.Response(200, json=[1]))
    assert execute(wire, call(spec("read", "GET"), thing="a")).body == [1]
    assert str(wire.sent[1].url) == "http://desk.example/api/there"
    for elsewhere in ("http://evil.example/", "https://desk.example/", "http://desk.example:81/"):
        wire = Wire(httpx.Response(307, headers={"location": elsewhere}))
        assert execute(wire, call(spec("read", "GET"), thing="a")).code == "redirected"
        assert len(wire.sent) == 1


def test_an_endless_redirect_ends() -> None:
    wire = Wire(httpx.Response(307, headers={"location": "/api/again"}))
    assert execute(wire, call(spec("read", "GET"), thing="a")).code == "redirected"
    assert len(wire.sent) == 4


def test_a_response_is_read_up_to_a_limit() -> None:
    seen = execute(Wire(httpx.Response(200, text="x" * 5000)), call(thing="a"), most=100)
    assert (seen.status, seen.code, seen.body) == ("error", "response_too_large", None)


@pytest.mark.parametrize(
    ("content", "body"), [(b"", None), (b"plain", "plain"), (b"[1, null]", [1, None]), (b"\xff", "\ufffd")]
)
def test_any_body_can_be_read(content: bytes, body: JsonValue) -> None:
    assert execute(Wire(httpx.Response(200, content=content)), call(thing="a")).body == body


def test_a_secret_that_is_sent_back_is_not_kept() -> None:
    seen = execute(Wire(httpx.Response(200, json={"token": "secret-of-desk"})), call(thing="a"))
    assert "secret-of-desk" not in str(seen)


def test_another_header_takes_the_bare_secret() -> None:
    wire = Wire()
    execute(wire, call(thing="a"), app=replace(APP, auth_header="X-Api-Key"))
    assert wire.sent[0].headers["X-Api-Key"] == "secret-of-desk"
    assert "Authorization" not in wire.sent[0].headers


def test_what_cannot_be_sent_is_a_clear_message() -> None:
    wire = Wire()
    assert execute(wire, call(thing="a", requester="Amélie")).code == "not_configured"
    assert "lamp apps add" in execute(wire, call(thing="a"), app=replace(APP, name="other")).message
    for address in ("http://[", "ftp://desk.example", "nonsense"):
        seen = HttpExecutor([replace(APP, base_url=address)], lambda _: "s", pauses_s=()).execute(
            call(thing="a"), ALLOW
        )
        assert seen.status == "unreachable"
        assert "lamp apps add" in seen.message
    assert not wire.sent


# ---- where calls may go


@pytest.mark.parametrize("path", ["@evil.example/x", ".evil.example/x", ":8080/x"])
def test_a_path_that_leads_to_another_host_is_not_called(path: str) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    app = replace(APP, base_url="http://desk.example", private=True)
    executor = HttpExecutor([app], lambda _: "s3cret", pauses_s=(), resolver=resolver)
    seen = executor.execute(call(spec(path=path)), ALLOW)
    assert (seen.status, seen.code) == ("unreachable", "not_allowed")
    assert asked == []


def test_a_registered_name_that_now_means_a_private_address_is_not_called() -> None:
    executor = HttpExecutor([APP], lambda _: "s3cret", pauses_s=(), resolver=lambda *_: ["10.0.0.1"])
    seen = executor.execute(call(thing="1"), ALLOW)
    assert (seen.status, seen.code) == ("unreachable", "not_allowed")
    assert "lamp apps add" in seen.message
