"""Made-up offices: what is written is whole, what is asked is filled, and none of it is what is measured on."""

import re
from datetime import date
from pathlib import Path
from random import Random

import pytest
import yaml

from examples.helpdesk.tasks import FAMILIES
from examples.helpdesk.tasks.wording import wordings
from examples.offices import Asked, Office, asked, document, offices, read
from examples.offices.office import PLACE, WRITTEN
from knowledge.openapi import read_openapi


@pytest.fixture(scope="module")
def every() -> list[Office]:
    return offices()


@pytest.fixture(scope="module")
def tasks(every: list[Office]) -> dict[str, list[Asked]]:
    return {office.name: list(asked(office, Random(3), each=2)) for office in every}


def test_there_are_many_and_each_has_its_name(every: list[Office]) -> None:
    assert len(every) >= 35
    assert [office.name for office in every] == sorted(path.stem for path in WRITTEN.glob("*.yaml"))
    assert sum(len(operation.asks) for office in every for operation in office.operations) > 3_500


def test_every_operation_is_in_the_catalogue(every: list[Office]) -> None:
    for office in every:
        found = {spec.name: spec for spec in read_openapi(document(office), app=office.name).actions}
        assert set(found) == {operation.name for operation in office.operations}
        for operation in office.operations:
            assert found[operation.name].effect == ("read" if operation.finds else "write")
            assert [p.name for p in found[operation.name].parameters] == [taken.name for taken in operation.takes]


def test_a_clerk_has_every_value_from_the_request_or_from_what_was_found(tasks: dict[str, list[Asked]]) -> None:
    for each in (task for found in tasks.values() for task in found):
        seen = each.text.lower()
        for call in each.calls:
            for value in call.arguments.values():
                assert str(value).lower() in seen or _is_said_otherwise(str(value), each), (each, value)
            seen += str(call.response).lower()


def _is_said_otherwise(value: str, task: Asked) -> bool:
    """A date in other words, or an option."""
    try:
        return date.fromisoformat(value) > task.now
    except ValueError:
        office = read(WRITTEN / f"{task.id.split('/')[0]}.yaml")
        takes = next(o.takes for o in office.operations if o.name == task.operation)
        return value in {option for taken in takes for option in taken.options}


def test_whoever_lacks_a_value_asks_and_writes_nothing(tasks: dict[str, list[Asked]], every: list[Office]) -> None:
    finds = {(office.name, o.name) for office in every for o in office.operations if o.finds}
    asking = 0
    for name, found in tasks.items():
        for task in found:
            wrote = [call for call in task.calls if (name, call.operation) not in finds]
            assert [call.operation for call in wrote] == ([] if task.asks else [task.operation])
            asking += task.asks
    assert 100 < asking < 0.1 * sum(map(len, tasks.values()))


def test_places_are_filled(tasks: dict[str, list[Asked]]) -> None:
    texts = [task.text for found in tasks.values() for task in found]
    assert not [text for text in texts if PLACE.search(text) or re.search(r"\{\w*\}", text)]
    assert len(set(texts)) > 0.9 * len(texts)


def test_the_same_lot_gives_the_same_tasks(every: list[Office]) -> None:
    assert list(asked(every[0], Random(5))) == list(asked(every[0], Random(5)))
    assert list(asked(every[0], Random(5))) != list(asked(every[0], Random(6)))


def test_nothing_is_nearly_a_wording_that_is_measured_on(every: list[Office]) -> None:
    def said(pattern: str) -> frozenset[str]:
        return frozenset(re.findall(r"[a-z']+", re.sub(r"\{[\w.]+\}", "", pattern).lower()))

    held = [said(one.pattern) for name in FAMILIES for split in ("dev", "test") for one in wordings(name, split)]
    own = [(ask.pattern, said(ask.pattern)) for o in every for operation in o.operations for ask in operation.asks]
    assert [p for p, s in own if len(s) > 3 and any(len(s & h) >= 0.6 * len(s | h) for h in held)] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda raw: raw.pop("manual"), "manual"),
        (lambda raw: raw["operations"].pop("find_keys"), "key has no operation that finds it"),
        (lambda raw: raw["operations"]["extend"]["asks"].append("{key.colour} {due}"), "there is no key.colour"),
        (lambda raw: raw["operations"]["extend"]["asks"].append("{key.room} {when}"), "when is no parameter"),
        (lambda raw: raw["operations"]["extend"]["asks"].append("until {due}"), "does not say which key"),
        (lambda raw: raw["operations"]["extend"]["asks"].append("@due=x {key.room}"), "due=x is no option"),
        (lambda raw: raw["operations"]["extend"].update(asks=[]), "nobody asks for it"),
        (lambda raw: raw["operations"]["extend"]["takes"]["due"].update(type="day"), "which is none of"),
        (lambda raw: raw["operations"]["extend"]["takes"]["due"].update(type="number"), "has no values"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, change, told: str) -> None:  # type: ignore[no-untyped-def]
    raw = yaml.safe_load(KEYROOM)
    path = tmp_path / "keyroom.yaml"
    path.write_text(yaml.safe_dump(raw))
    assert [task.operation for task in asked(read(path), Random(0))] == ["extend"]
    change(raw)
    path.write_text(yaml.safe_dump(raw))
    with pytest.raises(ValueError, match=r"keyroom\.yaml") as failed:
        read(path)
    assert told in str(failed.value)


KEYROOM = """
name: keyroom
about: The key room of a school.
manual: "# Keys"
kinds:
  key: {id: code, name: room, fields: [code, room], rows: [[K-1, Roof], [K-2, Cellar]]}
operations:
  find_keys: {finds: key, about: Finds keys., takes: {room: {about: The room.}}}
  extend:
    about: Moves the day on which a key has to be back.
    takes: {code: {kind: key, about: Its code.}, due: {type: date, about: The day.}}
    asks: ["{key.room} until {due}"]
"""
