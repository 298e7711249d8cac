"""The system of record: one database, opened at the newest schema."""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from knowledge.approvals import ApprovalStore
from knowledge.attempts import AttemptStore
from knowledge.catalogue import Catalogue
from knowledge.compensations import CompensationStore
from knowledge.documents import DocumentStore
from knowledge.errors import BadConfiguration
from knowledge.keys import KeyStore
from knowledge.memory import Memory
from knowledge.people import People
from knowledge.runs import RunStore
from knowledge.store import Database

BUSY_TIMEOUT_MS = 30_000
WRITERS = 0x1A3B  # the lock's number in PostgreSQL; any will do, if it is always the same


class Record:
    """May be used from several threads, and the file by several processes."""

    def __init__(self, engine: Engine) -> None:
        database = Database(engine)
        self._engine = engine
        self.documents = DocumentStore(database)
        self.catalogue = Catalogue(database)
        self.compensations = CompensationStore(database)
        self.memory = Memory(database)
        self.runs = RunStore(database)
        self.approvals = ApprovalStore(database)
        self.attempts = AttemptStore(database)
        self.keys = KeyStore(database)
        self.people = People(database)

    @classmethod
    def open(cls, url: str) -> Self:
        """`sqlite:///data/lamplighter.db` or another SQLAlchemy URL; made, or brought to the newest schema, if needed.

        Raises BadConfiguration for a URL that cannot be used or a database of a newer Lamplighter.
        """
        engine = _engine(url)
        try:
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def close(self) -> None:
        self._engine.dispose()

    @property
    def files(self) -> list[Path]:
        """The database with its log; empty where it is not in a file of this machine."""
        name = self._engine.url.database if self._engine.dialect.name == "sqlite" else None
        if not name or name == ":memory:":
            return []
        return [path for path in (Path(name + end) for end in ("", "-wal", "-shm", "-journal")) if path.is_file()]

    def compact(self) -> None:
        """Written anew, without what was deleted, and with an empty log.

        Raises BadConfiguration while somebody else is in the middle of something.
        """
        if self._engine.dialect.name != "sqlite":
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM FULL")
            return
        raw = self._engine.raw_connection()
        try:
            assert isinstance(raw.driver_connection, sqlite3.Connection)
            _vacuum(raw.driver_connection)
        finally:
            raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    try:
        with engine.execution_options(write=True).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise BadConfiguration(
            f"The database at {engine.url} was made by another version of Lamplighter ({error}).",
            remedy="Update Lamplighter, or name another database.",
        ) from error
    except DatabaseError as error:
        raise BadConfiguration(
            f"The database at {engine.url} cannot be opened: {error.orig}.",
            remedy="Check the path and its permissions, or name another database.",
        ) from error


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        match parsed.get_backend_name():
            case "sqlite":
                engine = _sqlite(parsed)
            case "postgresql":
                engine = _postgresql(parsed)
            case other:
                raise ArgumentError(f"{other} is not supported")
    except (ArgumentError, NoSuchModuleError, ImportError, OSError) as error:
        raise BadConfiguration(
            f"The database URL cannot be used: {error}.",
            remedy="Give one like sqlite:///data/lamplighter.db or postgresql://user:password@host/database.",
        ) from error
    return engine


def _postgresql(url: URL) -> Engine:
    """Writers take turns, as they do on SQLite: stores look before they write, and one lock is what makes that safe."""
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_size=8, max_overflow=32, pool_pre_ping=True)
    event.listen(engine, "begin", _take_turns)
    return engine


def _take_turns(connection: Connection) -> None:
    """Held until the transaction ends."""
    if connection.get_execution_options().get("write", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def _sqlite(url: URL) -> Engine:
    """A file is shared through WAL; a database in memory has one connection, which threads take in turn."""
    if url.database in (None, "", ":memory:"):
        shared = {"check_same_thread": False}
        engine = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args=shared)
    else:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, poolclass=QueuePool, pool_size=8, max_overflow=32)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # Transactions are begun by `_begin`, not by the driver.
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _vacuum(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        raise _in_use(str(error)) from error
    if busy:
        raise _in_use("its log is being read")


def _in_use(why: str) -> BadConfiguration:
    remedy = "Wait until no run is under way, or stop what else works with it; then try again."
    return BadConfiguration(f"The database cannot be written anew now: {why}.", remedy=remedy)


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once: one that first reads and then writes would fail instead of waiting."""
    options = connection.get_execution_options()
    write = options.get("write", False)
    if write:
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if options.get('flush') else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
