"""The record on PostgreSQL does what it does on SQLite: the tests of the stores once more, and what differs."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import test_approvals
import test_stores
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from knowledge_nouns import NOON, WordHashEmbedder, task, trajectory
from sqlalchemy import create_engine, inspect

from knowledge.record import Record
from knowledge.tables import Base
from knowledge.types import Event, Run
from tests.postgres import postgres

NUMBERS = itertools.count()
ON_SQLITE = {"test_attempts_outlast_the_process", "test_of_many_deciding_at_once_exactly_one_does"}

# Collected here a second time, they are given the `url` below.
for module in (test_stores, test_approvals):
    for name in dir(module):
        if name.startswith("test_") and name not in ON_SQLITE:
            globals()[name] = getattr(module, name)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """An empty database of its own."""
    name = f"record_{next(NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.removesuffix("postgres") + name


def test_models_and_migrations_agree_there_too(record: Record, url: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_the_migration_goes_back_there_too(record: Record, url: str) -> None:
    from pathlib import Path

    from alembic import command
    from alembic.config import Config

    import knowledge.record

    config = Config()
    config.set_main_option("script_location", str(Path(knowledge.record.__file__).parent / "migrations"))
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_several_processes_may_open_it_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        records = list(pool.map(lambda _: Record.open(url), range(4)))
    for opened in records:
        assert opened.documents.list() == []
        opened.close()


def test_writers_that_look_before_they_write_take_turns(record: Record, embedder: WordHashEmbedder) -> None:
    record.memory.write(trajectory("m"), embedder.embed(["m"])[0])

    def work(worker: int) -> None:
        for seq in range(10):
            record.runs.save(Run(id=f"r{seq}", task=task(), status="running"))
            record.runs.append(Event(run_id=str(worker), seq=seq, kind="proposed", at=NOON))
            record.memory.count("m", succeeded=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert record.memory.get("m").successes == 40
    assert len(record.runs.list()) == 10


def test_what_people_said_outlives_the_process(url: str) -> None:
    with Record.open(url) as record:
        record.runs.save(Run(id="r", task=task(), status="waiting"))
        record.runs.reply("r", "Until when?", "Friday.")
        record.runs.call_off("r")
    with Record.open(url) as again:
        assert again.runs.replied("r", "Until when?") == "Friday."
        assert again.runs.replied("r", "Who?") is None
        assert again.runs.called_off("r")
        assert [run.id for run in again.runs.open()] == ["r"]
        again.runs.heard("r")
        assert again.runs.replied("r", "Until when?") is None
