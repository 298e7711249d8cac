import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from knowledge_nouns import NOON, task, trajectory
from sqlalchemy import create_engine, inspect

from knowledge.codec import to_json
from knowledge.errors import BadConfiguration
from knowledge.record import Record
from knowledge.store import DIMENSIONS, packed, unpacked
from knowledge.tables import Base
from knowledge.types import Event, Run


def test_opening_makes_the_folder_and_every_table(record: Record, url: str) -> None:
    engine = create_engine(url)
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    engine.dispose()


def test_models_and_migrations_agree(record: Record, url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_the_migration_goes_back(record: Record, url: str) -> None:
    from alembic import command
    from alembic.config import Config

    import knowledge.record

    config = Config()
    config.set_main_option("script_location", str(Path(knowledge.record.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_what_was_written_is_there_after_opening_again(record: Record, url: str) -> None:
    run = Run(id="r1", task=task(), status="running")
    record.runs.save(run)
    record.close()
    with Record.open(url) as again:
        assert again.runs.get("r1") == run


def test_it_is_durable_and_checks_references(record: Record, url: str) -> None:
    with record._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_database_in_memory_is_one_for_all_threads() -> None:
    with Record.open("sqlite://") as record:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: record.runs.save(Run(id=str(n), task=task(), status="done")), range(12)))
        assert len(record.runs.list()) == 12


def test_threads_write_at_once_and_lose_nothing(record: Record) -> None:
    start = threading.Barrier(4)

    def work(worker: int) -> None:
        start.wait()
        for seq in range(10):
            record.runs.append(Event(run_id=str(worker), seq=seq, kind="proposed", at=NOON))
            record.memory.count("m", succeeded=True)
            assert len(record.runs.events(str(worker))) == seq + 1

    record.memory.write(trajectory("m"), unpacked([("m", b"\0" * 4 * DIMENSIONS)]).matrix[0])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert record.memory.get("m").successes == 40


def test_two_records_open_one_file_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        records = list(pool.map(lambda _: Record.open(url), range(4)))
    for opened in records:
        assert opened.documents.list() == []
        opened.close()


@pytest.mark.parametrize("url", ["nonsense", "nodb://x", "sqlite:////proc/nowhere/a.db"])
def test_an_unusable_url_is_a_users_error(url: str) -> None:
    with pytest.raises(BadConfiguration):
        Record.open(url)


def test_a_file_that_is_no_database_is_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are notes, " * 100)
    with pytest.raises(BadConfiguration, match=r"notes\.db"):
        Record.open(f"sqlite:///{tmp_path / 'notes.db'}")


def test_the_database_of_a_newer_lamplighter_is_refused(record: Record, url: str, tmp_path: Path) -> None:
    record.close()
    file = sqlite3.connect(tmp_path / "data" / "record.db")
    file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.commit()
    file.close()
    with pytest.raises(BadConfiguration, match="another version"):
        Record.open(url)


@pytest.mark.parametrize(
    ("shape", "value", "count"),
    [((2, 4), 0.0, 3), ((2, 4), 0.0, 1), ((2, 4), 0.0, 0), ((8,), 0.0, 2), ((2, 4), np.nan, 2)],
)
def test_vectors_must_fit_what_they_belong_to(shape: tuple[int, ...], value: float, count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} finite vectors"):
        packed(np.full(shape, value, np.float32), count=count)


def test_vectors_of_two_models_are_not_mixed() -> None:
    with pytest.raises(BadConfiguration, match="embedding models"):
        unpacked([("a", b"\0" * 16), ("b", b"\0" * 8)])


def test_what_an_earlier_version_wrote_gets_its_owner(tmp_path: Path) -> None:
    """Events and journal say whose they are from version 2 on; a private address that was written down was meant."""
    from alembic import command
    from alembic.config import Config

    import knowledge.record

    url = f"sqlite:///{tmp_path / 'old.db'}"
    config = Config()
    config.set_main_option("script_location", str(Path(knowledge.record.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO runs VALUES (1, 'r1', 'birch', 'done', '{}')")
        event = json.dumps(to_json(Event(run_id="r1", seq=0, kind="ended", at=NOON)))
        connection.exec_driver_sql("INSERT INTO events VALUES ('r1', 0, ?)", (event,))
        connection.exec_driver_sql("INSERT INTO journal VALUES ('k', 'r1', 0, 'h', '{}', NULL)")
        for name, base_url in (("near", "http://127.0.0.1:8"), ("far", "https://far.example")):
            connection.exec_driver_sql(
                "INSERT INTO applications VALUES ('birch', ?, ?, '', '', '', '')", (name, base_url)
            )
    engine.dispose()
    with Record.open(url) as opened:
        assert [each.seq for each in opened.runs.events("r1", "birch")] == [0]
        assert [each.key for each in opened.runs.pending("r1", "birch")] == ["k"]
        assert opened.runs.events("r1") == []
        assert opened.runs.pending("r1") == []
        assert [(each.name, each.private) for each in opened.catalogue.applications("birch")] == [
            ("far", False),
            ("near", True),
        ]
