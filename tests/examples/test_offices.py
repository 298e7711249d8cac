"""Made-up offices: what is written is whole, what is asked is filled, and none of it is what is measured on."""

import re
from datetime import date
from pathlib import Path
from random import Random

import pytest
import yaml

from examples.helpdesk.tasks import FAMILIES
from examples.helpdesk.tasks.families.asides import ASIDES
from examples.helpdesk.tasks.task import Split
from examples.helpdesk.tasks.wording import wordings
from examples.offices import HELD_OUT, Asked, Office, asides, asked, document, offices, read
from examples.offices.asides import WRITTEN as ASIDES_WRITTEN
from examples.offices.asides import read as read_asides
from examples.offices.office import PLACE, WRITTEN
from knowledge.openapi import read_openapi
from models.values import as_date
from tests.nearness import near

DAYS = 60  # values that are days, to be read again


@pytest.fixture(scope="module")
def every() -> list[Office]:
    return offices()


@pytest.fixture(scope="module")
def tasks(every: list[Office]) -> dict[str, list[Asked]]:
    return {office.name: list(asked(office, Random(3))) for office in every}


def test_there_are_as_many_as_are_told_of(every: list[Office]) -> None:
    assert len(every) == 303
    assert len(HELD_OUT) == 8
    assert {office.name for office in every} > HELD_OUT
    assert [office.name for office in every] == sorted(path.stem for path in WRITTEN.glob("*.yaml"))
    writes = [operation for office in every for operation in office.operations if not operation.finds]
    assert sum(len(operation.asks) for operation in writes) > 17_200
    assert {len(operation.asks) for operation in writes} <= {6, 7, 8, 9, 10}


def test_every_operation_is_in_the_catalogue(every: list[Office]) -> None:
    for office in every:
        found = {spec.name: spec for spec in read_openapi(document(office), app=office.name).actions}
        assert set(found) == {operation.name for operation in office.operations}
        for operation in office.operations:
            assert found[operation.name].effect == ("read" if operation.finds else "write")
            assert [p.name for p in found[operation.name].parameters] == [taken.name for taken in operation.takes]


def test_a_clerk_has_every_value_from_the_request_or_from_what_was_found(
    every: list[Office], tasks: dict[str, list[Asked]]
) -> None:
    takes = {(office.name, o.name): {t.name: t for t in o.takes} for office in every for o in office.operations}
    fixed = {f"{office.name}: {a.pattern}": a.fixed for office in every for o in office.operations for a in o.asks}
    days = 0
    for name, each in ((name, task) for name, found in tasks.items() for task in found):
        seen = each.text.lower()
        for call in each.calls:
            for parameter, value in call.arguments.items():
                taken = takes[name, call.operation][parameter]
                if taken.options:
                    ways = taken.said[str(value)]
                    assert fixed[each.wording].get(parameter) == value or any(way.lower() in seen for way in ways), each
                elif taken.type != "date":
                    assert re.search(rf"(?<!\w){re.escape(str(value).lower())}(?!\w)", seen), (each, value)
                elif days < DAYS:
                    days += 1
                    assert _said_as_a_day(str(value), each), each
            seen += str(call.response).lower()
    assert days == DAYS


def _said_as_a_day(value: str, task: Asked) -> bool:
    words = re.findall(r"[\w.\-]*\w", task.text)
    runs = [" ".join(words[i : i + n]) for n in (1, 2, 3, 4) for i in range(len(words))]
    return any(_read(run, task.now) == value for run in runs if re.search(r"\d|day|tomorrow", run))


def _read(words: str, now: date) -> str:
    try:
        return as_date(words, now).isoformat()
    except ValueError:
        return ""


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
    splits: tuple[Split, ...] = ("dev", "test")
    held = [one.pattern for name in FAMILIES for split in splits for one in wordings(name, split)]
    assert near((a.pattern for o in every for operation in o.operations for a in operation.asks), held) == []
    held += [one.pattern for kind in ASIDES for split in splits for one in wordings(kind.name, split)]
    told = [read_asides(path, o) for o in every if (path := ASIDES_WRITTEN / f"{o.name}.yaml").exists()]
    assert near((text for kinds in told for texts in kinds.values() for text in texts), held) == []


def test_some_are_told_of_what_is_not_to_be_done(every: list[Office]) -> None:
    told = {office.name: list(asides(office, Random(3))) for office in every}
    assert sum(bool(found) for found in told.values()) == len(list(ASIDES_WRITTEN.glob("*.yaml"))) == 120
    assert all(told[name] for name in HELD_OUT)
    assert {kind for found in told.values() for kind, _ in found} == {"questions", "vetoes", "orders"}
    texts = [text for found in told.values() for _, text in found]
    assert not [text for text in texts if re.search(r"[{}]", text)]
    assert len(set(texts)) == len(texts) > 4000
    assert list(asides(every[0], Random(5))) == list(asides(every[0], Random(5)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("questions: [a]\nvetoes: [b]\n", "there have to be three lists of texts"),
        ("questions: [a]\nvetoes: [b]\norders: []\n", "there have to be three lists of texts"),
        ("questions: [a]\nvetoes: [1]\norders: [b]\n", "there have to be three lists of texts"),
        ("questions: [a]\nvetoes: [b]\norders: ['{key.colour}']\n", "there is no key.colour"),
    ],
)
def test_what_is_wrong_with_asides_is_said(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "keyroom.yaml").write_text(yaml.safe_dump(yaml.safe_load(KEYROOM)))
    (tmp_path / "asides.yaml").write_text(text)
    with pytest.raises(ValueError, match=f"asides.yaml: {told}"):
        read_asides(tmp_path / "asides.yaml", read(tmp_path / "keyroom.yaml"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda raw: raw.pop("manual"), "manual"),
        (lambda raw: raw["operations"].pop("find_keys"), "key has no operation that finds it"),
        (lambda raw: raw["operations"]["find_keys"].update(takes={}), "by a first parameter"),
        (lambda raw: raw["operations"]["find_keys"].update(finds="door"), "key has no operation that finds it"),
        (lambda raw: raw["operations"]["extend"].update(finds="door"), "finds door, which is no kind"),
        (lambda raw: raw["kinds"]["key"]["rows"].pop(), "key has fewer than two rows"),
        (lambda raw: raw["kinds"]["key"]["rows"][0].pop(), "is shorter than"),
        (lambda raw: raw["kinds"]["key"].update(rows=[["K-1", "Roof"], ["K-1", "Cellar"]]), "two rows with one code"),
        (lambda raw: raw["kinds"]["key"].update(id="number"), "key has no field number"),
        (lambda raw: raw["operations"]["extend"]["asks"].append("{code} {key.room}"), "code is no parameter"),
        (lambda raw: raw["operations"]["extend"]["asks"].append("{key.room} {due"), "a bracket that is no place"),
        (
            lambda raw: raw["operations"]["extend"]["takes"].update(other={"kind": "key", "about": "Another."}),
            "takes two of one kind",
        ),
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


def test_what_is_no_yaml_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "keyroom.yaml"
    path.write_text("name: [")
    with pytest.raises(ValueError, match=r"keyroom\.yaml"):
        read(path)


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
