"""Teaching opposites: requests, the operation that each asks for, and those that it does not ask for."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from models import headed
from models.augment import reworded, vocabulary
from models.base import load_encoder
from models.brief import Listener, Settings, fit
from models.encoder_card import write_card
from models.network import adapted
from models.opposites import SIDES, OppositesNetwork, Side

UNOPPOSED = 1  # requests of a batch whose operation has no opposite, only others beside it
BESIDE = 0.3  # how often one of those others stands for the opposite
NEITHER = 3  # so many times fewer requests that are on neither side
OPERATIONS = 2  # of each side, a batch
REWORDED, NAMED, TOLD = 0.4, 0.1, 0.15  # operations in other words; by their name only; without it

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

# Lamplighter opposites

A LoRA adapter for `all-MiniLM-L6-v2` and two heads: which of two operations does a request ask for (request and both
operations in one pass), and does it want something given, let, begun, or taken, denied, ended (the request alone; an
operation's own side is told in the same way)? Lamplighter asks before it does what is rather the opposite of what was
said.

## Data

{data}

Made by `{command}`.

## Figures

Of requests with an opposite (`n`), the share in which the operation asked for is put first: by one pass (`match`), by
the request alone (`side`), by both. `asked`: of all, how many would be asked about though the operation is right.
`held_out_`: of offices that it did not learn from.

```json
{metrics}
```
"""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Request:
    """`asks`: the operation, as `opposites.described`; `opposites` and `others`, of the same things, it does not."""

    text: str
    side: Side
    origin: str
    asks: str
    opposites: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """Of a batch, `compared` requests are held against an opposite, and `sided` of each side read alone."""

    requests: Sequence[Request]
    compared: int
    sided: int


def learn(
    sources: Sequence[Source],
    operations: Sequence[tuple[str, Side]],
    settings: Settings,
    *,
    listen: Listener | None = None,
) -> OppositesNetwork:
    """The adapted network; `operations` are told from each other by what they say themselves, too."""
    torch.manual_seed(settings.seed)
    rng, encoder = random.Random(settings.seed), load_encoder()
    network = OppositesNetwork(adapted(encoder), width=encoder.config.hidden_size)
    compared = [(_Deck([r for r in s.requests if r.opposites], rng), s.compared) for s in sources]
    unopposed = _Deck([r for s in sources for r in s.requests if r.others and not r.opposites], rng)
    alone = [
        (_Deck([(r.text, r.side) for r in s.requests if r.side == side], rng), _share(s.sided, side))
        for s in sources
        for side in SIDES
    ]
    own = [_Deck([each for each in operations if each[1] == side], rng) for side in SIDES]

    def loss_of() -> Tensor:
        held = [each for deck, count in compared for each in deck.draw(count)] + unopposed.draw(UNOPPOSED)
        read = [each for deck, count in alone for each in deck.draw(count)]
        read += [(_in_other_words(text, rng), side) for deck in own for text, side in deck.draw(OPERATIONS)]
        return _match_loss(network, held, rng) + _side_loss(network, read)

    fit(network, settings, loss_of, listen)
    return network


def save(network: OppositesNetwork, folder: Path, card: Mapping[str, Any]) -> None:
    """PEFT's own files and the heads, in half precision, and a card."""
    headed.save(network, folder)
    write_card(folder, card, README)


class _Deck(Generic[T]):
    """Draws all before any again; nothing, if there are none."""

    def __init__(self, cards: Sequence[T], rng: random.Random) -> None:
        self._cards, self._rng, self._left = list(cards), rng, list[T]()

    def draw(self, count: int) -> list[T]:
        while self._cards and len(self._left) < count:
            self._left += self._rng.sample(self._cards, len(self._cards))
        drawn, self._left = self._left[:count], self._left[count:]
        return drawn


def _share(sided: int, side: Side) -> int:
    return -(-sided // NEITHER) if side == "neither" else sided


def _match_loss(network: OppositesNetwork, batch: Sequence[Request], rng: random.Random) -> Tensor:
    """Two operations each, in either order, both shown in the same way."""
    asked, right = [], []
    for each in batch:
        beside = each.others and (not each.opposites or rng.random() < BESIDE)
        words = vocabulary(rng) if rng.random() < REWORDED else {}
        how = rng.random()
        two = [each.asks, rng.choice(each.others if beside else each.opposites)]
        shown = [_shown(reworded(operation, words), how) for operation in two]
        at = rng.randrange(2)
        asked.append((each.text, shown[::-1] if at else shown))
        right.append(at)
    return cross_entropy(torch.stack(network.matches(asked)), torch.tensor(right))


def _side_loss(network: OppositesNetwork, batch: Sequence[tuple[str, Side]]) -> Tensor:
    sides = torch.tensor([SIDES.index(side) for _, side in batch])
    return cross_entropy(network.sides([text for text, _ in batch]), sides)


def _in_other_words(operation: str, rng: random.Random) -> str:
    return reworded(operation, vocabulary(rng) if rng.random() < REWORDED else {})


def _shown(operation: str, how: float) -> str:
    name, _, about = operation.partition(": ")
    return name if how < NAMED else about if how < NAMED + TOLD else operation
