"""Where two wishes of a request meet: learned on a few requests, with the real encoder; what the shipped one says."""

import shutil
from pathlib import Path

import pytest

from knowledge.errors import BadConfiguration
from knowledge.joints import joints, segments
from models.adapter import DEFAULT
from models.brief import Settings
from models.segmenter import SHIPPED, Segmenter, SegmenterNetwork, sided
from models.segmenter_train import Said, learn, mean, save

TWO = [
    "Feed the cat and call Ada.",
    "Mow the lawn; wash the car.",
    "Sell the boat, then buy a bike.",
    "Wake Bo and go out.",
]
ONE = ["Hello Ada, feed the cat.", "The lawn is high, mow it.", "Bo and Ada are out.", "Please, wash it and the car."]
CARD = {"command": "lamp train segmenter", "data": [{"name": "toy", "requests": 8, "of several wishes": 4}]}


@pytest.fixture(scope="module")
def source() -> list[Said]:
    return [*(Said(text=text, seams=tuple(joints(text))) for text in TWO), *(Said(text=text) for text in ONE)]


@pytest.fixture(scope="module")
def learned(source: list[Said]) -> SegmenterNetwork:
    return learn([source], Settings(steps=25, rate=2e-3))


def test_it_learns_where_wishes_meet(learned: SegmenterNetwork) -> None:
    segmenter = Segmenter(learned)
    assert [len(segmenter.segments(text)) for text in TWO] == [2, 2, 2, 2]
    assert [len(segmenter.segments(text)) for text in ONE] == [1, 1, 1, 1]


def test_the_same_seed_learns_the_same_and_tells_every_step(source: list[Said]) -> None:
    told: list[tuple[int, int]] = []
    settings = Settings(steps=3, rate=1e-3)
    one = Segmenter(learn([source], settings, listen=lambda step, of, _: told.append((step, of))))
    other = Segmenter(learn([source], settings))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert [chance for _, chance in one.chances(TWO[0])] == [chance for _, chance in other.chances(TWO[0])]


def test_it_survives_saving(learned: SegmenterNetwork, tmp_path: Path) -> None:
    save(learned, tmp_path, CARD)
    loaded, before = Segmenter.load(tmp_path), Segmenter(learned)
    for text in (*TWO, *ONE):
        near = [pytest.approx(chance, abs=0.05) for _, chance in before.chances(text)]
        assert [chance for _, chance in loaded.chances(text)] == near
    assert "- toy: 8 requests, 4 of several wishes" in (tmp_path / "README.md").read_text()


def test_a_mean_lies_between_two(learned: SegmenterNetwork, source: list[Said], tmp_path: Path) -> None:
    other = learn([source], Settings(steps=25, rate=2e-3, seed=1))
    for name, each in (("one", learned), ("other", other)):
        save(each, tmp_path / name, CARD)
    itself = Segmenter(mean([tmp_path / "one", tmp_path / "one"]))
    both = Segmenter(mean([tmp_path / "one", tmp_path / "other"]))
    before = Segmenter(learned)
    for text in (*TWO, *ONE):
        near = [pytest.approx(chance, abs=0.05) for _, chance in before.chances(text)]
        assert [chance for _, chance in itself.chances(text)] == near
    assert [len(both.segments(text)) for text in TWO] == [2, 2, 2, 2]
    assert [chance for _, chance in both.chances(TWO[0])] != [chance for _, chance in itself.chances(TWO[0])]


def test_there_is_no_mean_with_another_kind_of_adapter(learned: SegmenterNetwork, tmp_path: Path) -> None:
    save(learned, tmp_path, CARD)
    with pytest.raises(BadConfiguration, match="There is no mean of "):
        mean([tmp_path, DEFAULT])


def test_the_tokens_on_both_sides_of_a_joint() -> None:
    from models.base import load_tokenizer

    ids, found = sided("Unlock Ada, and then… reset it.\nThanks")
    words = load_tokenizer().convert_ids_to_tokens(ids)
    assert [(words[a], words[b]) for _, (a, b) in found] == [("ada", "and"), (".", "thanks")]
    assert sided("Hello") == ([101, 7592, 102], [])
    assert sided("\n") == ([101, 102], [])


def test_what_depends_on_what_was_before_is_no_wish_of_its_own(learned: SegmenterNetwork) -> None:
    always = Segmenter(learned, sure=0.0)
    for text in ("Unlock her, or reset her password.", "Call Ada; if she is out, call Bo."):
        assert len(always.segments(text)) < len(segments(text, joints(text)))
    assert [each.text for each in always.segments("If she is locked, unlock her.")] == ["If she is locked, unlock her."]


def test_less_is_suspected_than_there_are_joints_and_more_than_is_parted(learned: SegmenterNetwork) -> None:
    never = Segmenter(learned, sure=1.0)
    assert [len(never.segments(text)) for text in TWO] == [1, 1, 1, 1]
    assert [len(never.suspected(text)) for text in TWO] == [2, 2, 2, 2]
    assert not any(never.suspected(text) for text in ("Hello", ONE[0]))


def test_a_damaged_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be loaded"):
        Segmenter.load(tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "cut")
    (tmp_path / "cut" / "heads.safetensors").write_bytes(b"short")
    with pytest.raises(BadConfiguration, match="Install Lamplighter again"):
        Segmenter.load(tmp_path / "cut")


@pytest.fixture(scope="module")
def shipped() -> Segmenter:
    return Segmenter.load()


ROOM = ["Book a room for Monday", "move the stand-up there", "tell the team."]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Unlock Jane Doe's account and reset her MFA.", ["Unlock Jane Doe's account", "reset her MFA."]),
        ("Book a room for Monday, move the stand-up there and tell the team.", ROOM),
        ("Unlock Jane Doe's account, please, she cannot get in.", None),
        ("Restart the print server and, if that does not help, open a ticket.", None),
    ],
)
def test_the_shipped_one_parts_what_people_ask_for(shipped: Segmenter, text: str, found: list[str] | None) -> None:
    assert [each.text for each in shipped.segments(text)] == (found or [text])
