"""What an operation works with: the records inside one transaction, and who asked."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Request

from examples.helpdesk.database import Database
from examples.helpdesk.errors import Problem
from examples.helpdesk.faults import Faults


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a request brings besides its arguments."""

    database: Database
    faults: Faults
    on_behalf_of: str | None
    idempotency_key: str | None


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The records, inside the transaction of one request."""

    connection: sqlite3.Connection
    on_behalf_of: str | None

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return found

    def number(self, sql: str, *values: object) -> int:
        return int(self.connection.execute(sql, values).fetchone()[0])

    def change(self, sql: str, *values: object) -> bool:
        """Whether any row changed."""
        return self.connection.execute(sql, values).rowcount > 0

    @property
    def today(self) -> date:
        setting = self.row("SELECT value FROM settings WHERE name = 'today'")
        return date.fromisoformat(setting["value"]) if setting and setting["value"] else date.today()

    @property
    def requester(self) -> sqlite3.Row:
        """The account on whose behalf this is done; rules that ask for it fail without."""
        account = self.row("SELECT * FROM accounts WHERE username = ?", self.on_behalf_of)
        if account is None:
            raise Problem("requester_unknown")
        return account

    def asked_by(self, default: str) -> str:
        """The requester's username, or the default if nobody is named."""
        return str(self.requester["username"]) if self.on_behalf_of else default

    def find(self, table: str, key: str, value: str) -> sqlite3.Row:
        """The record with this key, or `not_found`."""
        record = self.row(f'SELECT * FROM "{table}" WHERE "{key}" = ?', value)
        if record is None:
            raise Problem("not_found", f"There is no {_SPOKEN[table]} {value!r}.")
        return record

    def account(self, username: str) -> sqlite3.Row:
        return self.find("accounts", "username", username)


_SPOKEN = {
    "accounts": "account with the username",
    "groups": "group with the id",
    "access_requests": "access request",
    "devices": "device with the asset tag",
    "licences": "licence product with the id",
    "mailboxes": "mailbox with the address",
    "distribution_lists": "distribution list with the address",
    "tickets": "ticket",
}


async def _visit(request: Request) -> Visit:
    return Visit(
        database=request.app.state.database,
        faults=request.app.state.faults,
        on_behalf_of=request.headers.get("x-on-behalf-of"),
        idempotency_key=request.headers.get("idempotency-key") if request.app.state.heeds_keys else None,
    )


# A handler declares `desk: OpenDesk`; `operation` turns the visit into a desk with an open transaction.
OpenDesk = Annotated[Desk, Depends(_visit)]
