"""What a person confirmed to undo an action, though the application's document does not say so; at rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from knowledge.errors import NotFound
from knowledge.store import Database, bump
from knowledge.tables import CompensationRow
from knowledge.types import ActionSpec, Compensation


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """`undone_by` undoes `action`, as runs showed: `evidence` are their ids. `arguments` as in Compensation."""

    action: str
    undone_by: str
    arguments: Mapping[str, str]
    evidence: tuple[str, ...]
    confirmed_by: str
    confirmed_at: datetime


Confirmations: TypeAlias = list[Confirmed]


class CompensationStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def confirm(self, pair: Confirmed, tenant: str = "default") -> None:
        """Replaces what was confirmed of the same two actions before."""
        row = CompensationRow(
            tenant=tenant,
            action=pair.action,
            undone_by=pair.undone_by,
            arguments=dict(pair.arguments),
            evidence=list(pair.evidence),
            confirmed_by=pair.confirmed_by,
            confirmed_at=pair.confirmed_at.timestamp(),
        )
        with self._database.writing() as session:
            session.merge(row)
            bump(session, "action", tenant)

    def list(self, tenant: str = "default") -> Confirmations:
        with self._database.reading() as session:
            return [_confirmed(row) for row in _rows(session, tenant)]

    def remove(self, action: str, undone_by: str, tenant: str = "default") -> None:
        """Raises NotFound."""
        gone = (
            delete(CompensationRow)
            .filter_by(tenant=tenant, action=action, undone_by=undone_by)
            .returning(CompensationRow.action)
        )
        with self._database.writing() as session:
            if not session.execute(gone).all():
                raise NotFound(f"Nobody confirmed that {undone_by} undoes {action}.")
            bump(session, "action", tenant)


def with_confirmed(session: Session, specs: Sequence[ActionSpec], tenant: str) -> list[ActionSpec]:
    """The actions, with what people confirmed to undo them behind what their documents say."""
    ways: dict[str, list[Compensation]] = {}
    for row in _rows(session, tenant):
        way = Compensation(action=row.undone_by, arguments=row.arguments, confirmed_by=row.confirmed_by)
        ways.setdefault(row.action, []).append(way)
    if not ways:
        return list(specs)
    return [replace(spec, undone_by=(*spec.undone_by, *ways.get(spec.id, ()))) for spec in specs]


def _rows(session: Session, tenant: str) -> Sequence[CompensationRow]:
    query = select(CompensationRow).filter_by(tenant=tenant)
    return session.scalars(query.order_by(CompensationRow.action, CompensationRow.undone_by)).all()


def _confirmed(row: CompensationRow) -> Confirmed:
    return Confirmed(
        action=row.action,
        undone_by=row.undone_by,
        arguments=row.arguments,
        evidence=tuple(row.evidence),
        confirmed_by=row.confirmed_by,
        confirmed_at=datetime.fromtimestamp(row.confirmed_at, UTC),
    )
