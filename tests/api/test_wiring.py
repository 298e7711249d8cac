"""The composition root: what an adapter's card says reaches the planner."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from api_world import SCRIPTS, BagEmbedder, LamByRequest
from typer.testing import CliRunner

from api.cli import app
from api.settings import Settings
from api.wiring import Services, build
from knowledge.types import ActionSpec, Outcome, Task, Trajectory
from models import adapter
from planner.budgets import LEAST_ACT, Caution
from planner.replay import at_noon


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return shutil.copytree(adapter.DEFAULT, tmp_path / "adapter")


@pytest.mark.parametrize(("fitted", "held_to"), [(0.777, 0.777), (0.33, LEAST_ACT)])
def test_a_run_acts_as_sure_as_the_adapters_card_asks(
    copied: Path, settings: Settings, fitted: float, held_to: float
) -> None:
    """And never on a second thought, which has .5 at most."""
    card = adapter.read_card(copied)
    adapter.write_card(copied, {**card, "calibration": {**card["calibration"], "act": fitted}})
    services = Services(settings.model_copy(update={"adapter": copied}), embedder=BagEmbedder())
    assert services.runner().caution == Caution(act=held_to)
    services.close()


def test_a_model_from_elsewhere_is_held_to_the_defaults(settings: Settings) -> None:
    services = build(settings, lam=LamByRequest(SCRIPTS), embedder=BagEmbedder())
    assert services.runner().caution == Caution()
    services.close()


def test_opposites_are_told_apart_by_the_shipped_model_and_not_for_one_from_elsewhere(settings: Settings) -> None:
    give, take = (
        ActionSpec(app="gym", name=f"{verb}_locker", description=f"{verb.title()}s a locker.", effect="write")
        for verb in ("assign", "withdraw")
    )
    text = "Ann Lee does not need her locker any more."
    own = Services(settings, embedder=BagEmbedder())
    assert own.runner().opposites.instead(text, give, [take]) == take
    own.close()
    other = build(settings, lam=LamByRequest(SCRIPTS), embedder=BagEmbedder())
    assert other.runner().opposites.instead(text, give, [take]) is None
    other.close()


def test_what_another_encoder_kept_is_embedded_anew_before_anything_is_added(settings: Settings) -> None:
    task = Task(id="m1", text="Unlock Ada.", now=at_noon("2026-04-22"))
    kept = Trajectory(
        id="m1",
        task=task,
        steps=(),
        observations=(),
        ending="finish",
        outcome=Outcome(status="verified"),
        created_at=task.now,
    )
    before = build(settings, lam=LamByRequest(SCRIPTS), embedder=BagEmbedder())
    before.record.memory.write(kept, before.embedder.embed(["something else"])[0])
    before.close()
    services = build(settings, lam=LamByRequest(SCRIPTS), embedder=BagEmbedder())
    vector = services.requests.embed([task.text])[0]
    np.testing.assert_allclose(services.record.memory.vectors().matrix[0], vector, atol=1e-6)
    services.close()


@pytest.mark.slow
def test_calibrating_writes_card_and_drawing_of_that_adapter_alone(copied: Path) -> None:
    before = (adapter.DEFAULT / "card.json").read_bytes()
    ran = CliRunner().invoke(app, ["--adapter", str(copied), "calibrate", "--per-family", "1", "--risk", "0.1"])
    assert ran.exit_code == 0, ran.output
    figures = json.loads((copied / "card.json").read_text())["calibration"]
    assert 0 < figures["act"] <= 1
    assert figures["risk_stated"] == 0.1
    assert figures["risk_observed"] <= 0.1
    told = json.loads(ran.output.strip().splitlines()[-1])
    assert {**told, **figures} == told
    assert 0 <= told["checked_risk"] <= 1
    assert told["risk_coverage"][0]["threshold"] >= told["risk_coverage"][-1]["threshold"]
    assert (copied / "calibration.png").read_bytes().startswith(b"\x89PNG")
    assert (adapter.DEFAULT / "card.json").read_bytes() == before
