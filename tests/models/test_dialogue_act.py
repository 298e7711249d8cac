"""Orders, questions and vetoes: learned on a few messages, with the real encoder; what the shipped one says."""

import shutil
from pathlib import Path

import pytest
import torch

from knowledge.errors import BadConfiguration
from models import headed
from models.adapter import DEFAULT
from models.brief import Settings
from models.dialogue_act import ACTS, LONGEST, SHIPPED, Act, DialogueActNetwork, DialogueActs, tokens
from models.dialogue_act_train import Message, learn, save

SAID: dict[Act, list[str]] = {
    "order": ["Feed the cat.", "Mow the lawn, please.", "Sell the boat today.", "Wake Bo at eight."],
    "question": ["Is the cat fed?", "How high is the lawn?", "Who sold the boat?", "When did Bo wake?"],
    "veto": ["Don't feed the cat.", "Leave the lawn alone.", "The boat is not for sale.", "Let Bo sleep."],
}
MESSAGES = [Message(text=text, act=act) for act, texts in SAID.items() for text in texts]
CARD = {"command": "lamp train acts", "data": [{"name": "toy", "orders": 4, "questions": 4, "vetoes": 4}]}


@pytest.fixture(scope="module")
def learned() -> DialogueActNetwork:
    return learn([MESSAGES], Settings(steps=25, rate=2e-3))


def test_it_learns_what_a_message_is(learned: DialogueActNetwork) -> None:
    acts = DialogueActs(learned)
    assert {act: [acts.act(text) for text in texts] for act, texts in SAID.items()} == {a: [a] * 4 for a in ACTS}


def test_chances_are_of_all_acts(learned: DialogueActNetwork) -> None:
    chances = DialogueActs(learned).chances("Is the cat fed?")
    assert tuple(chances) == ACTS
    assert sum(chances.values()) == pytest.approx(1)


def test_what_is_doubtful_is_an_order(monkeypatch: pytest.MonkeyPatch, learned: DialogueActNetwork) -> None:
    acts = DialogueActs(learned)
    for chances, act in (
        ((0.4, 0.5, 0.1), "order"),
        ((0.2, 0.7, 0.1), "question"),
        ((0.1, 0.3, 0.6), "veto"),
    ):
        monkeypatch.setattr(acts, "chances", lambda _, c=chances: dict(zip(ACTS, c, strict=True)))
        assert acts.act("") == act


def test_the_same_seed_learns_the_same_and_tells_every_step() -> None:
    told: list[tuple[int, int]] = []
    settings = Settings(steps=3, rate=1e-3)
    one = DialogueActs(learn([MESSAGES], settings, listen=lambda step, of, _: told.append((step, of))))
    other = DialogueActs(learn([MESSAGES], settings))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert one.chances("Feed Bo.") == other.chances("Feed Bo.")


def test_others_in_a_batch_change_nothing(learned: DialogueActNetwork) -> None:
    sequences = [tokens(message.text) for message in MESSAGES]
    with torch.inference_mode():
        together, alone = learned(sequences), torch.cat([learned([each]) for each in sequences])
    assert torch.allclose(together, alone, atol=0.05)  # bf16 products
    assert len(tokens("word " * 1000)) == LONGEST


def test_it_survives_saving(learned: DialogueActNetwork, tmp_path: Path) -> None:
    save(learned, tmp_path, CARD)
    loaded, before = DialogueActs.load(tmp_path), DialogueActs(learned)
    for message in MESSAGES:
        assert loaded.chances(message.text) == pytest.approx(before.chances(message.text), abs=0.05)
    assert "- toy: 4 orders, 4 questions, 4 vetoes" in (tmp_path / "README.md").read_text()


def test_what_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="model of dialogue acts in"):
        DialogueActs.load(tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "cut")
    (tmp_path / "cut" / headed.HEAD).write_bytes(b"cut")
    with pytest.raises(BadConfiguration, match="cannot be loaded"):
        DialogueActs.load(tmp_path / "cut")


@pytest.fixture(scope="module")
def shipped() -> DialogueActs:
    return DialogueActs.load()


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("Unlock Anders Bennett's account.", "order"),
        ("Could you please give Amara VPN until Friday?", "order"),
        ("Why is Anders Bennett still locked? He starts at eight, so unlock him.", "order"),
        ("Is Anders Bennett's account locked?", "question"),
        ("How many licences of Ledgerline are left?", "question"),
        ("I don't want Anders Bennett's account unlocked.", "veto"),
        ("Please leave ticket T-1044 open for now.", "veto"),
    ],
)
def test_what_the_shipped_one_says(shipped: DialogueActs, text: str, act: str) -> None:
    assert shipped.act(text) == act


def test_weights_are_kept_once() -> None:
    from models import adapter

    network, _ = adapter.load(DEFAULT)
    mine = DialogueActs.load(sharing=network)._network
    embeddings = {name: p.data_ptr() for name, p in network.named_parameters() if "word_embeddings" in name}
    assert embeddings
    assert {name: p.data_ptr() for name, p in mine.named_parameters() if "word_embeddings" in name} == embeddings
