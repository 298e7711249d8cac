"""The gate: what is grounded passes, and nothing that was altered in any way does."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from knowledge.errors import Ungrounded
from knowledge.types import (
    ActionSpec,
    Argument,
    Context,
    Hit,
    JsonValue,
    Literal,
    Observation,
    Parameter,
    Passage,
    Provenance,
    Reference,
    Step,
    Task,
    Utterance,
)
from models.lam import Situation
from planner.ground import ground

NOW = datetime(2026, 3, 2, 9, 30)  # a Monday
REQUEST = "Give Ana Berg 25 GB until next Friday, priority high, and tell ana@x.example. Ana Berg is a manager."
BODY: JsonValue = {
    "accounts": [{"username": "aberg", "n": 7, "vip": False}, {"username": "bcole", "n": 8, "vip": True}]
}
PARAMETERS = (
    Parameter(name="person", schema={"type": "string"}),
    Parameter(name="size", schema={"type": "integer", "minimum": 1, "maximum": 100}),
    Parameter(name="until", schema={"type": "string", "format": "date"}),
    Parameter(name="priority", schema={"type": "string", "enum": ["low", "high"]}),
    Parameter(name="mail", schema={"anyOf": [{"type": "string", "format": "email"}, {"type": "null"}]}),
    Parameter(name="vip", schema={"type": "boolean"}),
    Parameter(name="team", schema={"type": "string", "default": "desk"}),
    Parameter(name="user", schema={"type": "string"}, location="path"),
    Parameter(name="users", schema={"type": "array", "items": {"type": "string"}}),
)
ACTION = ActionSpec(name="give", app="desk", description="Give", parameters=PARAMETERS)
SEARCH = ActionSpec(name="search", app="desk", description="Search", effect="read")
PASSAGE = Passage(
    id="p1",
    document_id="d",
    heading="VPN",
    text="The quota is 50 GB for managers.",
    start=9,
    end=41,
    content_hash="",
    trust="untrusted",
)
SITUATION = Situation(
    task=Task(
        id="t",
        text=REQUEST,
        requester="ccole",
        now=NOW,
        utterances=(
            Utterance(speaker="lamplighter", text="Who is bcole?"),
            Utterance(speaker="requester", text="It is dmoss, and aberg"),
        ),
    ),
    context=Context(
        actions=tuple(Hit(kind="action", score=1, similarity=1, item=spec) for spec in (SEARCH, ACTION)),
        passages=(Hit(kind="passage", score=1, similarity=1, item=PASSAGE),),
    ),
    steps=(Step(index=0, action="desk.search"), Step(index=1, action="desk.search")),
    observations=(Observation(step=0, status="ok", body=BODY), Observation(step=1, status="error", code="x")),
)


def literal(value: JsonValue, source: str, raw: str, *, at: int = -1, source_id: str = "", path: str = "") -> Literal:
    texts = {"request": REQUEST, "answer": "It is dmoss, and aberg", "document": PASSAGE.text}
    ids = {"request": "request", "answer": "utterance:1", "document": "p1", "observation": "step:0", "option": "desk"}
    start = texts[source].index(raw) if source in texts else 0
    end = start + len(raw) if source in (*texts, "observation") else 0
    provenance = Provenance(
        source=source,  # type: ignore[arg-type]
        source_id=source_id or ids.get(source, ""),
        raw=raw,
        start=start,
        end=end,
        path=path,
    )
    return Literal(value=value, provenance=provenance)


GOOD: dict[str, Literal] = {
    "person": literal("Ana Berg", "request", "Ana Berg"),
    "size": literal(25, "request", "25 GB"),
    "until": literal("2026-03-06", "request", "next Friday"),
    "priority": literal("high", "option", "high"),
    "mail": literal("ana@x.example", "request", "ana@x.example"),
    "vip": literal(True, "option", "true"),
    "team": literal("desk", "default", "desk"),
    "user": literal("aberg", "observation", "aberg", path="accounts.0.username"),
    "users": literal(["dmoss", "aberg"], "answer", "dmoss, and aberg"),
}
names = st.sampled_from(sorted(GOOD))


def step(*arguments: Argument) -> Step:
    return Step(index=2, action="desk.give", arguments=arguments)


def passes(name: str, value: Literal | Reference) -> bool:
    try:
        ground(step(Argument(name=name, value=value)), SITUATION)
    except Ungrounded:
        return False
    return True


def test_every_good_argument_passes() -> None:
    arguments = [Argument(name=name, value=value) for name, value in GOOD.items()]
    assert ground(step(*arguments), SITUATION).spec is ACTION


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("person", literal("Ana Berg's", "request", "Ana Berg")),
        ("person", replace(GOOD["person"], value="Bob Cole")),
        ("size", replace(GOOD["size"], value=26)),
        ("size", replace(GOOD["size"], value=True)),
        ("size", replace(GOOD["size"], value="25")),
        ("size", literal(7_000, "document", "50 GB")),
        ("until", replace(GOOD["until"], value="2026-03-07")),
        ("until", replace(GOOD["until"], value="next Friday")),
        ("priority", literal("urgent", "option", "urgent")),
        ("mail", replace(GOOD["mail"], value="eve@x.example")),
        ("mail", replace(GOOD["mail"], value=None)),
        ("vip", replace(GOOD["vip"], value=1)),
        ("team", literal("security", "default", "security")),
        ("person", literal("desk", "default", "desk")),
        ("user", literal("aberg", "observation", "aberg", path="accounts.9.username")),
        ("user", literal("aberg", "observation", "aberg", path="accounts.1.username")),
        ("user", literal("aberg", "observation", "aberg", source_id="step:1", path="accounts.0.username")),
        ("user", literal("aberg", "observation", "aberg", source_id="step:7", path="accounts.0.username")),
        ("person", literal("aberg", "answer", "aberg", source_id="utterance:0")),
        ("person", literal("aberg", "answer", "aberg", source_id="utterance:4")),
        ("person", literal("quota", "document", "quota", source_id="p2")),
        ("nobody", GOOD["person"]),
        ("users", replace(GOOD["users"], value=["dmoss", "eve"])),
        ("users", replace(GOOD["users"], value=[])),
        ("user", Reference(step=0, path="accounts.0")),
        ("user", Reference(step=1, path="accounts.0.username")),
        ("user", Reference(step=5, path="accounts.0.username")),
    ],
)
def test_what_is_not_so_is_refused(name: str, value: Literal | Reference) -> None:
    assert not passes(name, value)


@settings(deadline=None)
@given(name=names, text=st.text(min_size=1, max_size=12))
def test_any_other_words_are_refused(name: str, text: str) -> None:
    good = GOOD[name]
    assume(good.provenance.source in ("request", "answer", "document", "observation") and text != good.provenance.raw)
    assert not passes(name, replace(good, provenance=replace(good.provenance, raw=text)))


@settings(deadline=None)
@given(name=names, start=st.integers(-3, 120), end=st.integers(-3, 120))
def test_any_other_span_is_refused(name: str, start: int, end: int) -> None:
    good = GOOD[name].provenance
    texts = {"request": REQUEST, "answer": "It is dmoss, and aberg", "document": PASSAGE.text}
    assume(good.source in texts and texts[good.source][max(0, start) : max(0, end)] != good.raw)
    assert not passes(name, replace(GOOD[name], provenance=replace(good, start=start, end=end)))


@settings(deadline=None)
@given(path=st.lists(st.sampled_from(["accounts", "0", "1", "username", "n", "vip", "x"]), max_size=4).map(".".join))
def test_any_other_path_is_refused(path: str) -> None:
    assume(path != "accounts.0.username")
    good = GOOD["user"]
    assert not passes("user", replace(good, provenance=replace(good.provenance, path=path)))


@settings(deadline=None)
@given(name=names, value=st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.floats(allow_nan=False))
def test_any_other_value_is_refused(name: str, value: JsonValue) -> None:
    good = GOOD[name]
    same = isinstance(value, str) and isinstance(good.value, str) and value.casefold() in good.value.casefold()
    assume(not same and value != good.value and not (name == "priority" and value == "low"))
    assume(not (name == "vip" and value is False))  # the other option
    assume(not (name == "size" and value == 25))
    assert not passes(name, replace(good, value=value))


def test_only_what_was_offered_may_be_done() -> None:
    with pytest.raises(Ungrounded, match="not among the actions offered"):
        ground(Step(index=2, action="desk.destroy"), SITUATION)


def test_required_parameters_are_required_and_none_comes_twice() -> None:
    needing = replace(ACTION, parameters=(replace(PARAMETERS[0], required=True), *PARAMETERS[1:]))
    context = Context(actions=(Hit(kind="action", score=1, similarity=1, item=needing),))
    situation = replace(SITUATION, context=context)
    with pytest.raises(Ungrounded, match=r"person is required\."):
        ground(step(), situation)
    person = Argument(name="person", value=GOOD["person"])
    with pytest.raises(Ungrounded, match=r"person is given twice\."):
        ground(step(person, person), situation)


@pytest.mark.parametrize("value", ["..", ".", "a/b", "a\\b", "a\nb"])
def test_a_value_cannot_change_the_address_it_is_put_into(value: str) -> None:
    seen = replace(SITUATION, observations=(Observation(step=0, status="ok", body={"id": value}),) * 2)
    with pytest.raises(Ungrounded, match="address"):
        ground(step(Argument(name="user", value=Reference(step=0, path="id"))), seen)


def test_a_reference_is_resolved_to_the_value_and_its_source() -> None:
    grounded = ground(step(Argument(name="user", value=Reference(step=0, path="accounts.1.username"))), SITUATION)
    found = grounded.step.arguments[0].value
    assert isinstance(found, Literal)
    assert (found.value, found.provenance.source_id, found.provenance.path) == (
        "bcole",
        "step:0",
        "accounts.1.username",
    )


def test_a_passage_keeps_its_own_trust_whatever_the_model_says() -> None:
    claimed = literal("managers", "document", "managers")
    assert claimed.provenance.trust == "trusted"
    grounded = ground(step(Argument(name="person", value=claimed)), SITUATION)
    found = grounded.step.arguments[0].value
    assert isinstance(found, Literal)
    assert found.provenance.trust == "untrusted"


def test_the_requester_is_a_source() -> None:
    provenance = Provenance(source="request", source_id="requester", raw="ccole", start=0, end=5)
    assert passes("person", Literal(value="ccole", provenance=provenance))
    assert not passes("person", Literal(value="ccole", provenance=replace(provenance, source_id="request")))


def test_a_whole_field_may_be_given_without_a_span() -> None:
    provenance = Provenance(source="observation", source_id="step:0", raw="7", path="accounts.0.n")
    assert passes("size", Literal(value=7, provenance=provenance))
    assert not passes("size", Literal(value=8, provenance=provenance))
    assert not passes("size", Literal(value=7, provenance=replace(provenance, raw="8")))
