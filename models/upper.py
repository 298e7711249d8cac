"""Training the upper layers only: what the frozen lower ones make of a sequence is computed once and kept.

An app adapter sees a few hundred examples several times. Below the lowest layer that learns nothing changes between
two passes, so embeddings and lower layers are run once for each sequence; and no gradient goes through them. The LoRA
matrices of the lower layers stay as the adapter had them that training began with: the result is an adapter as any.
"""

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from models.network import PointerNetwork, _bf16

KEEP_MB = 1024
_LAYER = re.compile(r"\.layer\.(\d+)\.")


class UpperNetwork(PointerNetwork):
    """`whole` with its upper `layers` learning. Shares the encoder with `whole`; the heads are copies.

    Encoders that are not built as BERT is run whole, with the same result.
    """

    def __init__(self, whole: PointerNetwork, *, layers: int, keep_mb: float = KEEP_MB) -> None:
        base = _bare(whole.encoder)
        super().__init__(whole.encoder, width=base.config.hidden_size)
        self.load_state_dict(whole.head_state(), strict=False)
        self._first = max(0, base.config.num_hidden_layers - layers)
        self._splits = hasattr(base, "embeddings") and hasattr(getattr(base, "encoder", None), "layer")
        self._room = round(keep_mb * 2**20)
        self._kept: dict[tuple[int, ...], Tensor] = {}
        _freeze_below(whole.encoder, self._first)

    @property
    def kept_mb(self) -> float:
        return sum(each.nbytes for each in self._kept.values()) / 2**20

    def hidden(self, sequences: Sequence[Sequence[int]]) -> Tensor:
        """[B, T, D] float32, as the whole network gives it but for rounding: what is kept has 16 bits."""
        if not self._splits:
            return super().hidden(sequences)
        rows = self._lower([tuple(each) for each in sequences])
        device = self.choose_features.weight.device
        hidden = torch.zeros(len(rows), max(map(len, rows)), rows[0].shape[1], device=device)
        mask = torch.zeros(hidden.shape[:2], dtype=torch.bool, device=device)
        for i, row in enumerate(rows):
            hidden[i, : len(row)] = row
            mask[i, : len(row)] = True
        return self._through(hidden, mask, first=self._first, last=None)

    def _lower(self, sequences: Sequence[tuple[int, ...]]) -> list[Tensor]:
        """[T, D] float16 of each sequence, as it enters the lowest layer that learns."""
        absent = list(dict.fromkeys(each for each in sequences if each not in self._kept))
        made = dict(zip(absent, self._computed(absent), strict=True)) if absent else {}
        for sequence, row in made.items():
            if self._room >= row.nbytes:
                self._room -= row.nbytes
                self._kept[sequence] = row
        return [self._kept[each] if each in self._kept else made[each] for each in sequences]

    @torch.no_grad()
    def _computed(self, sequences: Sequence[tuple[int, ...]]) -> list[Tensor]:
        device = self.choose_features.weight.device
        ids = torch.zeros(len(sequences), max(map(len, sequences)), dtype=torch.long)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = torch.tensor(sequence)
        mask = torch.tensor([[i < len(s) for i in range(ids.shape[1])] for s in sequences], device=device)
        hidden = self._through(
            _bare(self.encoder).embeddings(input_ids=ids.to(device)), mask, first=0, last=self._first
        )
        return [row[: len(sequence)].half().clone() for row, sequence in zip(hidden, sequences, strict=True)]

    def _through(self, hidden: Tensor, mask: Tensor, *, first: int, last: int | None) -> Tensor:
        """Layers [first, last) on hidden [B, T, D]; mask [B, T] is true where there is a token."""
        shown = mask[:, None, None, :].expand(-1, 1, mask.shape[1], -1)
        with torch.autocast(hidden.device.type, dtype=torch.bfloat16, enabled=_bf16(hidden.device.type)):
            for layer in _bare(self.encoder).encoder.layer[first:last]:
                hidden = layer(hidden, shown)
        return hidden.float()


def _bare(encoder: Any) -> Any:
    """The transformer inside peft's wrapping, its linear layers still with their adapters."""
    return encoder.get_base_model() if hasattr(encoder, "get_base_model") else encoder


def _freeze_below(encoder: Any, first: int) -> None:
    for name, parameter in encoder.named_parameters():
        layer = _LAYER.search(name)
        if parameter.requires_grad and (layer is None or int(layer[1]) < first):
            parameter.requires_grad_(False)
