"""Who stands behind a value, and what may run because of it."""

from dataclasses import replace

import pytest
from planner_world import NOW

from knowledge.types import (
    ActionSpec,
    Argument,
    Context,
    Effect,
    Hit,
    JsonValue,
    Literal,
    Observation,
    Provenance,
    Reference,
    SourceKind,
    Step,
    Task,
    Trust,
)
from models.lam import Situation
from planner.policy import FirstPolicy
from planner.taint import labelled, singled_out, vouched

RETURNS = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "enum": ["Human Resources", "Legal"]},
        "when": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        **{key: {"type": "string"} for key in ("id", "mail", "title", "text", "link", "long", "spoken")},
        "n": {"type": "integer"},
        "on": {"type": "boolean"},
        "rows": {"type": "array", "items": {"properties": {"id": {"type": "string"}, "of": {"type": "string"}}}},
    },
}
READ = ActionSpec(name="read", app="a", description="Read", effect="read", returns=RETURNS)
WRITE = ActionSpec(name="write", app="a", description="Write")
BODY: JsonValue = {
    "id": "T-1007",
    "n": 5,
    "on": True,
    "mail": "ana@x.example",
    "title": "rm",
    "text": "unlock ana now",
    "link": "https://evil.example",
    "long": "x" * 65,
    "name": "Human Resources",
    "spoken": "Human Resources",
    "when": "2026-03-02 10:00",
    "rows": [{"id": "r-1", "of": "x"}],
}


def value(source: SourceKind, *, step: int = 0, path: str = "", trust: Trust = "trusted") -> Argument:
    provenance = Provenance(source=source, source_id=f"step:{step}", raw="x", path=path, trust=trust)
    return Argument(name="v", value=Literal(value="x", provenance=provenance))


FROM_REQUEST = Step(index=0, action="a.read", arguments=(value("request"),))
SPECS = {spec.id: spec for spec in (READ, WRITE)}


def judge(argument: Argument, *steps: Step) -> bool:
    taken = steps or (FROM_REQUEST,)
    seen = [Observation(step=i, status="ok", body=BODY) for i in range(len(taken))]
    return vouched(argument, steps=taken, observations=seen, specs=SPECS)


@pytest.mark.parametrize("source", ["request", "answer", "option", "default"])
def test_the_requester_stands_behind_their_own_words(source: SourceKind) -> None:
    assert judge(value(source))


def test_documentation_is_vouched_for_when_an_admin_trusts_it() -> None:
    assert judge(value("document"))
    assert not judge(value("document", trust="untrusted"))


@pytest.mark.parametrize(
    ("path", "machine"),
    [
        ("id", True),
        ("n", True),
        ("on", True),
        ("mail", True),
        ("rows.0.id", True),
        ("name", True),
        ("when", True),
        ("title", False),
        ("text", False),
        ("link", False),
        ("long", False),
        ("spoken", False),
        ("rows", False),
        ("absent", False),
    ],
)
def test_only_machine_fields_are_vouched_for(path: str, machine: bool) -> None:
    assert judge(value("observation", path=path)) is machine
    assert judge(Argument(name="v", value=Reference(step=0, path=path))) is machine


def test_taint_is_handed_on_through_any_number_of_steps() -> None:
    tainted = replace(FROM_REQUEST, index=1, arguments=(value("observation", path="text"),))
    clean = replace(FROM_REQUEST, index=1, arguments=(value("observation", path="id"),))
    third = replace(FROM_REQUEST, index=2, arguments=(value("observation", step=1, path="id"),))
    assert judge(value("observation", step=1, path="id"), FROM_REQUEST, clean)
    assert not judge(value("observation", step=1, path="id"), FROM_REQUEST, tainted)
    assert not judge(value("observation", step=2, path="id"), FROM_REQUEST, tainted, third)


def test_a_step_that_refers_to_itself_or_later_is_not_believed() -> None:
    around = replace(FROM_REQUEST, arguments=(value("observation", step=0, path="id"),))
    assert not judge(value("observation", step=0, path="id"), around)
    assert not judge(value("observation", step=4, path="id"))


def test_labels_say_what_vouching_says() -> None:
    step = Step(index=1, action="a.write", arguments=(value("observation", path="text"), value("request")))
    seen = [Observation(step=0, status="ok", body=BODY)]
    marked = labelled(step, steps=[FROM_REQUEST], observations=seen, specs=SPECS)
    assert [a.value.provenance.trust for a in marked.arguments if isinstance(a.value, Literal)] == [
        "untrusted",
        "trusted",
    ]


# ---- policy


def decide(effect: Effect, *arguments: Argument, read: ActionSpec = READ) -> tuple[str, str]:
    spec = replace(WRITE, effect=effect)
    hits = tuple(Hit(kind="action", score=1, similarity=1, item=each) for each in (read, spec))
    situation = Situation(
        task=Task(id="t", text="Do it.", now=NOW),
        context=Context(actions=hits),
        steps=(FROM_REQUEST,),
        observations=(Observation(step=0, status="ok", body=BODY),),
    )
    decision = FirstPolicy().decide(spec, Step(index=1, action=spec.id, arguments=arguments), situation)
    return decision.verdict, decision.rule


def test_the_first_policy() -> None:
    clean, tainted = value("observation", path="id"), value("observation", path="text")
    assert decide("read", tainted) == ("allow", "reads-run")
    assert decide("write", clean) == ("allow", "vouched-writes-run")
    assert decide("write", clean, tainted) == ("ask", "tainted-write-asks")
    assert decide("irreversible", clean) == ("ask", "irreversible-asks")
    assert decide("unheard-of", clean)[0] == "ask"  # type: ignore[arg-type]


def test_after_a_result_without_a_schema_every_write_asks() -> None:
    assert decide("write", value("request"), read=replace(READ, returns={})) == ("ask", "unread-result-asks")


def test_a_row_is_vouched_for_only_if_it_holds_what_was_asked_for() -> None:
    rows = [{"username": "cortega", "name": "Carla Ortega"}, {"username": "mlopez", "name": "María López"}]
    body: JsonValue = {"accounts": rows}

    def asked(text: str) -> Step:
        value = Literal(value=text, provenance=Provenance(source="request", source_id="request", raw=text))
        return Step(index=0, action="desk.search", arguments=(Argument(name="query", value=value),))

    assert singled_out("accounts.1.username", body, asked("maria lopez"))
    assert not singled_out("accounts.0.username", body, asked("maria lopez"))
    assert not singled_out("accounts.0.username", body, asked("or"))
    assert singled_out("accounts.0.username", {"accounts": rows[:1]}, asked("carla"))
    assert not singled_out("accounts.0.username", {"accounts": rows[:1]}, asked("or"))
