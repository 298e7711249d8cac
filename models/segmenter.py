"""Where one wish ends and the next begins: "unlock her account | and give her VPN until Friday".

One pass of the base encoder over a request, under an adapter of its own; a small head then looks at the tokens on both
sides of every joint (`knowledge.joints`) and says whether two wishes meet there (decision 0025).
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from knowledge.joints import Joint, Segment, joints, segments
from models import headed
from models.base import load_tokenizer
from models.network import encoded

SHIPPED = Path(__file__).parent / "adapters" / "segmenter"
LONGEST = 256  # tokens of a request; joints beyond part nothing
SURE = 0.2  # that two wishes meet, at least
SUSPECTED = 0.05  # for a look at what is there before a run ends
# "Unlock her, or if she is not locked, reset her password": the second depends on the first; the clause is for both.
DEPENDS = re.compile(r"(?:or|if|unless|otherwise|else|in case|but)\b", re.IGNORECASE)
WHEN = re.compile(r"(?:and |or |but )?(?:if|unless|otherwise|in case|when|once|as soon as)\b", re.IGNORECASE)


class SegmenterNetwork(nn.Module):
    """`encoder`: a transformers encoder, under peft while it learns; `width` its hidden size."""

    def __init__(self, encoder: Any, *, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(2 * width, 1)

    def forward(self, sequences: Sequence[Sequence[int]], sides: Sequence[Sequence[tuple[int, int]]]) -> Tensor:
        """[joints of all sequences] logits; `sides`: per sequence the tokens before and after each of its joints."""
        hidden = encoded(self.encoder, sequences, device=self.head.weight.device)
        pairs = [torch.cat([h[a], h[b]]) for h, each in zip(hidden, sides, strict=True) for a, b in each]
        scores: Tensor = self.head(torch.stack(pairs)).squeeze(1)
        return scores


class Segmenter:
    """Satisfies `planner.seams.Segmenter`. Safe to call from several threads."""

    def __init__(self, network: SegmenterNetwork, *, sure: float = SURE) -> None:
        self._network, self._sure = network.eval(), sure

    @classmethod
    def load(cls, folder: Path = SHIPPED, *, sharing: nn.Module | None = None) -> "Segmenter":
        """What `sharing` has too is kept once, for both. Raises BadConfiguration when it cannot be used."""
        return cls(headed.load(folder, SegmenterNetwork, what="segmenter", sharing=sharing))

    def segments(self, text: str) -> list[Segment]:
        """What is asked for one after the other, each as if it were all; one segment if it is one wish."""
        return self._parted(text, self._sure)

    def suspected(self, text: str) -> list[Segment]:
        """What may be wishes of their own though it is taken for one; [] if nothing is."""
        found = self._parted(text, SUSPECTED)
        return found if len(found) > 1 else []

    def _parted(self, text: str, least: float) -> list[Segment]:
        found, kept, begins = self.chances(text), list[Joint](), 0
        for at, chance in found:
            if chance >= least and not DEPENDS.match(text[at[1] :]) and not WHEN.match(text[begins : at[0]]):
                kept.append(at)
            begins = at[1]
        return segments(text, kept)

    @torch.inference_mode()
    def chances(self, text: str) -> list[tuple[Joint, float]]:
        """Of each joint the probability that two wishes meet there."""
        ids, found = sided(text)
        if not found:
            return []
        scores = self._network([ids], [[sides for _, sides in found]]).sigmoid().tolist()
        return [(at, chance) for (at, _), chance in zip(found, scores, strict=True)]


def sided(text: str) -> tuple[list[int], list[tuple[Joint, tuple[int, int]]]]:
    """Token ids of a request, and of each joint the places of the tokens before and after it."""
    tokens = load_tokenizer()(text, truncation=True, max_length=LONGEST, return_offsets_mapping=True)
    spans = [(at, *span) for at, span in enumerate(tokens["offset_mapping"]) if span[0] < span[1]]
    found = []
    for start, end in joints(text):
        before = [at for at, _, last in spans if last <= start]
        after = [at for at, first, _ in spans if first >= end]
        if before and after:
            found.append(((start, end), (before[-1], after[0])))
    return tokens["input_ids"], found
