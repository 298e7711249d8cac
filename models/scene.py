"""What the pointer model reads, as text: one scene to choose an action, one to fill its parameters.

Scenes know nothing of tokens, HTTP or retrieval, so training data of any origin is written in them.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SPOKE = "user spoke;"  # a line of the history: the requester said something after the steps before it
FEATURES = ("rank", "similarity", "vote", "times_done", "just_succeeded", "just_failed")


@dataclass(frozen=True, kw_only=True)
class CandidateText:
    """`features` follow FEATURES; all zero for what the retriever knows nothing about."""

    name: str
    description: str
    features: tuple[float, ...] = (0.0,) * len(FEATURES)


@dataclass(frozen=True, kw_only=True)
class ChooseScene:
    request: str
    history: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    candidates: tuple[CandidateText, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a value may be pointed to: anywhere inside a "text", or the whole of a "leaf" (labelled `label`)."""

    id: str
    kind: Literal["text", "leaf"]
    text: str
    label: str = ""
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class ParameterText:
    """`type` is one word of the field: text, date, number, e-mail …; `options` closes the set of values."""

    name: str
    description: str
    type: str = "text"
    options: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FillScene:
    action: str
    sources: tuple[Source, ...]
    parameters: tuple[ParameterText, ...]


@dataclass(frozen=True, kw_only=True)
class Span:
    """Characters [start, end) of sources[source].text."""

    source: int
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Label:
    """The right answer for one parameter: any of `spans`, or an option's index, or nothing at all."""

    spans: tuple[Span, ...] = ()
    option: int | None = None
    none: bool = False

    @property
    def known(self) -> bool:
        return bool(self.spans) or self.option is not None or self.none


@dataclass(frozen=True, kw_only=True)
class Example:
    """One step to learn from: the right candidate, and the right values if its parameters are to be learned too."""

    origin: str
    choose: ChooseScene | None = None
    right: int = -1
    fill: FillScene | None = None
    labels: tuple[Label, ...] = ()


def to_plain(example: Example) -> dict[str, Any]:
    return dataclasses.asdict(example)


def from_plain(data: Mapping[str, Any]) -> Example:
    """Inverse of `to_plain`, after JSON."""
    choose, fill = data.get("choose"), data.get("fill")
    return Example(
        origin=data["origin"],
        choose=_choose(choose) if choose else None,
        right=data["right"],
        fill=_fill(fill) if fill else None,
        labels=tuple(_label(label) for label in data["labels"]),
    )


def _choose(data: Mapping[str, Any]) -> ChooseScene:
    candidates = tuple(CandidateText(**{**c, "features": tuple(c["features"])}) for c in data["candidates"])
    return ChooseScene(
        request=data["request"],
        history=tuple(data["history"]),
        passages=tuple(data["passages"]),
        candidates=candidates,
    )


def _fill(data: Mapping[str, Any]) -> FillScene:
    return FillScene(
        action=data["action"],
        sources=tuple(Source(**s) for s in data["sources"]),
        parameters=tuple(ParameterText(**{**p, "options": tuple(p["options"])}) for p in data["parameters"]),
    )


def _label(data: Mapping[str, Any]) -> Label:
    return Label(spans=tuple(Span(**s) for s in data["spans"]), option=data["option"], none=data["none"])
