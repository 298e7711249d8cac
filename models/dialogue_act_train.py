"""Teaching dialogue acts: messages that are orders, questions and vetoes."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models import headed
from models.base import load_encoder
from models.brief import Listener, Settings, fit
from models.dialogue_act import ACTS, Act, DialogueActNetwork, tokens
from models.encoder_card import write_card
from models.network import adapted

ORDERS, OTHERS = 9, 6  # a batch, from each source that has any

README = """---
base_model: "{hub}"
library_name: peft
pipeline_tag: text-classification
license: cc-by-sa-4.0
language:
- en
tags:
- lora
- lamplighter
---

# Lamplighter dialogue acts

A LoRA adapter for `all-MiniLM-L6-v2` and a linear head on the first token and the mean of all: is a message an order
("unlock her account"), a question ("is it locked?") or a veto ("leave it locked")? Lamplighter asks before it changes
anything for one that is no order.

## Data

{data}

Made by `{command}`.

## Figures

Of dev messages the share that is taken for what it is, an order where `SURE` is not reached; `held_out_`: of offices
that it did not learn from.

```json
{metrics}
```
"""


@dataclass(frozen=True, kw_only=True)
class Message:
    text: str
    act: Act


def learn(
    sources: Sequence[Sequence[Message]], settings: Settings, *, listen: Listener | None = None
) -> DialogueActNetwork:
    """The adapted network; a batch has as many of each source."""
    torch.manual_seed(settings.seed)
    rng, encoder = random.Random(settings.seed), load_encoder()
    network = DialogueActNetwork(adapted(encoder), width=encoder.config.hidden_size)
    pools = [
        (found, ORDERS if act == "order" else OTHERS)
        for source in sources
        for act in ACTS
        if (found := [each for each in source if each.act == act])
    ]

    def loss_of() -> torch.Tensor:
        return _loss(network, [each for pool, count in pools for each in rng.sample(pool, min(count, len(pool)))])

    fit(network, settings, loss_of, listen)
    return network


def _loss(network: DialogueActNetwork, batch: Sequence[Message]) -> torch.Tensor:
    scores = network([tokens(each.text) for each in batch])
    return torch.nn.functional.cross_entropy(scores, torch.tensor([ACTS.index(each.act) for each in batch]))


def save(network: DialogueActNetwork, folder: Path, card: Mapping[str, Any]) -> None:
    """PEFT's own files and the head, in half precision, and a card."""
    headed.save(network, folder)
    write_card(folder, card, README)
