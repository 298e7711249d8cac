"""Schema-Guided Dialogue as examples: choose the intent (or finish), point to the slots' values.

Source: google-research-datasets/dstc8-schema-guided-dialogue, CC BY-SA 4.0, one xz-compressed JSON file a split,
`{"schema": [...], "dialogues": [...]}`.
"""

import json
import lzma
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.errors import BadConfiguration
from models.encode import words
from models.endings import ENDING_TEXTS, ENDINGS
from models.scene import (
    FEATURES,
    SPOKE,
    CandidateText,
    ChooseScene,
    Example,
    FillScene,
    Label,
    ParameterText,
    Source,
    Span,
)

MOST_TURNS_CHARACTERS, MOST_LINES = 700, 6
MOST_OPTIONS = 12


@dataclass
class Moment:
    """A point of a dialogue at which something is decided: the turns so far, and what came next."""

    service: str
    text: str
    spans: dict[str, list[tuple[int, int]]]
    action: str  # an intent's name, or "finish"
    called: bool = True  # False: the agent asked for something that the intent needs, and called nothing yet
    gold: dict[str, list[str]] = field(default_factory=dict)
    history: tuple[str, ...] = ()


def read(path: Path) -> dict[str, Any]:
    try:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            return dict(json.load(file))
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise BadConfiguration(
            f"{path} cannot be read: {error}.",
            remedy="Give the folder with the schema-guided dialogues' train.json.xz and dev.json.xz.",
        ) from error


def examples(
    path: Path, *, seed: int, services: frozenset[str] | None = None, shuffle: bool = True, asked: bool = True
) -> list[Example]:
    """All moments of the file as examples. `services`: only these (to measure on services never trained on); `asked`:
    with the moments at which the agent asked for a slot."""
    raw = read(path)
    schemas = {s["service_name"]: s for s in raw["schema"]}
    rng = random.Random(seed)
    moments = [m for d in raw["dialogues"] for m in _moments(d, rng) if services is None or m.service in services]
    moments = [m for m in moments if asked or m.called]
    if shuffle:
        rng.shuffle(moments)
    return [_example(moment, schemas, rng) for moment in moments]


@cache
def service_names(path: Path) -> frozenset[str]:
    """Read once in a process: unpacked, the one to train on has 129 MiB."""
    return frozenset(s["service_name"] for s in read(path)["schema"])


def unseen_services(folder: Path) -> frozenset[str]:
    """Services of dev.json.xz that train.json.xz does not know."""
    return service_names(folder / "dev.json.xz") - service_names(folder / "train.json.xz")


# ---- dialogues to moments


class _Transcript:
    """The dialogue's text so far, cut to its tail, with every marked slot's place in it."""

    def __init__(self) -> None:
        self.text = ""
        self.marks: list[tuple[str, str, int, int]] = []

    def say(self, speaker: str, utterance: str, frames: list[dict[str, Any]]) -> None:
        self.text += ("\n" if self.text else "") + ("user: " if speaker == "USER" else "agent: ")
        at = len(self.text)
        self.text += utterance
        for frame in frames:
            for slot in frame.get("slots", []):
                if "start" in slot:
                    mark = (frame["service"], slot["slot"], at + slot["start"], at + slot["exclusive_end"])
                    self.marks.append(mark)

    def tail(self, service: str) -> tuple[str, dict[str, list[tuple[int, int]]]]:
        cut = max(0, len(self.text) - MOST_TURNS_CHARACTERS)
        cut = self.text.find("\n", cut) + 1 if cut else 0
        spans: dict[str, list[tuple[int, int]]] = {}
        for owner, slot, start, end in self.marks:
            if owner == service and start >= cut:
                spans.setdefault(slot, []).append((start - cut, end - cut))
        return self.text[cut:], spans


def _moments(dialogue: dict[str, Any], rng: random.Random) -> Iterator[Moment]:
    transcript, history = _Transcript(), list[str]()
    states = dict[str, dict[str, Any]]()
    for turn in dialogue["turns"]:
        for frame in turn["frames"]:
            if "state" in frame:
                states[frame["service"]] = frame["state"]
            yield from _decisions(frame, turn, transcript, states, history, rng)
        transcript.say(turn["speaker"], turn["utterance"], turn["frames"])
        if turn["speaker"] == "USER" and history and history[-1] != SPOKE:
            history.append(SPOKE)


