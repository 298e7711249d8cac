"""The repository as files: what is tracked, or would be."""

import os
import shutil
import subprocess
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "planner", "retrieval", "models", "knowledge")


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
    found: list[str] = []
    for at, inner, names in os.walk(ROOT):
        folder = Path(at).relative_to(ROOT)
        inner[:] = [name for name in inner if not ignored(folder / name)]
        found += [(folder / name).as_posix() for name in names if not ignored(folder / name)]
    return found


def ignored(path: Path) -> bool:
    """Patterns of `.gitignore` stand for a name anywhere, or, with a slash before them, at the root."""
    patterns = [".git", *read(".gitignore").split()]
    return any(fnmatch(f"/{path.as_posix()}" if p.startswith("/") else path.name, p.rstrip("/")) for p in patterns)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
