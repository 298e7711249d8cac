"""An operation or its opposite: which of the two is asked for?

One pass of the base encoder, under an adapter of its own, over the request and two operations; and one over the request
alone, which says whether something is to be given, let, begun, or taken, denied, ended (decision 0036). The choosing
pass reads what a request is about, and that is the same for both.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import torch
from torch import Tensor, nn

from knowledge.types import ActionSpec
from models import headed
from models.base import load_tokenizer
from models.encode import words
from models.network import encoded

Side: TypeAlias = Literal["gives", "takes", "neither"]
SIDES: tuple[Side, ...] = get_args(Side)
SHIPPED = Path(__file__).parent / "adapters" / "opposites"
REQUEST, OPERATION = 96, 40  # tokens; the rest is not read
SIDED = 0.9  # of an operation, at least
SURE = 4.0  # log odds that the opposite is meant, at least
OPERATIONS = 10_000  # whose side is kept


class OppositesNetwork(nn.Module):
    """`encoder`: a transformers encoder, under peft while it learns; `width` its hidden size."""

    def __init__(self, encoder: Any, *, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.ModuleDict(
            {
                "side": nn.Linear(2 * width, len(SIDES)),
                "match": nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, 1)),
            }
        )

    def sides(self, texts: Sequence[str]) -> Tensor:
        """[B, SIDES] logits of requests, or of operations as `described`."""
        sequences = [_ids(text, longest=128) for text in texts]
        hidden = self._hidden(sequences)
        pooled = torch.stack([h[: len(ids)].mean(dim=0) for h, ids in zip(hidden, sequences, strict=True)])
        scores: Tensor = self.head["side"](torch.cat([hidden[:, 0], pooled], dim=1))
        return scores

    def matches(self, asked: Sequence[tuple[str, Sequence[str]]]) -> list[Tensor]:
        """Of every request a score for each of its operations, read together, in their order."""
        end = load_tokenizer().sep_token_id
        sequences, places = [], []
        for text, operations in asked:
            ids, found = _ids(text, longest=REQUEST), []
            for operation in operations:
                of_it = [*_ids(operation, longest=OPERATION, bare=True), end]
                found.append((len(ids), len(ids) + len(of_it)))
                ids = [*ids, *of_it]
            sequences.append(ids)
            places.append(found)
        hidden = self._hidden(sequences)
        marks = [
            torch.stack([torch.cat([h[start], h[start:stop].mean(dim=0)]) for start, stop in found])
            for h, found in zip(hidden, places, strict=True)
        ]
        return [self.head["match"](each).squeeze(1) for each in marks]

    def _hidden(self, sequences: Sequence[Sequence[int]]) -> Tensor:
        return encoded(self.encoder, sequences, device=next(self.head.parameters()).device)


class Odds(NamedTuple):
    """Log odds that another operation is meant: by request and both operations in one pass; by the request alone."""

    match: float
    side: float

    @property
    def both(self) -> float:
        return self.match + self.side


class Opposites:
    """Satisfies `planner.seams.Opposites`. Safe to call from several threads."""

    def __init__(self, network: OppositesNetwork) -> None:
        self._network = network.eval()
        self._side_of = lru_cache(maxsize=OPERATIONS)(self.side)

    @classmethod
    def load(cls, folder: Path = SHIPPED, *, sharing: nn.Module | None = None) -> "Opposites":
        """What `sharing` has too is kept once, for both. Raises BadConfiguration when it cannot be used."""
        return cls(headed.load(folder, OppositesNetwork, what="model of opposites", sharing=sharing))

    def instead(self, text: str, spec: ActionSpec, others: Sequence[ActionSpec]) -> ActionSpec | None:
        """Of `others` the opposite that is surely meant, and not `spec`; None if there is none."""
        side = self._side_of(described(spec))
        opposed = [each for each in others if {side, self._side_of(described(each))} == {"gives", "takes"}]
        rated = [(self.odds(text, described(spec), described(each), side).both, each) for each in opposed]
        odds, meant = max(rated, key=lambda pair: pair[0], default=(0.0, None))
        return meant if odds >= SURE else None

    @torch.inference_mode()
    def odds(self, text: str, operation: str, other: str, side: Side) -> Odds:
        """That `other` is meant, and not `operation`, which gives or takes; both `described`. Both orders are read."""
        first, second = self._network.matches([(text, [operation, other]), (text, [other, operation])])
        scores = dict(zip(SIDES, self._network.sides([text])[0].tolist(), strict=True))
        there: Side = "takes" if side == "gives" else "gives"
        return Odds(
            match=float(first[1] - first[0] + second[0] - second[1]) / 2,
            side=scores[there] - scores[side],
        )

    @torch.inference_mode()
    def side(self, operation: str) -> Side:
        """Of an operation, as `described`; neither, unless it is surely one."""
        chances = self._network.sides([operation])[0].softmax(dim=0)
        best = int(chances.argmax())
        return SIDES[best] if float(chances[best]) >= SIDED else "neither"


def described(spec: ActionSpec) -> str:
    """An operation as it is read."""
    return f"{words(spec.name)}: {spec.description}"


def _ids(text: str, *, longest: int, bare: bool = False) -> list[int]:
    tokenize = load_tokenizer()
    ids: list[int] = tokenize(text, truncation=True, max_length=longest, add_special_tokens=not bare)["input_ids"]
    return ids
