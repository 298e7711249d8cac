"""Every access to a store says whose it is: a call that leaves out its tenant is found here, before it finds data."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from repository import ROOMS, ROOT

from knowledge.approvals import ApprovalStore
from knowledge.attempts import AttemptStore
from knowledge.catalogue import Catalogue
from knowledge.compensations import CompensationStore
from knowledge.documents import DocumentStore
from knowledge.keys import KeyStore
from knowledge.memory import Memory
from knowledge.people import People
from knowledge.runs import RunStore

STORES = {
    "documents": DocumentStore,
    "catalogue": Catalogue,
    "memory": Memory,
    "runs": RunStore,
    "keys": KeyStore,
    "approvals": ApprovalStore,
    "attempts": AttemptStore,
    "people": People,
    "compensations": CompensationStore,
}
WITHOUT = {  # why these take none
    ("documents", "add"): "the document says whose it is",
    ("documents", "replace"): "the document says whose it is",
    ("runs", "save"): "the run says whose it is",
    ("keys", "add"): "the key says whose it is",
    ("keys", "checked"): "the key says whose tenant it opens",
    ("keys", "any"): "whether anybody has a key",
    ("memory", "embedded_by"): "one encoder is everybody's; nobody is told what was kept",
    ("memory", "embed_anew"): "one encoder is everybody's, each keeps what is theirs",
}


def position(store: str, method: str) -> int | None:
    """Of `tenant` among the arguments of a call; None if it takes none."""
    names = list(inspect.signature(getattr(STORES[store], method)).parameters)[1:]
    return names.index("tenant") if "tenant" in names else None


def accesses(path: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """Calls like `….record.memory.get(…)`, `memory.get(…)`, `self._runs.get(…)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            store = name.lstrip("_")
            if store in STORES and hasattr(STORES[store], node.func.attr):
                yield store, node.func.attr, node


def unowned(path: Path) -> list[str]:
    found = []
    for store, method, call in accesses(path):
        if (store, method) in WITHOUT:
            continue
        place = position(store, method)
        named = any(keyword.arg in ("tenant", None) for keyword in call.keywords)
        if place is None or not (named or len(call.args) > place or _starred(call)):
            found.append(f"{path.name}:{call.lineno} {store}.{method}")
    return found


def _starred(call: ast.Call) -> bool:
    return any(isinstance(each, ast.Starred) for each in call.args)


def test_every_method_of_every_store_takes_a_tenant() -> None:
    methods = {
        (store, name)
        for store, kind in STORES.items()
        for name, _ in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }
    assert {each for each in methods if position(*each) is None} == set(WITHOUT)


@pytest.mark.parametrize("room", [each for each in ROOMS if each != "models"])  # models knows no record
def test_every_access_in_a_room_says_whose(room: str) -> None:
    assert [line for path in sorted((ROOT / room).rglob("*.py")) for line in unowned(path)] == []


def test_an_access_without_a_tenant_is_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("record.memory.get(id)\nself._runs.events(run_id)\nrecord.memory.get(id, tenant)\n")
    assert unowned(wrong) == ["wrong.py:1 memory.get", "wrong.py:2 runs.events"]
