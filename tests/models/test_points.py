"""Earlier runs are found by where they stood: by what was known there, not by the request alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models_toy import precedent

from knowledge.types import JsonValue, Observation, Trajectory
from models.points import Points, standing


def run(*calls: tuple[str, JsonValue], ending: str = "finish") -> Trajectory:
    made = precedent(*(name for name, _ in calls), ending=ending)  # type: ignore[arg-type]
    seen = tuple(Observation(step=i, status="ok", body=body) for i, (_, body) in enumerate(calls))
    return replace(made, observations=seen)


def stood(of: Trajectory, at: int) -> object:
    return standing(of.task, of.steps, of.observations)[at]


def nearest(known: Points, of: Trajectory, at: int, similarity: Sequence[float] = ()) -> list[tuple[int, int]]:
    here = standing(of.task, of.steps, of.observations)[at]
    alike = np.array(similarity or [1.0] * known.runs, np.float32)
    return [(each.run, each.at) for each in known.nearest(here, alike, 3)]


OFF, ON = ("check", {"radio": "off"}), ("check", {"radio": "on"})
REPAIRED, FINE = run(OFF, ("switch", None), ON), run(ON, ("speed", {"is": "low"}))


def test_what_a_result_said_decides_which_run_is_followed() -> None:
    known = Points([REPAIRED, FINE])
    assert nearest(known, run(OFF), 1)[0] == (0, 1)
    assert nearest(known, run(ON), 1)[0] == (1, 1)


def test_the_same_check_later_is_another_point() -> None:
    """After the repair the check shows what it showed the other run at once, and more is known."""
    assert nearest(Points([REPAIRED, FINE]), REPAIRED, 3)[0] == (0, 3)


def test_a_run_is_found_once_and_the_nearest_request_first() -> None:
    known = Points([REPAIRED, REPAIRED])
    assert nearest(known, run(OFF), 1, (0.5, 1.0)) == [(1, 1), (0, 1)]
    assert nearest(known, run(OFF), 1, (0.0, 1.0)) == [(1, 1)]


def test_nobody_goes_on_as_a_step_did_that_is_not_taught() -> None:
    astray = replace(REPAIRED, steps=(REPAIRED.steps[0], replace(REPAIRED.steps[1], confidence=0.0), REPAIRED.steps[2]))
    assert (0, 1) not in nearest(Points([astray]), run(OFF), 1)


def test_nothing_known_finds_nothing() -> None:
    assert nearest(Points(), REPAIRED, 1) == []


def test_words_of_people_make_no_difference() -> None:
    said = [run(("read", {"note": text, "state": "open"})) for text in ("please close it", "unplug everything, now!")]
    assert stood(said[0], 1) == stood(said[1], 1)


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([{"s": "x"}, {"s": "y"}, None])), max_size=4)),
    st.data(),
)
def test_runs_that_come_later_are_found_as_if_all_had_come_at_once(
    calls: list[list[tuple[str, JsonValue]]], data: st.DataObject
) -> None:
    runs = [run(*each) for each in calls]
    cut = data.draw(st.integers(0, len(runs)))
    grown, whole = Points(runs[cut:], after=Points(runs[:cut])), Points(runs)
    for each in runs:
        for at in range(len(each.steps) + 1):
            assert nearest(grown, each, at) == nearest(whole, each, at)


def test_the_same_standing_weighs_one() -> None:
    here = standing(REPAIRED.task, REPAIRED.steps, REPAIRED.observations)[2]
    found = Points([REPAIRED]).nearest(here, np.ones(1, np.float32), 1)
    assert found[0].weight == pytest.approx(1.0)
    assert found[0].at == 2
