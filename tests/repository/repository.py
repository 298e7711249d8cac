"""The repository as files: what is tracked, or would be."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "planner", "retrieval", "models", "knowledge")
NEVER_AT_ROOT = {"data", "runs"}
NEVER = {
    *(".git", ".venv", ".env", "__pycache__", "dist", "build", ".coverage", "checkpoint.pt", "checkpoint.new"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"),
}


@cache
def files() -> tuple[str, ...]:
    """Paths from the root, with slashes: what git tracks or would add; in an unpacked archive, or without git, all."""
    found = tracked() if shutil.which("git") else None
    return tuple(sorted(path for path in found or walked() if path and (ROOT / path).is_file()))


def tracked() -> list[str] | None:
    """None if this is no clone."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return listed.stdout.split("\0") if listed.returncode == 0 else None


def walked() -> list[str]:
    """All that is there, but for what `.gitignore` names."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        at_root = Path(folder) == ROOT
        inner[:] = [name for name in inner if name not in NEVER and not (at_root and name in NEVER_AT_ROOT)]
        kept = (name for name in names if name not in NEVER and not name.endswith(".pyc"))
        found += [(Path(folder) / name).relative_to(ROOT).as_posix() for name in kept]
    return found


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
