"""Repeatable, and a killed training goes on as if nothing had happened."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from models_toy import lessons

from models.encode import Encoder
from models.fit import SET_ASIDE
from models.loss import FillItem, ends, fill_losses, items
from models.network import PointerNetwork
from models.scene import Example, FillScene, Label, ParameterText, Source, Span
from models.train import CHECKPOINT, Progress, Settings, finished, fresh, read_examples, train, write_examples

FEW = lessons()[:9]


class Killed(Exception):
    pass


def short(out: Path, base: str, **changes: object) -> Settings:
    settings = Settings(out=out, epochs=5, batch_tokens=1500, base=base, checkpoint_every_s=0.0, device="cpu")
    return replace(settings, **changes)  # type: ignore[arg-type]


def killed(examples: Sequence[Example], settings: Settings, *, at: int) -> None:
    def listen(progress: Progress) -> None:
        if progress.step == at:
            raise Killed

    with pytest.raises(Killed):
        train(examples, settings, listen=listen)
    assert (settings.out / CHECKPOINT).exists()


def steps(examples: Sequence[Example], settings: Settings) -> tuple[list[Progress], dict[str, torch.Tensor]]:
    heard: list[Progress] = []
    network = train(examples, settings, listen=heard.append)
    return heard, weights(network)


def weights(network: PointerNetwork) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in network.named_parameters() if p.requires_grad}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def whole(tiny_base: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """Weights after a training that nothing disturbed."""
    return weights(train(FEW, short(tmp_path_factory.mktemp("whole"), tiny_base)))


def test_the_same_seed_gives_the_same_weights(whole: dict[str, torch.Tensor], tiny_base: str, tmp_path: Path) -> None:
    heard, again = steps(FEW, short(tmp_path, tiny_base))
    assert same(whole, again)
    assert [p.step for p in heard] == list(range(1, heard[-1].steps + 1))
    _, other = steps(FEW, short(tmp_path, tiny_base, seed=1))
    assert not same(whole, other)


def test_a_killed_training_goes_on_where_it_was(whole: dict[str, torch.Tensor], tiny_base: str, tmp_path: Path) -> None:
    killed(FEW, short(tmp_path, tiny_base), at=4)
    heard, resumed = steps(FEW, short(tmp_path, tiny_base))
    assert heard[0].step == 5
    assert same(whole, resumed)


def test_a_finished_training_is_not_lost_before_it_is_saved(
    whole: dict[str, torch.Tensor], tiny_base: str, tmp_path: Path
) -> None:
    settings = short(tmp_path, tiny_base)
    train(FEW, settings)
    heard, again = steps(FEW, settings)  # the process died before it could save the adapter
    assert heard == []
    assert same(whole, again)
    finished(settings)
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_checkpoint_of_other_data_is_not_used_and_not_lost(
    whole: dict[str, torch.Tensor], tiny_base: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    *most, last = FEW
    killed([*most, replace(last, right=0)], short(tmp_path, tiny_base), at=3)  # as many examples, as many steps
    before = (tmp_path / CHECKPOINT).read_bytes()
    heard, weights = steps(FEW, short(tmp_path, tiny_base))
    assert heard[0].step == 1
    assert same(whole, weights)
    assert (tmp_path / SET_ASIDE).read_bytes() == before
    assert SET_ASIDE in caplog.text


@pytest.mark.parametrize("changes", [{"seed": 7}, {"peak_rate": 1e-4}, {"epochs": 1}], ids=str)
def test_a_checkpoint_of_other_settings_is_not_used(tiny_base: str, tmp_path: Path, changes: dict[str, float]) -> None:
    killed(FEW, short(tmp_path, tiny_base, **changes), at=2)
    heard: list[Progress] = []

    def once(progress: Progress) -> None:
        heard.append(progress)
        raise Killed

    with pytest.raises(Killed):
        train(FEW, short(tmp_path, tiny_base), listen=once)
    assert heard[0].step == 1


def test_parts_of_a_pass_are_possible(tiny_base: str, tmp_path: Path) -> None:
    half, _ = steps(FEW, short(tmp_path, tiny_base, epochs=0.5))
    one, _ = steps(FEW, short(tmp_path, tiny_base, epochs=1.0))
    assert half[-1].steps == round(one[-1].steps / 2)


def test_only_the_adapter_and_the_heads_learn(whole: dict[str, torch.Tensor]) -> None:
    assert all("lora_" in name or not name.startswith("encoder.") for name in whole)


def test_every_known_span_is_a_place_to_learn(encoder: Encoder) -> None:
    """A value found in a source starts and ends at tokens of some window."""
    for example in lessons():
        for item in items(example, encoder):
            if isinstance(item, FillItem) and not item.beside:
                assert all(ends(label, item.window)[0] for label in item.labels if label.spans)


def long_example(encoder: Encoder) -> Example:
    """A value in the first of several windows."""
    results = [Source(id=f"step:{9 - i}", kind="leaf", label="count", text=f"{i} " * 30) for i in range(40)]
    scene = FillScene(
        action="grant",
        sources=(Source(id="request", kind="text", text="grant storage please"), *results),
        parameters=(ParameterText(name="what", description="what is granted"),),
    )
    assert len(encoder.fill(scene)) > 1
    return Example(origin="test", fill=scene, labels=(Label(spans=(Span(source=0, start=6, end=13),)),))


def test_a_window_without_the_value_learns_to_say_so(encoder: Encoder, tiny_base: str) -> None:
    network = fresh(Settings(out=Path("unused"), base=tiny_base))
    has, lacks = [item for item in items(long_example(encoder), encoder) if isinstance(item, FillItem)]
    assert (has.beside, lacks.beside) == (False, True)
    assert ends(has.labels[0], has.window)[0]
    assert not ends(lacks.labels[0], lacks.window)[0]
    (loss,) = fill_losses(network, [lacks])
    (pointers,) = network.point(network.hidden([lacks.window.ids])[0], lacks.window)
    none = -pointers.start.log_softmax(0)[-1] - pointers.end.log_softmax(0)[-1]
    assert torch.allclose(loss, none, atol=1e-5)


def test_examples_survive_the_disk(tmp_path: Path) -> None:
    write_examples(tmp_path / "examples.jsonl", FEW)
    assert read_examples(tmp_path / "examples.jsonl") == FEW
