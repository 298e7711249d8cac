"""An adapter at rest: PEFT's own format, a card, and clear words when something is wrong with it."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from models_toy import situation
from safetensors.torch import load_file

from knowledge.errors import BadConfiguration
from models import adapter, base
from models.base import MINILM, around_peft, load_encoder
from models.card import readme
from models.encode import Encoder
from models.network import PointerNetwork, adapted
from models.pointer import PointerLAM


def test_an_adapter_is_a_few_plain_files(saved: Path) -> None:
    names = {"adapter_config.json", "adapter_model.safetensors", "heads.safetensors", "card.json", "README.md"}
    assert {p.name for p in saved.iterdir()} == names
    for file in (adapter.WEIGHTS, adapter.HEADS):
        assert {tensor.dtype for tensor in load_file(saved / file).values()} == {torch.float16}


def test_what_was_saved_answers_as_what_was_trained(taught: PointerNetwork, encoder: Encoder, lam: PointerLAM) -> None:
    trained = PointerLAM(taught, encoder, temperature=0.9).choose(situation())
    loaded = lam.choose(situation())
    assert [o.action for o in loaded.ranked][:2] == [o.action for o in trained.ranked][:2]
    assert loaded.best.probability == pytest.approx(trained.best.probability, abs=0.02)


def test_peft_itself_can_load_it(saved: Path, tiny_base: str) -> None:
    from peft import PeftModel

    with around_peft():
        model = PeftModel.from_pretrained(load_encoder(tiny_base), str(saved))
    assert model.peft_config["default"].r == 16
    assert any(float(p.abs().max()) > 0 for n, p in model.named_parameters() if "lora_B" in n)


def test_the_shipped_adapter_is_read_by_peft_alone_and_its_card_is_what_the_hub_expects() -> None:
    """With transformers and peft as anybody has them; nothing of ours but the folder."""
    import torch
    from peft import PeftConfig, PeftModel
    from transformers import AutoModel

    config = PeftConfig.from_pretrained(str(adapter.DEFAULT))
    assert config.base_model_name_or_path == base.HUB_NAME
    bare = AutoModel.from_pretrained(base.locate(MINILM))
    ids = torch.tensor([[101, 2292, 1999, 102]])
    with torch.inference_mode():
        before = bare(input_ids=ids).last_hidden_state
        with around_peft():
            model = PeftModel.from_pretrained(bare, str(adapter.DEFAULT))
        after = model(input_ids=ids).last_hidden_state
    assert not torch.allclose(before, after, atol=1e-2)
    head = front_matter((adapter.DEFAULT / "README.md").read_text())
    assert head["base_model"] == base.HUB_NAME
    assert (head["library_name"], head["license"]) == ("peft", "cc-by-sa-4.0")
    assert {"language", "tags", "datasets", "metrics", "pipeline_tag"} <= set(head)


def test_what_is_saved_never_names_the_pooler(tiny_base: str, tmp_path: Path) -> None:
    """Also of an adapter whose modules are named as earlier versions did: transformers loads a pooler unasked."""
    from peft import PeftModel
    from transformers import AutoModel

    whole = load_encoder(tiny_base)
    network = PointerNetwork(adapted(whole), width=whole.config.hidden_size)
    network.encoder.peft_config["default"].target_modules = {"query", "key", "value", "dense"}
    adapter.save(network, tmp_path, {"base": tiny_base})
    with_pooler = AutoModel.from_pretrained(tiny_base, add_pooling_layer=True)
    with around_peft():
        model = PeftModel.from_pretrained(with_pooler, str(tmp_path))
    named = {name for name, _ in model.named_parameters() if "lora_A" in name}
    assert len(named) == 2 * 6
    assert not any("pooler" in name for name in named)


def test_training_can_go_on_from_it(saved: Path) -> None:
    network, card = adapter.load(saved, trainable=True)
    trained = [name for name, p in network.named_parameters() if p.requires_grad]
    assert any("lora_A" in name for name in trained)
    assert not any("base_layer" in name or "embeddings" in name for name in trained)
    assert {p.dtype for p in network.parameters()} == {torch.float32}, "at rest in half precision, at work in single"
    assert list(card["training"]) == ["epochs"]


def front_matter(text: str) -> dict[str, object]:
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    assert found
    return dict(yaml.safe_load(found[1]))


def test_the_model_card_is_what_the_hub_expects(saved: Path, tiny_base: str) -> None:
    text = (saved / "README.md").read_text()
    head = front_matter(text)
    assert head["base_model"] == tiny_base
    assert head["library_name"] == "peft"
    assert {"lora", "lamplighter"} <= set(head["tags"])  # type: ignore[call-overload]
    assert "toy: 26 examples" in text
    assert "| choose | 1.0 |" in text
    assert "lamp train --seed 0" in text
    assert front_matter(readme({"base": MINILM}))["base_model"] == "sentence-transformers/all-MiniLM-L6-v2"


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:100])


def card(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "card.json").write_text(json.dumps(json.loads((folder / "card.json").read_text()) | changes))

    return change


def not_a_card(folder: Path) -> None:
    (folder / "card.json").write_text("3")


def without_a_head(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    heads = load_file(folder / "heads.safetensors")
    del heads["choose_features.weight"]
    save_file(heads, folder / "heads.safetensors")


def with_a_head_of_another_size(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    heads = load_file(folder / "heads.safetensors") | {"choose_features.weight": torch.zeros(1, 99)}
    save_file(heads, folder / "heads.safetensors")


DAMAGES = {
    "no card": without("card.json"),
    "cut card": cut("card.json"),
    "a number as card": not_a_card,
    "another format": card(format=99),
    "no such base": card(base="/nowhere/at/all"),
    "no heads": without("heads.safetensors"),
    "cut heads": cut("heads.safetensors"),
    "a head less": without_a_head,
    "a head of another size": with_a_head_of_another_size,
    "cut adapter": cut("adapter_model.safetensors"),
    "no adapter": without("adapter_model.safetensors"),
    "no adapter settings": without("adapter_config.json"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_adapter_is_refused_with_a_remedy(
    saved: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = shutil.copytree(saved, tmp_path / "adapter")
    damage(folder)
    with pytest.raises(BadConfiguration) as caught:
        PointerLAM.load(folder)
    assert str(folder) in caught.value.message
    assert caught.value.remedy


def test_a_missing_adapter_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="no adapter in") as caught:
        PointerLAM.load(tmp_path / "nothing")
    assert "lamp train" in caught.value.remedy


def test_other_base_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MINILM_SHA256", "0" * 64)
    base.locate.cache_clear()
    with pytest.raises(BadConfiguration, match="sha256"):
        base.locate()
    monkeypatch.undo()
    assert Path(base.locate()).is_dir()
