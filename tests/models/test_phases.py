"""Sampling, tries, the reward model, preferences and reranking on a toy desk, with a tiny network."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from models_toy import GRANT, MOVE, SEARCH, UNLOCK, accounts, after, said, situation

from knowledge.errors import BadConfiguration
from knowledge.types import ActionSpec, Plan
from models import reward
from models.encode import Encoder
from models.fit import CHECKPOINT
from models.lam import ENDINGS, Choice, Filled, Option, Situation
from models.layout import choose_scene, options
from models.loss import choose_scores
from models.prefer import preference_loss, preferences, train_preferences
from models.rerank import RerankingLAM
from models.reward import Judged, rewards
from models.reward_train import judged_right, split_tries, train_reward
from models.sampling import SamplingLAM, drawn, shared
from models.settings import Progress, Settings
from models.train import fresh
from models.tries import Decision, Try, new_successes, try_from_plain, try_to_plain

PEOPLE = ("Ann Lee", "Bob Stone", "Eva Green", "Ivan Petrov", "Mei Chen", "Omar Aziz", "Vera Novak", "Lars Holm")


def tried(name: str, *, good: bool, number: int = 0) -> Try:
    """Searched, and then unlocked (right) or moved a ticket (wrong); finished."""
    begin = situation(f"Please unlock the account of {name}.")
    searched = after(begin, SEARCH, accounts(name), query=said(name))
    act = UNLOCK if good else MOVE
    done = after(searched, act, {"state": "active"} if good else {"ticket": 1})
    points = ((begin, SEARCH.id), (searched, act.id), (done, "finish"))
    return Try(
        task=f"unlock {name}",
        family="unlock",
        number=number,
        success=good,
        outcome="done",
        history=choose_scene(done).history,
        decisions=tuple(Decision(scene=choose_scene(at), taken=options(at).index(id)) for at, id in points),
    )


def both() -> list[Try]:
    return [tried(name, good=good, number=good) for name in PEOPLE for good in (False, True)]


class Fixed:
    """Gives the same probabilities everywhere, and fills nothing."""

    def __init__(self, **shares: float) -> None:
        self._shares = shares
        self.asked = 0

    def choose(self, situation: Situation) -> Choice:
        self.asked += 1
        known = {f"desk.{name}" if name not in ENDINGS else name: share for name, share in self._shares.items()}
        rest = [id for id in options(situation) if id not in known]
        ranked = sorted({**known, **dict.fromkeys(rest, 0.0)}.items(), key=lambda pair: -pair[1])
        return Choice(ranked=tuple(Option(action=a, probability=p) for a, p in ranked))

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return Filled(arguments=())

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        raise AssertionError("rollouts are made step by step")


# ---- sampling and tries


def test_drawing_follows_the_probabilities_and_temperature_nought_does_not_draw() -> None:
    choice = Fixed(unlock_account=0.6, search_accounts=0.4).choose(situation())
    assert drawn(choice, 0.0, random.Random(0)) is choice
    first = [drawn(choice, 1.0, random.Random(i)).best.action for i in range(600)]
    assert 0.5 < first.count("desk.unlock_account") / 600 < 0.7
    hot = [drawn(choice, 20.0, random.Random(i)).best.action for i in range(600)]
    assert 0.4 < hot.count("desk.unlock_account") / 600 < 0.6
    assert {o.action for o in drawn(choice, 1.0, random.Random(1)).ranked} == {o.action for o in choice.ranked}


def test_sampled_plans_differ_and_come_to_an_end() -> None:
    lam = Fixed(unlock_account=0.4, search_accounts=0.3, finish=0.3)
    plans = [SamplingLAM(lam, temperature=1.0, rng=random.Random(i)).rollout(situation()) for i in range(20)]
    assert len({tuple(s.action for s in plan.steps) for plan in plans}) > 3
    assert all(plan.ending in (*ENDINGS, "open") for plan in plans)


def test_new_successes_are_of_tasks_that_failed_at_first_and_the_shortest() -> None:
    short, long = tried("Ann Lee", good=True, number=2), tried("Ann Lee", good=True, number=1)
    longer = replace(long, decisions=long.decisions * 2)
    solved = [tried("Bob Stone", good=True), tried("Bob Stone", good=True, number=1)]
    assert new_successes([tried("Ann Lee", good=False), longer, short, *solved]) == [short]


def test_tries_survive_the_disk() -> None:
    for each in both():
        assert try_from_plain(json.loads(json.dumps(try_to_plain(each)))) == each


# ---- reward model


def settings(out: Path, base: str, **more: object) -> Settings:
    made = Settings(
        out=out, base=base, epochs=20, peak_rate=1e-2, batch_tokens=1500, checkpoint_every_s=0.0, device="cpu"
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def judge(tiny_base: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[reward.RewardNetwork, Path]:
    out = tmp_path_factory.mktemp("reward")
    network, curves = train_reward(both()[:12], both()[12:], settings(out, tiny_base))
    assert curves.looks
    reward.save(network, out / "saved", {"base": tiny_base})
    return network, out / "saved"


def test_it_tells_good_runs_from_bad_ones_at_tasks_it_never_saw(
    judge: tuple[reward.RewardNetwork, Path], encoder: Encoder
) -> None:
    shares = judged_right(judge[0], encoder, both()[12:]).shares()
    assert shares["ranked"] == 1.0
    assert shares["judged"] >= 0.75


def test_it_judges_plans_too(judge: tuple[reward.RewardNetwork, Path], encoder: Encoder) -> None:
    good, bad = (Judged.of(tried("Vera Novak", good=each)).planned() for each in (True, False))
    assert all(line.endswith("planned;") for line in good.history)
    better, worse = rewards(judge[0], encoder, [good, bad])
    assert better > worse


def test_a_saved_reward_model_judges_alike_and_is_pefts_own(
    judge: tuple[reward.RewardNetwork, Path], encoder: Encoder, tiny_base: str
) -> None:
    from peft import PeftModel

    from models.base import around_peft, load_encoder

    runs = [Judged.of(each) for each in both()[:4]]
    again, card = reward.load(judge[1])
    assert card["base"] == tiny_base
    assert rewards(again, encoder, runs) == pytest.approx(rewards(judge[0], encoder, runs), abs=0.02)
    with around_peft():
        assert PeftModel.from_pretrained(load_encoder(tiny_base), str(judge[1])).peft_config["default"].r == 16
    with pytest.raises(BadConfiguration, match="phase4"):
        reward.load(judge[1] / "nowhere")


def test_a_killed_reward_training_goes_on(tiny_base: str, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.step == 3:
            raise KeyboardInterrupt

    how = settings(tmp_path, tiny_base, epochs=6, patience=0)
    whole, _ = train_reward(both()[:6], [], settings(tmp_path / "whole", tiny_base, epochs=6, patience=0))
    with pytest.raises(KeyboardInterrupt):
        train_reward(both()[:6], [], how, listen=stop)
    assert (tmp_path / CHECKPOINT).exists()
    heard: list[Progress] = []
    resumed, _ = train_reward(both()[:6], [], how, listen=heard.append)
    assert heard[0].step == 4
    assert torch.equal(resumed.head.weight, whole.head.weight)


def test_tasks_are_split_whole() -> None:
    learned, held = split_tries(both(), share=0.25)
    assert len(held) == 4
    assert not {t.task for t in learned} & {t.task for t in held}


# ---- preferences


def test_runs_part_where_the_failure_went_wrong(encoder: Encoder) -> None:
    (found,) = preferences([tried("Ann Lee", good=False), tried("Ann Lee", good=True, number=1)], encoder)
    scene = tried("Ann Lee", good=False).decisions[1].scene
    assert scene.candidates[found.better].name == UNLOCK.name
    assert scene.candidates[found.worse].name == MOVE.name
    assert preferences([tried("Ann Lee", good=False), tried("Bob Stone", good=True)], encoder) == []


def test_where_nobody_succeeded_the_reward_model_says_which_came_nearer(encoder: Encoder) -> None:
    near = replace(tried("Ann Lee", good=True), success=False, number=1)
    far, alike = tried("Ann Lee", good=False), tried("Ann Lee", good=False, number=2)
    values = {near.number: 0.9, far.number: 0.2, alike.number: 0.7}

    def judge(tries: Sequence[Try]) -> list[float]:
        return [values[each.number] for each in tries]

    (found,) = preferences([far, near, alike], encoder, judge)
    scene = far.decisions[1].scene
    assert (scene.candidates[found.better].name, scene.candidates[found.worse].name) == (UNLOCK.name, MOVE.name)
    assert found.weight == pytest.approx(0.7)
    assert preferences([far, near, alike], encoder) == []


def test_of_two_successes_the_one_that_the_reward_model_likes_is_followed(encoder: Encoder) -> None:
    bad, good = tried("Ann Lee", good=False), tried("Ann Lee", good=True, number=1)
    detour = replace(good, number=2, decisions=(replace(good.decisions[0], taken=1), *good.decisions[1:]))
    for liked, at in ((1, 1), (2, 0)):
        found = preferences([bad, good, detour], encoder, lambda tries, liked=liked: [t.number == liked for t in tries])
        (other,) = found
        assert other.better == (good, detour)[at == 0].decisions[at].taken
        assert other.worse == bad.decisions[at].taken
        assert other.weight == 1.0


def test_the_reward_model_judges_runs_as_they_were(judge: tuple[reward.RewardNetwork, Path], encoder: Encoder) -> None:
    unsolved = [replace(tried("Vera Novak", good=good, number=good), success=False) for good in (False, True)]
    (found,) = preferences(unsolved, encoder, reward.judge(judge[0], encoder))
    scene = unsolved[0].decisions[1].scene
    assert scene.candidates[found.better].name == UNLOCK.name
    assert 0.3 <= found.weight <= 1.0


def test_a_guess_weighs_as_much_as_it_is_worth(tiny_base: str, encoder: Encoder, tmp_path: Path) -> None:
    network = fresh(settings(tmp_path, tiny_base))
    (found,) = preferences(both()[:2], encoder)
    whole, half = (preference_loss(network, [replace(found, weight=w)]).item() for w in (1.0, 0.5))
    assert half == pytest.approx(whole / 2)


def test_what_succeeded_is_preferred_afterwards(tiny_base: str, encoder: Encoder, tmp_path: Path) -> None:
    how = settings(tmp_path, tiny_base, epochs=12)
    before = fresh(how)
    network, curves, count = train_preferences(both(), [], how)
    assert count == len(PEOPLE)
    assert curves.losses[-1][1] < curves.losses[0][1]
    for each in preferences(both(), encoder):
        (was,), (now,) = choose_scores(before, [each.item]), choose_scores(network, [each.item])
        assert now[each.better] - now[each.worse] > was[each.better] - was[each.worse]


def test_the_loss_falls_with_the_margin(tiny_base: str, encoder: Encoder, tmp_path: Path) -> None:
    network = fresh(settings(tmp_path, tiny_base))
    (found,) = preferences(both()[:2], encoder)
    losses = [preference_loss(network, [replace(found, reference=r)]).item() for r in (-5.0, 0.0, 5.0)]
    assert losses == sorted(losses)


# ---- reranking


def test_where_the_model_is_unsure_the_better_plan_is_begun(
    judge: tuple[reward.RewardNetwork, Path], encoder: Encoder
) -> None:
    name = "Mei Chen"
    searched = after(situation(f"Please unlock the account of {name}."), SEARCH, accounts(name), query=said(name))
    lam = Fixed(move_ticket=0.4, unlock_account=0.38, finish=0.22)
    choice = RerankingLAM(lam, judge[0], encoder, plans=12, temperature=1.0).choose(searched)
    assert choice.best.action == UNLOCK.id
    assert sum(o.probability for o in choice.ranked) == pytest.approx(1.0)


def test_where_it_is_sure_nothing_is_drawn(judge: tuple[reward.RewardNetwork, Path], encoder: Encoder) -> None:
    lam = Fixed(grant_vpn=0.95, finish=0.05)
    assert RerankingLAM(lam, judge[0], encoder).choose(situation()).best.action == GRANT.id
    assert lam.asked == 1


def test_shares_are_weighed_and_sum_to_one() -> None:
    choice = Fixed(unlock_account=0.6, search_accounts=0.4).choose(situation())
    made = shared(choice, {"desk.search_accounts": 3.0})
    assert made.best.action == SEARCH.id
    assert sum(o.probability for o in made.ranked) == pytest.approx(1.0)
