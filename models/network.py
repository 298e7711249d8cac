"""The pointer network: an encoder with LoRA adapters, one head to choose and three to point."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from models.base import around_peft
from models.encode import ChooseWindow, FillWindow
from models.methods import config
from models.scene import FEATURES
from models.settings import Method

NEVER = -1e4


class Pointers(NamedTuple):
    """Scores of one parameter in one window: [places + 1] each, the last one for "none"; options [options + 1]."""

    start: Tensor
    end: Tensor
    option: Tensor


class PointerNetwork(nn.Module):
    """`encoder` is a transformers encoder, usually wrapped by peft; `width` its hidden size."""

    def __init__(self, encoder: Any, *, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.choose_head = nn.Sequential(nn.Linear(width + len(FEATURES), width), nn.GELU(), nn.Linear(width, 1))
        self.choose_features = nn.Linear(len(FEATURES), 1, bias=False)
        self.queries = nn.ModuleDict({kind: nn.Linear(width, width) for kind in ("start", "end", "option")})
        self.keys = nn.ModuleDict({kind: nn.Linear(width, width) for kind in ("start", "end", "option")})
        self.scale = width**0.5
        nn.init.zeros_(self.choose_features.weight)

    def head_state(self) -> dict[str, Tensor]:
        """Everything but the encoder, by name."""
        return {k: v for k, v in self.state_dict().items() if not k.startswith("encoder.")}

    def hidden(self, sequences: Sequence[Sequence[int]]) -> Tensor:
        """[B, T, D] float32; shorter sequences are padded and masked."""
        return encoded(self.encoder, sequences, device=self.choose_features.weight.device)

    def choose(self, hidden: Tensor, window: ChooseWindow, features: Tensor) -> Tensor:
        """[candidates] scores. hidden: [T, D] of this window; features: [candidates, F]."""
        marks = hidden[torch.tensor(window.marks, device=hidden.device)]
        scores = self.choose_head(torch.cat([marks, features], dim=1)) + self.choose_features(features)
        return scores.squeeze(1)  # type: ignore[no-any-return]

    def point(self, hidden: Tensor, window: FillWindow) -> list[Pointers]:
        """One Pointers a parameter. hidden: [T, D] of this window. [CLS] is the key of "none"."""
        if not window.marks:
            return []
        device = hidden.device
        at = torch.tensor([place.position for place in window.places] + [0], device=device)
        opens = torch.tensor([not place.opens for place in window.places] + [False], device=device)
        closes = torch.tensor([not place.closes for place in window.places] + [False], device=device)
        asked = hidden[torch.tensor(window.marks, device=device)]  # [P, D]
        sources = hidden[at]
        start = self._match("start", asked, sources).masked_fill(opens, NEVER)  # [P, places + 1]
        end = self._match("end", asked, sources).masked_fill(closes, NEVER)
        pointers = []
        for p, options in enumerate(window.options):
            keys = hidden[torch.tensor([*options, 0], device=device)]
            option = self._match("option", asked[p : p + 1], keys)[0]
            pointers.append(Pointers(start[p], end[p], option))
        return pointers

    def _match(self, kind: str, queries: Tensor, keys: Tensor) -> Tensor:
        """[P, K] scaled dot products."""
        return self.queries[kind](queries) @ self.keys[kind](keys).T / self.scale  # type: ignore[no-any-return]


def encoded(encoder: Any, sequences: Sequence[Sequence[int]], *, device: torch.device) -> Tensor:
    """[B, T, D] float32 of token ids. bf16 matrix products where the device has them."""
    longest = max(map(len, sequences))
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    mask = torch.zeros(len(sequences), longest, dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=_bf16(device.type)):
        output = encoder(input_ids=ids.to(device), attention_mask=mask.to(device))
    hidden: Tensor = output.last_hidden_state.float()
    return hidden


def adapted(encoder: Any, *, method: Method = "lora", steps: int = 0) -> Any:
    """The encoder under a fresh adapter. `steps`: how many the training has, for methods with a schedule."""
    from peft import get_peft_model

    with around_peft():
        return get_peft_model(encoder, config(method, steps=steps))


def share(network: nn.Module, other: nn.Module) -> int:
    """Let `network` use the tensors of `other` wherever both have the same values; the bytes saved.

    Neither may be trained afterwards.
    """
    theirs, saved = dict(other.named_parameters()), 0
    for name, mine in network.named_parameters():
        same = theirs.get(name)
        if same is not None and same.shape == mine.shape and torch.equal(same, mine):
            mine.data = same.data
            saved += mine.nbytes
    return saved


def _bf16(device: str) -> bool:
    """Whether bf16 products are faster than fp32 here (AVX512-BF16 or AMX; any recent GPU)."""
    if device == "cuda":
        return True
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
