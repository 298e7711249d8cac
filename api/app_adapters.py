"""The promoted app adapters, loaded when first needed; one that cannot be loaded is told of, and done without."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import UserError

if TYPE_CHECKING:
    from models.lam import LAM
    from models.pointer import PointerLAM
    from models.registry import Registry

FOLDER = "adapters"
LOADED = 8  # models kept in memory; the one unused longest goes first


class AppAdapters:
    """Thread-safe. `general` is loaded no sooner than an app's own model is."""

    def __init__(self, data_dir: Path, *, general: Callable[[], LAM], most: int = LOADED) -> None:
        self._root, self._general, self._most = data_dir / FOLDER, general, most
        self._loaded: OrderedDict[Path, PointerLAM | None] = OrderedDict()
        self._lock = threading.Lock()

    def registry(self, tenant: str) -> Registry:
        from models.registry import Registry

        return Registry(self._root, tenant=tenant)

    def lam(self, tenant: str) -> LAM:
        """The general model, or one that leaves each app's decisions to its adapter as it is in use now.

        What is promoted or rolled back later counts for the next call: a run keeps the adapters it began with.
        """
        folders = self._in_use(tenant)
        if not folders:
            return self._general()
        from models.per_app import PerAppLAM

        def of(app: str) -> LAM | None:
            return self._of(folders[app], app) if app in folders else None

        return PerAppLAM(general=self._general(), of=of)

    def warm(self, tenant: str) -> None:
        """Load what is in use now, so that the first run does not wait for it."""
        for app, folder in list(self._in_use(tenant).items())[: self._most]:
            self._of(folder, app)

    def let_go(self, folders: Iterable[Path]) -> None:
        """Versions that are no more: a later one may get their number."""
        with self._lock:
            for folder in folders:
                self._loaded.pop(folder, None)

    def _in_use(self, tenant: str) -> dict[str, Path]:
        registry, found = self.registry(tenant), dict[str, Path]()
        for app in registry.apps():
            try:
                if version := registry.in_use(app):
                    found[app] = version.folder
            except UserError as error:
                _done_without(app, error)
        return found

    def _of(self, folder: Path, app: str) -> LAM | None:
        with self._lock:
            if folder not in self._loaded:
                self._loaded[folder] = self._load(folder, app)
            self._loaded.move_to_end(folder)
            while len(self._loaded) > self._most:
                self._loaded.popitem(last=False)
            return self._loaded[folder]

    def _load(self, folder: Path, app: str) -> PointerLAM | None:
        from models.pointer import PointerLAM

        general = self._general()
        try:
            return PointerLAM.load(folder, sharing=general if isinstance(general, PointerLAM) else None)
        except UserError as error:
            _done_without(app, error)
            return None


def _done_without(app: str, error: UserError) -> None:
    import structlog

    structlog.get_logger().warning(
        f"The adapter of {app} cannot be used; the general one does its work. {error.message}",
        remedy=f"`lamp adapters rollback {app}`, or train it again.",
    )
