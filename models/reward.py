"""The reward model: how likely a run reached its goal, from the request, what was done, and how it ended.

The same frozen base under a LoRA adapter of its own, and a scalar head over [CLS]. What was planned only and what was
really done read differently; it is trained on both, so that plans can be judged before anything runs.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from knowledge.errors import BadConfiguration
from models.adapter import save_encoder
from models.base import MINILM, around_peft, load_encoder
from models.encode import Encoder
from models.endings import ENDING_TEXTS
from models.network import adapted, encoded
from models.scene import ChooseScene
from models.tries import Try

FORMAT = 1
HEAD, CARD = "reward.safetensors", "card.json"
ENDINGS_OF = {"done": "finish", "asked": "ask", "refused": "refuse", "escalated": "escalate"}
_DONE = re.compile(r"\) (?:ok|error|ungrounded|denied|unreachable|planned)\b.*$", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A run, or a plan: `ended` is an ending's name, or what else became of it."""

    request: str
    history: tuple[str, ...]
    ended: str

    @classmethod
    def of(cls, tried: Try) -> "Judged":
        return cls(request=tried.request, history=tried.history, ended=ENDINGS_OF.get(tried.outcome, tried.outcome))

    def planned(self, done: int = 0) -> "Judged":
        """As it was before anything but the first `done` steps had run."""
        lines = [_DONE.sub(") planned;", line) for line in self.history[done:]]
        return Judged(request=self.request, history=(*self.history[:done], *lines), ended=self.ended)

    def ids(self, encoder: Encoder) -> tuple[int, ...]:
        """Request, steps and end as token ids, in the form of a choose pass with one candidate."""
        told = ENDING_TEXTS.get(self.ended, "it could not go on")
        scene = ChooseScene(request=self.request, history=(*self.history, f"ended: {self.ended}, {told}"))
        return encoder.choose(scene)[0].ids


class RewardNetwork(nn.Module):
    """`encoder` is a transformers encoder under peft; `width` its hidden size."""

    def __init__(self, encoder: Any, *, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(width, 1)

    def forward(self, sequences: Sequence[Sequence[int]]) -> Tensor:
        """[B] scores; their sigmoid is the probability that the goal is reached."""
        first = encoded(self.encoder, sequences, device=self.head.weight.device)[:, 0]
        return self.head(first).squeeze(1)  # type: ignore[no-any-return]

    def head_state(self) -> dict[str, Tensor]:
        return {name: tensor for name, tensor in self.state_dict().items() if name.startswith("head.")}


def fresh(base_name: str = MINILM) -> RewardNetwork:
    base = load_encoder(base_name)
    return RewardNetwork(adapted(base), width=base.config.hidden_size)


def save(network: RewardNetwork, folder: Path, card: dict[str, Any]) -> None:
    """peft's own files, the head's safetensors, and card.json."""
    from safetensors.torch import save_file

    save_encoder(network.encoder, folder, base=card.get("base", MINILM))
    save_file({n: t.detach().cpu().contiguous() for n, t in network.head_state().items()}, str(folder / HEAD))
    (folder / CARD).write_text(json.dumps({"format": FORMAT, "base": MINILM, **card}, indent=2) + "\n")


def load(folder: Path) -> tuple[RewardNetwork, dict[str, Any]]:
    """(network in evaluation mode, card). Raises BadConfiguration when there is none."""
    from peft import PeftModel
    from safetensors.torch import load_file

    try:
        card = dict(json.loads((folder / CARD).read_text()))
        head = load_file(str(folder / HEAD))
    except (OSError, ValueError) as error:
        raise BadConfiguration(
            f"There is no reward model in {folder}: {error}.", remedy="Train one with `lamp train phase4`."
        ) from error
    base = load_encoder(str(card["base"]))
    with around_peft():
        encoder = PeftModel.from_pretrained(base, str(folder)).merge_and_unload()
    network = RewardNetwork(encoder, width=base.config.hidden_size)
    network.load_state_dict(head, strict=False)
    return network.eval(), card


def judge(network: RewardNetwork, encoder: Encoder) -> Callable[[Sequence[Try]], list[float]]:
    """What the network thinks of runs as they were."""
    return lambda tries: rewards(network, encoder, [Judged.of(each) for each in tries])


@torch.inference_mode()
def rewards(network: RewardNetwork, encoder: Encoder, judged: Sequence[Judged]) -> list[float]:
    """Probabilities that the goals are reached, in one pass."""
    scores: list[float] = network([each.ids(encoder) for each in judged]).sigmoid().tolist()
    return scores
