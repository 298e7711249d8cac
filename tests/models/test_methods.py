"""Every kind of adapter learns, is saved, and is read back by peft itself; a killed training of it goes on."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from models_toy import lessons

import models.train
from models import adapter
from models.base import around_peft, load_encoder
from models.encode import Encoder
from models.loss import ChooseItem, choose_scores, items
from models.measure import Tally
from models.methods import method_of
from models.network import PointerNetwork
from models.settings import METHODS, Method, Progress, Settings
from models.train import fresh, train, train_with_curves
from models.watch import Watch

FEW = lessons()[:9]


def settings(out: Path, base: str, method: Method, **more: object) -> Settings:
    made = Settings(
        out=out,
        base=base,
        peft=method,
        epochs=10,
        peak_rate=1e-2,
        batch_tokens=1500,
        checkpoint_every_s=0.0,
        device="cpu",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def scores(network: PointerNetwork, encoder: Encoder) -> torch.Tensor:
    found = [item for example in FEW for item in items(example, encoder) if isinstance(item, ChooseItem)]
    with torch.inference_mode():
        return torch.cat(choose_scores(network.eval(), found))


@pytest.mark.parametrize("method", METHODS)
def test_it_learns_and_is_read_back(method: Method, tiny_base: str, encoder: Encoder, tmp_path: Path) -> None:
    from peft import PeftModel

    how = settings(tmp_path, tiny_base, method)
    begun = fresh(how, steps=10)
    assert method_of(begun.encoder) == method
    network, curves = train_with_curves(FEW, how)
    assert curves.losses[-1][1] < curves.losses[0][1]
    adapter.save(network, tmp_path / "saved", {"base": tiny_base, "training": {"peft": method}})
    with around_peft():
        read = PeftModel.from_pretrained(load_encoder(tiny_base), str(tmp_path / "saved"))
    assert method_of(read) == method
    merged, _ = adapter.load(tmp_path / "saved")
    assert torch.allclose(scores(merged, encoder), scores(network, encoder), atol=0.3)
    assert f"- {method}\n" in (tmp_path / "saved" / "README.md").read_text()


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_killed_training_of_it_goes_on(method: Method, tiny_base: str, tmp_path: Path) -> None:
    """Also AdaLoRA, whose ranks depend on all the steps before."""

    def stop(progress: Progress) -> None:
        if progress.step == progress.steps // 2:
            raise KeyboardInterrupt

    whole = train(FEW, settings(tmp_path / "whole", tiny_base, method))
    with pytest.raises(KeyboardInterrupt):
        train(FEW, settings(tmp_path / "again", tiny_base, method), listen=stop)
    resumed = train(FEW, settings(tmp_path / "again", tiny_base, method))
    for (name, one), (_, other) in zip(whole.named_parameters(), resumed.named_parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5), name


def test_the_card_has_the_front_matter_that_the_hub_wants(tiny_base: str, tmp_path: Path) -> None:
    card = {
        "base": "all-MiniLM-L6-v2",
        "data": [
            {"name": "Schema-Guided Dialogue, train", "licence": "CC BY-SA 4.0", "examples": 1, "sha256": "a" * 64}
        ],
        "metrics": {"choose": 0.9},
    }
    network = fresh(Settings(out=tmp_path, base=tiny_base, device="cpu"))
    adapter.save(network, tmp_path, card)
    front = yaml.safe_load((tmp_path / "README.md").read_text().split("---")[1])
    assert front["base_model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert front["library_name"] == "peft"
    assert front["license"] == "cc-by-sa-4.0"
    assert front["datasets"] == ["google-research-datasets/schema_guided_dstc8"]
    assert front["metrics"] == ["accuracy"]
    assert {"lora", "lamplighter"} <= set(front["tags"])


# ---- watched


@pytest.mark.parametrize(("patience", "kept"), [(2, 1), (0, -1)])
def test_the_best_weights_come_back_with_patience_and_the_last_ones_stay_without(
    tiny_base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: int, kept: int
) -> None:
    """The held-out score is scripted: it rises once and then falls for ever."""
    told = iter([3, 5, 4, 3, 2, 1, 0, 0, 0, 0])
    seen: list[dict[str, torch.Tensor]] = []

    def look(network: PointerNetwork) -> Tally:
        seen.append({n: p.detach().clone() for n, p in network.named_parameters() if p.requires_grad})
        return Tally(right={"choose": next(told)}, all={"choose": 5})

    monkeypatch.setattr(models.train, "watching", lambda *_, **__: Watch(look=look, every=1, patience=patience))
    network, curves = train_with_curves(FEW, settings(tmp_path, tiny_base, "lora", epochs=3, patience=patience))
    assert curves.stopped_early == bool(patience)
    assert len(seen) == len(curves.looks) >= 4
    assert curves.best_step == curves.looks[kept][0]
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            assert torch.equal(parameter, seen[kept][name])


def test_of_equal_scores_the_later_one_counts(tiny_base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = Watch(look=lambda _: Tally(right={"choose": 1}, all={"choose": 1}), every=1, patience=3)
    monkeypatch.setattr(models.train, "watching", lambda *_, **__: look)
    _, curves = train_with_curves(FEW, settings(tmp_path, tiny_base, "lora", epochs=2, patience=3))
    assert curves.best_step == curves.looks[-1][0]


def test_a_watched_training_keeps_its_best_weights(tiny_base: str, tmp_path: Path) -> None:
    how = settings(tmp_path, tiny_base, "lora", epochs=20, looks=20, patience=2)
    network, curves = train_with_curves(FEW, how, held_out=FEW[:3])
    scored = {step: score for step, score, _ in curves.looks}
    assert scored[curves.best_step] == max(scored.values())
    assert not network.training


def test_a_watched_training_goes_on_as_if_nothing_had_happened(tiny_base: str, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.step == 7:
            raise KeyboardInterrupt

    how = settings(tmp_path / "again", tiny_base, "lora", epochs=8, looks=6)
    whole, curves = train_with_curves(FEW, replace(how, out=tmp_path / "whole"), held_out=FEW[:3])
    with pytest.raises(KeyboardInterrupt):
        train_with_curves(FEW, how, held_out=FEW[:3], listen=stop)
    resumed, again = train_with_curves(FEW, how, held_out=FEW[:3])
    assert again.state() == curves.state()
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_forecast_changes_nothing(tiny_base: str, tmp_path: Path) -> None:
    told: list[float] = []
    one = train(FEW, settings(tmp_path / "a", tiny_base, "lora"))
    other = train(FEW, settings(tmp_path / "b", tiny_base, "lora"), forecast=lambda f: told.append(f.seconds))
    assert told[0] > 0
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_curves_are_written_and_thinned(tmp_path: Path) -> None:
    from models.curves import MOST_POINTS, Curves

    curves = Curves()
    for step in range(1, 5000):
        curves.loss(step, 1 / step)
    curves.looks.append((4000, 0.5, {"choose": 0.5}))
    assert len(curves.losses) <= MOST_POINTS
    assert Curves.of(curves.state()) == curves
    assert {p.name for p in curves.write(tmp_path)} == {"curves.json", "curves.png"}
