"""Texts change, and labels go on pointing at the same values."""

import random
from dataclasses import replace

import pytest
from dataset_rows import PEOPLE, part, step, steps
from hypothesis import given
from hypothesis import strategies as st

from models.augment_mix import Mix, varied
from models.augment_noise import noisy, slipped
from models.augment_offer import UNOFFERED, distracted, forgetful, narrowed
from models.augment_values import substituted
from models.augment_wording import paraphrased
from models.dataset import Row
from models.edits import Edit, applied, moved
from models.endings import ENDINGS
from models.scene import Example, Span

EXAMPLES = steps(30, seed=3, app="desk")


def pointed(example: Example) -> list[list[str]]:
    """The text of every span of every label."""
    assert example.fill
    sources = example.fill.sources
    return [[sources[s.source].text[s.start : s.end] for s in label.spans] for label in example.labels]


@given(st.text(min_size=4, max_size=30), st.data())
def test_a_span_beside_the_edits_keeps_its_text(text: str, data: st.DataObject) -> None:
    cut = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    a, b, c, d = cut
    if b == c:
        return
    edits = [Edit(start=a, end=b, text="one"), Edit(start=d, end=d, text="another")]
    span = moved(Span(source=0, start=b, end=c), edits)
    assert span
    assert applied(text, edits)[span.start : span.end] == text[b:c]


def test_an_edit_inside_a_span_grows_it_and_one_across_its_end_spoils_it() -> None:
    span = Span(source=0, start=2, end=8)
    assert moved(span, [Edit(start=3, end=5, text="wider")]) == Span(source=0, start=2, end=11)
    assert moved(span, [Edit(start=7, end=9, text="")]) is None
    assert moved(span, [Edit(start=8, end=8, text="after")]) == span


# ---- other values


@pytest.mark.parametrize("seed", range(12))
def test_other_values_are_the_same_everywhere(seed: int) -> None:
    for example in EXAMPLES:
        other = substituted(example, random.Random(seed))
        assert other
        assert other.choose
        assert other.fill
        (username,), (named, _), _ = pointed(other)
        first, last = named.lower().split()
        assert username == f"{first[0]}{last}"
        assert pointed(other)[1] == [named, named]
        assert other.fill.sources[0].text == other.choose.request
        assert other.fill.sources[3].text == f"{first}.{last}@x.example"
        assert named in other.choose.history[0]
        assert named in other.fill.sources[1].label


def test_nothing_of_the_old_values_is_left() -> None:
    for number, example in enumerate(EXAMPLES):
        other = substituted(example, random.Random(number))
        assert other
        assert other.choose
        assert example.choose
        old = next(p for p in PEOPLE if p in example.choose.request)
        assert old not in str(other)
        assert example.choose.request.rsplit(" ", 1)[1] != other.choose.request.rsplit(" ", 1)[1]


def test_names_come_from_all_regions() -> None:
    from models.names import REGION_OF

    rng, regions = random.Random(0), set()
    for _ in range(20):
        for example in EXAMPLES:
            other = substituted(example, rng)
            assert other
            regions.add(REGION_OF[pointed(other)[1][0].split()[0]])
    assert len(regions) == 8


def test_where_nobody_is_named_nothing_is_put_in_their_place() -> None:
    example = step("Ann Lee", "Please unlock Ann Lee", "unlock", (), "x")
    assert substituted(Example(origin="x", choose=example.choose, right=0), random.Random(0)) is None


# ---- slips and other words


@given(st.integers(0, 10_000))
def test_slips_never_touch_a_value(seed: int) -> None:
    example = EXAMPLES[seed % len(EXAMPLES)]
    other = noisy(example, random.Random(seed))
    assert other
    assert other.choose
    assert other.fill
    assert pointed(other) == pointed(example)
    assert other.choose.request == other.fill.sources[0].text
    assert other.fill.sources[1:] == example.fill.sources[1:]  # type: ignore[union-attr]


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=4), st.integers(0, 1000))
def test_a_slip_is_small(word: str, seed: int) -> None:
    assert abs(len(slipped(word, random.Random(seed))) - len(word)) <= 1


def test_other_words_say_the_same_values() -> None:
    changed = 0
    for seed in range(100):
        example = EXAMPLES[seed % len(EXAMPLES)]
        other = paraphrased(example, random.Random(seed))
        if other:
            changed += 1
            assert pointed(other) == pointed(example)
            assert other.choose
            assert other.fill
            assert other.choose.request == other.fill.sources[0].text
    assert changed > 50


# ---- what is offered and remembered


def test_strangers_and_missing_candidates_leave_the_right_one_right() -> None:
    strangers = [c for each in steps(20, seed=9, app="other") if each.choose for c in each.choose.candidates]
    for seed, example in enumerate(EXAMPLES):
        assert example.choose
        name = example.choose.candidates[example.right].name
        for other in (distracted(example, random.Random(seed), strangers), narrowed(example, random.Random(seed))):
            if other:
                assert other.choose
                assert other.choose.candidates[other.right].name == name
                assert len(other.choose.candidates) != len(example.choose.candidates)
                assert [c.name for c in other.choose.candidates[-4:]] == list(ENDINGS)


def test_what_is_not_offered_at_the_beginning_is_escalated() -> None:
    first = replace(EXAMPLES[0], choose=replace(EXAMPLES[0].choose, history=()))  # type: ignore[type-var]
    rights = []
    for seed in range(400):
        other = narrowed(first, random.Random(seed))
        if other:
            assert other.choose
            rights.append(other.choose.candidates[other.right].name)
            assert (rights[-1] == "escalate") == (other.fill is None)
    assert UNOFFERED / 2 < rights.count("escalate") / len(rights) < 2 * UNOFFERED


def test_an_empty_memory_votes_for_nothing() -> None:
    for seed, example in enumerate(EXAMPLES):
        other = forgetful(example, random.Random(seed))
        assert other
        assert other.choose
        assert all(c.features[2] == 0 for c in other.choose.candidates)
        assert (other.right, other.labels) == (example.right, example.labels)


def test_memory_is_cut_short_as_well_as_emptied() -> None:
    long = "How it is done. " * 30
    history = tuple(f"step {n} ok;" for n in range(6))
    scene = replace(EXAMPLES[0].choose, history=history, passages=(long, "Another."))  # type: ignore[type-var]
    example, kept = replace(EXAMPLES[0], choose=scene), set()
    for seed in range(60):
        other = forgetful(example, random.Random(seed))
        assert other
        assert other.choose
        passages, steps = other.choose.passages, other.choose.history
        assert all(whole.startswith(part) for whole, part in zip(scene.passages, passages, strict=False))
        assert steps in (history, history[-3:])
        cut = "none" if not passages else "cut" if len(passages[0]) < len(long) else "whole"
        kept.add((cut, len(steps)))
    assert kept == {(cut, steps) for cut in ("none", "cut", "whole") for steps in (3, 6)}


def test_varied_copies_say_how_they_were_made() -> None:
    rows = [Row(part="p", family=e.origin, level="wording", example=e) for e in part("desk").train]
    copies, kinds = varied(rows, Mix(copies=2.0), random.Random(1))
    again, _ = varied(rows, Mix(copies=2.0), random.Random(1))
    assert copies == again
    assert len(copies) + kinds["(did not fit)"] == 2 * len(rows)
    assert all(row.made for row in copies)
    assert sum(len(row.made) for row in copies) == kinds.total() - kinds["(did not fit)"]
    assert len(kinds) >= 7
