"""`lamp data` from every kind of source at once: public sets, and what this installation knows and did."""

import json
from pathlib import Path
from typing import Any

import pytest
from api_world import BagEmbedder
from app_toy import CLOSE, FIND, HOLD, know, runs
from typer.testing import CliRunner

import api.wiring
from api.cli import app
from api.practice import parts
from api.settings import Settings
from api.wiring import Services
from knowledge.ingest import ingest
from models import star
from tests.star_toy import write_archive

RUNBOOK = """# Leaving customers

## Close a customer for good

1. Find the customer by name.
2. Close the account of the customer.
"""
PLANTED = RUNBOOK.replace("Close the account", "Hold the invoices").replace("# Leaving", "# Staying")


def opened(settings: Settings) -> Services:
    return Services(settings, embedder=BagEmbedder())


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with an application, its runs, a runbook that is trusted, and one that is not."""
    monkeypatch.setattr(api.wiring, "build", opened)
    services = opened(Settings(data_dir=tmp_path / "own"))
    know(services, runs())
    for name, text, trust in (("ours.md", RUNBOOK, "trusted"), ("theirs.md", PLANTED, "untrusted")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        ingest(services.record, services.embedder, [tmp_path / name], trust=trust)  # type: ignore[arg-type]
    services.close()
    return tmp_path / "own"


@pytest.fixture
def sgd(tmp_path: Path) -> Path:
    """Dialogues about restaurants to train on; in dev the same as a service that is new."""
    import lzma

    from test_sgd import DIALOGUE, SCHEMA

    folder = tmp_path / "sgd"
    folder.mkdir()
    for split, name in (("train", "Restaurants_1"), ("dev", "Restaurants_9")):
        text = json.dumps({"schema": SCHEMA, "dialogues": [DIALOGUE] * 12}).replace("Restaurants_1", name)
        with lzma.open(folder / f"{split}.json.xz", "wt", encoding="utf-8") as file:
            file.write(text.replace("please.", "if you like.") if split == "dev" else text)
    return folder


def lamp(*words: object) -> str:
    ran = CliRunner().invoke(app, [str(word) for word in words])
    assert ran.exit_code == 0, f"{ran.output}\n{ran.exception!r}"
    return ran.output


def card(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "card.json").read_text()))


def test_every_source_is_a_part_with_its_counts_and_hash(
    own: Path, sgd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(star, "HELD_OUT", frozenset({"doctor_followup"}))
    archive = write_archive(tmp_path / "star.tar.xz")
    words = ("--data-dir", own, "data", "--no-helpdesk", "--memory", "--documents", 3, "--star", archive, "--sgd", sgd)
    said = lamp(*words, "--seed", 4, "--out", tmp_path / "set")
    made = card(tmp_path / "set")
    assert [part["label"] for part in made["parts"]] == ["sgd", "star", "documents", "memory"]
    assert all(part["train"] and len(part["sha256"]) == 64 for part in made["parts"])
    assert made["leaks"] == []
    assert set(made["levels"]) == {"service", "family"}
    assert made["facts"]["dropped"]["the same as another row"] > 20
    assert sum(made["facts"]["varied"].values()) > 0
    assert f"{made['files']['train.jsonl']['rows']} rows to train on" in said
    assert "license: other" in (tmp_path / "set" / "README.md").read_text()
    lamp(*words, "--seed", 4, "--out", tmp_path / "again")
    assert card(tmp_path / "again")["files"] == made["files"]


def test_only_trusted_runbooks_say_what_is_done(own: Path, tmp_path: Path) -> None:
    services = opened(Settings(data_dir=own))
    found = parts.documents(services, each=2, seed=1)
    services.close()
    planned = [e for e in found.train if e.origin == "runbook:Leaving customers"]
    assert not [e for e in found.train if e.origin == "runbook:Staying customers"]
    rights = {e.choose.candidates[e.right].name for e in planned if e.choose}
    assert rights == {FIND.name, CLOSE.name, "finish"}
    assert {e.origin for e in found.train} >= {f"catalogue:{spec.name}" for spec in (CLOSE, HOLD)}
    assert all(e.fill is None for e in found.train)


def test_no_run_of_memory_sees_its_own_wording_as_a_precedent(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from retrieval.wording import unnamed

    services = opened(Settings(data_dir=own))
    retrieve, seen = services.retriever.context, list[tuple[str, set[str]]]()

    def spy(query: Any, *, exclude: Any) -> Any:
        context = retrieve(query, exclude=exclude)
        seen.append((unnamed(query.text), {unnamed(hit.item.task.text) for hit in context.precedents}))  # type: ignore[union-attr]
        return context

    monkeypatch.setattr(services.retriever, "context", spy)
    found = parts.memory(services)
    services.close()
    assert len(seen) == len(runs())
    assert len(found.train) == 3 * len(runs())
    assert any(precedents for _, precedents in seen)
    assert not any(wording in precedents for wording, precedents in seen)


def test_what_cannot_be_learned_from_is_counted(own: Path) -> None:
    from dataclasses import replace

    from knowledge.types import Outcome

    services = opened(Settings(data_dir=own))
    one, other, *_ = services.record.memory.list("default")
    vector = services.embedder.embed(["x"])[0]
    services.record.memory.write(replace(one, id="failed", outcome=Outcome(status="failed")), vector, "default")
    services.record.memory.write(replace(other, id="open", ending="open"), vector, "default")
    found = parts.memory(services)
    services.close()
    assert found.left_out["a run that ended failed"] == 1
    assert found.left_out["a run without an ending, or of actions that are no longer so"] == 1
