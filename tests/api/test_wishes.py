"""What the encoder of requests learns from, and what the shipped one can do."""

import json
import lzma
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.practice import wishes
from examples.helpdesk.tasks import FAMILIES, HELD_OUT, generate
from retrieval.embed import REQUESTS, MiniLMEmbedder


def test_it_learns_of_no_held_out_family_and_no_wording_of_another_split() -> None:
    source = wishes.helpdesk()
    assert not HELD_OUT & set(source.kinds)
    assert set(source.kinds) <= set(FAMILIES)
    learned = {text for texts in source.kinds.values() for text in texts}
    for split in ("dev", "test"):
        assert not learned & {task.text for task in generate(split, seed=0, per_family=8)}  # type: ignore[arg-type]


def test_a_family_left_out_is_left_out_with_the_refusals_that_borrow_its_words() -> None:
    without = wishes.helpdesk(without={"grant_vpn"}).kinds
    assert "grant_vpn" not in without
    granted = {t.text for s in wishes.SEEDS for t in generate("train", seed=s, per_family=3) if t.family == "grant_vpn"}
    assert granted
    assert not granted & {text for texts in without.values() for text in texts}


def test_dialogues_are_told_apart_by_service_and_intent(tmp_path: Path) -> None:
    def user(words: str, intent: str) -> dict[str, object]:
        frames = [{"service": "Banks_1", "state": {"active_intent": intent}}]
        return {"speaker": "USER", "utterance": words, "frames": frames}

    turns = [
        user("I would like to see my balance", "CheckBalance"),
        {"speaker": "SYSTEM", "utterance": "Of which account do you want to see it?", "frames": []},
        user("Of my savings account, please", "CheckBalance"),
        user("Now send ten dollars to Ada", "TransferMoney"),
        user("Thank you very much, bye", "NONE"),
    ]
    text = json.dumps({"schema": [], "dialogues": [{"turns": turns}]})
    (tmp_path / "train.json.xz").write_bytes(lzma.compress(text.encode()))
    assert wishes.dialogues(tmp_path).kinds == {
        "Banks_1.CheckBalance": ["I would like to see my balance"],
        "Banks_1.TransferMoney": ["Now send ten dollars to Ada"],
    }


def test_the_shipped_encoder_finds_what_wants_the_same_far_more_often_than_the_base() -> None:
    base, requests = wishes.measured(MiniLMEmbedder()), wishes.measured(MiniLMEmbedder(adapter=REQUESTS))
    assert base["requests"] == requests["requests"] > 400
    assert requests["first"] > base["first"] + 0.15
    assert requests["in_five"] > base["in_five"] + 0.04


def test_a_family_that_is_not_there_is_named_and_nothing_is_trained(tmp_path: Path) -> None:
    given = ["train", "requests", "--out", str(tmp_path / "r"), "--without", "grant_vpn, grant_wlan"]
    ran = CliRunner().invoke(app, given)
    assert ran.exit_code == 2
    assert "No such families are trained on: grant_wlan." in ran.output
    assert "grant_vpn" in ran.output
    assert not (tmp_path / "r").exists()


@pytest.mark.slow
def test_the_command_learns_and_tells_what_it_gained_on_families_left_out(tmp_path: Path) -> None:
    given = [
        "train",
        "requests",
        "--out",
        str(tmp_path / "r"),
        "--steps",
        "12",
        "--without",
        "revoke_vpn,assign_licence",
    ]
    ran = CliRunner().invoke(app, given)
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.output.strip().splitlines()[-1])
    assert told["after"]["first"] > told["before"]["first"]
    assert told["after"]["left_out_requests"] > 0
    assert json.loads((tmp_path / "r" / "card.json").read_text())["metrics"]["after"] == told["after"]
