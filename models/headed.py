"""Small adapters with a head of their own (as the segmenter's) at rest: PEFT's own files, and the head beside them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from torch import nn

from knowledge.errors import BadConfiguration
from models.adapter import halved, save_encoder
from models.base import around_peft, load_encoder
from models.network import share

HEAD = "heads.safetensors"


class Headed(Protocol):
    encoder: Any

    @property
    def head(self) -> nn.Module: ...


N = TypeVar("N", bound=nn.Module)


def save(network: Headed, folder: Path) -> None:
    """Both in half precision."""
    from safetensors.torch import save_file

    save_encoder(network.encoder, folder)
    save_file(halved(network.head.state_dict()), folder / HEAD)


def load(folder: Path, make: Callable[..., N], *, what: str, sharing: nn.Module | None = None) -> N:
    """`make` is given the encoder, the adapter merged into it, and `width`; `what` it is, as messages call it.

    What `sharing` has too is kept once, for both. Raises BadConfiguration when it cannot be used.
    """
    from peft import PeftModel
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    base = load_encoder()
    try:
        with around_peft():
            encoder = PeftModel.from_pretrained(base, str(folder)).merge_and_unload()
        network = make(encoder, width=base.config.hidden_size)
        head = network.get_submodule("head")
        head.load_state_dict({k: v.float() for k, v in load_file(folder / HEAD).items()})
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise BadConfiguration(
            f"The {what} in {folder} cannot be loaded: {error}.", remedy="Install Lamplighter again."
        ) from error
    if sharing:
        share(network, sharing)
    return network
