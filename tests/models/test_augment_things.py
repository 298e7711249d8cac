"""The same example about other things: names change everywhere alike, values and right answers do not."""

import random
from dataclasses import replace

from models.augment_things import OTHERS, THINGS, elsewhere
from models.scene import CandidateText, ChooseScene, Example, FillScene, Label, ParameterText, Source, Span

REQUEST = "Take Maria out of the Group Board group, and no licence, please."
EXAMPLE = Example(
    origin="test",
    choose=ChooseScene(
        request=REQUEST,
        history=("search groups (Group Board) ok: groups rows 1, groups restricted false;",),
        candidates=(
            CandidateText(name="remove_group_member", description="Remove a person from a group"),
            CandidateText(name="add_group_member", description="Add a person to a group"),
            CandidateText(name="refuse", description="Refuse the group"),
        ),
    ),
    right=0,
    fill=FillScene(
        action="remove_group_member",
        sources=(
            Source(id="request", kind="text", text=REQUEST),
            Source(id="step:0", kind="leaf", text="board", label="search groups: groups group", path="groups.0.group"),
        ),
        parameters=(
            ParameterText(name="group", description="The group's short name"),
            ParameterText(name="person", description="Whom"),
        ),
    ),
    labels=(Label(spans=(Span(source=1, start=0, end=5),)), Label(spans=(Span(source=0, start=5, end=10),))),
)


def others(name: str) -> set[str]:
    """What a thing was called instead, over many draws."""
    found = set()
    for seed in range(60):
        other = elsewhere(EXAMPLE, random.Random(seed))
        if other and other.choose and other.fill:
            head, _, noun = other.choose.candidates[0].description.rpartition(" ")
            assert head == "Remove a person from a"
            found.add(noun)
            plural = dict(OTHERS).get(noun, f"{noun}s")
            assert other.choose.candidates[0].name.replace("_", " ") == f"remove {noun} member"
            assert other.fill.action.replace("_", " ") == f"remove {noun} member"
            assert other.choose.candidates[1].description == f"Add a person to a {noun}"
            assert other.fill.sources[1].label == f"search {plural}: {plural} {noun}"
            assert f"{plural} restricted false" in other.choose.history[0]
            assert f"{noun}, and no " in other.choose.request
    return found


def test_one_thing_is_called_the_same_everywhere() -> None:
    found = others("group")
    assert len(found - {"group"}) > 10
    assert found <= {one for one, _ in OTHERS} | {"group"}


def test_values_and_right_answers_stay() -> None:
    for seed in range(60):
        other = elsewhere(EXAMPLE, random.Random(seed))
        if other is None:
            continue
        assert other.right == EXAMPLE.right
        assert other.choose
        assert other.fill
        assert other.choose.request == other.fill.sources[0].text
        assert other.choose.candidates[2].description == "Refuse the group"
        pointed = [other.fill.sources[s.source].text[s.start : s.end] for label in other.labels for s in label.spans]
        assert pointed == ["board", "Maria"]


def test_no_other_thing_is_one_of_the_help_desk() -> None:
    assert not {name for pair in OTHERS for name in pair} & {name for names in THINGS.values() for name in names}


def test_where_nothing_is_known_nothing_is_made() -> None:
    assert EXAMPLE.choose
    plain = ChooseScene(request="Play a song", candidates=(CandidateText(name="play", description="Play it"),))
    assert elsewhere(replace(EXAMPLE, choose=plain, fill=None, labels=()), random.Random(0)) is None
