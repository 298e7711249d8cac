"""The repository as files: what is tracked, or would be."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "planner", "retrieval", "models", "knowledge")
NEVER = {".venv", ".git", "__pycache__", "data", "runs", "dist", "build"}


@cache
def files() -> tuple[str, ...]:
    """Paths from the root, with slashes: what git tracks or would add; in an unpacked archive, everything."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = listed.stdout.split("\0") if listed.returncode == 0 else _walked()
    return tuple(sorted(path for path in found if path and (ROOT / path).is_file()))


def _walked() -> list[str]:
    every = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path.as_posix() for path in every if not NEVER & {*path.parts}]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
