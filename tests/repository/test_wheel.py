"""The wheel, built and installed as a user would, beside nothing of the repository."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from repository import ROOMS, ROOT, files

ELSEWHERE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # it may be the repository
USE = """
import importlib, sys
from pathlib import Path
rooms, folder = sys.argv[1].split(","), Path(sys.argv[2])
for room in rooms:
    place = Path(importlib.import_module(room).__file__)
    assert place.is_relative_to(sys.prefix), place
from knowledge.record import Record
Record.open(f"sqlite:///{folder / 'record.db'}").close()
from models.adapter import DEFAULT, read_card
assert read_card(DEFAULT)["base"], DEFAULT
from api.ui import mount
print("used")
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=ELSEWHERE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("lamplighter-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment that has the wheel, and sees the dependencies but not the repository."""
    home = tmp_path_factory.mktemp("venv") / "clean"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=home)
    (packages,) = home.glob("lib/python*/site-packages")
    # Lines of a .pth file add a folder, but not what the .pth files in that folder add: the editable install.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_wheel_has_every_file_of_the_rooms_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {path for path in files() if path.split("/")[0] in ROOMS}


@pytest.mark.parametrize(
    "path",
    [
        "knowledge/migrations/env.py",
        "knowledge/migrations/versions/v0001_first.py",
        "api/static/ui.css",
        "models/adapters/default/card.json",
        "models/adapters/default/adapter_config.json",
        "models/adapters/default/adapter_model.safetensors",
        "models/adapters/default/heads.safetensors",
    ],
)
def test_the_wheel_has_what_is_no_module_too(wheel: Path, path: str) -> None:
    assert path in zipfile.ZipFile(wheel).namelist()


def test_an_installed_wheel_works(installed: Path, tmp_path: Path) -> None:
    assert "used" in run(installed, "-c", USE, ",".join(ROOMS), tmp_path, cwd=tmp_path)


def test_an_installed_lamp_tells_what_it_can(installed: Path, tmp_path: Path) -> None:
    assert "Usage: lamp" in run(installed.with_name("lamp"), "--help", cwd=tmp_path)
    for command in (["run", "--once"], ["eval", "helpdesk", "--limit", "1"]):
        assert "not part of this installation" in _refused(installed.with_name("lamp"), *command, cwd=tmp_path)


def _refused(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=ELSEWHERE)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())
