"""What stands around a value speaks against it, or does not."""

from datetime import UTC, datetime
from time import monotonic

import pytest

from knowledge.types import ActionSpec, Argument, Literal, Parameter, Provenance, Task
from planner.belied import belied

GRANT = ActionSpec(
    app="desk",
    name="grant_vpn",
    description="Give somebody VPN access.",
    parameters=(
        Parameter(name="username", schema={"type": "string"}),
        Parameter(name="until", description="The last day.", schema={"type": "string", "format": "date"}),
        Parameter(name="starts_on", schema={"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}),
    ),
)


def doubted(text: str, raw: str, name: str) -> bool:
    start = text.rindex(raw)
    task = Task(id="t", text=text, requester="me", now=datetime(2026, 11, 2, tzinfo=UTC))
    found = Provenance(source="request", source_id="request", raw=raw, start=start, end=start + len(raw))
    argument = Argument(name=name, value=Literal(value=raw, provenance=found))
    return belied((argument,), GRANT, task)


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("Please assign Translatio to the new employee. Greetings, Ravi Silva", "Ravi Silva"),
        (
            "VPN for the auditor until Friday, please.\n\nMany thanks in advance\nJo Ann Smith-Olsen",
            "Jo Ann Smith-Olsen",
        ),
        ("unlock the account pls. thx, ravi", "ravi"),
        ("The intern is locked out.\nYours sincerely,\nRavi Silva.", "Ravi Silva"),
    ],
)
def test_the_name_under_a_letter_is_nobody_to_act_on(text: str, raw: str) -> None:
    assert doubted(text, raw, "username")


@pytest.mark.parametrize(
    "letter",
    ["thanks, " + "x" * 50_000 + "?", "thanks" + "\n" * 50_000 + "!", "best " * 20_000, "thanks, a b " * 9_000],
    ids=["word", "lines", "closings", "names"],
)
def test_a_letter_made_to_be_slow_is_not(letter: str) -> None:
    begun = monotonic()
    assert not doubted(f"Ravi Silva {letter}", "Ravi Silva", "username")
    assert monotonic() - begun < 1.0


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("I'm locked out. Regards, Ravi Silva", "Ravi Silva"),
        ("Please reset my password.\nThanks\nRavi Silva", "Ravi Silva"),
        ("Ravi Silva needs VPN until Friday. Regards, Ravi Silva", "Ravi Silva"),
        ("Please unlock Ravi Silva. Thanks!", "Ravi Silva"),
        ("Thanks for unlocking Ravi Silva", "Ravi Silva"),
        ("Locked out again, thanks to the update: Ravi Silva", "Ravi Silva"),
        ("VPN until Friday, please, for Ravi Silva", "Ravi Silva"),
    ],
)
def test_who_speaks_of_themselves_or_is_named_above_may_sign(text: str, raw: str) -> None:
    assert not doubted(text, raw, "username")


@pytest.mark.parametrize(
    ("text", "raw", "name"),
    [
        ("VPN needed for Olga Bauer, starting Monday", "Monday", "until"),
        ("VPN for Olga Bauer as of the 3rd of May", "3rd of May", "until"),
        ("VPN for Olga Bauer from 3 May", "from 3 May", "until"),
        ("VPN for Olga Bauer until Friday", "Friday", "starts_on"),
        ("VPN for evarga2, to expire 4 February 2028. Please confirm.", "4 February", "until"),
        ("VPN until Feb 4th, 2028", "Feb 4th", "until"),
        ("VPN until the end of next month", "next month", "until"),
    ],
)
def test_another_end_of_a_period_and_half_a_day_are_doubted(text: str, raw: str, name: str) -> None:
    assert doubted(text, raw, name)


@pytest.mark.parametrize(
    ("text", "raw", "name"),
    [
        ("VPN for Olga Bauer from Monday until Friday", "Friday", "until"),
        ("VPN for Olga Bauer from Monday until Friday", "Monday", "starts_on"),
        ("VPN for Olga Bauer, starting Monday", "Monday", "starts_on"),
        ("VPN for evarga2, to expire 4 February 2028.", "4 February 2028", "until"),
        ("VPN until 04/02/28 2000 times", "04/02/28", "until"),
        ("VPN until 4 February. 2028 is the year after next.", "4 February", "until"),
        ("The one from Monday is called Monday", "Monday", "username"),
    ],
)
def test_the_right_end_as_a_whole_is_not(text: str, raw: str, name: str) -> None:
    assert not doubted(text, raw, name)


def test_a_value_from_elsewhere_or_edited_since_is_not_looked_at() -> None:
    task = Task(id="t", text="Starting Monday", requester="me", now=datetime(2026, 11, 2, tzinfo=UTC))
    for source, start in (("observation", 9), ("request", 0)):
        found = Provenance(source=source, source_id="request", raw="Monday", start=start, end=start + 6)  # type: ignore[arg-type]
        assert not belied((Argument(name="until", value=Literal(value="2026-11-09", provenance=found)),), GRANT, task)
