"""`lamp data` and the first two phases, from the command line to an adapter that a run can use."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import BagEmbedder
from typer.testing import CliRunner

from api.cli import app
from api.practice import parts
from api.practice.desk import Practice, practice
from api.practice.pairs import catalogue_plans, dev_plans, documentation_pairs, stateless
from examples.helpdesk.tasks import HELD_OUT, generate
from models import adapter
from models.train import read_examples, write_examples
from planner.lived import demonstration
from planner.replay import Report, examples, trajectory


@pytest.fixture(scope="module")
def desk() -> Iterator[Practice]:
    """By words instead of by meaning: quick, and near enough for what is tested here."""
    with practice(embedder=BagEmbedder()) as each:
        yield each


def lamp(*arguments: object) -> str:
    ran = CliRunner().invoke(app, [str(a) for a in arguments])
    assert ran.exit_code == 0, ran.output
    return ran.output


# ---- plans from documentation


def test_plans_come_from_operations_runbooks_and_walks_and_know_no_state(desk: Practice) -> None:
    made = documentation_pairs(desk, each=1, per_family=1, seed=3)
    assert set(made.kinds) == {"catalogue", "runbooks", "walks"}
    assert made.lines["an action"] > 5
    assert made.lines["no action is near"] > 20
    for example in made.examples:
        assert example.fill is None
        assert example.choose
        assert all("planned" in line for line in example.choose.history)
    assert not any(example.origin == f"helpdesk:{family}" for family in HELD_OUT for example in made.examples)


def test_every_operation_is_wished_for_and_found_at_its_place(desk: Practice) -> None:
    import random

    plans = list(catalogue_plans(desk, random.Random(0)))
    assert {plan.calls[-1].action for plan in plans} == set(desk.specs)
    unlock = next(plan for plan in plans if plan.calls[-1].action.endswith("unlock_account"))
    assert [desk.specs[c.action].effect for c in unlock.calls] == ["read", "write"]
    rights = [e.choose.candidates[e.right].name for e in stateless(desk, unlock) if e.choose]
    assert rights[-1] == "finish"


def test_phase_1_is_measured_on_dev_tasks_only(desk: Practice) -> None:
    held = dev_plans(desk, per_family=1, seed=1)
    assert held
    texts = {task.text for task in generate("train", seed=1, per_family=5)}
    assert not any(e.choose.request in texts for e in held if e.choose)


# ---- runs as demonstrations


def test_a_run_teaches_what_its_expert_would(desk: Practice) -> None:
    """What memory holds becomes the very examples that the demonstration gave."""
    from knowledge.types import Query

    tasks = [t for t in generate("train", seed=2, per_family=1) if t.outcome == "done"][:6]
    for _, each in desk.solved(tasks):
        again = demonstration(trajectory(each, desk.specs), desk.specs, origin=each.origin)
        assert again
        context = desk.services.retriever.context(Query(text=each.task.text))
        one, other = (list(examples(d, context, desk.specs, report=Report())) for d in (each, again))
        assert one == other


def test_memorys_verified_runs_are_a_part(desk: Practice) -> None:
    tasks = [t for t in generate("train", seed=2, per_family=1) if t.outcome == "done"][:4]
    desk.remember([each for _, each in desk.solved(tasks)])
    found = parts.memory(desk.services)
    desk.services.record.memory.clear()
    assert len({e.origin for e in found.train}) >= 3
    assert all(e.origin.startswith("memory:") for e in found.train)
    assert {e.choose.candidates[e.right].name for e in found.train if e.choose} > {"finish"}


# ---- commands


@pytest.fixture(scope="module")
def extra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dataset_rows import steps

    path = tmp_path_factory.mktemp("extra") / "toy.jsonl.xz"
    write_examples(path, steps(40, seed=3, app="toy"))
    return path


@pytest.fixture(scope="module")
def dataset(extra: Path) -> Path:
    folder = extra.parent / "set"
    out = lamp("data", "--out", folder, "--no-helpdesk", "--extra", extra, "--seed", 3, "--xz")
    assert "rows to train on" in out
    return folder


@pytest.fixture(scope="module")
def tiny(extra: Path) -> Path:
    """An adapter of a tiny base, to go on from."""
    import torch
    from models_tiny import tiny_base

    from models.train import Settings, fresh

    base = tiny_base(extra.parent / "base")
    torch.manual_seed(0)
    network = fresh(Settings(out=extra.parent, base=base, device="cpu"))
    adapter.save(network, extra.parent / "tiny", {"base": base})
    return extra.parent / "tiny"


def test_a_data_set_has_a_card_and_no_leak(dataset: Path) -> None:
    card = json.loads((dataset / "card.json").read_text())
    assert card["leaks"] == []
    assert card["levels"] == {"family": card["files"]["dev.jsonl.xz"]["rows"]}
    assert card["files"]["train.jsonl.xz"]["rows"] == len(read_examples(dataset / "train.jsonl.xz"))
    assert str(dataset.parent) not in card["command"]


def test_nothing_to_collect_names_the_remedy(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["data", "--out", str(tmp_path), "--no-helpdesk"])
    assert ran.exit_code == 2
    assert "--extra FILE" in ran.output


def test_the_help_desk_s_part_is_the_last_and_the_temperature_is_its_own(tmp_path: Path) -> None:
    from dataset_rows import part

    from api.commands.train_common import prepared
    from models.dataset import Recipe
    from models.dataset_build import built
    from models.dataset_files import write

    made = [part(label, count=60, seed=n) for n, label in enumerate(("helpdesk", "sgd", "star"))]
    write(tmp_path, built(made, Recipe()), made, Recipe(), command="lamp data")
    _, held, _ = prepared(tmp_path, [])
    assert [each.label for each in held] == ["sgd_family", "star_family", "helpdesk_family"]


def test_phase_2_learns_a_data_set_and_says_how_long_it_will_take(
    dataset: Path, tiny: Path, extra: Path, tmp_path: Path
) -> None:
    out = tmp_path / "two"
    said = lamp("train", "phase2", "--data", dataset, "--extra", extra, "--init", tiny, "--out", out, "--threads", 1)
    assert "will take about" in said
    curves = json.loads((out / "curves.json").read_text())
    assert curves["losses"]
    assert curves["looks"]
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    card = adapter.read_card(out)
    assert card["base"] == adapter.read_card(tiny)["base"]
    assert [each["name"] for each in card["data"]] == ["Examples of toy.jsonl.xz"] * 2
    assert set(card["metrics"]) == {f"toy_family_{kind}" for kind in ("choose", "span", "option", "call_exact")}
    assert not (out / "checkpoint.pt").exists()


@pytest.mark.slow
def test_phase_1_learns_choices_from_documentation_and_keeps_its_pairs(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.embed.MiniLMEmbedder", BagEmbedder)
    out = tmp_path / "one"
    words = ("--each", 1, "--per-family", 1, "--epochs", 0.1, "--threads", 1)
    said = lamp("train", "phase1", "--init", tiny, "--out", out, *words)
    assert "will take about" in said
    card, pairs = adapter.read_card(out), read_examples(out / "pairs.jsonl.xz")
    assert set(card["metrics"]) == {"plans_choose"}
    assert [part["examples"] for part in card["data"]] == [len(pairs)]
    assert not any(example.fill for example in pairs)
    assert (out / "curves.png").exists()


def test_a_mean_is_an_adapter_that_says_what_it_was_made_of(
    dataset: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onward, between = tmp_path / "onward", tmp_path / "between"
    monkeypatch.setattr("sys.argv", ["lamp", "train", "phase2", "--seed", "4"])
    lamp("train", "phase2", "--data", dataset, "--init", tiny, "--epochs", 0.2, "--out", onward, "--threads", 1)
    monkeypatch.setattr("sys.argv", ["lamp", "train", "mean", str(tiny), str(onward)])
    assert "not measured yet" in lamp("train", "mean", tiny, onward, "--share", 0.25, "--rank", 24, "--out", between)
    card = adapter.read_card(between)
    assert card["command"] == "lamp train phase2 --seed 4 && lamp train mean tiny onward"
    assert [each["name"] for each in card["data"]] == ["Examples of toy.jsonl.xz"]
    assert adapter.load(between)[1]["training"]["share"] == 0.25


def test_kinds_of_adapters_are_compared_on_the_same_budget_and_kinds_that_are_done_are_kept(
    dataset: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.base.MINILM", adapter.read_card(tiny)["base"])
    words = ("train", "compare", "--data", dataset, "--out", tmp_path, "--examples", 8, "--measured", 8)
    said = lamp(*words, "--methods", "lora,ia3", "--threads", 1)
    head, _, *rows = [line for line in said.splitlines() if line.startswith("|")]
    columns = [cell.strip() for cell in head.strip("|").split("|")]
    for name in ("score", "trainable in the encoder", "adapter, kB", "seconds"):
        assert name in columns
    learned = columns.index("trainable in the encoder")
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells] == ["lora", "ia3"]
    lora, ia3 = (int(row[learned].replace(",", "")) for row in cells)
    assert lora > ia3 > 0
    kept = (tmp_path / "lora" / "adapter_model.safetensors").stat().st_mtime_ns
    more = lamp(*words, "--methods", "lora,ia3,dora", "--threads", 1)
    assert [line for line in more.splitlines() if line.startswith("|")][:4] == [head, _, *rows]
    assert (tmp_path / "lora" / "adapter_model.safetensors").stat().st_mtime_ns == kept
    assert adapter.read_card(tmp_path / "dora")["training"]["peft"] == "dora"


def test_a_method_that_is_none_names_the_others(dataset: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        app, ["train", "phase2", "--data", str(dataset), "--out", str(tmp_path), "--peft", "magic"]
    )
    assert ran.exit_code == 2
    assert "dora" in ran.output
