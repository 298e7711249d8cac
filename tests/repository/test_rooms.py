"""The rooms: one way only, light to import, and alone under their names."""

import json
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from repository import ROOMS, ROOT

HEAVY = ("torch", "transformers", "peft", "sentence_transformers", "chromadb", "tantivy", "sqlalchemy", "nicegui")
FOREIGN_TO_MODELS = ("chromadb", "sqlalchemy", "fastapi", "tantivy", "langchain_core", "sentence_transformers", "httpx")

IMPORT_ALL = """
import importlib, json, pkgutil, sys
import models
names = [each.name for each in pkgutil.walk_packages(models.__path__, "models.")]
for name in names:
    importlib.import_module(name)
print(json.dumps({"imported": names, "loaded": sorted(sys.modules)}))
"""
HELP = """
import json, sys
from typer.testing import CliRunner
import api.cli
result = CliRunner().invoke(api.cli.app, sys.argv[1:])
print(json.dumps({"exit": result.exit_code, "output": result.output, "loaded": sorted(sys.modules)}))
"""


def python(code: str, *arguments: str) -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_layers_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_models_trains_on_a_bare_gpu_machine() -> None:
    told = python(IMPORT_ALL)
    assert {"models.pointer", "models.train", "models.sgd"} <= {*told["imported"]}  # type: ignore[misc]
    assert not {*FOREIGN_TO_MODELS} & {*told["loaded"]}  # type: ignore[misc]


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["apps", "add", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    told = python(HELP, *arguments)
    assert told["exit"] == 0
    assert "Usage: " in str(told["output"])
    assert not {*HEAVY} & {*told["loaded"]}  # type: ignore[misc]


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_distribution_ships_a_rooms_name(room: str) -> None:
    assert {*packages_distributions().get(room, [])} <= {"lamplighter"}
    for folder in map(Path, sys.path):
        if "site-packages" in folder.parts:
            assert not (folder / room).exists()
            assert not (folder / f"{room}.py").exists()
