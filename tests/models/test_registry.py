"""App adapters at rest: versions, promotion, rolling back, and what a kill or damage leaves behind."""

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import BadConfiguration, NotFound
from models.adapter import FORMAT, write_card
from models.registry import POINTER, Registry, Version


def card(figure: float = 0.5) -> dict[str, object]:
    return {"format": FORMAT, "base": "tiny", "metrics": {"choose": figure}}


def add(registry: Registry, app: str = "crm") -> Version:
    return registry.add(app, lambda folder: write_card(folder, card()))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "adapters")


def test_nothing_is_there_before_something_is_added(registry: Registry) -> None:
    assert registry.apps() == []
    assert registry.versions("crm") == []
    assert registry.in_use("crm") is None


def test_a_new_version_is_kept_but_not_in_use_before_it_is_promoted(registry: Registry) -> None:
    added = add(registry)
    assert (added.number, added.in_use, added.card["base"]) == (1, False, "tiny")
    assert registry.in_use("crm") is None
    assert registry.apps() == ["crm"]
    assert registry.promote("crm", 1).in_use
    assert registry.in_use("crm") == registry.version("crm", 1)


def test_rolling_back_returns_to_what_was_in_use_before_and_at_last_to_the_general_adapter(registry: Registry) -> None:
    for _ in range(3):
        add(registry)
    for number in (1, 3, 2):
        registry.promote("crm", number)
    assert [v.in_use for v in registry.versions("crm")] == [False, True, False]
    back = [registry.roll_back("crm") for _ in range(3)]
    assert [v.number if v else None for v in back] == [3, 1, None]
    with pytest.raises(NotFound, match="No adapter of crm is in use"):
        registry.roll_back("crm")
    assert len(registry.versions("crm")) == 3


def test_what_is_not_there_cannot_be_promoted(registry: Registry) -> None:
    add(registry)
    for app, number in (("crm", 2), ("mail", 1)):
        with pytest.raises(NotFound, match="lamp adapters list"):
            registry.promote(app, number)


def test_a_version_that_was_not_finished_is_none(registry: Registry, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def die(folder: Path) -> None:
        write_card(folder, card())
        raise Killed

    with pytest.raises(Killed):
        registry.add("crm", die)
    assert registry.apps() == []
    assert list((tmp_path / "adapters" / "default" / "crm").iterdir()) == []


def test_a_damaged_version_is_told_and_not_promoted(registry: Registry) -> None:
    added = add(registry)
    (added.folder / "card.json").write_text("{")
    (found,) = registry.versions("crm")
    assert str(added.folder) in found.damage
    with pytest.raises(BadConfiguration):
        registry.promote("crm", 1)


@pytest.mark.parametrize("content", ["", "[]", '{"format": 99, "promoted": []}', '{"format": 1, "promoted": ["x"]}'])
def test_a_damaged_pointer_names_the_remedy(registry: Registry, content: str) -> None:
    (add(registry).folder.parent / POINTER).write_text(content)
    with pytest.raises(BadConfiguration, match="lamp adapters promote crm") as caught:
        registry.in_use("crm")
    assert POINTER in caught.value.message


def test_the_pointer_is_never_half_written(registry: Registry) -> None:
    for _ in range(2):
        add(registry)
    registry.promote("crm", 1)
    seen, done = set[int](), threading.Event()

    def look() -> None:
        while not done.is_set():
            found = registry.in_use("crm")
            seen.add(found.number if found else 0)

    reader = threading.Thread(target=look)
    reader.start()
    for turn in range(60):
        registry.promote("crm", 1 + turn % 2)
    done.set()
    reader.join()
    assert seen <= {1, 2}


def test_two_who_add_at_once_get_a_version_each(registry: Registry) -> None:
    made: list[Version] = []
    threads = [threading.Thread(target=lambda: made.append(add(registry))) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(v.number for v in made) == [1, 2, 3, 4, 5, 6]


def test_a_tenants_adapters_are_its_own(tmp_path: Path) -> None:
    ours, theirs = Registry(tmp_path, tenant="north"), Registry(tmp_path, tenant="south")
    ours.promote("crm", add(ours).number)
    assert theirs.apps() == []
    assert theirs.in_use("crm") is None


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_no_name_of_a_tenant_or_app_leaves_the_folder(
    tmp_path_factory: pytest.TempPathFactory, tenant: str, app: str
) -> None:
    root = tmp_path_factory.mktemp("names")
    try:
        added = add(Registry(root, tenant=tenant), app)
    except UnicodeEncodeError:  # half a surrogate pair is no name
        return
    assert added.folder.resolve().parents[2] == root.resolve()
    assert Registry(root, tenant=tenant).apps() == [app]


def test_the_pointer_says_its_format(registry: Registry) -> None:
    added = add(registry)
    registry.promote("crm", 1)
    assert json.loads((added.folder.parent / POINTER).read_text()) == {"format": 1, "promoted": [1]}
