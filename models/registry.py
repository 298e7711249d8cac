"""App adapters at rest: versions beside each other, and a pointer that says which one is in use.

    ROOT/TENANT/APP/v1/           adapter, heads, card: never changed once they are there
    ROOT/TENANT/APP/promoted.json which versions were promoted, the one in use last

Versions and the pointer are written beside their place and moved there whole, so that a reader in another process sees
the old state or the new one. What one tenant's runs taught is that tenant's alone.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from knowledge.errors import BadConfiguration, NotFound
from models.adapter import read_card

FORMAT = 1
POINTER, WORK = "promoted.json", "training"
_VERSION = re.compile(r"v([1-9]\d*)")


@dataclass(frozen=True, kw_only=True)
class Version:
    """`card` is empty, and `damage` says why, when it cannot be read."""

    app: str
    number: int
    folder: Path
    in_use: bool
    card: dict[str, Any]
    damage: str = ""


class Registry:
    """One tenant's app adapters under `root`. Nothing is read before it is asked for."""

    def __init__(self, root: Path, *, tenant: str = "default") -> None:
        self._root = root / _as_name(tenant)

    def apps(self) -> list[str]:
        """Those that have a version, promoted or not."""
        if not self._root.is_dir():
            return []
        return sorted(unquote(each.name) for each in self._root.iterdir() if _numbers(each))

    def begun(self) -> list[str]:
        """Those of which a training was begun that did not end."""
        return sorted(unquote(each.parent.name) for each in self._root.glob(f"*/{WORK}") if any(each.iterdir()))

    def versions(self, app: str) -> list[Version]:
        """Oldest first."""
        return [self._version(app, number) for number in _numbers(self._folder(app))]

    def version(self, app: str, number: int) -> Version:
        """Raises NotFound."""
        if number not in _numbers(self._folder(app)):
            raise NotFound(f"There is no version {number} of an adapter for {app}.", remedy=_LIST)
        return self._version(app, number)

    def in_use(self, app: str) -> Version | None:
        """The promoted version; None: the general adapter does it."""
        promoted = self._promoted(app)
        return self._version(app, promoted[-1]) if promoted else None

    def work(self, app: str) -> Path:
        """Folder for a training under way: its checkpoint is found there again."""
        folder = self._folder(app) / WORK
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add(self, app: str, write: Callable[[Path], None]) -> Version:
        """A new version, which `write` fills; it is not in use before it is promoted."""
        home = self._folder(app)
        home.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
        try:
            write(new)
            number = self._placed(new, home)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        return self._version(app, number)

    @staticmethod
    def _placed(new: Path, home: Path) -> int:
        """Under the next free number, also when another process takes one meanwhile."""
        new.chmod(0o755)
        while True:
            number = max(_numbers(home), default=0) + 1
            try:
                new.rename(home / f"v{number}")
            except OSError:
                if not (home / f"v{number}").exists():
                    raise
                continue
            return number

    def promote(self, app: str, number: int) -> Version:
        """Take a version into use. Raises NotFound, and BadConfiguration for one whose card cannot be read."""
        version = self.version(app, number)
        if version.damage:
            raise BadConfiguration(version.damage, remedy="Promote another version, or train again.")
        self._point(app, [*self._promoted(app), number])
        return self._version(app, number)

    def roll_back(self, app: str) -> Version | None:
        """Back to what was in use before; None: to the general adapter. Raises NotFound if none is in use."""
        promoted = self._promoted(app)
        if not promoted:
            raise NotFound(f"No adapter of {app} is in use.", remedy=_LIST)
        self._point(app, promoted[:-1])
        return self.in_use(app)

    def drop(self, app: str, numbers: Collection[int]) -> None:
        """Versions with all that is in them, and what a training left under way. In use is then the last one before
        them that stays, or the general adapter."""
        promoted = self._promoted(app)
        if kept := [number for number in promoted if number not in numbers]:
            self._point(app, kept)
        else:
            (self._folder(app) / POINTER).unlink(missing_ok=True)
        for left in (WORK, *(f"v{number}" for number in numbers)):
            if (folder := self._folder(app) / left).is_dir():
                shutil.rmtree(folder)

    # ---- on disk

    def _folder(self, app: str) -> Path:
        return self._root / _as_name(app)

    def _version(self, app: str, number: int) -> Version:
        folder, promoted = self._folder(app) / f"v{number}", self._promoted(app)
        in_use = bool(promoted) and promoted[-1] == number
        try:
            return Version(app=app, number=number, folder=folder, in_use=in_use, card=read_card(folder))
        except BadConfiguration as error:
            return Version(app=app, number=number, folder=folder, in_use=in_use, card={}, damage=error.message)

    def _promoted(self, app: str) -> list[int]:
        path = self._folder(app) / POINTER
        try:
            data = json.loads(path.read_text())
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']}, this version reads {FORMAT}")
            return [int(number) for number in data["promoted"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadConfiguration(
                f"{path} cannot be read: {error}.",
                remedy=f"Delete it, then take a version into use with `lamp adapters promote {app} NUMBER`.",
            ) from error

    def _point(self, app: str, promoted: list[int]) -> None:
        home = self._folder(app)
        with tempfile.NamedTemporaryFile("w", dir=home, prefix=".new-", delete=False, encoding="utf-8") as file:
            json.dump({"format": FORMAT, "promoted": promoted}, file)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).chmod(0o644)
        Path(file.name).replace(home / POINTER)


_LIST = "`lamp adapters list` shows what there is."


def _as_name(text: str) -> str:
    """One folder's name for any tenant or app; no dot at its start, no slash."""
    return re.sub(r"^\.", "%2E", quote(text, safe=" "))


def _numbers(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    found = (_VERSION.fullmatch(each.name) for each in folder.iterdir() if each.is_dir())
    return sorted(int(match[1]) for match in found if match)
