"""Lessons of made-up offices, as retrieval really shows them."""

from collections import Counter
from random import Random

import pytest

from api.practice import parts
from api.practice.lessons import Lessons
from api.practice.offices import demonstration, office_lessons
from examples import offices as made_up
from examples.offices import HELD_OUT, Office, asked, offices
from models.endings import ENDINGS
from models.scene import FEATURES, Example

VOTE = FEATURES.index("vote")


@pytest.fixture(scope="module")
def two() -> list[Office]:
    return [office for office in offices() if office.name in ("harbour_berths", "town_library")]


@pytest.fixture(scope="module")
def lessons(two: list[Office]) -> Lessons:
    return office_lessons(two, each=2, seed=4)


def test_every_operation_is_learned_by_its_description_among_its_neighbours(
    two: list[Office], lessons: Lessons
) -> None:
    right = Counter(e.choose.candidates[e.right].name for e in lessons.examples if e.choose)
    assert {o.name for office in two for o in office.operations} <= set(right)
    assert right["finish"] > 40
    assert all(len(e.choose.candidates) >= 10 for e in lessons.examples if e.choose)


def test_values_are_found_where_they_stand(two: list[Office], lessons: Lessons) -> None:
    """Of three draws: in the 95 steps of one, two more or less are chance."""
    assert len([e for e in lessons.examples if e.fill]) > 80
    reports = [lessons.report, *(office_lessons(two, each=2, seed=seed).report for seed in (5, 6))]
    assert sum(report.unplaced.total() for report in reports) < 0.02 * sum(report.values for report in reports)
    assert sum(report.unoffered.total() for report in reports) < 0.03 * sum(report.steps for report in reports)


def test_memory_knows_the_operation_in_half_of_the_lessons_and_its_neighbours_in_most(lessons: Lessons) -> None:
    votes = [
        ([c.features[VOTE] for c in e.choose.candidates], e.right)
        for e in lessons.examples
        if e.choose and e.choose.candidates[e.right].name not in ENDINGS
    ]
    assert 0.1 < sum(cast[right] > 0 for cast, right in votes) / len(votes) < 0.8
    assert sum(max(cast) > cast[right] for cast, right in votes) > 0.1 * len(votes)


def test_the_same_seed_gives_the_same_lessons(two: list[Office], lessons: Lessons) -> None:
    assert office_lessons(two, each=2, seed=4).examples == lessons.examples


def test_a_clerk_asks_where_a_value_is_missing(two: list[Office]) -> None:
    ended = Counter(demonstration(two[0], task).ending for task in asked(two[0], Random(1)))
    assert ended["ask"] > 0
    assert ended["finish"] > 50


def test_some_offices_are_only_measured_on(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [office for office in offices() if office.name in {"harbour_berths", "seed_bank"}]
    monkeypatch.setattr(made_up, "offices", lambda: few)
    part = parts.offices(each=1, seed=2)
    assert {office.name for office in offices()} > HELD_OUT
    assert {_office(example) for example in part.train} == {"harbour_berths"}
    assert {_office(example) for example in part.dev} == {"seed_bank"}


def _office(example: Example) -> str:
    return example.origin.removeprefix("office:").split(".")[0]
