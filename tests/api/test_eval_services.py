"""Single decisions of services never seen, on the real dialogues where they are."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.practice.services import measured, unseen
from models import adapter, sgd

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sgd"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the schema-guided dialogues are not beside the project")


@needs_data
def test_only_services_that_training_never_saw_are_asked() -> None:
    found = unseen(SHARED, count=50, seed=1)
    trained = {f"sgd:{name}" for name in sgd.service_names(SHARED / "train.json.xz")}
    assert sum(e.fill is not None for e in found) == 50
    assert not {e.origin for e in found} & trained


def test_shares_of_calls_have_intervals_and_baselines_beside(tmp_path: Path) -> None:
    """With a network that knows nothing, on dialogues written for the tests."""
    import torch
    from app_toy import tiny_adapter
    from dataset_rows import steps

    adapter_folder = tiny_adapter(tmp_path)
    torch.manual_seed(1)
    network, card = adapter.load(adapter_folder)
    asked = [replace(each, origin="sgd:Banks_9") for each in steps(12, seed=4, app="bank")]
    ending = replace(asked[0], right=len(asked[0].choose.candidates) - 1, fill=None, labels=())  # type: ignore[union-attr]
    found = measured(network.eval(), card["base"], [*asked, ending], tell=lambda: None)
    summary = found.summary
    assert (summary["calls"], summary["moments"]) == (12, 13)
    for kind in ("choose", "span", "option", "call_exact"):
        low, high = summary[f"{kind}_ci95"]
        assert low <= summary[kind] <= high
        assert summary[f"{kind}_n"] == {"span": 24}.get(kind, 12)
    by_lot = sum(1 / len(each.choose.candidates) for each in asked if each.choose) / 12
    assert summary["choose_by_lot"] == pytest.approx(by_lot, abs=1e-4)
    assert summary["leave_empty"] == 0.0
    assert {"action_f1_macro", "object_accuracy", "operation_accuracy", "status_accuracy", "step_success"} <= {*summary}
    assert set(found.services) == {"Banks_9"}
    assert sum(score.support for score in found.actions.values()) == 13


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
