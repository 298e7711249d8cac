"""Schema-guided dialogues as examples: on three turns written here, and on the real files where they are."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import BadConfiguration
from models import sgd
from models.endings import ENDINGS
from models.scene import Example

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sgd"
FIRST, OFFER, SECOND = "A table in San Jose for 2 on Friday, please.", "Sino, on Friday?", "Yes, at Sino"


def slot(name: str, *values: str) -> dict[str, Any]:
    return {"name": name, "description": f"the {name}", "is_categorical": bool(values), "possible_values": list(values)}


def mark(name: str, value: str, utterance: str) -> dict[str, Any]:
    at = utterance.index(value)
    return {"slot": name, "start": at, "exclusive_end": at + len(value)}


BOOK = {
    "name": "BookTable",
    "description": "Book a table",
    "required_slots": ["city", "restaurant", "date"],
    "optional_slots": {"seats": "2", "garden": "dontcare", "music": "dontcare"},
}
SCHEMA = [
    {
        "service_name": "Restaurants_1",
        "slots": [
            slot("city"),
            slot("restaurant"),
            slot("date"),
            slot("seats", "1", "2"),
            slot("garden", "True", "False"),
            slot("music"),
        ],
        "intents": [BOOK],
    },
    {
        "service_name": "Restaurants_2",
        "slots": [],
        "intents": [{"name": "FindFood", "description": "Find food", "required_slots": [], "optional_slots": {}}],
    },
    {
        "service_name": "Alarm_1",
        "slots": [],
        "intents": [{"name": "GetAlarms", "description": "Get alarms", "required_slots": [], "optional_slots": {}}],
    },
]
SAID = {"city": ["San Jose"], "date": ["Friday"], "restaurant": ["Sino"], "seats": ["2"]}
STATE = {"active_intent": "BookTable", "slot_values": SAID}
CALL = {
    "method": "BookTable",
    "parameters": {"city": "San Jose", "restaurant": "Sino", "date": "2019-03-01", "seats": "2", "music": "dontcare"},
}


def turn(speaker: str, utterance: str, *slots: dict[str, Any], **more: Any) -> dict[str, Any]:
    frame = {"service": "Restaurants_1", "slots": list(slots), "actions": [], **more}
    return {"speaker": speaker, "utterance": utterance, "frames": [frame]}


DIALOGUE = {
    "turns": [
        turn(
            "USER",
            FIRST,
            mark("city", "San Jose", FIRST),
            mark("date", "Friday", FIRST),
            state=STATE | {"slot_values": {k: v for k, v in SAID.items() if k != "restaurant"}},
        ),
        turn("SYSTEM", OFFER, mark("restaurant", "Sino", OFFER), actions=[{"act": "REQUEST"}]),
        turn("USER", SECOND, mark("restaurant", "Sino", SECOND), state=STATE),
        turn("SYSTEM", "It is booked.", service_call=CALL, service_results=[{"city": "San Jose"}]),
    ]
}


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    path = tmp_path / "train.json.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        json.dump({"schema": SCHEMA, "dialogues": [DIALOGUE] * 60}, file)
    return path


def chosen(example: Example) -> str:
    assert example.choose
    return example.choose.candidates[example.right].name


def test_a_service_call_is_an_example_with_every_value_where_it_was_said(dialogues: Path) -> None:
    calls = [e for e in sgd.examples(dialogues, seed=3, asked=False) if chosen(e) == "BookTable"]
    assert len(calls) == 60
    for example in calls:
        assert example.fill
        (source,) = example.fill.sources
        assert source.text == f"user: {FIRST}\nagent: {OFFER}\nuser: {SECOND}"
        named = {p.name: (p, label) for p, label in zip(example.fill.parameters, example.labels, strict=True)}
        said = {
            n: [source.text[s.start : s.end] for s in label.spans] for n, (_, label) in named.items() if label.spans
        }
        assert said == {"city": ["San Jose"], "date": ["Friday"], "restaurant": ["Sino", "Sino"]}
        seats, label = named["seats"]
        assert seats.options[label.option or 0] == "2"
        assert named["garden"][1].none
        assert named["music"][1].none
        assert named["date"][0].type == "date"


def test_distractors_are_of_other_families_and_the_endings_are_always_there(dialogues: Path) -> None:
    for example in sgd.examples(dialogues, seed=3):
        assert example.choose
        names = [c.name for c in example.choose.candidates]
        assert names[-4:] == list(ENDINGS)
        assert set(names[:-4]) == {"BookTable", "GetAlarms"}
        assert example.origin == "sgd:Restaurants_1"


def test_finishing_is_learned_too(dialogues: Path) -> None:
    ended = [e for e in sgd.examples(dialogues, seed=3) if chosen(e) == "finish"]
    assert ended
    assert all(e.fill is None for e in ended)
    assert {e.choose.history for e in ended if e.choose} == {("book table ok count 1",)}


def test_where_the_agent_asks_the_intent_is_right_and_what_was_not_said_is_empty(dialogues: Path) -> None:
    made = sgd.examples(dialogues, seed=3)
    asked = [e for e in made if e.choose and e.choose.request == f"user: {FIRST}"]
    assert asked
    for example in asked:
        assert chosen(example) == "BookTable"
        assert example.fill
        empty = {p.name for p, label in zip(example.fill.parameters, example.labels, strict=True) if label.none}
        assert "restaurant" in empty
        assert "date" not in empty
    called = sgd.examples(dialogues, seed=3, asked=False)
    assert len(called) == len(made) - len(asked)
    assert all(e.choose and e.choose.request != f"user: {FIRST}" for e in called)


def test_the_same_seed_gives_the_same_examples(dialogues: Path) -> None:
    assert sgd.examples(dialogues, seed=3) == sgd.examples(dialogues, seed=3)
    assert sgd.examples(dialogues, seed=3) != sgd.examples(dialogues, seed=4)


def test_services_can_be_chosen(dialogues: Path) -> None:
    assert sgd.service_names(dialogues) == {"Restaurants_1", "Restaurants_2", "Alarm_1"}
    assert sgd.examples(dialogues, seed=3, services=frozenset({"Alarm_1"})) == []


@pytest.mark.parametrize("content", [None, b"", b"no xz", lzma.compress(b"{"), lzma.compress(b"{}")[:-9]], ids=repr)
def test_an_unreadable_file_is_refused_with_a_remedy(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "dev.json.xz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadConfiguration, match="cannot be read") as caught:
        sgd.examples(path, seed=0)
    assert "train.json.xz" in caught.value.remedy


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the schema-guided dialogues are not in {SHARED}")
def test_services_never_trained_on_are_really_unseen() -> None:
    unseen = sgd.service_names(SHARED / "dev.json.xz") - sgd.service_names(SHARED / "train.json.xz")
    assert len(unseen) >= 2
    measured = sgd.examples(SHARED / "dev.json.xz", seed=0, services=unseen)
    assert measured
    assert {e.origin.removeprefix("sgd:") for e in measured} <= unseen
    texts = [(e.fill.sources[s.source].text, s) for e in measured if e.fill for label in e.labels for s in label.spans]
    assert all(0 <= s.start < s.end <= len(text) for text, s in texts)
