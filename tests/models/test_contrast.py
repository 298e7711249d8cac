"""Learning which requests want the same, with the real encoder and on a few requests."""

from pathlib import Path
from typing import Any

import pytest
import torch

from models.base import around_peft, load_encoder, load_tokenizer
from models.brief import Settings
from models.contrast import Source, contrast, embedded, learn, save

DOORS = ["Please open the door for Ada.", "The gate is shut, could Bob be let in?", "Let Cem through, will you?"]
BILLS = ["Ada has not paid her bill.", "Remind Bob of what he owes us.", "Cem's invoice is overdue."]
CARD: dict[str, Any] = {"command": "lamp train requests", "data": [{"name": "toy", "requests": 6, "kinds": 2}]}


@pytest.fixture(scope="module")
def source() -> Source:
    return Source(name="toy", kinds={"doors": DOORS, "bills": BILLS})


@pytest.fixture(scope="module")
def learned(source: Source) -> Any:
    return learn([source], Settings(steps=4, rate=1e-3))


def apart(encoder: Any) -> float:
    """How much nearer those are that want the same than those about the same person."""
    with torch.inference_mode():
        vectors = embedded(encoder, load_tokenizer(), [*DOORS, *BILLS])
    cosines = vectors @ vectors.T
    same = torch.block_diag(torch.ones(3, 3), torch.ones(3, 3)) - torch.eye(6)
    return float((cosines * same).sum() / same.sum() - cosines[:3, 3:].mean())


def test_the_loss_is_least_where_kinds_lie_together() -> None:
    kinds = torch.tensor([0, 0, 1, 1])
    apart, mixed = torch.eye(2)[[0, 0, 1, 1]], torch.eye(2)[[0, 1, 0, 1]]
    assert float(contrast(apart, kinds)) == pytest.approx(0, abs=1e-5)
    assert float(contrast(mixed, kinds)) > 5


def test_a_request_alone_of_its_kind_teaches_nothing() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(3, 4), dim=1).requires_grad_()
    contrast(vectors, torch.tensor([0, 0, 1])).backward()  # type: ignore[no-untyped-call]
    assert vectors.grad is not None
    assert torch.isfinite(vectors.grad).all()


def test_what_wants_the_same_comes_nearer(learned: Any) -> None:
    assert apart(learned) > apart(load_encoder()) + 0.1


def test_the_same_seed_learns_the_same_and_tells_every_step(source: Source, learned: Any) -> None:
    told: list[tuple[int, int]] = []
    again = learn([source], Settings(steps=4, rate=1e-3), listen=lambda step, of, _: told.append((step, of)))
    assert apart(again) == pytest.approx(apart(learned), abs=1e-4)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_was_learned_is_peft_s_own_format_and_survives_saving(learned: Any, tmp_path: Path) -> None:
    from peft import PeftModel

    save(learned, tmp_path, CARD)
    with around_peft():
        loaded = PeftModel.from_pretrained(load_encoder(), str(tmp_path)).eval()
    assert apart(loaded) == pytest.approx(apart(learned), abs=0.01)
    card = (tmp_path / "README.md").read_text()
    assert card.startswith('---\nbase_model: "sentence-transformers/all-MiniLM-L6-v2"\n')
    assert "- toy: 6 requests, 2 kinds" in card
