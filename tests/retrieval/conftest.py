"""A real record with a small help desk's knowledge, and the real embedding model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from retrieval_desk import RUNBOOKS, add_actions, add_document, desk_actions

from knowledge.record import Record
from retrieval.embed import MiniLMEmbedder


@pytest.fixture(scope="session")
def embedder() -> MiniLMEmbedder:
    return MiniLMEmbedder()


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with Record.open(f"sqlite:///{tmp_path / 'lamplighter.db'}") as opened:
        yield opened


@pytest.fixture
def desk(record: Record, embedder: MiniLMEmbedder) -> Record:
    """The record with documents and actions, without precedents."""
    for source, text in RUNBOOKS.items():
        add_document(record, embedder, source, text)
    add_actions(record, embedder, desk_actions())
    return record
