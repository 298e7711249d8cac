"""The model card, in the front matter and sections that Hugging Face expects."""

import json
from typing import Any

import peft

from models.base import HUB_NAME, MINILM


def readme(card: dict[str, Any]) -> str:
    """card: base, created, command, data [{name, licence, examples, sha256}], metrics {name: value}, training {...}."""
    data = "\n".join(
        f"- {d['name']}: {d['examples']} examples, licence {d['licence']}, sha256 `{d['sha256'][:16]}…`"
        for d in card.get("data", [])
    )
    metrics = "\n".join(f"| {name} | {value} |" for name, value in card.get("metrics", {}).items())
    calibration = "\n".join(f"| {name} | {value} |" for name, value in card.get("calibration", {}).items())
    base = HUB_NAME if card["base"] == MINILM else card["base"]
    return f"""---
base_model: {json.dumps(base)}
library_name: peft
pipeline_tag: token-classification
license: cc-by-sa-4.0
tags:
- lora
- large-action-model
- lamplighter
---

# Lamplighter pointer LAM

A LoRA adapter and pointing heads for `{card["base"]}`: it chooses the next action among those offered and points every
parameter to its value in the request, an observation, a passage or the parameter's options. It writes no text.

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
