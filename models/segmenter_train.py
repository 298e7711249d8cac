"""Teaching the segmenter: requests of one wish and of several, and of every joint whether two wishes meet there."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from knowledge.errors import BadConfiguration
from knowledge.joints import Joint
from models import headed
from models.base import MINILM, load_encoder
from models.brief import Listener, Settings, fit
from models.encoder_card import write_card
from models.mean import encoder_mean, tensors_mean
from models.network import adapted
from models.segmenter import SegmenterNetwork, sided

RANK = 48  # of a mean: all that three have
EACH = 6  # requests a batch of one wish, and of several, from each source

README = """---
base_model: "{hub}"
library_name: peft
pipeline_tag: token-classification
license: cc-by-sa-4.0
datasets:
- google-research-datasets/schema_guided_dstc8
language:
- en
tags:
- lora
- lamplighter
---

# Lamplighter segmenter

A LoRA adapter for `all-MiniLM-L6-v2` and a linear head on the tokens around every joint of a request (the end of a
sentence or a line, a comma, "and"): do two wishes meet there? "Unlock her account | and give her VPN until Friday".
Lamplighter carries the wishes of a request out one after the other.

## Data

{data}

Made by `{command}`.

## Figures

Of dev requests: those of several wishes that are parted where they should be and nowhere else, and those of one wish
that are left whole. `left_out_`: of wishes that it did not learn from.

```json
{metrics}
```
"""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A request, and the joints where two wishes meet; none if it is one."""

    text: str
    seams: tuple[Joint, ...] = ()


def learn(sources: Sequence[Sequence[Said]], settings: Settings, *, listen: Listener | None = None) -> SegmenterNetwork:
    """The adapted network; a batch has as many of each source."""
    torch.manual_seed(settings.seed)
    rng, encoder = random.Random(settings.seed), load_encoder()
    network = SegmenterNetwork(adapted(encoder), width=encoder.config.hidden_size)
    pools = [
        [each for each in source if sided(each.text)[1] and bool(each.seams) == several]
        for source in sources
        for several in (False, True)
    ]

    def loss_of() -> torch.Tensor:
        return _loss(network, [each for pool in pools for each in rng.sample(pool, min(EACH, len(pool)))])

    fit(network, settings, loss_of, listen)
    return network


def mean(folders: Sequence[Path], *, rank: int = RANK) -> SegmenterNetwork:
    """Of several that were saved, in equal shares. Raises BadConfiguration if one is no segmenter."""
    from safetensors import SafetensorError

    shares = [(folder, 1 / len(folders)) for folder in folders]
    try:
        encoder = encoder_mean(shares, base=MINILM, rank=rank)
        network = SegmenterNetwork(encoder, width=encoder.config.hidden_size)
        network.head.load_state_dict(tensors_mean(shares, headed.HEAD))
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise BadConfiguration(
            f"There is no mean of {', '.join(map(str, folders))}: {error}.",
            remedy="Name folders that `lamp train segmenter` wrote.",
        ) from error
    return network.eval()


def _loss(network: SegmenterNetwork, batch: Sequence[Said]) -> torch.Tensor:
    read = [sided(each.text) for each in batch]
    meets = [float(at in each.seams) for each, (_, found) in zip(batch, read, strict=True) for at, _ in found]
    scores = network([ids for ids, _ in read], [[sides for _, sides in found] for _, found in read])
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, torch.tensor(meets))


def save(network: SegmenterNetwork, folder: Path, card: Mapping[str, Any]) -> None:
    """PEFT's own files and the head, in half precision, and a card."""
    headed.save(network, folder)
    write_card(folder, card, README)
