"""Orders, questions and vetoes: what the model of dialogue acts learns from, and is measured on."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from api.practice.turned import turned

if TYPE_CHECKING:
    from examples.helpdesk.tasks.task import HelpDeskTask, Split
    from models.dialogue_act import Act, DialogueActs
    from models.dialogue_act_train import Message

SEEDS, PER_FAMILY, JOINED, ASIDES = (301, 302, 303), 60, 400, 120  # per seed; asides per kind
DEV_SEEDS, DEV_PER_FAMILY, DEV_JOINED, DEV_ASIDES = (3, 11), 5, 120, 12
COPIES = 3  # of what offices are told, each about other things
PLURAL: dict[Act, str] = {"order": "orders", "question": "questions", "veto": "vetoes"}


def helpdesk(split: Split = "train") -> list[Message]:
    """What the practice help desk is told: all that is to be done, in one wish or two, and asides."""
    from examples.helpdesk.tasks import generate, generate_asides, generate_joined

    train = split == "train"
    each, joined, aside = (PER_FAMILY, JOINED, ASIDES) if train else (DEV_PER_FAMILY, DEV_JOINED, DEV_ASIDES)
    found: list[HelpDeskTask] = []
    for seed in SEEDS if train else DEV_SEEDS:
        found += generate(split, seed=seed, per_family=each)
        found += generate_joined(split, seed=seed, count=joined)
        found += generate_asides(split, seed=seed, per_family=aside)
    return [_message(text, act) for text, act in {task.text: _act(task) for task in found}.items()]


def orders(*, learned: bool) -> list[Message]:
    """What made-up offices are asked to do; those that nobody learned from, or the others."""
    from examples.offices import HELD_OUT, asked, offices

    rng = Random("orders")
    found = (office for office in offices() if (office.name in HELD_OUT) != learned)
    return [_message(task.text, "order") for office in found for task in asked(office, rng)]


def told(*, learned: bool) -> list[Message]:
    """Questions, vetoes and orders that look like them, as offices are told; likewise."""
    from examples.offices import HELD_OUT, asides, offices

    rng = Random("told")
    found = [office for office in offices() if (office.name in HELD_OUT) != learned]
    messages = (each for _ in range(COPIES if learned else 1) for office in found for each in asides(office, rng))
    act_of = {plural: act for act, plural in PLURAL.items()}
    return [_message(text, act_of[kind]) for kind, text in messages]


def turned_round(*, learned: bool) -> list[Message]:
    """Plain orders of offices turned into questions, vetoes and other orders; likewise."""
    from examples.offices import HELD_OUT, offices, retold

    rng = Random("turned")
    found = [office for office in offices() if (office.name in HELD_OUT) != learned]
    asks = [(office, each, ask) for office in found for each in office.operations for ask in each.asks]
    return [
        _message(retold(*asked, pattern, rng), act)
        for _ in range(COPIES)
        for asked in asks
        for act, pattern in turned(asked[-1].pattern, rng)
    ]


def measured(acts: DialogueActs) -> dict[str, float | int]:
    """Of the practice help desk's dev messages and of offices that it did not learn from the share of orders that are
    taken for one, and of questions and vetoes that are not.
    """
    groups = {
        "": helpdesk("dev"),
        "held_out_": orders(learned=False),
        "held_out_hard_": told(learned=False),
        "held_out_turned_": turned_round(learned=False),
    }
    figures: dict[str, float | int] = {}
    for name, messages in groups.items():
        for act in PLURAL:
            texts = [each.text for each in messages if each.act == act]
            right = [(acts.act(text) == "order") == (act == "order") for text in texts]
            if right:
                figures |= {f"{name}{act}_n": len(right), f"{name}{act}": round(sum(right) / len(right), 4)}
    return figures


def _act(task: HelpDeskTask) -> Act:
    if task.family.startswith("know_"):
        return "question"
    return "veto" if task.family.startswith("leave_") else "order"


def _message(text: str, act: Act) -> Message:
    from models.dialogue_act_train import Message

    return Message(text=text, act=act)
