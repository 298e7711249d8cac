"""The composition root: the only place that names concrete classes. Each part is made when first asked for."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

from api.secrets import Secrets
from api.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import FileLock

    from knowledge.ingest import Embedder
    from knowledge.record import Record
    from models.lam import LAM
    from planner.loop import Runner
    from retrieval.search import Retriever


class Services:
    """What the surfaces work with. Safe to use from several threads; close it when done."""

    def __init__(self, settings: Settings, *, lam: LAM | None = None, embedder: Embedder | None = None) -> None:
        self.settings = settings
        self.secrets = Secrets(settings)
        self._lam, self._embedder = lam, embedder
        self._making = threading.RLock()
        self._index_lock: FileLock | None = None

    @cached_property
    def record(self) -> Record:
        with self._making:
            from knowledge.record import Record

            self.settings.data_dir.mkdir(parents=True, exist_ok=True)
            return Record.open(self.settings.database)

    @cached_property
    def embedder(self) -> Embedder:
        with self._making:
            if self._embedder is not None:
                return self._embedder
            from retrieval.embed import MiniLMEmbedder

            return MiniLMEmbedder()

    @cached_property
    def retriever(self) -> Retriever:
        with self._making:
            from retrieval.search import Retriever

            return Retriever(self.record, self.embedder, index_dir=self._own_index())

    @cached_property
    def lam(self) -> LAM:
        with self._making:
            if self._lam is not None:
                return self._lam
            from models.pointer import PointerLAM

            return PointerLAM.load(self.settings.adapter)

    def _own_index(self) -> Path | None:
        """Chroma is for one process at a time; who comes second searches exactly, without it."""
        from filelock import FileLock, Timeout

        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.settings.data_dir / "index.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        self._index_lock = lock
        return self.settings.index_dir

    def runner(self, tenant: str | None = None) -> Runner:
        """A runner over the applications known now to the tenant; None: that of the settings."""
        from planner.budgets import Budgets
        from planner.execute import HttpExecutor
        from planner.loop import Runner

        tenant = self.settings.tenant if tenant is None else tenant
        self.retriever.refresh(tenant)
        return Runner(
            lam=self.lam,
            retriever=self.retriever,
            record=self.record,
            embedder=self.embedder,
            executor=HttpExecutor(self.record.catalogue.applications(tenant), self.secrets.of(tenant)),
            budgets=Budgets(steps=self.settings.max_steps, seconds=self.settings.max_seconds),
        )

    def warm(self) -> None:
        """Load the models and indexes now, so that the first run does not wait for them."""
        self.lam  # noqa: B018
        self.embedder.embed(["warm"])
        self.retriever.refresh(self.settings.tenant)

    def close(self) -> None:
        if "retriever" in self.__dict__:
            self.retriever.close()
        if self._index_lock is not None:
            self._index_lock.release()
        if "record" in self.__dict__:
            self.record.close()


def build(settings: Settings, *, lam: LAM | None = None, embedder: Embedder | None = None) -> Services:
    return Services(settings, lam=lam, embedder=embedder)
