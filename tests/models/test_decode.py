"""From scores to spans and options, with scores written by hand."""

import pytest
import torch

from models.decode import Pointed, pointed, said_anywhere
from models.encode import Encoder, FillWindow
from models.network import Pointers
from models.scene import FillScene, ParameterText, Source, Span

NAME = ParameterText(name="name", description="")
TEAM = ParameterText(name="team", description="", options=("red", "blue"))


def scene(text: str, *parameters: ParameterText, kind: str = "text") -> FillScene:
    source = Source(id="request", kind=kind, text=text)  # type: ignore[arg-type]
    return FillScene(action="x", sources=(source,), parameters=parameters or (NAME,))


def scores(window: FillWindow, start: int, end: int, *, option: tuple[float, ...] = (0.0,)) -> Pointers:
    """Points from place `start` to place `end`; -1 is "none"."""
    first, last = torch.zeros(len(window.places) + 1), torch.zeros(len(window.places) + 1)
    first[start], last[end] = 9.0, 9.0
    return Pointers(first, last, torch.tensor(option))


def test_the_best_span_comes_first_and_none_is_among_them(encoder: Encoder) -> None:
    at = scene("unlock ann lee now")
    (window,) = encoder.fill(at)
    ((best, *others),) = pointed(at, [window], [[scores(window, 1, 2)]])
    assert best.span == Span(source=0, start=7, end=14)
    assert best.margin > 0
    assert any(p.span is None and p.option is None and p.margin == 0 for p in others)
    assert [p.margin for p in [best, *others]] == sorted((p.margin for p in [best, *others]), reverse=True)


def test_none_wins_where_it_is_surer(encoder: Encoder) -> None:
    at = scene("unlock ann lee now")
    (window,) = encoder.fill(at)
    ((best, *_),) = pointed(at, [window], [[scores(window, -1, -1)]])
    assert best.span is None
    assert best.probability > 0.9


def test_spans_are_widened_to_whole_words(encoder: Encoder) -> None:
    at = scene("unlock mbauerovski-x, now")
    (window,) = encoder.fill(at)
    pieces = [i for i, p in enumerate(window.places) if 7 <= p.start < 18]
    assert len(pieces) > 2
    ((best, *_),) = pointed(at, [window], [[scores(window, pieces[1], pieces[1])]])
    assert best.span
    assert at.sources[0].text[best.span.start : best.span.end] == "mbauerovski"


def test_no_span_ends_before_it_starts(encoder: Encoder) -> None:
    at = scene("one two three four")
    (window,) = encoder.fill(at)
    (row,) = pointed(at, [window], [[scores(window, 3, 0)]])
    assert all(p.span.start < p.span.end for p in row if p.span)


def test_over_several_windows_the_surest_wins(encoder: Encoder) -> None:
    at = scene("word " * 1500 + "ann")
    windows = encoder.fill(at)
    assert len(windows) > 2
    last = len(windows[-1].places) - 1
    rows = [[scores(w, -1, -1)] for w in windows[:-1]] + [[scores(windows[-1], last, last)]]
    ((best, *_),) = pointed(at, windows, rows)
    assert best.span
    assert at.sources[0].text[best.span.start : best.span.end] == "ann"


def test_options_are_pointed_to_by_index(encoder: Encoder) -> None:
    at = scene("to the blue ones", TEAM)
    (window,) = encoder.fill(at)
    ((best, *_),) = pointed(at, [window], [[scores(window, 0, 0, option=(0.0, 5.0, 1.0))]])
    assert (best.option, best.span) == (1, None)
    ((none, *_),) = pointed(at, [window], [[scores(window, 0, 0, option=(0.0, 1.0, 5.0))]])
    assert (none.option, none.span) == (None, None)


def mentions(window: FillWindow, starts: dict[int, float], ends: dict[int, float]) -> Pointers:
    """Log-odds by place; -1 is "none"."""
    first, last = torch.full((len(window.places) + 1,), -9.0), torch.full((len(window.places) + 1,), -9.0)
    for place, score in starts.items():
        first[place] = score
    for place, score in ends.items():
        last[place] = score
    return Pointers(first, last, torch.zeros(1))


def test_of_two_mentions_neither_is_joined_to_the_others_end(encoder: Encoder) -> None:
    at = scene("ann lee or bob stone")
    (window,) = encoder.fill(at)
    ((best, *others),) = pointed(at, [window], [[mentions(window, {0: 2.0, 3: 1.9}, {1: 1.9, 4: 2.0})]])
    assert best.span
    assert at.sources[0].text[best.span.start : best.span.end] in ("ann lee", "bob stone")
    assert Span(source=0, start=0, end=20) not in [each.span for each in others]


def test_no_value_is_said_by_two_people(encoder: Encoder) -> None:
    at = scene("user: at four\nagent: four it is")
    (window,) = encoder.fill(at)
    place = {at.sources[0].text[p.start : p.end]: i for i, p in enumerate(window.places)}
    first = next(i for i, p in enumerate(window.places) if at.sources[0].text[p.start : p.end] == "four")
    (row,) = pointed(at, [window], [[mentions(window, {first: 3.0}, {place["it"]: 3.0})]])
    assert not any(each.span and "agent" in at.sources[0].text[each.span.start : each.span.end] for each in row)


