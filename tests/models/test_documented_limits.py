"""What a request names is told to be more than a documented limit, or at most that; without a limit it stays."""

from datetime import datetime

import pytest

from models.limits import compared
from models.when import dated

NOW = datetime(2026, 1, 12, 12)  # a Monday
VPN = "End date: A grant ends no later than 90 days from\ntoday. Anything longer is refused."


@pytest.mark.parametrize(
    ("said", "passages", "shown"),
    [
        ("until Feb 12", [VPN], "until Feb 12 (in 31 days, at most 90 days)"),
        ("until 12 April", [VPN], "until 12 April (in 90 days, at most 90 days)"),
        ("until 13 April", [VPN], "until 13 April (in 91 days, more than 90 days)"),
        ("for four months", [VPN], "for four months (120 days, more than 90 days)"),
        ("for two weeks", ["Loans: two months at most."], "for two weeks (14 days, at most two months)"),
        (
            "until 13 April",
            ["Leave: it may be up to three months."],
            "until 13 April (in 91 days, more than three months)",
        ),
        ("set 120 GB", ["Any quota up to and including 100 GB."], "set 120 GB (more than 100 GB)"),
        ("set 60GB", ["100 GB is the limit for everyone."], "set 60GB (at most 100 GB)"),
        ("a chair for €1,250", ["The highest price is €800."], "a chair for €1,250 (more than €800)"),
        ("six seats, please", ["A van has at most 8 seats."], "six seats (at most 8 seats), please"),
        ("60 GB", ["More than 100 GB is refused.", "At most 50 GB."], "60 GB (at most 100 GB)"),
    ],
)
def test_an_amount_is_compared_with_the_first_limit_of_its_unit(said: str, passages: list[str], shown: str) -> None:
    assert compared(dated(said, NOW), passages, NOW) == shown


@pytest.mark.parametrize(
    ("said", "passages"),
    [
        ("until Feb 12", []),
        ("since 2026-01-05", [VPN]),
        ("until Feb 12", ["A password has at least 14 characters."]),
        ("five days in room 214", ["At most 20 GB."]),
        ("T-1019 has 3 comments", [VPN]),
        ("for 1.2.3 bananas", ["At most 1.2.3 bananas; no more than 7 x."]),
    ],
)
def test_without_a_limit_of_its_unit_it_stays(said: str, passages: list[str]) -> None:
    told = dated(said, NOW)
    assert compared(told, passages, NOW) == told
