"""Attempts at calls, as rates count them: they outlast the process."""

from datetime import datetime

from sqlalchemy import delete, func, select

from knowledge.store import Database
from knowledge.tables import AttemptRow


class AttemptStore:
    """An attempt is written down before it is counted: so of several at the same moment each knows its place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, *, tenant: str, requester: str, action: str, at: datetime) -> int:
        """Its number; later ones have higher numbers."""
        row = AttemptRow(tenant=tenant, requester=requester, action=action, at=at.timestamp())
        with self._database.writing() as session:
            session.add(row)
            session.flush()
            return row.number

    def withdraw(self, number: int, *, tenant: str) -> None:
        with self._database.writing() as session:
            session.execute(delete(AttemptRow).where(AttemptRow.number == number, AttemptRow.tenant == tenant))

    def count(self, *, tenant: str, requester: str, action: str, since: datetime, before: int | None = None) -> int:
        """Attempts after `since`; with `before`, only those of a lower number."""
        query = select(func.count()).where(
            AttemptRow.tenant == tenant,
            AttemptRow.requester == requester,
            AttemptRow.action == action,
            AttemptRow.at > since.timestamp(),
        )
        if before is not None:
            query = query.where(AttemptRow.number < before)
        with self._database.reading() as session:
            return session.scalar(query) or 0
