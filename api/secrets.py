"""Connector secrets: from the settings (environment), or a file each, for its owner only, in the data folder."""

import os
import re
from pathlib import Path

from api.settings import Settings
from knowledge.errors import BadConfiguration

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Secrets:
    def __init__(self, settings: Settings) -> None:
        self._given = settings.secrets
        self._folder = settings.data_dir / "secrets"

    def __call__(self, name: str) -> str:
        """Raises BadConfiguration if there is no secret of this name."""
        if name in self._given:
            return self._given[name].get_secret_value()
        if (file := self._file(name)).is_file():
            return file.read_text(encoding="utf-8").strip()
        raise BadConfiguration(f"There is no secret {name!r}.", remedy=f"Give it: lamp apps secret {name}.")

    def has(self, name: str) -> bool:
        return name in self._given or self._file(name).is_file()

    def put(self, name: str, value: str) -> None:
        file = self._file(name)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = file.with_name(f".{file.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(value)
        fresh.replace(file)

    def _file(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise BadConfiguration(f"{name!r} is not a name for a secret.", remedy="Use letters, digits, _ . and -.")
        return self._folder / name