def _decisions(
    frame: dict[str, Any],
    turn: dict[str, Any],
    transcript: _Transcript,
    states: dict[str, dict[str, Any]],
    history: list[str],
    rng: random.Random,
) -> Iterator[Moment]:
    """A call, the moment after it, and the questions before it.

    Where the agent asks for a slot, the intent is the right choice already: the planner asks for what cannot be filled,
    and knows from the parameters what that is.
    """
    service = frame["service"]
    text, spans = transcript.tail(service)
    state = states.get(service, {})
    seen = state.get("slot_values", {})
    if call := frame.get("service_call"):
        gold = {name: [*seen.get(name, []), value] for name, value in call["parameters"].items()}
        yield Moment(service, text, spans, call["method"], gold=gold, history=tuple(history[-MOST_LINES:]))
        found = len(frame.get("service_results", []))
        history.append(f"{words(call['method'])} ok count {found}")
        if rng.random() < 0.12:
            yield Moment(service, text, spans, "finish", history=tuple(history[-MOST_LINES:]))
    elif turn["speaker"] == "SYSTEM" and text and rng.random() < 0.08 and _requests(frame):
        intent = state.get("active_intent", "NONE")
        if intent != "NONE":
            yield Moment(service, text, spans, intent, False, {**seen}, tuple(history[-MOST_LINES:]))


def _requests(frame: dict[str, Any]) -> bool:
    return any(action["act"] == "REQUEST" for action in frame.get("actions", []))


# ---- moments to examples


def _example(moment: Moment, schemas: dict[str, Any], rng: random.Random) -> Example:
    service = schemas[moment.service]
    choose, right = _choose(moment, service, schemas, rng)
    origin = f"sgd:{moment.service}"
    if moment.action in ENDING_TEXTS:
        return Example(origin=origin, choose=choose, right=right)
    fill, labels = _fill(moment, service, rng)
    return Example(origin=origin, choose=choose, right=right, fill=fill, labels=labels)


def _choose(
    moment: Moment, service: dict[str, Any], schemas: dict[str, Any], rng: random.Random
) -> tuple[ChooseScene, int]:
    own = [(intent["name"], intent["description"]) for intent in service["intents"]]
    family = moment.service.split("_")[0]
    others = [
        (i["name"], i["description"]) for n, s in schemas.items() if n.split("_")[0] != family for i in s["intents"]
    ]
    listed = own + rng.sample(others, min(len(others), rng.randint(2, 8)))
    rng.shuffle(listed)
    candidates = [CandidateText(name=n, description=d, features=_no_memory(rng, n, moment)) for n, d in listed]
    candidates += [CandidateText(name=n, description=ENDING_TEXTS[n]) for n in ENDINGS]
    right = next(i for i, c in enumerate(candidates) if c.name == moment.action)
    scene = ChooseScene(request=moment.text, history=moment.history, candidates=tuple(candidates))
    return scene, right


def _no_memory(rng: random.Random, name: str, moment: Moment) -> tuple[float, ...]:
    """Features as a retriever without precedents would give them: no ranks are known here, so none are told."""
    done = sum(line.startswith(words(name) + " ") for line in moment.history)
    just = bool(moment.history) and moment.history[-1].startswith(words(name) + " ")
    values = dict.fromkeys(FEATURES, 0.0) | {"times_done": min(done, 3) / 3, "just_succeeded": float(just)}
    return tuple(values[name] for name in FEATURES)


def _fill(moment: Moment, service: dict[str, Any], rng: random.Random) -> tuple[FillScene, tuple[Label, ...]]:
    intent = next(i for i in service["intents"] if i["name"] == moment.action)
    names = [*intent["required_slots"], *intent["optional_slots"]]
    rng.shuffle(names)
    parameters, labels = [], []
    for name in names:
        slot = next(s for s in service["slots"] if s["name"] == name)
        options = _options(slot, intent["optional_slots"].get(name))
        parameters.append(ParameterText(name=name, description=slot["description"], type=_type(name), options=options))
        labels.append(_label(moment, name, options, intent["optional_slots"].get(name)))
    source = Source(id="request", kind="text", text=moment.text)
    return FillScene(action=moment.action, sources=(source,), parameters=tuple(parameters)), tuple(labels)


def _type(slot: str) -> str:
    """The schema has no types; the names tell most of them."""
    parts = words(slot).split()
    return next((t for t in ("date", "time", "number", "address") if t in parts), "text")


def _options(slot: dict[str, Any], default: str | None) -> tuple[str, ...]:
    if not slot["is_categorical"]:
        return ()
    values = [str(v) for v in slot["possible_values"]]
    return tuple([*values, *([default] if default and default not in values else [])][:MOST_OPTIONS])


def _label(moment: Moment, name: str, options: tuple[str, ...], default: str | None) -> Label:
    gold = moment.gold.get(name)
    if not gold:
        return Label(none=True)
    if options:
        right = next((i for i, option in enumerate(options) if option in gold), None)
        return Label(option=right) if right is not None else Label(none=gold == [default])
    spans = tuple(Span(source=0, start=a, end=b) for a, b in moment.spans.get(name, []))
    if not spans and gold[-1] == default:
        return Label(none=True)
    return Label(spans=spans)
