"""Training the reward model on successes and failures: each for itself, and against each other at one task."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from models.base import load_tokenizer
from models.curves import Curves
from models.encode import Encoder
from models.fit import fit
from models.measure import Tally
from models.reward import Judged, RewardNetwork, fresh, rewards
from models.settings import Forecaster, Listener, Settings
from models.tries import Try, by_task
from models.watch import Watch

Ids = tuple[int, ...]
MOST = 6  # runs of one task in a group


@dataclass(frozen=True, kw_only=True)
class Group:
    """Runs at one task, and which of them reached its goal."""

    ids: tuple[Ids, ...]
    good: tuple[bool, ...]

    @property
    def tokens(self) -> int:
        return max(map(len, self.ids)) * len(self.ids)


def train_reward(
    tries: Sequence[Try],
    held_out: Sequence[Try],
    settings: Settings,
    *,
    listen: Listener | None = None,
    forecast: Forecaster | None = None,
) -> tuple[RewardNetwork, Curves]:
    """Resumable as every training is; watched by tasks that it does not learn from."""
    torch.manual_seed(settings.seed)
    encoder = Encoder(load_tokenizer(settings.base))
    plan = _plan(tries, encoder, settings)
    network = fresh(settings.base).to(settings.device)
    digest = hashlib.sha256(repr((settings.seed, settings.base, settings.peak_rate, plan)).encode()).hexdigest()

    def look(now: Any) -> Tally:
        return judged_right(now, encoder, held_out)

    watch = Watch(look=look, every=max(1, len(plan) // settings.looks), patience=settings.patience)
    curves = fit(
        network,
        plan,
        reward_loss,
        settings,
        fingerprint=digest,
        watch=watch if held_out and plan else None,
        listen=listen,
        forecast=forecast,
    )
    return network, curves


def reward_loss(network: RewardNetwork, batch: Sequence[Group]) -> Tensor:
    """Logistic on every run, and on every pair of a success and a failure at one task."""
    scores = network([ids for group in batch for ids in group.ids])
    good = torch.tensor([float(g) for group in batch for g in group.good], device=scores.device)
    loss, at = F.binary_cross_entropy_with_logits(scores, good), 0
    apart = []
    for group in batch:
        of, right = scores[at : at + len(group.ids)], good[at : at + len(group.ids)].bool()
        at += len(group.ids)
        if right.any() and not right.all():
            apart.append(F.softplus(of[~right][None] - of[right][:, None]).mean())
    return loss + torch.stack(apart).mean() if apart else loss


def judged_right(network: RewardNetwork, encoder: Encoder, tries: Sequence[Try]) -> Tally:
    """`judged`: on the right side of one half. `ranked`: of two runs at one task the better one is above."""
    tally = Tally()
    for group in by_task(tries).values():
        shares = rewards(network, encoder, [Judged.of(each) for each in group])
        for share, each in zip(shares, group, strict=True):
            tally.add("judged", (share >= 0.5) == each.success)
        for one, better in zip(shares, group, strict=True):
            for other, worse in zip(shares, group, strict=True):
                if better.success and not worse.success:
                    tally.add("ranked", one > other)
    return tally


def _plan(tries: Sequence[Try], encoder: Encoder, settings: Settings) -> list[list[Group]]:
    """Batches of groups; every run as it was, and as it was planned at some point before its end."""
    rng, plan = random.Random(settings.seed), list[list[Group]]()
    groups = [each for each in by_task(tries).values() if any(t.decisions for t in each)]
    for _ in range(max(1, round(settings.epochs))):
        rng.shuffle(groups)
        batch: list[Group] = []
        for each in groups:
            made = _group([t for t in each if t.decisions], encoder, rng)
            if batch and sum(g.tokens for g in batch) + made.tokens > settings.step_tokens:
                plan.append(batch)
                batch = []
            batch.append(made)
        plan += [batch] if batch else []
    return plan


def _group(tries: Sequence[Try], encoder: Encoder, rng: random.Random) -> Group:
    drawn = rng.sample(list(tries), min(len(tries), MOST))
    runs = [Judged.of(each) for each in drawn]
    runs += [run.planned(rng.randint(0, len(run.history))) for run in runs]
    return Group(ids=tuple(run.ids(encoder) for run in runs), good=tuple(t.success for t in drawn) * 2)


def split_tries(tries: Sequence[Try], *, share: float = 0.2, seed: int = 0) -> tuple[list[Try], list[Try]]:
    """(train, held out), whole tasks apart."""
    tasks = sorted(by_task(tries))
    random.Random(seed).shuffle(tasks)
    aside = set(tasks[: round(share * len(tasks))])
    return [t for t in tries if t.task not in aside], [t for t in tries if t.task in aside]
