"""What others send, mutilated at random: read, or refused in words; never a crash of another kind, never for ever, and
never in more memory than a document may take."""

import json
import os
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutilated import HTMLS, MARKDOWNS, OPENAPI, OPENAPIS, POLICIES, mutilated, trees

from knowledge.apart import Apart, Limits
from knowledge.errors import UserError
from knowledge.fetch import Fetched
from knowledge.openapi import read_openapi
from knowledge.parse import parse
from knowledge.passages import passages
from planner.policy_file import parse_policy

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
FAST = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
MANY = settings(max_examples=3_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
SECONDS = 5.0  # of processor time, for some kilobytes
MOST_BYTES = 64_000_000


def refusal_of(read: Callable[[], object]) -> UserError | None:
    """None if it can be read; any other kind of error escapes."""
    try:
        read()
    except UserError as error:
        return error
    return None


def bounded(read: Callable[[], object]) -> None:
    """Read, or refused with a remedy; within the time and memory allowed."""
    tracemalloc.start()
    began_s = time.process_time()
    try:
        refusal = refusal_of(read)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - began_s < SECONDS
    assert peak < MOST_BYTES
    if refusal:
        assert refusal.message
        assert refusal.remedy
        assert len(str(refusal)) < 20_000


def read_document(data: bytes, name: str) -> None:
    document = parse(data, source=name)
    for passage in passages(document):
        assert passage.text == document.text[passage.start : passage.end]


def check_document(data: bytes, name: str) -> None:
    bounded(lambda: read_document(data, name))


def check_openapi(data: bytes | object) -> None:
    written = data if isinstance(data, bytes) else json.dumps(data).encode()
    bounded(lambda: read_openapi(written, app="rooms"))


def check_policy(data: bytes) -> None:
    bounded(lambda: parse_policy(data.decode("utf-8", "replace"), source="policy.yaml"))


@FAST
@given(mutilated(MARKDOWNS))
def test_markdown(data: bytes) -> None:
    check_document(data, "a.md")


@FAST
@given(mutilated(HTMLS + MARKDOWNS[:1]))
def test_html(data: bytes) -> None:
    check_document(data, "a.html")


@FAST
@given(mutilated(OPENAPIS))
def test_openapi_text(data: bytes) -> None:
    check_openapi(data)


@FAST
@given(trees(OPENAPI))
def test_openapi_trees(document: object) -> None:
    check_openapi(document)


@FAST
@given(mutilated(POLICIES))
def test_policies(data: bytes) -> None:
    check_policy(data)


@FAST
@given(st.one_of(st.binary(max_size=2_000), st.text(max_size=2_000).map(str.encode)))
def test_anything_at_all(data: bytes) -> None:
    check_document(data, "a.md")
    check_document(data, "a.html")
    check_document(data, "a")
    check_openapi(data)
    check_policy(data)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@MANY
@given(mutilated(MARKDOWNS), mutilated(HTMLS), mutilated(OPENAPIS), trees(OPENAPI), mutilated(POLICIES))
def test_much_more_of_it(markdown: bytes, html: bytes, openapi: bytes, tree: object, policy: bytes) -> None:
    check_document(markdown, "a.md")
    check_document(html, "a.html")
    check_openapi(openapi)
    check_openapi(tree)
    check_policy(policy)


@settings(max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(mutilated(MARKDOWNS + HTMLS), mutilated(OPENAPIS))
def test_the_process_apart_answers_and_goes_on(document: bytes, openapi: bytes) -> None:
    """Whatever it is given; its limits of time and memory stand behind the parsers."""
    reader = _reader()
    sent = Fetched(data=document, media_type="", source="a.md")
    for refusal in (
        refusal_of(lambda: reader.document(sent, tenant="default", trust="untrusted")),
        refusal_of(lambda: reader.openapi(openapi, app="x")),
    ):
        assert refusal is None or refusal.remedy
    found = reader.document(
        Fetched(data=b"# A\n\nText.", media_type="", source="a.md"), tenant="default", trust="untrusted"
    )
    assert found.document.title == "A"


_READERS: list[Apart] = []


def _reader() -> Apart:
    if not _READERS:
        _READERS.append(Apart(Limits(cpu_s=10, wall_s=250.0, memory_mb=1_500)))
    return _READERS[0]


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Any:
    yield
    while _READERS:
        _READERS.pop().close()
