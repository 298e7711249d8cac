"""Schema-Guided Dialogue as examples: choose the intent (or ask, or finish), point to the slots' values.

Source: google-research-datasets/dstc8-schema-guided-dialogue, CC BY-SA 4.0, one xz-compressed JSON file a split,
`{"schema": [...], "dialogues": [...]}`.
"""

import json
import lzma
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge.errors import BadConfiguration
from models.encode import words
from models.endings import ENDING_TEXTS, ENDINGS
from models.scene import (
    FEATURES,
    CandidateText,
    ChooseScene,
    Example,
    FillScene,
    Label,
    ParameterText,
    Source,
    Span,
)

MOST_TURNS_CHARACTERS = 700
MOST_OPTIONS = 12


@dataclass
class Moment:
    """A point of a dialogue at which something is decided: the turns so far, and what came next."""

    service: str
    text: str
    spans: dict[str, list[tuple[int, int]]]
    action: str  # an intent's name, "ask" or "finish"
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


def examples(path: Path, *, seed: int, services: frozenset[str] | None = None, shuffle: bool = True) -> list[Example]:
    """All moments of the file as examples. `services`: only these (to measure on services never trained on)."""
    raw = read(path)
    schemas = {s["service_name"]: s for s in raw["schema"]}
    rng = random.Random(seed)
    moments = [m for d in raw["dialogues"] for m in _moments(d, rng) if services is None or m.service in services]
    if shuffle:
        rng.shuffle(moments)
    return [_example(moment, schemas, rng) for moment in moments]


def service_names(path: Path) -> frozenset[str]:
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
    transcript, said, history = _Transcript(), dict[str, dict[str, list[str]]](), list[str]()
    for turn in dialogue["turns"]:
        for frame in turn["frames"]:
            if "state" in frame:
                said[frame["service"]] = frame["state"]["slot_values"]
            yield from _decisions(frame, turn, transcript, said, history, rng)
        transcript.say(turn["speaker"], turn["utterance"], turn["frames"])


def _decisions(
    frame: dict[str, Any],
    turn: dict[str, Any],
    transcript: _Transcript,
    said: dict[str, dict[str, list[str]]],
    history: list[str],
    rng: random.Random,
) -> Iterator[Moment]:
    service = frame["service"]
    text, spans = transcript.tail(service)
    if call := frame.get("service_call"):
        seen = said.get(service, {})
        gold = {name: [*seen.get(name, []), value] for name, value in call["parameters"].items()}
        yield Moment(service, text, spans, call["method"], gold, tuple(history[-4:]))
        found = len(frame.get("service_results", []))
        history.append(f"{words(call['method'])} ok count {found}")
        if rng.random() < 0.12:
            yield Moment(service, text, spans, "finish", {}, tuple(history[-4:]))
    elif turn["speaker"] == "SYSTEM" and text and rng.random() < 0.08 and _requests(frame):
        yield Moment(service, text, spans, "ask", {}, tuple(history[-4:]))


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
