"""What a long job has done so far, one JSON line each, so that a killed one goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from knowledge.errors import BadConfiguration


class Ledger:
    """Results by key. What was kept for another job, told by its `identity`, is put aside and not used."""

    def __init__(self, path: Path, *, identity: str) -> None:
        self._path = path
        self._found: dict[str, Any] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = list(_lines(path))
        if not lines or lines[0].get("identity") != identity:
            if lines:
                path.replace(path.with_name(f"{path.name}.old"))
            self._write({"identity": identity})
        else:
            self._found = {line["key"]: line["value"] for line in lines[1:]}
            self._mend()

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def get(self, key: str) -> Any:
        return self._found[key]

    def put(self, key: str, value: Any) -> None:
        self._write({"key": key, "value": value})
        self._found[key] = value

    def _write(self, line: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _mend(self) -> None:
        """A line that was being written when the process died must not swallow the next one."""
        text = self._path.read_text(encoding="utf-8")
        if not text.endswith("\n"):
            self._path.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")


def _lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of the file, up to the first damaged one."""
    found: list[dict[str, Any]] = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(dict(json.loads(line)))
            except ValueError:
                break
    return found


def values(path: Path) -> list[Any]:
    """All results in a ledger's file, whatever job it was kept for. Raises BadConfiguration when it is none."""
    lines = _lines(path)
    if not lines or "identity" not in lines[0]:
        raise BadConfiguration(
            f"{path} holds no tries.", remedy="Give the tries.jsonl in the folder that `lamp train phase3` wrote."
        )
    return [line["value"] for line in lines[1:]]
