"""Accounts: what each operation does and each rule refuses."""

import pytest


def _ordinary(desk, **wanted):
    return desk.one("accounts", vip=False, **wanted)["username"]


def _hr(desk):
    return desk.one("accounts", department="Human Resources", status="active", vip=False)["username"]


@pytest.mark.parametrize("field", ["full_name", "username", "email"])
def test_search_finds_by_name_username_and_address(desk, field):
    person = desk.one("accounts", status="locked", vip=False)
    found = desk.ok("GET", "/accounts", query=person[field].upper())
    assert [account["username"] for account in found["accounts"]] == [person["username"]]
    assert found["count"] == 1


def test_search_ignores_accents_and_takes_beginnings_of_words(desk):
    desk.patch("accounts", {"username": _ordinary(desk)}, {"full_name": "Zoë Øster-Lund"})
    for query in ("zoe oster-lund", "Oster Zo", "ZOË lund"):
        assert desk.ok("GET", "/accounts", query=query)["accounts"][0]["full_name"] == "Zoë Øster-Lund"
    assert desk.ok("GET", "/accounts", query="zoe nobody") == {"count": 0, "accounts": []}


def test_search_lists_at_most_ten_and_counts_all(desk):
    found = desk.ok("GET", "/accounts", query="northwind-harbour")
    assert (found["count"], len(found["accounts"])) == (240, 10)


def test_search_shows_namesakes(desk):
    namesake = next(row for row in desk.snapshot()["accounts"] if row["username"].endswith("2") and not row["vip"])
    found = desk.ok("GET", "/accounts", query=namesake["full_name"])["accounts"]
    assert all(account["full_name"] == namesake["full_name"] for account in found)


def test_search_needs_a_query(desk):
    assert desk.refused("GET", "/accounts") == (422, "invalid")
    assert desk.refused("GET", "/accounts?query=") == (422, "invalid")
    assert desk.ok("GET", "/accounts", query="  ")["count"] == 0


def test_get_account(desk):
    person = desk.one("accounts", vip=True)
    assert desk.ok("GET", f"/accounts/{person['username']}").items() <= person.items()
    assert desk.refused("GET", "/accounts/nobody") == (404, "not_found")


def test_unlock(desk):
    username = _ordinary(desk, status="locked")
    assert desk.ok("POST", f"/accounts/{username}/unlock")["status"] == "active"
    assert desk.refused("POST", f"/accounts/{username}/unlock") == (409, "not_locked")


def test_reset_password_is_recorded_and_never_shows_the_password(desk):
    username = _ordinary(desk, status="active")
    answer = desk.ok("POST", f"/accounts/{username}/reset-password")
    assert set(answer) == {"username", "delivered_to", "expires_at"}
    assert answer["expires_at"] == "2026-03-03T18:00:00"
    desk.ok("POST", f"/accounts/{username}/reset-password")
    assert [row["number"] for row in desk.snapshot()["password_resets"]] == [1, 2]


def test_reset_mfa(desk):
    username = _ordinary(desk, status="active", mfa_enrolled=True)
    assert desk.ok("POST", f"/accounts/{username}/reset-mfa")["mfa_enrolled"] is False
    assert desk.refused("POST", f"/accounts/{username}/reset-mfa") == (409, "mfa_not_enrolled")


@pytest.mark.parametrize("action", ["unlock", "reset-password", "reset-mfa"])
def test_executive_and_disabled_accounts_are_left_alone(desk, action):
    executive = desk.one("accounts", vip=True, status="locked")["username"]
    leaver = _ordinary(desk, status="disabled")
    assert desk.refused("POST", f"/accounts/{executive}/{action}") == (403, "vip_account")
    assert desk.refused("POST", f"/accounts/{leaver}/{action}") == (409, "account_disabled")
    assert desk.refused("POST", f"/accounts/nobody/{action}") == (404, "not_found")


def test_disable_for_manager_and_human_resources_only(desk):
    person = desk.one("accounts", vip=False, status="active", department="Design", title="Graphic Designer")
    path = f"/accounts/{person['username']}/disable"
    stranger = _ordinary(desk, department="Sales", status="active")
    assert desk.refused("POST", path) == (403, "requester_unknown")
    assert desk.refused("POST", path, by="nobody") == (403, "requester_unknown")
    assert desk.refused("POST", path, by=stranger) == (403, "not_manager")
    assert desk.ok("POST", path, by=person["manager"])["status"] == "disabled"
    assert desk.refused("POST", path, by=_hr(desk)) == (409, "already_disabled")


def test_disable_refuses_executives_even_to_human_resources(desk):
    executive = desk.one("accounts", vip=True)["username"]
    assert desk.refused("POST", f"/accounts/{executive}/disable", by=_hr(desk)) == (403, "vip_account")
    assert desk.refused("POST", "/accounts/nobody/disable", by=_hr(desk)) == (404, "not_found")


def test_enable_for_manager_and_human_resources_only(desk):
    person = desk.one("accounts", status="disabled")
    path = f"/accounts/{person['username']}/enable"
    stranger = desk.one("accounts", vip=True, title="Chief Legal Officer")["username"]
    assert desk.refused("POST", path) == (403, "requester_unknown")
    assert desk.refused("POST", path, by=stranger) == (403, "not_manager")
    assert desk.ok("POST", path, by=_hr(desk))["status"] == "active"
    assert desk.refused("POST", path, by=person["manager"]) == (409, "not_disabled")


def test_update_account_changes_what_is_named(desk):
    person = desk.one("accounts", department="Design", vip=False)
    path = f"/accounts/{person['username']}"
    assert desk.ok("PATCH", path, {"title": "Illustrator"})["department"] == "Design"
    moved = desk.ok("PATCH", path, {"department": "Legal"})
    assert (moved["title"], moved["department"]) == ("Illustrator", "Legal")


@pytest.mark.parametrize("body", [{}, {"department": "Piracy"}, {"status": "active"}, {"title": " "}, None])
def test_update_account_refuses_other_bodies(desk, body):
    assert desk.refused("PATCH", f"/accounts/{_ordinary(desk)}", body) == (422, "invalid")


def test_update_of_nobody(desk):
    assert desk.refused("PATCH", "/accounts/nobody", {"title": "Ghost"}) == (404, "not_found")
