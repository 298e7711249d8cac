"""A record on a real SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from knowledge_nouns import WordHashEmbedder

from knowledge.record import Record


@pytest.fixture
def embedder() -> WordHashEmbedder:
    return WordHashEmbedder()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'record.db'}"


@pytest.fixture
def record(url: str) -> Iterator[Record]:
    with Record.open(url) as opened:
        yield opened
