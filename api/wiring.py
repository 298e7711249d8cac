"""The composition root: the only place that names concrete classes. Each part is made when first asked for."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from api.secrets import Secrets
from api.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import FileLock

    from api.app_adapters import AppAdapters
    from knowledge.ingest import Embedder
    from knowledge.keys import Role
    from knowledge.record import Record
    from knowledge.redaction import Redactor
    from models.lam import LAM
    from planner.budgets import Budgets, Caution
    from planner.call import Executor
    from planner.loop import Runner
    from planner.policy import FilePolicy
    from planner.seams import Interpreter, Opposites, Segmenter
    from planner.undo import Undoer
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
    def redactor(self) -> Redactor:
        """Of the secrets that this process has learnt. Raises BadConfiguration."""
        from knowledge.redaction import Redactor

        return Redactor(self.settings.redact, secrets=self.secrets.known)

    def redactor_for(self, tenant: str) -> Redactor:
        """One that knows the secrets of all applications of the tenant."""
        for application in self.record.catalogue.applications(tenant):
            self.secrets.learn(application.secret_name, tenant)
        return self.redactor

    @cached_property
    def embedder(self) -> Embedder:
        with self._making:
            if self._embedder is not None:
                return self._embedder
            from retrieval.embed import MiniLMEmbedder

            return MiniLMEmbedder()

    @cached_property
    def requests(self) -> Embedder:
        """Embeds requests, as all of memory is embedded by then; one from elsewhere embeds them, too."""
        with self._making:
            from retrieval.embed import REQUESTS, MiniLMEmbedder

            embedder, memory = self._embedder or MiniLMEmbedder(adapter=REQUESTS), self.record.memory
            if not memory.embedded_by(embedder.embed):  # kept by a version that had another encoder
                memory.embed_anew(embedder.embed)
            return embedder

    @cached_property
    def retriever(self) -> Retriever:
        with self._making:
            from retrieval.search import Retriever

            return Retriever(self.record, self.embedder, requests=self.requests, index_dir=self._own_index())

    @cached_property
    def lam(self) -> LAM:
        with self._making:
            if self._lam is not None:
                return self._lam
            from models.pointer import PointerLAM

            return PointerLAM.load(self.settings.adapter)

    @cached_property
    def segmenter(self) -> Segmenter:
        """A model from elsewhere is shown requests as they are."""
        with self._making:
            if self._lam is not None:
                from planner.seams import Undivided

                return Undivided()
            from models import segmenter
            from models.pointer import PointerLAM

            lam = self.lam
            return segmenter.Segmenter.load(sharing=lam.network if isinstance(lam, PointerLAM) else None)

    @cached_property
    def interpreter(self) -> Interpreter:
        """A model from elsewhere takes what it is told for an order."""
        with self._making:
            if self._lam is not None:
                from planner.seams import TakesOrders

                return TakesOrders()
            from models import dialogue_act
            from models.pointer import PointerLAM

            lam = self.lam
            return dialogue_act.DialogueActs.load(sharing=lam.network if isinstance(lam, PointerLAM) else None)

    @cached_property
    def opposites(self) -> Opposites:
        """A model from elsewhere has to tell them apart itself."""
        with self._making:
            if self._lam is not None:
                from planner.seams import NoOpposites

                return NoOpposites()
            from models import opposites
            from models.pointer import PointerLAM

            lam = self.lam
            return opposites.Opposites.load(sharing=lam.network if isinstance(lam, PointerLAM) else None)

    @cached_property
    def app_adapters(self) -> AppAdapters:
        with self._making:
            from api.app_adapters import AppAdapters

            return AppAdapters(self.settings.data_dir, general=lambda: self.lam)

    def _lam_of(self, tenant: str) -> LAM:
        """With the tenant's own adapters; a model from elsewhere does everything itself."""
        return self.lam if self._lam is not None else self.app_adapters.lam(tenant)

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

    @property
    def alone(self) -> bool:
        """Whether no other process works with the indexes of this data folder."""
        self.retriever  # noqa: B018
        return self._index_lock is not None

    def policy(self, *, counting: bool = True, role: Role | None = None) -> FilePolicy:
        """By the policy file as it is now. Raises BadPolicy.

        Without `counting` its decisions count for no rate. `role` is that of whoever asks; None: as the file says.
        """
        from planner.attempts import CountOnly
        from planner.policy import FilePolicy
        from planner.policy_file import default_rules, read_policy

        path, attempts = self.settings.policy, self.record.attempts
        rules = read_policy(path) if path else default_rules()
        rules = replace(rules, dry_run=self.settings.dry_run or rules.dry_run)
        counted = counting and not rules.dry_run
        given = None if role is None else lambda _requester: role
        return FilePolicy(rules, attempts=attempts if counted else CountOnly(attempts=attempts), role_of=given)

    def runner(self, tenant: str | None = None, *, role: Role | None = None) -> Runner:
        """A runner over the applications known now to the tenant; None: that of the settings. `role` as in `policy`."""
        from planner.loop import Runner

        tenant, policy = self.settings.tenant if tenant is None else tenant, self.policy(role=role)
        redactor = self.redactor_for(tenant)
        self.retriever.refresh(tenant)
        return Runner(
            lam=self._lam_of(tenant),
            retriever=self.retriever,
            record=self.record,
            requests=self.requests,
            executor=self._executor(tenant),
            segmenter=self.segmenter,
            interpreter=self.interpreter,
            opposites=self.opposites,
            policy=policy,
            budgets=self._budgets(),
            caution=self._caution,
            redactor=redactor,
            dry_run=policy.rules.dry_run,
        )

    def undoer(self, tenant: str | None = None, *, role: Role | None = None) -> Undoer:
        """What takes runs back; it needs no model. `tenant` and `role` as in `runner`."""
        from planner.undo import Undoer

        tenant = self.settings.tenant if tenant is None else tenant
        policy = self.policy(role=role)
        return Undoer(
            record=self.record,
            executor=self._executor(tenant),
            policy=policy,
            budgets=self._budgets(),
            dry_run=policy.rules.dry_run,
        )

    def _executor(self, tenant: str) -> Executor:
        from planner.discretion import DiscreetExecutor
        from planner.execute import HttpExecutor

        applications, secrets = self.record.catalogue.applications(tenant), self.secrets.of(tenant)
        executor = HttpExecutor(applications, secrets, approvals=self.record.approvals)
        return DiscreetExecutor(executor=executor, redactor=self.redactor_for(tenant))

    def _budgets(self) -> Budgets:
        from planner.budgets import Budgets

        settings = self.settings
        return Budgets(steps=settings.max_steps, seconds=settings.max_seconds, approval_s=settings.approval_ttl_s)

    @cached_property
    def _caution(self) -> Caution:
        """As sure as the adapter's calibration says; a model from elsewhere is held to the defaults."""
        from models import adapter
        from planner.budgets import LEAST_ACT, Caution

        if self._lam is not None:
            return Caution()
        card = adapter.read_card(self.settings.adapter or adapter.DEFAULT)
        return Caution(act=max(LEAST_ACT, float(card.get("calibration", {}).get("act", Caution.act))))

    def warm(self) -> None:
        """Load the models and indexes now, so that the first run does not wait for them. Raises BadPolicy."""
        self.policy()
        self.redactor  # noqa: B018
        self.lam  # noqa: B018
        if self._lam is None:
            self.app_adapters.warm(self.settings.tenant)
        self.embedder.embed(["warm"])
        self.requests.embed(["warm"])
        self.segmenter.segments("Warm up, and be quick.")
        self.interpreter.act("Warm up.")
        self.opposites  # noqa: B018
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
