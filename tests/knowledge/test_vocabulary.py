import dataclasses
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from knowledge_nouns import EVERY, KINDS, NOON, runs, task

from knowledge import types
from knowledge.codec import FORMAT, from_json, to_json
from knowledge.errors import BadConfiguration, UserError
from knowledge.types import Argument, JsonValue, Observation, Run, Task


@given(st.one_of(*EVERY))
def test_every_noun_survives_json(noun: object) -> None:
    assert from_json(type(noun), json.loads(json.dumps(to_json(noun)))) == noun


def test_no_noun_was_left_out() -> None:
    nouns = {kind.__name__ for kind in vars(types).values() if dataclasses.is_dataclass(kind)}
    assert nouns == {kind.__name__ for kind in KINDS}
    assert len(EVERY) == len(KINDS)


@given(runs, st.dictionaries(st.text(min_size=1).map(lambda name: "x" + name), st.integers(), max_size=3))
def test_fields_of_a_later_day_are_ignored(run: Run, extra: dict[str, int]) -> None:
    data = to_json(run)
    nested = data["task"]
    assert isinstance(nested, dict)
    assert from_json(Run, {**extra, **data, "task": {**extra, **nested}}) == run


def test_fields_with_defaults_may_be_missing() -> None:
    assert from_json(Task, {"id": "t1", "text": "unlock ada", "now": NOON.isoformat()}) == task()


@pytest.mark.parametrize(
    "change", [{"format": FORMAT + 1}, {"type": "Run"}, {"now": "some day"}], ids=["newer", "another", "nonsense"]
)
def test_what_it_cannot_read_is_refused(change: dict[str, int | str]) -> None:
    with pytest.raises(BadConfiguration):
        from_json(Task, {**to_json(task()), **change})


def test_a_missing_field_is_named() -> None:
    data = to_json(task())
    del data["text"]
    with pytest.raises(BadConfiguration, match="text") as raised:
        from_json(Task, data)
    assert raised.value.remedy


@pytest.mark.parametrize("value", [{"type": "Formula", "text": "1 + 1"}, {"value": 1}, {"type": "Task"}])
def test_a_noun_that_cannot_stand_there_is_refused(value: JsonValue) -> None:
    with pytest.raises(BadConfiguration, match="none of Literal, Reference"):
        from_json(Argument, {"name": "until", "value": value})


def test_plain_json_may_look_like_a_noun() -> None:
    seen = Observation(step=0, status="ok", body={"type": "Task", "id": 1})
    assert from_json(Observation, to_json(seen)) == seen


def test_nouns_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        task().text = "other"  # type: ignore[misc]


def test_errors_name_the_remedy() -> None:
    error = UserError("It is empty.", remedy="Give another.")
    assert str(error) == "It is empty. Give another."
    assert (error.message, error.remedy) == ("It is empty.", "Give another.")


def test_the_vocabulary_needs_no_database() -> None:
    code = (
        "import sys, knowledge.types, knowledge.errors, knowledge.codec;"
        "print([m for m in ('sqlalchemy', 'alembic', 'numpy', 'httpx', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
