"""What the model does worst is kept, and as much by lot; what answers are not sure of is kept whole."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models_toy import lessons

import models.train
from knowledge.errors import BadConfiguration
from models.encode import Encoder
from models.hard import FILE, hardest, losses_of, sure
from models.loss import ChooseItem, FillItem, items
from models.network import PointerNetwork
from models.settings import Settings
from models.train import Progress, train

LOSSES = st.lists(st.floats(0, 9), min_size=1, max_size=40)


def pool_of(count: int) -> list[ChooseItem]:
    return [ChooseItem(windows=(), features=(), right=i) for i in range(count)]


@given(losses=LOSSES, share=st.floats(0, 0.5), seed=st.integers(0, 9))
def test_the_worst_are_kept_and_as_many_others_in_their_order(losses: list[float], share: float, seed: int) -> None:
    pool, count = pool_of(len(losses)), round(share * len(losses))
    kept = [item.right for item in hardest(pool, losses, share=share, rng=random.Random(seed))]
    assert kept == sorted(set(kept))
    assert len(kept) == min(2 * count, len(pool))
    worst = sorted(losses, reverse=True)[:count]
    assert sorted((losses[i] for i in kept), reverse=True)[:count] == worst


def test_what_is_known_by_heart_has_less_loss_than_what_is_wrong(
    taught: PointerNetwork, encoder: Encoder, tmp_path: Path
) -> None:
    right = [item for example in lessons() for item in items(example, encoder)]
    wrong = [replace(item, right=(item.right + 1) % 4) for item in right if isinstance(item, ChooseItem)]
    found = losses_of(taught, [*right, *wrong], tokens=1500, folder=tmp_path)
    assert max(found[: len(right)]) < min(found[len(right) :])


def test_losses_are_kept_for_the_same_items_only(taught: PointerNetwork, encoder: Encoder, tmp_path: Path) -> None:
    pool = [item for example in lessons()[:4] for item in items(example, encoder)]
    assert any(isinstance(item, FillItem) for item in pool)
    losses = losses_of(taught, pool, tokens=1500, folder=tmp_path)
    kept = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(kept | {"losses": [7.0] * len(pool)}))
    assert losses_of(taught, pool, tokens=1500, folder=tmp_path) == [7.0] * len(pool)
    assert losses_of(taught, pool[1:], tokens=1500, folder=tmp_path) == pytest.approx(losses[1:], abs=1e-3)


def test_a_training_takes_the_hardest_of_what_is_sure_and_all_of_the_rest(
    saved: Path, tiny_base: str, tmp_path: Path
) -> None:
    known, public = lessons()[:12], lessons()[12:]
    examples = [*(replace(each, origin="office:toy.unlock") for each in known), *public]
    assert [sure(each.origin) for each in examples] == [True] * len(known) + [False] * len(public)
    settings = Settings(out=tmp_path / "all", init=saved, base=tiny_base, batch_tokens=1, device="cpu")
    everything, few = list[Progress](), list[Progress]()
    train(examples, settings, listen=everything.append)
    train(examples, replace(settings, out=tmp_path / "hard", hard=0.1), listen=few.append)
    asked = json.loads((tmp_path / "hard" / FILE).read_text())["losses"]
    assert len(few) == len(everything) - len(asked) + 2 * round(0.1 * len(asked))  # a step an item


def test_what_is_known_of_one_source_leaves_room_for_another(
    saved: Path, tiny_base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = ("helpdesk:unlock", "office:toy.unlock")
    examples = [replace(each, origin=sources[at % 2]) for at, each in enumerate(lessons()[:24])]
    weighed = list[tuple[list[float], list[Any]]]()

    def watched(pool: Sequence[Any], losses: Sequence[float], **how: Any) -> list[Any]:
        weighed.append((list(losses), hardest(pool, losses, **how)))
        return weighed[-1][1]

    monkeypatch.setattr(models.train, "hardest", watched)
    settings = Settings(out=tmp_path, init=saved, base=tiny_base, batch_tokens=1, device="cpu", hard=0.25)
    steps = list[Progress]()
    train(examples, settings, listen=steps.append)
    ((losses, kept),) = weighed  # once, of both
    assert len(losses) == len(losses_in(tmp_path)) > len(steps) == len(kept)


def losses_in(folder: Path) -> list[float]:
    return list(json.loads((folder / FILE).read_text())["losses"])


def test_a_fresh_adapter_has_nothing_that_it_does_worst(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="fresh adapter") as error:
        Settings(out=tmp_path, hard=0.2)
    assert "--init" in error.value.remedy


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_a_share_that_is_none_is_said(saved: Path, tmp_path: Path, share: float) -> None:
    with pytest.raises(BadConfiguration, match="no share") as error:
        Settings(out=tmp_path, init=saved, hard=share)
    assert "0.5" in error.value.remedy
