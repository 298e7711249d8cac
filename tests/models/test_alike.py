"""Spans that come to the same value share their chances; names and ids never do."""

import pytest
from models_toy import NOW

from knowledge.types import Parameter
from models.alike import like
from models.decode import Pointed, said_anywhere
from models.scene import FillScene, ParameterText, Source, Span

DAY = Parameter(name="until", schema={"type": "string", "format": "date"})
TEXT = Parameter(name="text", schema={"type": "string"})
NUMBER = Parameter(name="days", schema={"type": "integer"})


def scene(text: str) -> FillScene:
    return FillScene(
        action="act",
        sources=(Source(id="request", kind="text", text=text),),
        parameters=(ParameterText(name="text", description=""),),
    )


def span(place: FillScene, words: str) -> Span:
    start = place.sources[0].text.index(words)
    return Span(source=0, start=start, end=start + len(words))


@pytest.mark.parametrize(
    ("text", "one", "other", "parameter", "same"),
    [
        ("VPN until next Friday please", "next Friday", "until next Friday", DAY, True),
        ("VPN until next Friday, or till Monday", "next Friday", "Monday", DAY, False),
        ("unlock Ann Lee's account", "Ann Lee", "Ann Lee's", TEXT, True),
        ("unlock Ann Lee's account", "Ann Lee", "Ann", TEXT, False),
        ("unlock Ann Lee Brown", "Ann Lee", "Ann Lee Brown", TEXT, False),
        ("for 14 days, 41 at most", "14", "14 days", NUMBER, True),
        ("for 14 days, 41 at most", "14", "41", NUMBER, False),
        ("note that the cable was swapped today", "the cable was swapped", "the cable was swapped today", TEXT, True),
        ("note that the cable was swapped today", "the cable was swapped", "note", TEXT, False),
        ("the cable was swapped. I am off until noon", "the cable was swapped", "swapped. I am off until", TEXT, False),
    ],
)
def test_what_comes_to_the_same(text: str, one: str, other: str, parameter: Parameter, same: bool) -> None:
    place = scene(text)
    assert like(span(place, one), parameter, place, NOW)(span(place, other)) is same


def test_the_chance_of_a_value_is_that_of_all_its_spans_and_never_above_one() -> None:
    place = scene("VPN until next Friday please")
    short, long = span(place, "next Friday"), span(place, "until next Friday")
    row = [
        Pointed(span=short, probability=0.45, begins=0.5, ends=0.9),
        Pointed(span=long, probability=0.36, begins=0.4, ends=0.9),
    ]
    assert said_anywhere(row[0], row, place) == pytest.approx(0.45)
    assert said_anywhere(row[0], row, place, alike=like(short, DAY, place, NOW)) == pytest.approx(0.81)


def test_a_span_that_says_no_value_is_like_none_but_the_same_words() -> None:
    place = scene("VPN until the cows come home")
    assert not like(span(place, "the cows"), DAY, place, NOW)(span(place, "home"))
