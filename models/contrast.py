"""Requests that want the same are brought together: an adapter for the encoder, by supervised contrast.

A sentence encoder as it comes finds those requests alike that speak of the same person, or greet in the same words.
After a few minutes of learning what wants the same, in whatever words, it finds precedents by what is wanted; also of
kinds of requests that it never saw (decision 0023). After Khosla et al. 2020, "Supervised Contrastive Learning".
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

from models.adapter import save_encoder
from models.base import load_encoder, load_tokenizer
from models.brief import Listener, Settings, fit
from models.encoder_card import write_card
from models.network import adapted, encoded

LONGEST = 96  # tokens of a request
KINDS, EACH = 20, 3  # a batch: so many kinds, so many requests of each
TEMPERATURE = 0.07

README = """---
base_model: "{hub}"
library_name: peft
pipeline_tag: sentence-similarity
license: cc-by-sa-4.0
datasets:
- google-research-datasets/schema_guided_dstc8
language:
- en
tags:
- lora
- sentence-transformers
- lamplighter
---

# Lamplighter requests

A LoRA adapter for `all-MiniLM-L6-v2` (mean of the tokens, normalised): two requests are near if they want the same,
whoever asks and in whatever words. Lamplighter finds precedents with it.

## Data

{data}

Made by `{command}`, with supervised contrast (Khosla et al. 2020).

## Figures

How often the nearest request in memory, and any of the nearest five, wants the same as a dev request; before and after
training. `left_out_`: of kinds that it did not learn from.

```json
{metrics}
```
"""

Kinds: TypeAlias = Mapping[str, Sequence[str]]  # requests by what they want


@dataclass(frozen=True, kw_only=True)
class Source:
    """Kinds of one world, told apart from each other; a batch is of one source, drawn with `weight`."""

    name: str
    kinds: Kinds
    weight: float = 1.0


def learn(sources: Sequence[Source], settings: Settings, *, listen: Listener | None = None) -> Any:
    """The adapted encoder."""
    torch.manual_seed(settings.seed)
    rng, tokenizer = random.Random(settings.seed), load_tokenizer()
    encoder = adapted(load_encoder())

    def loss_of() -> Tensor:
        texts, kinds = _batch(rng.choices(sources, [each.weight for each in sources])[0], rng)
        return contrast(embedded(encoder, tokenizer, texts), torch.tensor(kinds))

    fit(encoder, settings, loss_of, listen)
    return encoder


def contrast(vectors: Tensor, kinds: Tensor) -> Tensor:
    """How badly each request finds the others of its kind in the batch. vectors: [N, D], normalised; kinds: [N]."""
    itself = torch.eye(len(kinds), dtype=torch.bool)
    logs = (vectors @ vectors.T / TEMPERATURE).masked_fill(itself, float("-inf")).log_softmax(1)
    same = (kinds[:, None] == kinds[None]) & ~itself
    found = logs.masked_fill(~same, 0.0).sum(1) / same.sum(1).clamp(min=1)
    return -found[same.any(1)].mean()


def embedded(encoder: Any, tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """[N, D], normalised means over the tokens, as sentence-transformers makes them."""
    ids = [tokenizer(text, truncation=True, max_length=LONGEST)["input_ids"] for text in texts]
    hidden = encoded(encoder, ids, device=torch.device("cpu"))
    lengths = torch.tensor([len(each) for each in ids])
    mask = (torch.arange(hidden.shape[1])[None] < lengths[:, None]).unsqueeze(2)
    return torch.nn.functional.normalize((hidden * mask).sum(1) / lengths[:, None], dim=1)


def save(encoder: Any, folder: Path, card: Mapping[str, Any]) -> None:
    """PEFT's own files, in half precision, and a card."""
    save_encoder(encoder, folder)
    write_card(folder, card, README)


def _batch(source: Source, rng: random.Random) -> tuple[list[str], list[int]]:
    texts, kinds = list[str](), list[int]()
    for number, kind in enumerate(rng.sample(sorted(source.kinds), min(KINDS, len(source.kinds)))):
        drawn = rng.sample(source.kinds[kind], min(EACH, len(source.kinds[kind])))
        texts += drawn
        kinds += [number] * len(drawn)
    return texts, kinds
