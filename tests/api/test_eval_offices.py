"""`lamp eval offices` on one made-up office, with an adapter that knows nothing."""

import json
from pathlib import Path

import pytest
from app_toy import tiny_adapter
from typer.testing import CliRunner

from api.cli import app
from examples import offices


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    monkeypatch.setattr(offices, "HELD_OUT", frozenset({"seed_bank"}))
    words = ["--adapter", tiny_adapter(tmp_path), "eval", "offices", "--each", 1, "--json"]
    ran = CliRunner().invoke(app, [str(word) for word in (*words, "--results", tmp_path / "offices.json")])
    assert ran.exit_code == 0, ran.output
    written = json.loads((tmp_path / "offices.json").read_text())
    found: dict[str, float] = json.loads(ran.output.strip().splitlines()[-1])
    assert written["summary"] == found
    assert {name.split(".")[0] for name in written["operations"]} == {"seed_bank"}
    return found


def test_every_call_is_judged_beside_a_lot(figures: dict[str, float]) -> None:
    assert figures["calls"] > 20
    assert figures["moments"] > figures["calls"]
    assert 0 < figures["choose_by_lot"] < 0.15
    assert 0 < figures["misled_choose_n"] < figures["choose_n"]
