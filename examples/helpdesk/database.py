"""The SQLite file behind the service: transactions, reset to the seeded state, snapshot, and patches for tests."""

import functools
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from examples.helpdesk import seed as seeding
from examples.helpdesk.errors import Problem
from examples.helpdesk.schema import BOOKKEEPING, BOOLEANS, RECORDS, SCHEMA, Row, Value, Values

_LOCK_WAIT_S = 10.0


class Patch(BaseModel):
    """Values for the rows with this key, inserted if there are none; without values the rows are deleted."""

    table: str
    key: dict[str, Value]
    values: dict[str, Value] | None


class Database:
    """One file, one short-lived connection a transaction; safe to use from many threads."""

    def __init__(self, path: Path, *, seed: int = 7, today: date | None = None) -> None:
        self._path = path
        self._seed = seed
        self._today = today
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)
            empty = connection.execute("SELECT count(*) FROM accounts").fetchone()[0] == 0
        if empty:
            self.reset()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_LOCK_WAIT_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = OFF")  # practice data need not survive a power cut
        return connection

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """Commit at the end, roll back on any exception; a write holds the lock from the start."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def reset(self, *, seed: int | None = None, today: date | None = None) -> None:
        """Restore the seeded state; without arguments the seed and date that the service was started with."""
        fixed = today or self._today
        chosen = self._seed if seed is None else seed
        rows = _seeded_rows(chosen, fixed or date.today())
        with self.transaction(write=True) as connection:
            for table in (*RECORDS, *BOOKKEEPING):
                connection.execute(f'DELETE FROM "{table}"')
            for table, values in rows.items():
                marks = ", ".join("?" * len(values[0]))
                connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', values)
            connection.execute("INSERT INTO settings VALUES ('today', ?)", (fixed and fixed.isoformat(),))

    def snapshot(self) -> dict[str, list[Row]]:
        """All records, ordered by primary key; reads never change it."""
        with self.transaction(write=False) as connection:
            return {
                table: [_record(row) for row in connection.execute(f'SELECT * FROM "{table}" ORDER BY {_columns(key)}')]
                for table, key in RECORDS.items()
            }

    def patch(self, patches: Iterable[Patch]) -> None:
        """Apply all of them, or none if one does not fit the tables."""
        try:
            with self.transaction(write=True) as connection:
                for patch in patches:
                    _apply(connection, patch)
        except sqlite3.DatabaseError as error:
            raise Problem("invalid", f"The patch does not fit: {error}.") from error

    def accepted_writes(self) -> dict[str, int]:
        """How many writes each operation has done since the reset; repeated ones count once."""
        with self.transaction(write=False) as connection:
            return {row["operation"]: row["count"] for row in connection.execute("SELECT * FROM writes ORDER BY 1")}


def _apply(connection: sqlite3.Connection, patch: Patch) -> None:
    if patch.table not in RECORDS or not patch.key:
        raise Problem("invalid", f"There is no table {patch.table!r} to patch, or the key is empty.")
    where = " AND ".join(f'"{column}" IS ?' for column in patch.key)
    key = tuple(patch.key.values())
    if patch.values is None:
        connection.execute(f'DELETE FROM "{patch.table}" WHERE {where}', key)
    elif connection.execute(f'SELECT 1 FROM "{patch.table}" WHERE {where}', key).fetchone() is None:
        _insert(connection, patch.table, {**patch.key, **patch.values})
    elif patch.values:
        assignments = ", ".join(f'"{column}" = ?' for column in patch.values)
        connection.execute(f'UPDATE "{patch.table}" SET {assignments} WHERE {where}', (*patch.values.values(), *key))


def _insert(connection: sqlite3.Connection, table: str, values: dict[str, Value]) -> None:
    marks = ", ".join("?" * len(values))
    columns = _columns(tuple(values))
    connection.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', tuple(values.values()))


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _record(row: sqlite3.Row) -> Row:
    return {name: bool(row[name]) if name in BOOLEANS else row[name] for name in row.keys()}  # noqa: SIM118


@functools.lru_cache(maxsize=8)
def _seeded_rows(seed: int, today: date) -> dict[str, list[Values]]:
    return {table: rows for table, rows in seeding.seeded(seed, today).items() if rows}
