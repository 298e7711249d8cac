"""The request in a long text, in the layouts that people send: tags, headings, labels, or none at all."""

import pytest

from api.chat.find import locate

TICKET = (
    "The user has been unable to send picture messages for the past few hours. Customer name: Jane Roe, phone number: "
    "555-014-2270, current location: abroad in Spain. They will consider the issue resolved when one can be sent."
)
INSTRUCTIONS = """You are a customer service agent that helps the user according to the <policy> provided below.
You will be provided with a ticket that contains the user's request.
You cannot communicate with the user, only make tool calls. Always follow the policy."""
SECTION = """## Rule {0}

If the user reports problem {0}, you should check setting {0} first. You must not change plan {0} without permission.

### Issue types of rule {0}

- Users can ask for help with device {0}.
- When a customer has an overdue bill, you should send a payment request.

"""
POLICY = "# Policy\n\nThe current time is 2025-02-25 12:08:00 EST.\n\n" + "".join(map(SECTION.format, range(95)))

LAYOUTS = {
    "tags": f"<instructions>\n{INSTRUCTIONS}\n</instructions>\n<policy>\n{POLICY}\n</policy>\n"
    f"<ticket>\n{TICKET}\n</ticket>",
    "nested tags": f"<prompt><policy>{POLICY}</policy><user_request>{TICKET}</user_request></prompt>",
    "tag with a number": f"{POLICY}\n<ticket id='7'>\n{TICKET}\n</ticket>\n{INSTRUCTIONS}",
    "heading at the end": f"{INSTRUCTIONS}\n\n{POLICY}\n\n# Ticket #4711\n\n{TICKET}\n",
    "heading at the start": f"## Current ticket\n{TICKET}\n\n## How to work\n{INSTRUCTIONS}\n\n{POLICY}",
    "heading in the middle": f"# Instructions\n{INSTRUCTIONS}\n\n# User request\n\n{TICKET}\n\n{POLICY}",
    "bold heading": f"{INSTRUCTIONS}\n\n**Support ticket:**\n\n{TICKET}\n\n**Policy**\n\n{POLICY}",
    "ruled heading": f"{POLICY}\n\n=== TICKET ===\n{TICKET}\n=== END OF TICKET ===\n{INSTRUCTIONS}",
    "label": f"{INSTRUCTIONS}\n\n{POLICY}\n\nTicket: {TICKET}\n\nWork on it now.",
    "label alone": f"{INSTRUCTIONS}\n\nUser's request:\n\n{TICKET}\n\n---\n\n{POLICY}",
    "nothing, at the start": f"{INSTRUCTIONS}\n\n{TICKET}\n\n{POLICY}",
    "nothing, at the end": f"{INSTRUCTIONS}\n\n{POLICY}\n\n{TICKET}",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_ticket_is_found(layout: str) -> None:
    assert len(LAYOUTS[layout]) > 25_000
    found = locate(LAYOUTS[layout])
    assert found.request == TICKET
    assert TICKET not in found.rest
    assert "Rule 94" in found.rest


def test_lines_that_are_only_tags_do_not_hide_headings() -> None:
    assert "<policy>" not in locate(LAYOUTS["tags"]).rest.splitlines()


def test_an_empty_ticket_is_passed_over() -> None:
    assert locate(f"<ticket></ticket>\n\n{POLICY}\n\n{TICKET}").request == TICKET


def test_of_several_tickets_the_last_is_meant() -> None:
    assert locate(f"<ticket>An example.</ticket><policy>x</policy><ticket>{TICKET}</ticket>").request == TICKET


def test_a_short_text_is_the_request() -> None:
    assert locate("Unlock the account of Amara Nyberg.").request == "Unlock the account of Amara Nyberg."
    assert locate(" \n ").request == ""
