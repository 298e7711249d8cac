"""The mean of adapters of the same base (model soups, Wortsman et al. 2022): surer than any of them on what all know.

The updates are averaged as a whole, not their factors, and cut down to a rank again.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from knowledge.errors import BadConfiguration
from models.adapter import HEADS, read_card
from models.base import around_peft, load_encoder
from models.network import PointerNetwork

Shares: TypeAlias = Sequence[tuple[Path, float]]  # folders of adapters; the numbers sum to 1


def mean(first: Path, second: Path, *, share: float, rank: int) -> PointerNetwork:
    """`share`, in [0, 1], is how much of the second. Raises BadConfiguration where there is nothing to average."""
    cards = read_card(first), read_card(second)
    kinds = {str(card.get("training", {}).get("peft", "lora")) for card in cards}
    if not kinds <= {"lora", "rslora"}:
        raise BadConfiguration(f"Of {' and '.join(sorted(kinds))} there is no mean.", remedy="Name two LoRA adapters.")
    base_name = str(cards[0]["base"])
    if base_name != cards[1]["base"]:
        raise BadConfiguration(
            f"The adapters in {first} and {second} are of different bases.",
            remedy="Name two adapters of the same base, best one that went on from the other.",
        )
    shares = [(first, 1 - share), (second, share)]
    encoder = encoder_mean(shares, base=base_name, rank=rank)
    network = PointerNetwork(encoder, width=encoder.config.hidden_size)
    network.load_state_dict(tensors_mean(shares, HEADS), strict=False)
    return network.eval()


def encoder_mean(shares: Shares, *, base: str, rank: int) -> Any:
    """The base under one LoRA adapter, the mean of those in some folders."""
    from peft import PeftModel

    encoder = load_encoder(base)
    names = {f"of_{number}": folder for number, (folder, _) in enumerate(shares)}
    with around_peft():
        for name, folder in names.items():
            if isinstance(encoder, PeftModel):
                encoder.load_adapter(str(folder), adapter_name=name)
            else:
                encoder = PeftModel.from_pretrained(encoder, str(folder), adapter_name=name)
        encoder.add_weighted_adapter(
            [*names],
            [share for _, share in shares],
            "default",
            combination_type="svd",
            svd_rank=min(rank, encoder.config.hidden_size),
        )
        encoder.set_adapter("default")
        for name in names:
            encoder.delete_adapter(name)
    return encoder


def tensors_mean(shares: Shares, file: str) -> dict[str, Any]:
    """Of a file of tensors that is in each of the folders."""
    from safetensors.torch import load_file

    found = [(share, load_file(str(folder / file))) for folder, share in shares]
    return {name: sum(share * each[name].float() for share, each in found) for name in found[0][1]}
