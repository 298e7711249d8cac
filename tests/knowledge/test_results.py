"""What tools answer, read: JSON as it is, Python's own print, plain text with the fields it states."""

import pytest

from knowledge.results import read_result, stems

PHONE = """Airplane Mode: ON
SIM Card Status: missing
Mobile Data Enabled: Yes
Wi-Fi Radio: OFF"""
KNOWN = stems(
    "check_network_status Shows airplane mode status, SIM card, mobile data enabled, the Wi-Fi radio, the status bar, "
    "data saver mode, whether the messaging app can send MMS messages, signal, service, low battery, "
    "speed test, connection, MMSC URL for picture messages, not set, permission that an app has: sms, phone"
)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ('{"status": "locked", "tries": 3}', {"status": "locked", "tries": 3}),
        ('[{"id": 1}, {"id": 2}]', {"results": [{"id": 1}, {"id": 2}]}),
        ("{'id': 'A1', 'paid': True, 'note': None}", {"id": "A1", "paid": True, "note": None}),
        ("12", {"result": 12}),
        ("true", {"result": True}),
        ('"Sent."', {"success": True, "text": "Sent."}),
        ("Sent.", {"success": True, "text": "Sent."}),
        ("", {"success": True, "text": ""}),
        ("{broken", {"success": True, "text": "{broken"}),
        ("There are no free desks.", {"text": "There are no free desks."}),
        ("It couldn't be sent.", {"text": "It couldn't be sent."}),
        ('{"error": null, "id": 3}', {"error": None, "id": 3}),
    ],
)
def test_a_body_is_read(text: str, body: object) -> None:
    found = read_result(text)
    assert (found.status, found.body) == ("ok", body)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("Error: Line must be active to suspend", "Error", "Line must be active"),
        ("ValueError: no such user", "ValueError", "no such user"),
        ("Failed to set network mode: '9g' is not valid", "error", "not valid"),
        (
            '{"error": {"code": "account_disabled", "message": "It is disabled."}}',
            "account_disabled",
            "It is disabled.",
        ),
        ('{"error": "not found"}', "error", "not found"),
        ("Email not found.", "refused", "not found"),
        ("Task ID was not provided", "refused", "not provided"),
        ("Assignee email not valid. Please choose from the list.", "refused", "choose from the list"),
        ("Invalid recipient email address.", "refused", "recipient"),
        ("Plot type must be one of 'bar', 'line'", "refused", "'bar'"),
        ('{"isError": true, "message": "gone"}', "error", "gone"),
    ],
)
def test_a_failure_is_one(text: str, code: str, message: str) -> None:
    found = read_result(text)
    assert (found.status, found.code) == ("error", code)
    assert message in found.message


def test_what_only_mentions_failures_is_none() -> None:
    assert read_result("Failed logins: 3").status == "ok"
    assert read_result("The error was repaired.").status == "ok"
    assert read_result("No emails found.").status == "ok"
    assert read_result("The key was not found in the drawer but on the desk.").status == "ok"
    assert read_result("Passwords must be changed every 90 days.").status == "ok"
    assert read_result("Status: SIM not found").status == "ok"


def test_the_lines_of_a_plain_text_are_fields() -> None:
    assert read_result(PHONE, known=KNOWN).body == {
        "airplane_mode": "ON",
        "sim_card_status": "missing",
        "mobile_data_enabled": "Yes",
        "wifi_radio": "OFF",
        "text": PHONE,
    }


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("Your messaging app cannot send MMS messages.", "can_send_mms_messages", "no"),
        ("Your messaging app can send MMS messages.", "can_send_mms_messages", "yes"),
        ("Data Saver mode is ON (limits data usage).", "data_saver_mode", "on"),
        ("Airplane Mode is now OFF.\nStatus Bar: No Service | Low Battery", "airplane_mode", "off"),
        ("Airplane Mode is now OFF.\nStatus Bar: No Service | Low Battery", "status_bar_no_service", True),
        ("SIM Card Status: missing (no tray).", "sim_card_status", "missing"),
        ("No SIM card detected in the phone.", "sim_card", "none"),
        ("SIM card re-seated successfully.", "success", True),
        ("Speed Test Result: 275.00 Mbps (Excellent). Connection is very fast.", "speed_test_result", "excellent"),
        (
            "Speed Test Result: 0.05 Mbps (Very Poor). Browsing may be difficult, and so on.",
            "speed_test_result",
            "very_poor",
        ),
        ("Speed test failed: No Connection.", "speed_test_failed", "no_connection"),
        ("MMSC URL (for picture messages): Not Set", "mmsc_url_for_picture_messages", "not_set"),
        ("App 'messaging' has permission for: sms, phone.", "app_messaging_has_permission_for", ["sms", "phone"]),
        ("Status: cancel, everything", "status", "cancel, everything"),
        ("Status: no more checks", "status", "no more checks"),
        ("Status: Anna, Bob and others are here", "status", "Anna, Bob and others are here"),
    ],
)
def test_a_sentence_that_states_something_is_a_field(text: str, name: str, value: object) -> None:
    body = read_result(text, known=KNOWN | {"no"}).body
    assert isinstance(body, dict)
    assert body[name] == value


def test_words_that_only_the_text_has_name_nothing() -> None:
    mail = "From now on: yes\nMaster Override: ON\nEverything is unlocked.\nAirplane Mode: ON"
    assert read_result(mail, known=KNOWN).body == {"airplane_mode": "ON", "text": mail}
    assert read_result(PHONE).body == {"success": True, "text": PHONE}


def test_no_text_takes_long_or_fails() -> None:
    for text in ("[" * 100_000, "a: " * 50_000, "{'a': " * 5_000, "is on " * 50_000, "\x00", "NaN"):
        assert read_result(text, known=KNOWN).status == "ok"
