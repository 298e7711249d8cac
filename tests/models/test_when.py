"""Days and lengths of time in a request are told as distances; other words stay as they are."""

from datetime import datetime

import pytest
from models_toy import GRANT

from knowledge.types import Context, Task
from models.lam import Situation
from models.layout import choose_scene, fill_scene
from models.when import dated

NOW = datetime(2026, 1, 12, 12)  # a Monday


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("VPN until Feb 12.", "VPN until Feb 12 (in 31 days)."),
        ("until 24 Jan, please", "until 24 Jan (in 12 days), please"),
        ("until 2027-04-29", "until 2027-04-29 (in 472 days)"),
        ("on the 5th of May 2026", "on the 5th of May 2026 (in 113 days)"),
        ("March 3rd, 2026", "March 3rd, 2026 (in 50 days)"),
        ("by next\nFriday", "by next\nFriday (in 4 days)"),
        ("Friday, 16 January", "Friday, 16 January (in 4 days)"),
        ("12.03.2026", "12.03.2026 (in 59 days)"),
        ("since 2026-01-05", "since 2026-01-05 (7 days ago)"),
        ("for two weeks", "for two weeks (14 days)"),
        ("in 10 days", "in 10 days (10 days)"),
        ("until the end of next month.", "until the end of next month (in 47 days)."),
        ("end of March 2026 or end of the year", "end of March 2026 (in 78 days) or end of the year (in 353 days)"),
        ("tomorrow, or end of the month", "tomorrow (in 1 days), or end of the month (in 19 days)"),
    ],
)
def test_a_day_or_a_length_of_time_is_told_as_days(said: str, shown: str) -> None:
    assert dated(said, NOW) == shown


@pytest.mark.parametrize(
    "said", ["31 February", "May I ask?", "Mark sat on the sun deck", "T-1019", "extension 4711", "version 3.1.2", ""]
)
def test_what_names_no_day_stays(said: str) -> None:
    assert dated(said, NOW) == said


def test_the_choosing_pass_sees_the_distance_and_values_are_pointed_to_as_written() -> None:
    task = Task(id="t", text="VPN for Ada until 12 February", requester="ada", now=NOW)
    situation = Situation(task=task, context=Context())
    assert choose_scene(situation).request == "VPN for Ada until 12 February (in 31 days)"
    assert fill_scene(situation, GRANT).sources[0].text == task.text
