"""The model card, in the front matter and sections that Hugging Face expects."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import peft
import torch

from models.base import HUB_NAME, MINILM
from models.dataset_card import licence
from models.settings import Settings

T = TypeVar("T")

# Data sets that are on the Hub, by what the card calls them.
HUB = {"Schema-Guided Dialogue": "google-research-datasets/schema_guided_dstc8"}
PROPER = {"lora": "LoRA", "dora": "DoRA", "rslora": "rsLoRA", "adalora": "AdaLoRA", "ia3": "IA³"}


def trained(
    settings: Settings, data: Sequence[dict[str, Any]], *, command: str, earlier: dict[str, Any] | None
) -> dict[str, Any]:
    """The card after a training, before anything is measured. `earlier` is that of the adapter it went on from."""
    before = earlier or {}
    return {
        "base": settings.base,
        "created": datetime.now(UTC).date().isoformat(),
        "command": " && ".join(each for each in (before.get("command"), command) if each),
        "data": [*before.get("data", []), *data],
        "training": {
            "seed": settings.seed,
            "epochs": settings.epochs,
            "peak_rate": settings.peak_rate,
            "batch_tokens": settings.step_tokens,
            "peft": before.get("training", {}).get("peft", "lora") if before else settings.peft,
            "device": settings.device,
            "torch": torch.__version__,
        },
        "metrics": {},  # of this training; what was measured before it holds no longer
        "temperature": float(before.get("temperature", 1.0)),
    }


def averaged(first: dict[str, Any], second: dict[str, Any], *, share: float, command: str) -> dict[str, Any]:
    """The card of the mean of two adapters: what both began with, then what each learned; nothing of it is measured."""
    commands = [str(card["command"]).split(" && ") if card.get("command") else [] for card in (first, second)]
    return {
        "base": second["base"],
        "created": datetime.now(UTC).date().isoformat(),
        "command": " && ".join([*_both(*commands), command]),
        "data": _both(*(list(card.get("data", [])) for card in (first, second))),
        "training": {**second.get("training", {}), "peft": "lora", "share": share},
        "metrics": {},
        "temperature": (1 - share) * float(first.get("temperature", 1.0))
        + share * float(second.get("temperature", 1.0)),
    }


def _both(ours: list[T], theirs: list[T]) -> list[T]:
    """What both begin with, then the rest of each."""
    pairs = zip(ours, theirs, strict=False)
    shared = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(ours), len(theirs)))
    return [*ours, *theirs[shared:]]


def readme(card: dict[str, Any]) -> str:
    """card: base, created, command, data [{name, licence, examples, sha256}], metrics {name: value}, training {...}."""
    data = "\n".join(
        f"- {d['name']}: {d['examples']} examples, licence {d['licence']}, sha256 `{d['sha256'][:16]}…`"
        for d in card.get("data", [])
    )
    metrics = "\n".join(f"| {name} | {value} |" for name, value in card.get("metrics", {}).items())
    calibration = "\n".join(f"| {name} | {value} |" for name, value in card.get("calibration", {}).items())
    method = card.get("training", {}).get("peft", "lora")
    base = HUB_NAME if card["base"] == MINILM else card["base"]
    return f"""---
base_model: {json.dumps(base)}
library_name: peft
pipeline_tag: token-classification
license: {licence([d["licence"] for d in card.get("data", [])])}
{_listed("datasets", _on_the_hub(card))}{_listed("metrics", ["accuracy"] if card.get("metrics") else [])}\
language:
- en
tags:
- {method}
- large-action-model
- lamplighter
---

# Lamplighter pointer LAM

A {PROPER.get(method, method)} adapter and pointing heads for `{card["base"]}`: it chooses the next action among those
offered and points every parameter to its value in the request, an observation, a passage or the parameter's options. It
writes no text.

## Data

{data or "none recorded"}

## Training

Command: `{card.get("command", "unknown")}`

```json
{json.dumps(card.get("training", {}), indent=2)}
```

## Held-out figures

| figure | value |
|---|---|
{metrics}

## Calibration

Temperature {card.get("temperature", 1.0)}. Fitted on decisions in tasks never trained on (`lamp calibrate`):

| figure | value |
|---|---|
{calibration}

## Framework

PEFT {peft.__version__}
"""


def _on_the_hub(card: dict[str, Any]) -> list[str]:
    names = [each["name"] for each in card.get("data", [])]
    return [hub for known, hub in HUB.items() if any(known in name for name in names)]


def _listed(key: str, values: list[str]) -> str:
    return "".join([f"{key}:\n", *(f"- {value}\n" for value in values)]) if values else ""
