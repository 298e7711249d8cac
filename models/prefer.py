"""Offline policy optimisation: at the point where a failed run left the way of a successful one, the latter is right.

Where nobody succeeded, the reward model says which failure came nearer to the goal, and how much that is to count.
The loss is direct preference optimisation (Rafailov et al. 2023) over the candidates of one scene, with the adapter
that made the tries as the reference, and a little of plain cross-entropy so that the better action does not fall too.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from models.base import load_tokenizer
from models.curves import Curves
from models.encode import Encoder
from models.fit import fit
from models.loss import ChooseItem, batch_loss, batches, choose_scores, items
from models.network import PointerNetwork
from models.scene import Example
from models.settings import Forecaster, Listener, Settings
from models.train import fresh, watching
from models.tries import Decision, Try, by_task

BETA, ANCHOR = 0.3, 0.2
AT_ONCE = 8  # preferences of one step
GAP = 0.3  # of two failures' rewards, from which one is preferred

Judge = Callable[[Sequence[Try]], Sequence[float]]  # rewards in [0, 1]


@dataclass(frozen=True, kw_only=True)
class Preference:
    """`better` and `worse` index the item's candidates; `reference`: how much likelier the better one was, in log.

    `weight` is 1 where the environment said which run was better, and the gap of the rewards where it is a guess.
    """

    item: ChooseItem
    better: int
    worse: int
    reference: float = 0.0
    weight: float = 1.0


def preferences(tries: Sequence[Try], encoder: Encoder, judge: Judge | None = None) -> list[Preference]:
    """One for every failure beside a better run of the same task, where they part.

    Of several successes the one that `judge` likes best is followed. Without a success, and without a judge, none.
    """
    found = []
    for each in by_task(tries).values():
        for better, bad, weight in _compared(each, judge):
            parted = [p for g in better if (p := _parting(g, bad))]
            found += [_preference(decision, right, encoder, weight) for decision, right in parted[:1]]
    return found


def _compared(tries: Sequence[Try], judge: Judge | None) -> Iterator[tuple[list[Try], Try, float]]:
    """(better runs, the best first; a failure; weight)."""
    values = dict(zip(map(id, tries), judge(tries), strict=True)) if judge else {}
    ranked = sorted(tries, key=lambda t: -values.get(id(t), 0.0))
    good, bad = [t for t in ranked if t.success], [t for t in ranked if not t.success]
    if good:
        yield from ((good, each, 1.0) for each in bad)
    elif values:
        gaps = ((each, values[id(bad[0])] - values[id(each)]) for each in bad[1:])
        yield from ((bad[:1], each, gap) for each, gap in gaps if gap >= GAP)


def _parting(good: Try, bad: Try) -> tuple[Decision, int] | None:
    """The failure's first decision that the success took otherwise in the same situation, and what that took."""
    for right, wrong in zip(good.decisions, bad.decisions, strict=False):
        if right.scene.history != wrong.scene.history:
            return None
        if right.action != wrong.action:
            names = [c.name for c in wrong.scene.candidates]
            return (wrong, names.index(right.action)) if right.action in names else None
    return None


def _preference(decision: Decision, better: int, encoder: Encoder, weight: float) -> Preference:
    scene = decision.scene
    features = tuple(c.features for c in scene.candidates)
    item = ChooseItem(windows=tuple(encoder.choose(scene)), features=features, right=better)
    return Preference(item=item, better=better, worse=decision.taken, weight=weight)


def preference_loss(network: PointerNetwork, batch: Sequence[Preference]) -> Tensor:
    scores = choose_scores(network, [each.item for each in batch])
    losses = []
    for score, each in zip(scores, batch, strict=True):
        log = F.log_softmax(score, 0)
        margin = log[each.better] - log[each.worse] - each.reference
        losses.append(each.weight * (-F.logsigmoid(BETA * margin) - ANCHOR * log[each.better]))
    return torch.stack(losses).mean()


@torch.inference_mode()
def referred(network: PointerNetwork, found: Sequence[Preference]) -> list[Preference]:
    """With the margins that the network has now."""
    made = []
    for each in found:
        (score,) = choose_scores(network, [each.item])
        log = F.log_softmax(score, 0)
        made.append(replace(each, reference=float(log[each.better] - log[each.worse])))
    return made


def train_preferences(
    tries: Sequence[Try],
    replayed: Sequence[Example],
    settings: Settings,
    *,
    judge: Judge | None = None,
    held_out: Sequence[Example] = (),
    listen: Listener | None = None,
    forecast: Forecaster | None = None,
) -> tuple[PointerNetwork, Curves, int]:
    """(network, curves, how many preferences). `replayed`: examples of before, so that what is known stays known."""
    encoder = Encoder(load_tokenizer(settings.base))
    network = fresh(settings)
    found = referred(network, preferences(tries, encoder, judge))
    plan = _plan(found, replayed, encoder, settings)
    digest = hashlib.sha256(repr((settings.seed, settings.init, settings.peak_rate, plan)).encode()).hexdigest()
    curves = fit(
        network,
        plan,
        _loss,
        settings,
        fingerprint=digest,
        watch=watching(held_out, settings, steps=len(plan)),
        listen=listen,
        forecast=forecast,
    )
    return network, curves, len(found)


def _plan(
    found: Sequence[Preference], replayed: Sequence[Example], encoder: Encoder, settings: Settings
) -> list[list[object]]:
    """Batches of preferences, and among them batches of examples."""
    rng, plan = random.Random(settings.seed), list[list[object]]()
    pool = [item for example in replayed for item in items(example, encoder)]
    for _ in range(max(1, round(settings.epochs))):
        ordered = sorted(found, key=lambda p: (p.item.tokens // 16, rng.random()))
        made: list[list[object]] = [list(ordered[i : i + AT_ONCE]) for i in range(0, len(ordered), AT_ONCE)]
        if made:
            made += [list(batch) for batch in batches(pool, tokens=settings.step_tokens, rng=rng)]
        rng.shuffle(made)
        plan += made
    return plan


def _loss(network: PointerNetwork, batch: Sequence[object]) -> Tensor:
    preferred = [each for each in batch if isinstance(each, Preference)]
    if preferred:
        return preference_loss(network, preferred)
    return batch_loss(network, batch)  # type: ignore[arg-type]
