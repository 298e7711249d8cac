"""What is named in LAMP_REDACT is taken out wherever it stands, and nothing else; no pattern holds anything up."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.apart import apart
from knowledge.errors import BadConfiguration, BadDocument
from knowledge.fetch import Fetched
from knowledge.redaction import MARK, Redactor, marked
from knowledge.redaction_patterns import NAMED
from knowledge.types import Observation

ALL = Redactor(NAMED)
SECRET = "s3cret-of-the-crm"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("credit-card", "4111 1111 1111 1111"),
        ("credit-card", "5555-5555-5555-4444"),
        ("credit-card", "378282246310005"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("iban", "GB82WEST12345698765432"),
        ("national-id", "078-05-1120"),
        ("national-id", "AB 12 34 56 C"),
        ("national-id", "2 55 08 14 168 025 38"),
        ("national-id", "12345678Z"),
        ("national-id", "RSSMRA85T10A562S"),
        ("national-id", "640823-3234"),
        ("email", "ada.lovelace+desk@mail.example.org"),
        ("phone", "+44 20 7946 0958"),
        ("access-token", "ghp_" + "a1B2" * 9),
        ("access-token", "AKIAIOSFODNN7EXAMPLE"),
        ("access-token", "-----{0} {1}-----\nMIIB\n-----END {1}-----".format("BEGIN", "PRIVATE KEY")),
    ],
)
def test_a_named_pattern_finds_it_among_other_words(name: str, text: str) -> None:
    for before, after in (("Pay with ", " please, TODAY 12."), ("(", ")"), ("", ""), ("AB12 ", ", ok")):
        found = Redactor([name]).text(f"{before}{text}{after}")
        assert found == f"{before}[redacted:{name}]{after}"


@pytest.mark.parametrize(
    "text",
    [
        "Ticket 4111 1111 1111 1112 is no card, its check digit is wrong.",
        "Order 12345678901234567890123456 has too many digits.",
        "DE00 3704 0044 0532 0130 00",
        "Device NH-20463, asset 2026-11-21, build 20261121-1435.",
        "000-12-3456 and 12345678A",
        "Room 3.104 at 10:30, group eng-leads",
    ],
)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert ALL.text(text) == text


def test_a_card_followed_by_more_digits_is_still_found() -> None:
    assert Redactor(["credit-card"]).text("4111111111111111 123") == "[redacted:credit-card] 123"


def test_a_pattern_of_ones_own_carries_its_name() -> None:
    found = Redactor([r"customer=C-\d{6}", "email"]).text("C-123456 wrote from a@b.example about C-12.")
    assert found == "[redacted:customer] wrote from [redacted:email] about C-12."


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("passport", "no pattern 'passport'"),
        ("Bad Name=x", "'Bad Name' cannot be the name"),
        ("secret=x", "'secret' cannot be the name"),
        ("mine=(", "pattern mine is no regular expression"),
        ("mine=a*", "pattern mine finds empty text"),
        ("mine=(a|aa)+$", "pattern mine takes very long"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_named(given: str, says: str) -> None:
    with pytest.raises(BadConfiguration, match=says) as caught:
        Redactor([given])
    assert caught.value.remedy


def test_a_slow_pattern_redacts_the_whole_text_rather_than_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowledge.redaction.PATIENCE_S", 0.05)
    slow = Redactor([r"mine=(x|xx)+y\d"])  # the probes do not see it coming
    began = time.monotonic()
    assert slow.text("x" * 5_000) == "[redacted:mine]"
    with pytest.raises(BadDocument, match=r"pattern mine .* too long over a\.md"):
        slow.document("x" * 5_000, "a.md")
    assert time.monotonic() - began < 20


def test_results_are_redacted_in_depth() -> None:
    body = {"card": 4111111111111111, "a@b.example": [{"x": "+44 20 7946 0958"}], "c@d.example": True, "n": None}
    seen = Observation(step=0, status="error", body=body, code="bad", message="a@b.example is unknown")
    found = ALL.observation(seen)
    assert found.body == {
        "card": "[redacted:credit-card]",
        "[redacted:email]": [{"x": "[redacted:phone]"}],
        "[redacted:email] 2": True,
        "n": None,
    }
    assert found.message == "[redacted:email] is unknown"


@given(st.lists(st.sampled_from(["a@b.example", "4111 1111 1111 1111", SECRET, " ", "x", "[redacted:email]"])))
def test_redacting_twice_is_redacting_once(parts: list[str]) -> None:
    redactor = Redactor([*NAMED, "word=redacted|email"], secrets=lambda: {SECRET})
    once = redactor.text(" ".join(parts))
    assert redactor.text(once) == once
    assert SECRET not in once
    assert "4111" not in once


@given(st.text(max_size=300))
def test_any_text_can_be_redacted(text: str) -> None:
    found = ALL.text(text)
    assert found == text or MARK.search(found)
    assert marked([found]) == bool(MARK.search(found))


@pytest.mark.parametrize(
    "secret", [SECRET, 'quo"te/&=', "Basic YWRhOmh1bnRlcjI=", "Bearer abc.def.ghi", "gehe\u00efm1"]
)
def test_a_secret_is_found_however_it_is_spelt(secret: str) -> None:
    import base64
    import html
    import json
    from urllib.parse import quote

    redactor = Redactor(secrets=lambda: {secret})
    spellings = [secret, quote(secret, safe=""), html.escape(secret), json.dumps(secret)]
    spellings += [base64.b64encode(secret.encode()).decode(), f'{{"h": {json.dumps(secret)}}}']
    if secret.startswith("Basic"):
        spellings += ["YWRhOmh1bnRlcjI=", "hunter2"]
    for spelt in spellings:
        assert "[redacted:secret]" in redactor.text(f"token={spelt};")
        assert spelt not in redactor.text(f"token={spelt};")


def test_an_ingested_document_is_redacted_before_it_is_cut_into_passages() -> None:
    data = b"# Payment of 4111 1111 1111 1111\n\nWrite to ada@b.example.\n\n## Later\n\nMore of ada@b.example."
    parsed = apart().document(
        Fetched(data=data, media_type="", source="pay.md"),
        tenant="default",
        trust="trusted",
        redact=["email", "credit-card"],
    )
    assert parsed.document.title == "Payment of [redacted:credit-card]"
    assert "ada@" not in parsed.document.text
    assert parsed.passages
    for passage in parsed.passages:
        assert passage.text == parsed.document.text[passage.start : passage.end]


def test_a_document_with_a_secret_in_it_is_refused() -> None:
    with pytest.raises(BadDocument, match=r"run\.md has the secret") as caught:
        Redactor(secrets=lambda: {SECRET}).require_no_secret(f"Use {SECRET} to sign in.", "run.md")
    assert SECRET not in str(caught.value)
