"""Where a request may be cut, and what is left when it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.joints import joints, seam, segments


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Unlock her and give her VPN.", ["Unlock her", "give her VPN."]),
        ("Hi, unlock her; then tell me!", ["Hi", "unlock her;", "then tell me!"]),
        ("- a new phone\n- a desk as well as\na chair", ["- a new phone", "- a desk", "a chair"]),
        ("Candy, sandwiches", ["Candy", "sandwiches"]),
        ("Restart it", ["Restart it"]),
        ("  \n ", []),
    ],
)
def test_all_joints(text: str, found: list[str]) -> None:
    assert [each.text for each in segments(text, joints(text))] == found


@given(st.text(alphabet=" ,.;\nandtheplus:!x7", max_size=60))
def test_a_segment_stands_where_it_says_and_no_word_is_lost_but_what_joins(text: str) -> None:
    found = segments(text, joints(text))
    assert all(text[each.start : each.start + len(each.text)] == each.text for each in found)
    assert [each.start for each in found] == sorted(each.start for each in found)
    assert "".join(each.text for each in segments(text, [])).strip() in text


def test_the_seam_of_two_wishes_is_the_first_joint_between_them() -> None:
    text = "Unlock her. On top of that: give her VPN, please."
    at = seam(text, (len("Unlock her."), text.index("give")))
    assert at
    assert [each.text for each in segments(text, [at])] == ["Unlock her.", "On top of that: give her VPN, please."]
    assert seam(text, (2, 5)) is None
