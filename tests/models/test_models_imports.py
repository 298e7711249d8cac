"""The room `models` trains on a bare GPU machine: without databases, servers and search engines."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import models

MODULES = sorted(f"models.{path.stem}" for path in Path(models.__file__).parent.glob("[!_]*.py"))
FOREIGN = (
    "chromadb",
    "sqlalchemy",
    "alembic",
    "fastapi",
    "tantivy",
    "langchain_core",
    "nicegui",
    "sentence_transformers",
)


def loaded_by(*names: str) -> set[str]:
    code = f"import sys, json, {', '.join(names)}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return set(json.loads(done.stdout))


def test_no_module_of_models_needs_the_other_rooms() -> None:
    loaded = loaded_by("models", *MODULES)
    assert set(MODULES) <= loaded
    assert not loaded & set(FOREIGN)
    assert not loaded & {"planner", "retrieval", "api"}


@pytest.mark.parametrize("light", ["models.lam", "models.layout", "models.annotate"])
def test_what_the_planner_and_the_command_line_import_is_light(light: str) -> None:
    assert not loaded_by(light) & {"torch", "transformers", "peft", "dateparser", *FOREIGN}
