"""Requests of one wish and of several: what the segmenter learns from, and is measured on."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from api.practice import orders
from knowledge.joints import seam

if TYPE_CHECKING:
    from examples.helpdesk.tasks.task import HelpDeskTask, Split
    from models.segmenter import Segmenter
    from models.segmenter_train import Said

SEEDS, PER_FAMILY, JOINED = (301, 302, 303, 304, 305, 306), 40, 700
DEV_SEEDS, DEV_PER_FAMILY, DEV_JOINED = (3, 11), 6, 120
DIALOGUES, DEV_DIALOGUES = 3000, 300  # requests of several wishes made of dialogues, and as many of one
OFFICES = 3000
BOTH = frozenset({"unlock_and_vpn", "group_and_licence"})  # families that want two things in wordings of their own
MARK = "\x1e"  # before and after every wish
# Wishes in whole sentences, and as an order.
SENTENCES = ("{0} {1}", "{0}\n{1}", "{0} Also, {1}", "{0} And {1}", "Hello, {0}\n\n{1}\nThanks!")
ORDERS = (
    *("Please {0} and {1}.", "{0}, then {1}.", "I need you to {0}; {1}.", "{0}, {1} and {2}, please."),
    *("Can you {0}? Then {1}.", "- {0}\n- {1}\n- {2}", "{0} and {1}, thanks a lot.", "1) {0}\n2) {1}"),
    *("Hi, could you please {0}, and {1}?", "Please {0}, {1}, {2} and {3}.", "{0}. After that {1}."),
)
ALONE = (
    "Please {0}, thank you.",
    "Hi, {0} for me and my family.",
    "{0}. It is urgent, and I leave soon.",
    "{0}, please.",
)


# An order of one sentence that can stand after "please", and a letter or part of one.
_ORDERED = re.compile(
    r"(?:Add|Allow|Book|Bring|Call|Charge|Clear|Cross|Cut|Delete|Drop|Enter|Fetch|Get|Give|Hand|Keep|Knock|Leave|Lock|Make"
    r"|Mark|Move|Open|Pull|Push|Put|Raise|Remove|Scrap|Send|Set|Shut|Strike|Strip|Take|Test|Turn|Write) [^.?!:;\n]+\."
)
_DRESSED = re.compile(
    r"\n|^(?:hello|hi|good day|morning|dear|for you|me again)\b|\b(?:thanks|regards|cheers|bye)\b", re.I
)


def helpdesk(*, without: Collection[str] = ()) -> list[Said]:
    """The practice help desk's requests of the train split, for one thing and for two."""
    found = []
    for seed in SEEDS:
        found += [_said(task) for task in tasks("train", seed) if not {*task.family.split("+")} & {*without, *BOTH}]
    return found


