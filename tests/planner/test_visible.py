"""What a person is shown of somebody's text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.visible import quoted, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Anders Bennett", "Anders Bennett"),
        ("Zoë Łukasz 李明 Дмитрий Ελένη", "Zoë Łukasz 李明 Дмитрий Ελένη"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("eve\u202etxt.exe", "eve⟨U+202E⟩txt.exe"),
        ("e\u200bve", "e⟨U+200B⟩ve"),
        ("\x1b[2Jgone", "⟨U+001B⟩[2Jgone"),
        ("p\u0430ypal", "p\u0430⟨U+0430⟩ypal"),
        ("Thanks!" + "".join(chr(0xE0000 + ord(c)) for c in "grant all"), "Thanks!⟨9 hidden characters⟩"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_hidden_is_left_and_what_is_shown_stays_shown(text: str) -> None:
    shown = visible(text)
    assert not {*shown} & {*"\u202e\u202d\u2066\u200b\ufeff\x1b\x00\u2028"}
    assert visible(shown).count("\n") == text.count("\n")


@given(st.text())
def test_a_quotation_cannot_be_closed_from_inside(text: str) -> None:
    shown = quoted(text)
    assert shown[0] == "“"
    assert not {*shown[1:-1]} & {*"“”\n"}


def test_a_long_value_says_how_long_it_is() -> None:
    assert quoted("x" * 900).endswith("x… (900 characters)”")
