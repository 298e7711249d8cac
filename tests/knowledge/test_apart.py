"""Documents are read in a process of their own: bombs are stopped there, and the next document is read as ever."""

import os
from collections.abc import Iterator

import pytest
import yaml

from knowledge.apart import Apart, Limits
from knowledge.errors import BadCatalogue, BadDocument
from knowledge.fetch import Fetched
from knowledge.openapi import read_openapi
from knowledge.parse import parse
from knowledge.passages import passages

LAUGHS = "a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)
OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "Rooms"},
    "servers": [{"url": "https://rooms.example"}],
    "paths": {"/rooms": {"get": {"operationId": "list_rooms", "responses": {"200": {"description": "ok"}}}}},
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Apart]:
    started = Apart(Limits(cpu_s=1, wall_s=200.0, memory_mb=1_500))
    yield started
    started.close()


def read(reader: Apart, data: bytes, name: str = "a.md") -> str:
    fetched = Fetched(data=data, media_type="", source=name)
    return reader.document(fetched, tenant="default", trust="trusted").document.text


def still_reads(reader: Apart) -> bool:
    return read(reader, b"# A\n\nText.") == "# A\n\nText."


def test_it_reads_what_would_be_read_here(reader: Apart) -> None:
    data = b"---\ntitle: Wi-Fi\n---\n# Wi-Fi\n\nUse it.\n\n## At home\n\nDo not."
    found = reader.document(Fetched(data=data, media_type="", source="a.md"), tenant="mine", trust="untrusted")
    assert found.document == parse(data, source="a.md", tenant="mine", trust="untrusted")
    assert found.passages == passages(found.document)


def test_it_reads_openapi_as_it_would_be_read_here(reader: Apart) -> None:
    assert reader.openapi(OPENAPI, app="rooms") == read_openapi(OPENAPI, app="rooms")
    assert reader.openapi(yaml.safe_dump(OPENAPI), app="rooms") == read_openapi(OPENAPI, app="rooms")


@pytest.mark.parametrize(
    ("data", "says"), [(b"", "empty"), (b"%PDF-1.7", "not a text file"), (b"\xff\xffabc", "UTF-8")]
)
def test_what_is_no_document_is_told_as_before(reader: Apart, data: bytes, says: str) -> None:
    with pytest.raises(BadDocument, match=says) as caught:
        read(reader, data)
    assert caught.value.remedy


def test_deeply_nested_html_is_told(reader: Apart) -> None:
    with pytest.raises(BadDocument, match=r"deep\.html"):
        read(reader, b"<html><body>" + b"<div>" * 20_000, "deep.html")
    assert still_reads(reader)


def test_a_title_made_of_a_million_laughs_is_stopped(reader: Apart) -> None:
    """Its aliases are small as long as nobody writes them out; written out they would fill any memory."""
    with pytest.raises(BadDocument, match=r"bomb\.md takes more (time|memory) than it may"):
        read(reader, f"---\n{LAUGHS}title: *m\n---\nText.".encode(), "bomb.md")
    assert still_reads(reader)


def test_yaml_that_takes_too_long_is_stopped(reader: Apart) -> None:
    with pytest.raises(BadDocument, match=r"slow\.md takes more time"):
        read(reader, b"---\n" + b"- a\n" * 300_000 + b"---\nText.", "slow.md")
    assert still_reads(reader)


def test_the_wall_clock_counts_too() -> None:
    reader = Apart(Limits(cpu_s=600, wall_s=0.05))
    with pytest.raises(BadDocument, match="more time"):
        read(reader, b"---\n" + b"- a\n" * 300_000 + b"---\nText.")
    reader.close()


@pytest.mark.parametrize(
    "bomb",
    ["[" * 10_000, '{"openapi": "3.1.0", "paths": ' + '{"a": ' * 10_000, LAUGHS + "openapi: *m", "&a [*a]\n"],
    ids=["nested", "nested-json", "laughs", "circle"],
)
def test_openapi_bombs_are_told(reader: Apart, bomb: str) -> None:
    with pytest.raises(BadCatalogue) as caught:
        reader.openapi(bomb.encode(), app="x")
    assert caught.value.remedy
    assert still_reads(reader)


def test_a_mapping_nested_beyond_reading_is_told(reader: Apart) -> None:
    deep: dict[str, object] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(BadCatalogue, match="nested too deeply"):
        reader.openapi(deep, app="x")
    while deep:  # or freeing it would be as deep
        deep = deep["a"]  # type: ignore[assignment]


def test_the_process_has_no_secrets_of_ours(reader: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMP_SECRETS", '{"crm": "hunter2"}')
    fresh = Apart()
    assert still_reads(fresh)
    assert fresh._process
    with open(f"/proc/{fresh._process.pid}/environ", "rb") as environ:
        assert b"hunter2" not in environ.read()
    assert fresh._process.pid != os.getpid()
    fresh.close()


def test_it_starts_again_when_it_was_ended(reader: Apart) -> None:
    assert still_reads(reader)
    assert reader._process
    reader._process.kill()
    reader._process.wait()
    assert still_reads(reader)
