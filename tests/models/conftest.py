"""A tiny encoder with the shipped tokenizer, saved as any Hugging Face model is, and one adapter trained on it."""

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from models_tiny import tiny_base as tiny_folder
from models_toy import lessons

from models import adapter
from models.base import load_tokenizer
from models.encode import Encoder
from models.network import PointerNetwork
from models.pointer import PointerLAM
from models.train import Settings, train

torch.set_num_threads(1)
EPOCHS = 80  # the card's too


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return load_tokenizer()


@pytest.fixture(scope="session")
def encoder(tokenizer: Any) -> Encoder:
    return Encoder(tokenizer)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_folder(tmp_path_factory.mktemp("tiny") / "base")


@pytest.fixture(scope="session")
def taught(tiny_base: str, tmp_path_factory: pytest.TempPathFactory) -> PointerNetwork:
    """The network after training on the toy lessons until it knows them."""
    out = tmp_path_factory.mktemp("taught")
    settings = Settings(out=out, epochs=EPOCHS, peak_rate=1e-2, batch_tokens=1500, base=tiny_base, device="cpu")
    return train(lessons(), settings)


@pytest.fixture(scope="session")
def saved(taught: PointerNetwork, tiny_base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapter") / "toy"
    card = {
        "base": tiny_base,
        "temperature": 0.9,
        "command": "lamp train --seed 0",
        "data": [{"name": "toy", "licence": "Apache-2.0", "examples": len(lessons()), "sha256": "ab" * 32}],
        "metrics": {"choose": 1.0},
        "training": {"epochs": EPOCHS},
    }
    adapter.save(taught, folder, card)
    return folder


@pytest.fixture(scope="session")
def lam(saved: Path) -> PointerLAM:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return PointerLAM.load(saved)
