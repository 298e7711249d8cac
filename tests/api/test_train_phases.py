"""Phases 3 and 4 from the command line, with a tiny network on the practice help desk; killed, they go on."""

import json
import shutil
from pathlib import Path

import pytest
from api_world import BagEmbedder
from typer.testing import CliRunner

import api.practice.gain
from api.cli import app
from api.practice.ledger import values
from examples.helpdesk.tasks import HelpDeskTask, generate
from models import adapter, reward
from models.tries import try_from_plain

pytestmark = pytest.mark.slow
ENDED_AT_ONCE = ("escalated", "refused")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words instead of meaning, an empty memory, and tasks that an ending drawn by lot can solve."""

    def few(split: str, *, seed: int, per_family: int) -> list[HelpDeskTask]:
        found = generate(split, seed=seed, per_family=per_family)  # type: ignore[arg-type]
        return [task for task in found if task.outcome in ENDED_AT_ONCE]

    monkeypatch.setattr("retrieval.embed.MiniLMEmbedder", BagEmbedder)
    monkeypatch.setattr("examples.helpdesk.tasks.generate", few)
    monkeypatch.setattr(api.practice.gain, "learn_from_experts", lambda services: 0)
    monkeypatch.setattr("api.practice.experience.learn_from_experts", lambda services: 0)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    import torch
    from models_tiny import tiny_base

    from models.train import Settings, fresh

    base = tiny_base(tmp_path / "base")
    torch.manual_seed(0)
    network = fresh(Settings(out=tmp_path, base=base, device="cpu"))
    adapter.save(network, tmp_path / "tiny", {"base": base})
    return tmp_path / "tiny"


def lamp(*arguments: object) -> dict[str, object]:
    """The last line."""
    ran = CliRunner().invoke(app, [str(a) for a in arguments])
    assert ran.exit_code == 0, f"{ran.output}\n{ran.exception!r}"
    return dict(json.loads(ran.output.strip().splitlines()[-1]))


def test_both_phases_report_their_gains_and_go_on_when_killed(tiny: Path, tmp_path: Path) -> None:
    three, four = tmp_path / "three", tmp_path / "four"
    boosting = ["train", "phase3", "--init", tiny, "--out", three, "--per-family", 1, "--most", 6, "--tries", 12]
    boosting += ["--temperature", 3, "--exam", 1, "--exam-most", 2, "--threads", 1]
    said = lamp(*boosting)
    tries = [try_from_plain(each) for each in values(three / "tries.jsonl")]
    assert said["failed"] == sum(not t.success for t in tries if t.number == 0)
    assert said["retried"] == sum(t.number > 0 for t in tries)
    assert said["new_successes"] == len({t.task for t in tries if t.success and t.number > 0}) > 0
    assert {"before", "after", "gain", "won", "lost"} <= set(said)
    weights = (three / "adapter_model.safetensors").read_bytes()
    assert (three / "curves.png").exists()

    (three / "after.jsonl").unlink()  # as if it had been killed before the last exam
    assert lamp(*boosting) == said
    assert (three / "adapter_model.safetensors").read_bytes() == weights

    judging = ["train", "phase4", "--init", three, "--out", four, "--tries", three / "tries.jsonl", "--epochs", 2]
    judging += ["--exam", 1, "--exam-most", 2, "--plans", 2, "--threads", 1]
    said = lamp(*judging)
    assert said["runs"] == len(tries)
    assert {"reranked", "optimised", "reward", "preferences"} <= set(said)
    reward.load(four / "reward")
    for folder in (four, four / "reward"):
        assert json.loads((folder / "curves.json").read_text())["losses"]
        assert (folder / "curves.png").exists()
    assert adapter.read_card(four)["data"][-1]["examples"] == said["preferences"]
    shutil.rmtree(tiny)  # nothing of it is needed any more
    (four / "after.jsonl").unlink()
    assert lamp(*judging) == said


def test_tries_of_one_kind_teach_nothing_and_say_so(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "tries.jsonl"
    path.write_text('{"identity": "x"}\n')
    ran = CliRunner().invoke(
        app, ["train", "phase4", "--init", str(tiny), "--out", str(tmp_path / "o"), "--tries", str(path)]
    )
    assert ran.exit_code == 2
    assert "successes and failures" in ran.output
