"""An adapter at rest: PEFT's own files, the heads' safetensors, and a card that says what it was trained on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowledge.errors import BadConfiguration
from models.base import HUB_NAME, MINILM, around_peft, load_encoder

FORMAT = 1
DEFAULT = Path(__file__).parent / "adapters" / "default"
WEIGHTS, HEADS, CARD = "adapter_model.safetensors", "heads.safetensors", "card.json"


def save(network: Any, folder: Path, card: dict[str, Any]) -> None:
    """Writes adapter_config.json, adapter_model.safetensors, heads.safetensors, card.json and README.md."""
    from safetensors.torch import save_file

    save_encoder(network.encoder, folder, base=card.get("base", MINILM))
    save_file(halved(network.head_state()), folder / HEADS)
    write_card(folder, {"format": FORMAT, "base": MINILM, **card})


def save_encoder(encoder: Any, folder: Path, *, base: str = MINILM) -> None:
    """An encoder's adapter as peft saves it, in half precision."""
    from safetensors.torch import load_file, save_file

    from models.methods import TARGETS

    folder.mkdir(parents=True, exist_ok=True)
    # The Hub's name, not the folder that the base was loaded from on this machine.
    config = encoder.peft_config["default"]
    config.base_model_name_or_path = HUB_NAME if base == MINILM else base
    if "dense" in config.target_modules:  # as earlier versions named them
        config.target_modules = set(TARGETS)
    encoder.save_pretrained(str(folder), save_embedding_layers=False)  # they never learn
    save_file(halved(load_file(folder / WEIGHTS)), folder / WEIGHTS, metadata={"format": "pt"})


def halved(weights: Mapping[str, Any]) -> dict[str, Any]:
    """In half precision, which is enough at rest: peft and `load` compute with them in single."""
    import torch

    return {name: tensor.detach().cpu().to(torch.float16).contiguous() for name, tensor in weights.items()}


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """card.json and, made of it, the README that Hugging Face shows."""
    from models.card import readme

    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    (folder / "README.md").write_text(readme(card))


def read_card(folder: Path) -> dict[str, Any]:
    """Raises BadConfiguration when there is no adapter, or one of another format."""
    card = any_card(folder)
    if card.get("format") != FORMAT:
        raise BadConfiguration(
            f"The adapter in {folder} has format {card.get('format')}, this version reads {FORMAT}.",
            remedy="Train it again with this version.",
        )
    return card


def any_card(folder: Path) -> dict[str, Any]:
    """Also that of an adapter that only encodes. Raises BadConfiguration when there is no adapter."""
    try:
        return dict(json.loads((folder / CARD).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BadConfiguration(
            f"There is no adapter in {folder}: {error}.",
            remedy="Train one with `lamp train`, or leave the setting out.",
        ) from error


def load(folder: Path, *, trainable: bool = False, device: str = "cpu") -> tuple[Any, dict[str, Any]]:
    """(PointerNetwork, card). For inference the LoRA matrices are merged into the base, so they cost nothing."""
    from safetensors import SafetensorError

    card = read_card(folder)
    try:
        network = _read(folder, str(card["base"]), trainable=trainable)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise BadConfiguration(
            f"The adapter in {folder} is damaged: {error}.",
            remedy="Train it again, or leave the setting out to use the one that came with Lamplighter.",
        ) from error
    return network.to(device), card


def _read(folder: Path, base_name: str, *, trainable: bool) -> Any:
    from peft import PeftModel
    from safetensors.torch import load_file

    from models.network import PointerNetwork

    base = load_encoder(base_name)
    with around_peft():
        encoder = PeftModel.from_pretrained(base, str(folder), is_trainable=trainable)
    network = PointerNetwork(
        encoder if trainable else encoder.merge_and_unload(),
        width=base.config.hidden_size,
    )
    heads = {name: tensor.float() for name, tensor in load_file(str(folder / HEADS)).items()}
    missing = set(network.head_state()) ^ set(heads)
    if missing:
        raise BadConfiguration(
            f"The heads in {folder / HEADS} do not fit this version: {sorted(missing)}.",
            remedy="Train the adapter again.",
        )
    network.load_state_dict(heads, strict=False)
    return network
