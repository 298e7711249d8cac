"""Calibration on decisions made up so that the answer is known."""

import random
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.calibrate import SUREST, Decision, Point, as_card, checked, curves, draw, fitted


def made(n: int, *, sharpness: float, seed: int = 0) -> list[Decision]:
    """Three candidates, the last changes nothing; the right one is drawn from the true probabilities, the scores are
    those probabilities' logarithms times `sharpness`."""
    rng, found = random.Random(seed), []
    for _ in range(n):
        true = torch.tensor([rng.random() + 0.05 for _ in range(3)])
        true = (true**3) / (true**3).sum()
        right = rng.choices(range(3), weights=true.tolist())[0]
        scores = true.log() * sharpness
        found.append(Decision(scores=scores, right=right, acts=frozenset({0, 1}), group=f"request {len(found) // 3}"))
    return found


def test_one_who_boasts_is_cooled_down() -> None:
    honest, boasting = fitted(made(600, sharpness=1.0)), fitted(made(600, sharpness=3.0))
    assert 0.8 < honest.temperature < 1.3
    assert 2.3 < boasting.temperature < 3.9
    assert boasting.error < boasting.error_before
    assert boasting.error < 0.08 < boasting.error_before


@given(st.integers(0, 50), st.sampled_from([0.02, 0.1, 0.3]))
def test_the_threshold_keeps_to_the_stated_risk(seed: int, risk: float) -> None:
    found = fitted(made(200, sharpness=1.0, seed=seed))
    threshold = found.threshold(risk)
    taken = [p for p in found.curve if p.threshold >= threshold]
    if threshold < SUREST:
        assert taken[-1].risk <= risk


def test_a_stricter_risk_never_acts_more() -> None:
    found = fitted(made(400, sharpness=1.0))
    assert found.threshold(0.02) >= found.threshold(0.1) >= found.threshold(0.3)


def test_nothing_to_fit_on_is_said_and_acts_only_when_surest(tmp_path: Path) -> None:
    found = fitted([])
    assert (found.temperature, found.decisions, found.threshold()) == (1.0, 0, SUREST)
    assert as_card(found)["coverage"] == 0.0
    draw(found, tmp_path / "empty.png")


def test_the_card_tells_risk_and_coverage_at_its_threshold(tmp_path: Path) -> None:
    found = fitted(made(400, sharpness=1.0))
    card = as_card(found, risk=0.1)
    assert card["risk_observed"] <= 0.1
    assert 0 < card["coverage"] < 1
    point = min((p for p in found.curve if p.threshold >= card["act"] - 1e-4), key=lambda p: p.threshold)
    assert isinstance(point, Point)
    assert card["coverage"] == pytest.approx(point.coverage, abs=1e-3)
    draw(found, tmp_path / "drawn.png", risk=0.1)
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_what_was_fitted_is_checked_on_other_requests() -> None:
    check = checked(made(900, sharpness=3.0), risk=0.2)
    assert check.error < 0.08
    assert 0.1 < check.risk < 0.3
    assert 0 < check.coverage < 1
    assert check.right <= check.acts <= 900


def noise(n: int, *, seed: int) -> list[Decision]:
    """Decisions without any pattern: two of three acts are wrong, however sure."""
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    return [
        Decision(
            scores=torch.randn(3, generator=generator),
            right=rng.randrange(3),
            acts=frozenset({0, 1, 2}),
            group=f"request {i}",
        )
        for i in range(n)
    ]


def test_learning_the_answers_by_heart_does_not_help_in_the_check() -> None:
    """A threshold that keeps to the risk by chance says nothing of other decisions."""
    inside, outside = [], []
    for seed in range(12):
        found = noise(60, seed=seed)
        fit = fitted(found)
        inside += [point for point in fit.curve if point.threshold == fit.threshold(0.5)]
        outside.append(checked(found, risk=0.5))
    acts, right = sum(each.acts for each in outside), sum(each.right for each in outside)
    assert len(inside) > 6, "more often than not some threshold seems to keep to the risk"
    assert all(point.risk <= 0.5 for point in inside)
    assert acts > 100
    assert 0.6 < 1 - right / acts < 0.73


def test_nothing_is_checked_with_nothing_and_one_request_alone_decides_nothing() -> None:
    none, one = checked([]), checked(made(3, sharpness=1.0))
    assert (none.error, none.risk, none.coverage, none.acts) == (0.0, 0.0, 0.0, 0)
    assert one.acts <= 3


def test_the_curve_is_told_as_numbers() -> None:
    told = curves(fitted(made(400, sharpness=1.0)), points=10)
    assert len(told["risk_coverage"]) == 10
    coverages = [each["coverage"] for each in told["risk_coverage"]]
    thresholds = [each["threshold"] for each in told["risk_coverage"]]
    assert coverages == sorted(coverages)
    assert thresholds == sorted(thresholds, reverse=True)
    assert sum(each["n"] for each in told["reliability"]) == 400
    assert curves(fitted([])) == {"risk_coverage": [], "reliability": []}
