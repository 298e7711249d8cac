"""What the segmenter learns from, and what the shipped one can do."""

import json
import lzma
from pathlib import Path

import pytest
from api_world import BagEmbedder
from typer.testing import CliRunner

from api.cli import app
from api.practice import segments
from api.practice.desk import Practice, practice
from api.practice.lessons import by_wishes
from examples.helpdesk.tasks import HELD_OUT, generate, generate_joined
from knowledge.joints import segments as cut
from models.segmenter import Segmenter
from models.segmenter_train import Said


@pytest.fixture(scope="module")
def helpdesk() -> list[Said]:
    return segments.helpdesk()


def test_it_learns_of_no_other_split_and_no_held_out_family(helpdesk: list[Said]) -> None:
    learned = {each.text for each in helpdesk}
    for split in ("dev", "test"):
        assert not learned & {task.text for task in generate(split, seed=3, per_family=8)}  # type: ignore[arg-type]
    assert not learned & {task.text for task in generate_joined("dev", seed=3, count=60)}
    assert not {family for family in HELD_OUT if any(family in (task.family) for task in segments.tasks("train", 301))}


def test_most_wishes_are_told_apart_at_a_joint(helpdesk: list[Said]) -> None:
    several = sum(bool(each.seams) for each in helpdesk)
    assert several > 0.99 * segments.JOINED * len(segments.SEEDS)
    assert len(helpdesk) - several > 2000


def test_orders_by_hand_are_cut_where_they_meet() -> None:
    made = segments.offices()
    several = [each for each in made if each.seams]
    assert len(several) > 0.9 * segments.OFFICES
    assert all(0 < len(each.seams) < 4 for each in several)
    assert all(segments.MARK not in each.text for each in made)


def test_what_unknown_offices_are_asked_is_measured_on_alone() -> None:
    made = segments.made_up()
    several = [each for each in made if each.seams]
    assert 0.4 * len(made) < len(several) < 0.6 * len(made)
    assert {len(each.seams) for each in several} == {1, 2, 3}
    assert all(segments.MARK not in each.text for each in made)
    learned = {each.text for each in (*segments.offices(), *segments.made_up(learned=True))}
    assert not learned & {each.text for each in made}
    one = [each for each in made if not each.seams][::10]
    assert segments.general(Segmenter.load(), one, "made_up")["made_up_whole"] > 0.95


def test_dialogues_give_sentences_and_orders_of_several_services(tmp_path: Path) -> None:
    def dialogue(service: str, words: str, more: str) -> dict[str, object]:
        turns = [
            {"speaker": "USER", "utterance": said, "frames": [{"service": service, "state": {"active_intent": "A"}}]}
            for said in (words, more)
        ]
        return {"turns": turns}

    schema = [
        {"service_name": name, "intents": [{"name": "A", "description": f"Do what {name} does"}]}
        for name in ("Alarms", "Banks", "Cabs", "Dates")
    ]
    talks = [dialogue(name, f"I need {name}, please", "As soon as you can") for name in ("Alarms", "Banks")] * 200
    text = json.dumps({"schema": schema, "dialogues": talks})
    (tmp_path / "dev.json.xz").write_bytes(lzma.compress(text.encode()))
    made = segments.dialogues(tmp_path, "dev")
    assert any(each.text == "I need Banks, please. As soon as you can." and not each.seams for each in made)
    parted = {part.text for each in made if each.seams for part in cut(each.text, each.seams)}
    assert "I need Alarms, please." in parted
    assert any(part.endswith("do what Cabs does") for part in parted)


@pytest.fixture(scope="module")
def desk() -> Practice:
    with practice(embedder=BagEmbedder()) as made:
        yield made


def test_lessons_show_each_wish_with_what_was_looked_up_before(desk: Practice) -> None:
    solved = list(desk.solved(generate_joined("train", seed=5, count=30)))
    desk.remember([each for _, each in desk.solved(generate("train", seed=5, per_family=1))])
    known = 0
    for task, whole in solved:
        wishes = by_wishes(desk, task, whole)
        if len(wishes) == 1:
            continue
        first, second = wishes
        assert first.task.text + second.task.text != task.text
        assert first.task.text in task.text
        assert second.task.text in task.text
        own = [call for call in second.calls if not call.astray]
        assert [*first.calls, *own] == list(whole.calls)
        known += sum(call.astray for call in second.calls)
        assert all(desk.specs[call.action].effect == "read" for call in second.calls if call.astray)
    assert known > len(solved) / 2


def test_one_wish_is_a_lesson_as_it_is(desk: Practice) -> None:
    task, whole = next(desk.solved(generate("train", seed=5, per_family=1)))
    assert by_wishes(desk, task, whole) == [whole]


def test_the_shipped_segmenter_parts_what_is_to_be_parted_and_leaves_the_rest() -> None:
    figures = segments.measured(Segmenter.load())
    assert figures["parted_n"] > 200
    assert figures["parted"] > 0.75
    assert figures["whole"] > 0.97


def test_a_family_that_is_not_there_is_named_and_nothing_is_trained(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["train", "segmenter", "--out", str(tmp_path / "s"), "--without", "grant_wlan"])
    assert ran.exit_code == 2
    assert "No such families are trained on: grant_wlan." in ran.output
    assert not (tmp_path / "s").exists()


def test_a_mean_of_what_is_no_segmenter_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    given = ["train", "segmenter", "--out", str(tmp_path / "s"), "--mean", str(tmp_path)]
    ran = CliRunner().invoke(app, given)
    assert ran.exit_code == 2
    assert "There is no adapter in" in " ".join(ran.output.split())
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_the_command_learns_and_tells_what_it_can_do_with_families_left_out(tmp_path: Path) -> None:
    given = ["train", "segmenter", "--out", str(tmp_path / "s"), "--steps", "40", "--without", "revoke_vpn"]
    ran = CliRunner().invoke(app, given)
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.output.strip().splitlines()[-1])
    assert told["parted"] > 0.2
    assert told["left_out_whole_n"] > 0
    assert json.loads((tmp_path / "s" / "card.json").read_text())["metrics"]["whole"] == told["whole"]
