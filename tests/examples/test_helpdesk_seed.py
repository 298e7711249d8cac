"""The seeded company has what the tasks need."""

from collections import Counter
from datetime import date

import pytest

from examples.helpdesk.schema import RECORDS
from examples.helpdesk.seed import seeded

TODAY = date(2026, 3, 2)


@pytest.fixture(params=[7, 1, 99], scope="module")
def company(request):
    return seeded(request.param, TODAY)


def test_sizes(company):
    sizes = {table: len(rows) for table, rows in company.items()}
    assert sizes["accounts"] == 240
    assert sizes["groups"] == 25
    assert sizes["access_requests"] == 40
    assert sizes["vpn_access"] == 60
    assert sizes["devices"] == 320
    assert sizes["licences"] == 12
    assert sizes["mailboxes"] == 252
    assert sizes["distribution_lists"] == 18
    assert sizes["tickets"] == 120
    assert set(sizes) <= set(RECORDS)


def test_people(company):
    accounts = company["accounts"]
    names = Counter(row[1] for row in accounts)
    assert sorted(names.values())[-8:] == [1] + [2] * 7
    assert len({row[3] for row in accounts}) == 12
    assert len({row[2] for row in accounts}) == 240
    assert Counter(row[6] for row in accounts) == {"active": 194, "locked": 28, "disabled": 18}
    assert sum(bool(row[8]) for row in accounts) == 8
    usernames = {row[0] for row in accounts}
    assert {row[5] for row in accounts} <= usernames | {None}
    assert all(name.isascii() and name.isalnum() for name in usernames)


def test_references_hold(company):
    usernames = {row[0] for row in company["accounts"]}
    groups = {row[0] for row in company["groups"]}
    assert {row[3] for row in company["groups"]} <= usernames
    assert {row[1] for row in company["group_members"]} <= usernames
    assert {row[0] for row in company["group_members"]} <= groups
    assert {row[4] for row in company["devices"]} <= usernames | {None}
    assert {name for row in company["tickets"] for name in row[6:8]} <= usernames
    assert {name for row in company["access_requests"] for name in (row[1], row[5], row[6])} <= usernames


def test_requests_fit_the_groups(company):
    restricted = {row[0]: row[3] for row in company["groups"] if row[4]}
    members = set(company["group_members"])
    for _, username, group, _, status, _, approver, _ in company["access_requests"]:
        assert approver == restricted[group]
        assert ((group, username) in members) == (status == "approved")
    own = [row for row in company["access_requests"] if row[4] == "pending" and row[5] == row[6]]
    assert len(own) == 3


def test_tickets_can_be_worked_on(company):
    states = {row[0]: row for row in company["accounts"]}
    for row in company["tickets"]:
        category, affected = row[3], states[row[7]]
        assert not affected[8]
        if category == "locked_account":
            assert affected[6] == "locked"
        if category in ("password", "mfa"):
            assert affected[6] == "active"
    resolved = Counter(row[6] for row in company["tickets"] if row[5] == "resolved")
    assert sorted(resolved.values()) == [2] * 7 + [3] * 3


def test_some_people_have_two_laptops(company):
    laptops = Counter(row[4] for row in company["devices"] if row[1] == "laptop" and row[3] == "assigned")
    assert sum(count == 2 for count in laptops.values()) == 18
