"""One temperature for the choice's probabilities, fitted on examples never trained on."""

from collections.abc import Sequence

import torch

from models.encode import Encoder
from models.loss import ChooseItem, choose_scores
from models.network import PointerNetwork
from models.scene import Example

TEMPERATURES = [round(0.5 * 1.1**i, 3) for i in range(24)]  # 0.5 … 4.5


@torch.inference_mode()
def fitted_temperature(network: PointerNetwork, encoder: Encoder, examples: Sequence[Example]) -> float:
    """The temperature with the least negative log-likelihood of the right choices; 1.0 without examples."""
    scores, rights = [], []
    for example in examples:
        if example.choose and example.right >= 0:
            features = tuple(c.features for c in example.choose.candidates)
            windows = tuple(encoder.choose(example.choose))
            item = ChooseItem(windows=windows, features=features, right=example.right)
            scores += choose_scores(network, [item])
            rights.append(example.right)
    if not scores:
        return 1.0

    def loss(temperature: float) -> float:
        pairs = zip(scores, rights, strict=True)
        return -sum(float((s / temperature).log_softmax(0)[right]) for s, right in pairs)

    return min(TEMPERATURES, key=loss)