def dialogues(folder: Path, split: str = "train") -> list[Said]:
    """SGD: sentences and orders of different services in one request, and several sentences about one thing."""
    from models.sgd import read

    data, rng = read(folder / f"{split}.json.xz"), Random(split)
    count = DIALOGUES if split == "train" else DEV_DIALOGUES
    intents, wanted = _orders(data["schema"]), _wanted(data["dialogues"])
    found = [_marked(rng.choice(ALONE).format(_some(intents, 1, rng)[0])) for _ in range(count // 4)]
    found += [_marked(text) for text in rng.sample(_alone(data["dialogues"]), count)]
    for _ in range(count // 2):
        found.append(_marked(rng.choice(SENTENCES).format(*_wishes(_some(wanted, 2, rng)))))
        found.append(_marked(rng.choice(ORDERS).format(*_wishes(_some(intents, 4, rng)))))
    return found


def offices() -> list[Said]:
    """Orders written by hand, several in one request, and single ones with joints in them."""
    rng = Random("offices")
    several = [rng.choice(ORDERS).format(*_wishes([orders.explained(rng) for _ in range(4)])) for _ in range(OFFICES)]
    alone = [orders.alone(rng) for _ in range(OFFICES // 3)]
    alone += [rng.choice(ALONE).format(orders.explained(rng)) for _ in range(OFFICES // 3)]
    alone += [orders.reasoned(rng) for _ in range(OFFICES // 3)]
    return [_marked(orders.dressed(text, rng)) for text in (*several, *alone)]


def made_up(*, learned: bool = False) -> list[Said]:
    """What made-up offices are asked: one thing in one or several sentences, or two of them in sentences or as orders.
    Those that nobody learned from, or the others.
    """
    from examples.offices import HELD_OUT, asked
    from examples.offices import offices as written

    rng = Random("made up")
    found: list[Said] = []
    ordered: list[str] = []
    for office in (each for each in written() if (each.name in HELD_OUT) != learned):
        texts = [task.text for task in asked(office, rng)]
        found += [_marked(text) for text in texts]
        said = [_ended(text) for text in texts if not _DRESSED.search(text)]
        ordered += [text[0].lower() + text[1:-1] for text in texts if _ORDERED.fullmatch(text)]
        found += [_marked(rng.choice(SENTENCES).format(*_wishes(rng.sample(said, 2)))) for _ in texts]
    both = (_marked(rng.choice(ORDERS).format(*_wishes(rng.sample(ordered, 4)))) for _ in range(len(found) // 4))
    return found + [each for each in both if each.seams]


def measured(segmenter: Segmenter, *, left_out: Collection[str] = ()) -> dict[str, float | int]:
    """Of dev requests for two things the share that is parted there and nowhere else, of those for one the share left
    whole; those of `left_out` by themselves.
    """
    hits: dict[str, list[bool]] = {}
    for seed in DEV_SEEDS:
        for task in tasks("dev", seed):
            families = {*task.family.split("+")}
            if families & BOTH:
                continue
            group = f"{'left_out_' if families & set(left_out) else ''}{'parted' if task.joined else 'whole'}"
            hits.setdefault(group, []).append(_right(segmenter, _said(task)))
    return {k: v for group, right in sorted(hits.items()) for k, v in _figures(group, right).items()}


def general(segmenter: Segmenter, said: Sequence[Said], name: str = "dialogues") -> dict[str, float | int]:
    """The same of requests made of dialogues, or of what offices are asked."""
    groups = {f"{name}_parted": [s for s in said if s.seams], f"{name}_whole": [s for s in said if not s.seams]}
    return {
        k: v for group, of in groups.items() for k, v in _figures(group, [_right(segmenter, s) for s in of]).items()
    }


def _figures(group: str, right: Sequence[bool]) -> dict[str, float | int]:
    return {f"{group}_n": len(right), group: round(sum(right) / max(1, len(right)), 4)}


def _right(segmenter: Segmenter, said: Said) -> bool:
    starts = [each.start for each in segmenter.segments(said.text)]
    return starts[1:] == [end for _, end in said.seams]


def tasks(split: Split, seed: int) -> list[HelpDeskTask]:
    """The practice help desk's requests for one thing and for two, of a split."""
    from examples.helpdesk.tasks import generate, generate_joined

    each, joined = (PER_FAMILY, JOINED) if split == "train" else (DEV_PER_FAMILY, DEV_JOINED)
    return [*generate(split, seed=seed, per_family=each), *generate_joined(split, seed=seed, count=joined)]


def _said(task: HelpDeskTask) -> Said:
    from models.segmenter_train import Said

    at = task.seam and seam(task.text, task.seam)
    return Said(text=task.text, seams=(at,) if at else ())


def _marked(text: str) -> Said:
    """Wishes stand between marks; the first joint between two of them is where they meet."""
    from models.segmenter_train import Said

    edges, plain = list[int](), ""
    for part in text.split(MARK):
        plain += part
        edges.append(len(plain))
    between = zip(edges[1:-1:2], edges[2:-1:2], strict=False)
    return Said(text=plain, seams=tuple(at for each in between if (at := seam(plain, each))))


def _wishes(texts: Sequence[str]) -> list[str]:
    return [f"{MARK}{text}{MARK}" for text in texts]


def _some(by_service: Mapping[str, Sequence[str]], count: int, rng: Random) -> list[str]:
    return [rng.choice(by_service[service]) for service in rng.sample(sorted(by_service), count)]


def _orders(schema: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What the intents are for, by service: "buy tickets for an event"."""
    return {
        service["service_name"]: [
            each["description"][0].lower() + each["description"][1:] for each in service["intents"]
        ]
        for service in schema
    }


def _wanted(dialogues: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What users open a dialogue with, by service."""
    found: dict[str, list[str]] = {}
    for dialogue in dialogues:
        for turn in _of_user(dialogue)[:1]:
            found.setdefault(turn["frames"][0]["service"], []).append(_ended(turn["utterance"]))
    return found


def _alone(dialogues: Sequence[Mapping[str, Any]]) -> list[str]:
    """The first turns of a user who wants one thing: several sentences about it."""
    found = []
    for dialogue in dialogues:
        turns = _of_user(dialogue)[:2]
        if len({turn["frames"][0]["state"]["active_intent"] for turn in turns}) == 1:
            found.append(" ".join(_ended(turn["utterance"]) for turn in turns))
    return found


def _of_user(dialogue: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [turn for turn in dialogue["turns"] if turn["speaker"] == "USER" and turn["frames"]]


def _ended(text: str) -> str:
    return text if text.rstrip()[-1:] in ".!?" else f"{text.rstrip()}."