def test_what_is_said_twice_wins_over_none_by_both_places(encoder: Encoder) -> None:
    """Each place alone is less likely than "none"."""
    at = scene("ann, please do it for ann")
    (window,) = encoder.fill(at)
    last = len(window.places) - 1
    scored = mentions(window, {0: 1.0, last: 1.0, -1: 1.3}, {0: 1.0, last: 1.0, -1: 1.3})
    ((best, *_),) = pointed(at, [window], [[scored]])
    assert best.span
    assert best.margin > 0


def test_without_any_source_there_is_only_none(encoder: Encoder) -> None:
    at = FillScene(action="x", sources=(), parameters=(NAME,))
    (window,) = encoder.fill(at)
    ((only,),) = pointed(at, [window], [[Pointers(torch.zeros(1), torch.zeros(1), torch.zeros(1))]])
    assert (only.span, only.option) == (None, None)


def test_a_value_said_twice_is_as_sure_as_both_places_together() -> None:
    twice = FillScene(
        action="act",
        sources=(Source(id="request", kind="text", text="Ann and ann, not Bob"),),
        parameters=(),
    )
    spans = [Span(source=0, start=a, end=b) for a, b in ((0, 3), (8, 11), (17, 20))]
    shares = [(0.5, 0.4), (0.4, 0.5), (0.1, 0.1)]
    row = [Pointed(span=s, probability=a * b, begins=a, ends=b) for s, (a, b) in zip(spans, shares, strict=True)]
    row.append(Pointed(span=spans[0], probability=0.01, begins=0.1, ends=0.1))  # the same place, another token
    assert said_anywhere(row[0], row, twice) == pytest.approx(0.81)
    assert said_anywhere(row[2], row, twice) == pytest.approx(0.01)
    assert said_anywhere(Pointed(option=1, probability=0.3), row, twice) == 0.3


def test_ends_in_two_results_say_nothing_against_the_only_value_that_can_be_said(encoder: Encoder) -> None:
    """The start is sure of the second row; the end mostly of the first one, where nothing begins."""
    rows = tuple(
        Source(id="step:0", kind="leaf", text=text, path=f"rows.{i}.id") for i, text in enumerate(("T1", "T2"))
    )
    at = FillScene(action="x", sources=rows, parameters=(NAME,))
    (window,) = encoder.fill(at)
    first = {0: next(i for i, p in enumerate(window.places) if p.source == 0)}
    opens = next(i for i, p in enumerate(window.places) if p.source == 1)
    closes = [max(i for i, p in enumerate(window.places) if p.source == source) for source in (0, 1)]
    scored = mentions(window, {opens: 9.0}, {closes[0]: 9.0, closes[1]: 7.5})
    (row,) = pointed(at, [window], [[scored]])
    assert row[0].span == Span(source=1, start=0, end=2)
    assert row[0].probability < 0.2
    assert said_anywhere(row[0], row, at) > 0.99
    doubt = mentions(window, {opens: 9.0, first[0]: 8.9}, {closes[0]: 8.9, closes[1]: 9.0})
    (row,) = pointed(at, [window], [[doubt]])
    assert 0.4 < said_anywhere(row[0], row, at) < 0.6


@pytest.mark.parametrize(
    ("text", "pointed_at", "found"),
    [
        ("open 'mail search finds nothing', please", ("search", "nothing"), "mail search finds nothing"),
        ("open “mail search finds nothing”", ("mail", "finds"), "mail search finds nothing"),
        ("he wrote 'please could you reset the account of lee now'", ("lee", "lee"), "lee"),
        ("it's ann's and bob's", ("ann", "ann"), "ann"),
    ],
)
def test_quotation_marks_say_where_a_value_ends(
    encoder: Encoder, text: str, pointed_at: tuple[str, str], found: str
) -> None:
    at = scene(text)
    (window,) = encoder.fill(at)
    words = [text[p.start : p.end] for p in window.places]
    first, last = words.index(pointed_at[0]), words.index(pointed_at[1])
    ((best, *_),) = pointed(at, [window], [[scores(window, first, last)]])
    assert best.span
    assert text[best.span.start : best.span.end] == found


@pytest.mark.parametrize(
    ("day", "pointed_at"),
    [
        ("4 February 2028", "4 February"),
        ("the end of next month", "month"),
        ("20 May", "May"),
        ("20 May", "20"),
        ("May 20th", "20th"),
    ],
)
@pytest.mark.parametrize(("kind", "whole"), [("date", True), ("text", False)])
def test_a_part_of_a_day_is_all_of_it_where_a_day_is_wanted(
    encoder: Encoder, day: str, pointed_at: str, kind: str, *, whole: bool
) -> None:
    at = scene(f"vpn until {day}, please", ParameterText(name="until", description="", type=kind))
    (window,) = encoder.fill(at)
    words = [at.sources[0].text[p.start : p.end] for p in window.places]
    first, last = pointed_at.split()[0], pointed_at.split()[-1]
    ((best, *_),) = pointed(at, [window], [[scores(window, words.index(first), words.index(last))]])
    assert best.span
    assert at.sources[0].text[best.span.start : best.span.end] == (day if whole else pointed_at)
