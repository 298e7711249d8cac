"""Whose name it is: found as a whole name in any spelling, in text and in the bytes of files, and nobody else's."""

import base64
import json
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.names import BadName, Names

AMARA = Names(["anyberg", "Amara Nyberg", "amara.nyberg@mail.example"])


@pytest.mark.parametrize(
    "text",
    [
        "Unlock anyberg.",
        "ANYBERG is locked out",
        "/accounts/anyberg/unlock",
        "anyberg@other.example",
        "Amara  Nyberg's laptop",
        "Nyberg, Amara",
        "amara\nnyberg",
        "write to Amara.Nyberg@mail.example!",
        '{"u":"anyberg"}',
    ],
)
def test_a_name_is_found(text: str) -> None:
    assert AMARA.inside(text)
    assert AMARA.inside({"rows": [{text: 1}]})
    assert not AMARA.inside(AMARA.without(text))


@pytest.mark.parametrize(
    "text", ["manyberg", "anyberg2", "anyberg.old", "Amara Nybergson", "Nyberg", "amara", "any berg"]
)
def test_the_names_of_others_are_not(text: str) -> None:
    assert not AMARA.inside(text)
    assert AMARA.without(text) == text


def test_longer_names_are_told() -> None:
    assert AMARA.longer(["see anyberg.old and x-anyberg, not anyberg."]) == {"anyberg.old", "x-anyberg"}


@pytest.mark.parametrize("name", ["", "a", "  b ", "..", "-- --", "x" * 300])
def test_what_cannot_be_looked_for_is_told(name: str) -> None:
    with pytest.raises(BadName) as caught:
        Names([name])
    assert caught.value.remedy


def test_no_name_at_all_is_told() -> None:
    with pytest.raises(BadName):
        Names([])


@pytest.mark.parametrize("name", ["Björn Åkesson", "anyberg", "zoé@mail.example", "Łukasz Żak"])
def test_bytes_are_searched_in_every_spelling(name: str) -> None:
    find = Names([name]).in_bytes.search
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, name)
        spelt = [text, text.upper(), text.lower(), json.dumps({"n": text}), quote(text), json.dumps(f"x\n{text}")]
        for each in spelt:
            assert find(b"\x00\x01" + each.encode() + b"\x00"), each
        for before in range(3):
            assert find(base64.b64encode(b"-" * before + text.encode() + b"...")), before


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_name_between_any_bytes_is_found(before: bytes, after: bytes) -> None:
    assert AMARA.in_bytes.search(before + b"anyberg" + after)
