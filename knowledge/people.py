"""A person in the record: everything that speaks of them, and its removal.

A run that speaks of them goes as a whole, with its events, journal, approvals and trajectory. Where another run only
quotes them (a precedent it was shown, the name of who approved) the quotation is taken out, and the run stays.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from knowledge.names import FORGOTTEN, Names
from knowledge.store import Database, bump
from knowledge.tables import (
    ActionRow,
    ApiKeyRow,
    ApplicationRow,
    ApprovalRow,
    AttemptRow,
    CompensationRow,
    DocumentRow,
    EventRow,
    JournalRow,
    RunRow,
    TrajectoryRow,
)
from knowledge.types import JsonValue

Id = TypeVar("Id", str, int)
KNOWN_BY = ("username", "user_name", "login", "account", "full_name", "display_name", "name", "email", "mail", "upn")
QUOTED: dict[str, tuple[str, ...]] = {"retrieved": ("passages", "precedents"), "answered": ("by",)}  # event → data


@dataclass(frozen=True, kw_only=True)
class Mentions:
    """Ids by what they are of. `quoting` are runs of others; `also` names the person may be known by as well."""

    runs: frozenset[str] = frozenset()
    trajectories: frozenset[str] = frozenset()
    documents: Mapping[str, str] = field(default_factory=dict)  # id → source
    actions: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    attempts: int = 0
    quoting: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    longer: frozenset[str] = frozenset()

    @property
    def lessons(self) -> frozenset[str]:
        """Runs that a model may have learned from; their trajectories have the same ids."""
        return self.runs | self.trajectories

    @property
    def count(self) -> int:
        """Of what would go, or be changed."""
        parts = (self.runs | self.trajectories, self.keys, self.quoting)
        return sum(map(len, parts)) + self.attempts


class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, names: Names, tenant: str = "default") -> Mentions:
        with self._database.reading() as session:
            return _Search(session, names, tenant).mentions()

    def erase(self, names: Names, tenant: str = "default", *, documents: bool = False) -> Mentions:
        """In one transaction; what was found in it. Documents go only if that is said, descriptions of actions never.

        Keys that act in their name are revoked and lose the name, for a key that was made once has to be remembered.
        """
        with self._database.writing() as session:
            search = _Search(session, names, tenant)
            found = search.mentions()
            _delete_runs(session, found, tenant)
            search.take_out_quotations()
            search.take_names_from_keys()
            for numbers in _batches(search.attempts()):
                session.execute(delete(AttemptRow).where(AttemptRow.number.in_(numbers)))
            bump(session, "precedent", tenant)
            if documents and found.documents:
                for ids in _batches(found.documents):
                    session.execute(delete(DocumentRow).where(DocumentRow.id.in_(ids)))
                bump(session, "passage", tenant)
            return found


def _delete_runs(session: Session, found: Mentions, tenant: str) -> None:
    for gone in _batches(found.runs):
        for table in (EventRow, JournalRow, ApprovalRow):
            session.execute(delete(table).where(table.tenant == tenant, table.run_id.in_(gone)))
        session.execute(delete(RunRow).where(RunRow.tenant == tenant, RunRow.id.in_(gone)))
    for gone in _batches(found.runs | found.trajectories):
        session.execute(delete(TrajectoryRow).where(TrajectoryRow.tenant == tenant, TrajectoryRow.id.in_(gone)))


def _batches(ids: Iterable[Id]) -> Iterator[list[Id]]:
    """A statement takes only so many."""
    every = list(ids)
    for start in range(0, len(every), 500):
        yield every[start : start + 500]


class _Search:
    """Within one transaction and tenant."""

    def __init__(self, session: Session, names: Names, tenant: str) -> None:
        self._session, self._names, self._tenant = session, names, tenant
        self._also: set[str] = set()
        self._longer: set[str] = set()

    def mentions(self) -> Mentions:
        runs, trajectories = frozenset(self._runs()), frozenset(self._trajectories())
        documents = {row.id: row.source for row in self._all(DocumentRow) if self._in(row.source, row.title, row.text)}
        applications = {row.name for row in self._all(ApplicationRow) if self._in(row.title, row.base_url)}
        actions = {row.id for row in self._all(ActionRow) if self._in(row.spec)}
        return Mentions(
            runs=runs,
            trajectories=trajectories - runs,
            documents=documents,
            actions=frozenset(actions | applications),
            keys=frozenset(row.id for row in self._keys()),
            attempts=len(self.attempts()),
            quoting=frozenset(self._quoting()) - runs,
            also=frozenset(each for each in self._also if not self._names.inside(each)),
            longer=frozenset(self._longer),
        )

    def attempts(self) -> list[int]:
        return [row.number for row in self._all(AttemptRow) if self._in(row.requester)]

    def take_out_quotations(self) -> None:
        for row in list(self._all(EventRow)):
            if self._names.inside(row.body):
                row.body = cast(dict[str, JsonValue], _unquoted(row.body, self._names))
        for approval in list(self._all(ApprovalRow)):
            if self._names.inside(approval.by):
                approval.by = FORGOTTEN
        for pair in list(self._all(CompensationRow)):
            if self._names.inside(pair.confirmed_by):
                pair.confirmed_by = FORGOTTEN
        self._session.flush()

    def take_names_from_keys(self) -> None:
        for row in self._keys():
            gone = update(ApiKeyRow).where(ApiKeyRow.id == row.id, ApiKeyRow.tenant == self._tenant)
            revoked = row.revoked_at or time.time()
            values = {"name": FORGOTTEN, "requester": FORGOTTEN if row.requester else "", "revoked_at": revoked}
            self._session.execute(gone.values(**values))

    def _runs(self) -> Iterator[str]:
        """Ids of those that speak of the person, and not only in a quotation."""
        for run in self._all(RunRow):
            if self._in(*_said(run)):
                yield run.id
        for event in self._all(EventRow):
            if self._in(_unquoted(event.body, None)):
                yield event.run_id
        for intent in self._all(JournalRow):
            if self._in(*_said(intent)):
                yield intent.run_id
        for approval in self._all(ApprovalRow):
            if self._in(*_said(approval, but="by")):
                yield approval.run_id

    def _trajectories(self) -> Iterator[str]:
        for row in self._all(TrajectoryRow):
            if self._in(row.body):
                yield row.id

    def _quoting(self) -> Iterator[str]:
        for event in self._all(EventRow):
            if self._names.inside(event.body):
                yield event.run_id
        for approval in self._all(ApprovalRow):
            if self._names.inside(approval.by):
                yield approval.run_id
        for pair in self._all(CompensationRow):
            if self._names.inside(pair.confirmed_by):
                yield f"what undoes {pair.action}"

    def _keys(self) -> list[Any]:
        return [row for row in self._all(ApiKeyRow) if self._in(row.name, row.requester)]

    def _all(self, table: Any) -> Iterator[Any]:
        own = select(table).where(table.tenant == self._tenant)
        return iter(self._session.scalars(own.execution_options(yield_per=200)))

    def _in(self, *values: JsonValue) -> bool:
        found = False
        for value in values:
            self._longer |= self._names.longer(value)
            if self._names.inside(value):
                found = True
                self._also |= set(_beside(value, self._names))
        return found


def _said(row: Any, *, but: str = "") -> list[JsonValue]:
    """What its columns hold, those that a later version of the table has too; not whose row it is."""
    return [getattr(row, each.name) for each in row.__table__.columns if each.name not in ("tenant", but)]


def _unquoted(event: dict[str, JsonValue], names: Names | None) -> JsonValue:
    """Without what it quotes; with `names` only these are taken out of it."""
    data, quoted = event.get("data"), QUOTED.get(str(event.get("kind")), ())
    if not isinstance(data, dict):
        return event
    changed: dict[str, JsonValue] = {
        key: each if key not in quoted else names.scrubbed(each) if names else None for key, each in data.items()
    }
    return {**event, "data": changed}


def _beside(value: JsonValue, names: Names) -> Iterator[str]:
    """Other names in the same row of a result, as an account's full name beside its login."""
    if isinstance(value, list):
        for each in value:
            yield from _beside(each, names)
    if not isinstance(value, dict):
        return
    own = {key: each for key, each in value.items() if key.lower() in KNOWN_BY and isinstance(each, str) and each}
    if any(names.inside(each) for each in own.values()):
        yield from (str(each) for each in own.values())
    for each in value.values():
        yield from _beside(each, names)
