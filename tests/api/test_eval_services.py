"""Single decisions of services never seen, on the real dialogues where they are."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.practice.services import unseen
from models import sgd

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sgd"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the schema-guided dialogues are not beside the project")


@needs_data
def test_only_services_that_training_never_saw_are_asked() -> None:
    found = unseen(SHARED, count=50, seed=1)
    trained = {f"sgd:{name}" for name in sgd.service_names(SHARED / "train.json.xz")}
    assert sum(e.fill is not None for e in found) == 50
    assert not {e.origin for e in found} & trained


@pytest.mark.slow
@needs_data
def test_the_shipped_adapter_beats_both_baselines(tmp_path: Path) -> None:
    results = tmp_path / "services.json"
    arguments = ["eval", "services", "--sgd", str(SHARED), "--limit", "40", "--json", "--results", str(results)]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.output.strip().splitlines()[-1])
    assert figures["calls"] == 40
    assert figures["choose"] > 0.5 > 2 * figures["choose_by_lot"]
    assert min(figures["span"], figures["option"]) > figures["leave_empty"]
    assert json.loads(results.read_text())["services"]


def test_a_folder_without_dialogues_names_the_remedy(tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        app, ["eval", "services", "--sgd", str(tmp_path), "--results", str(tmp_path / "results.json")]
    )
    assert ran.exit_code == 2
    assert "train.json.xz" in ran.output
