"""What a training is told, and what it tells while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import torch

from knowledge.errors import BadConfiguration
from models.base import MINILM

Method: TypeAlias = Literal["lora", "dora", "rslora", "adalora", "ia3"]
METHODS: Final[tuple[Method, ...]] = ("lora", "dora", "rslora", "adalora", "ia3")
TOKENS = {"cpu": 3072}  # padded tokens of one optimiser step
TOKENS_GPU = 24_576


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`batch_tokens`: padded tokens of one optimiser step, 0 for what suits the device. `init`: adapter to go on from.

    `peft` is the kind of a fresh adapter; one that is gone on from keeps its own. `rank`: to which a LoRA adapter that
    is gone on from is widened first, 0 for as it is. `looks`: how often the held-out score is taken; `patience`: after
    how many looks without a better one training stops and goes back to the best, 0 for never. `hard`: of all that is
    surely right only the share with the highest losses under `init`, and as much of the rest (`models.hard`); 0 for all
    of it.
    """

    out: Path
    seed: int = 0
    epochs: float = 1.0
    peak_rate: float = 1e-3
    batch_tokens: int = 0
    init: Path | None = None
    base: str = MINILM
    checkpoint_every_s: float = 120.0
    device: str = "cuda" if torch.cuda.is_available() else "cpu"
    peft: Method = "lora"
    rank: int = 0
    looks: int = 8
    patience: int = 3
    hard: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.hard <= 0.5:
            raise BadConfiguration(f"{self.hard} is no share of what is hard.", remedy="Give --hard from 0 to 0.5.")
        if self.hard and self.init is None:
            raise BadConfiguration("What is hard for a fresh adapter is everything.", remedy="Give --init FOLDER.")

    @property
    def step_tokens(self) -> int:
        return self.batch_tokens or TOKENS.get(self.device, TOKENS_GPU)


@dataclass(frozen=True, kw_only=True)
class Progress:
    step: int
    steps: int
    loss: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """How long the rest will take, from a few steps that were timed and not kept."""

    steps: int
    seconds: float

    def __str__(self) -> str:
        minutes, seconds = divmod(round(self.seconds), 60)
        return f"{self.steps} steps will take about {minutes} min {seconds:02} s on this machine as it is now."


Listener = Callable[[Progress], None]
Forecaster = Callable[[Forecast], None]
