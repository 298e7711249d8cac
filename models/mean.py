"""The mean of two adapters of the same base (model soups, Wortsman et al. 2022): surer than either on what both know.

The updates are averaged as a whole, not their factors, and cut down to a rank again.
"""

from pathlib import Path
from typing import Any

from knowledge.errors import BadConfiguration
from models.adapter import HEADS, read_card
from models.base import around_peft, load_encoder
from models.network import PointerNetwork


def mean(first: Path, second: Path, *, share: float, rank: int) -> PointerNetwork:
    """`share`, in [0, 1], is how much of the second. Raises BadConfiguration where there is nothing to average."""
    from peft import PeftModel
    from safetensors.torch import load_file

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
    base = load_encoder(base_name)
    with around_peft():
        encoder: Any = PeftModel.from_pretrained(base, str(first), adapter_name="first")
        encoder.load_adapter(str(second), adapter_name="second")
        encoder.add_weighted_adapter(
            ["first", "second"],
            [1 - share, share],
            "default",
            combination_type="svd",
            svd_rank=min(rank, base.config.hidden_size),
        )
        encoder.set_adapter("default")
        for name in ("first", "second"):
            encoder.delete_adapter(name)
    network = PointerNetwork(encoder, width=base.config.hidden_size)
    ours, theirs = (load_file(str(folder / HEADS)) for folder in (first, second))
    heads = {name: (1 - share) * ours[name].float() + share * theirs[name].float() for name in ours}
    network.load_state_dict(heads, strict=False)
    return network.eval()
