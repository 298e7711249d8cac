"""What a message is: an order, a question, or a veto: "Unlock her account", "Is it locked?", "Leave it locked".

One pass of the base encoder over it, under an adapter of its own, and a linear head (decision 0034). The choosing pass
reads what a request is about, and takes all three for the first.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor, nn

from models import headed
from models.base import load_tokenizer
from models.network import encoded

Act: TypeAlias = Literal["order", "question", "veto"]
ACTS: tuple[Act, ...] = get_args(Act)
SHIPPED = Path(__file__).parent / "adapters" / "dialogue_act"
LONGEST = 256  # tokens; the rest of a message is not read
SURE = 0.7  # that it is no order, at least: from .5 on nearly twice as many orders are asked about


class DialogueActNetwork(nn.Module):
    """`encoder`: a transformers encoder, under peft while it learns; `width` its hidden size."""

    def __init__(self, encoder: Any, *, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(2 * width, len(ACTS))

    def forward(self, sequences: Sequence[Sequence[int]]) -> Tensor:
        """[B, acts] logits, from the first token and the mean of all."""
        hidden = encoded(self.encoder, sequences, device=self.head.weight.device)
        pooled = torch.stack([h[: len(ids)].mean(dim=0) for h, ids in zip(hidden, sequences, strict=True)])
        scores: Tensor = self.head(torch.cat([hidden[:, 0], pooled], dim=1))
        return scores


class DialogueActs:
    """Satisfies `planner.seams.Interpreter`. Safe to call from several threads."""

    def __init__(self, network: DialogueActNetwork) -> None:
        self._network = network.eval()

    @classmethod
    def load(cls, folder: Path = SHIPPED, *, sharing: nn.Module | None = None) -> "DialogueActs":
        """What `sharing` has too is kept once, for both. Raises BadConfiguration when it cannot be used."""
        return cls(headed.load(folder, DialogueActNetwork, what="model of dialogue acts", sharing=sharing))

    def act(self, text: str) -> Act:
        """An order, unless it is surely none."""
        found = self.chances(text)
        if 1 - found["order"] < SURE:
            return "order"
        return "question" if found["question"] > found["veto"] else "veto"

    @torch.inference_mode()
    def chances(self, text: str) -> dict[Act, float]:
        """Of each act the probability that the message is one."""
        scores = self._network([tokens(text)])[0].softmax(dim=0).tolist()
        return dict(zip(ACTS, scores, strict=True))


def tokens(text: str) -> list[int]:
    ids: list[int] = load_tokenizer()(text, truncation=True, max_length=LONGEST)["input_ids"]
    return ids
