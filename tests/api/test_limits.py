"""Too many requests, and too large ones: told, with when to come back, and nothing is read or done."""

from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from api_world import Serve
from test_http_knowledge import told

from api.wiring import Services
from knowledge.keys import mint


@pytest.fixture
def narrow(empty: Services, serve: Serve) -> httpx.Client:
    """A service that takes five requests a minute, of 10 kB each."""
    narrowed = {"requests_per_minute": 5, "max_body_mb": 0.01}
    empty.settings = empty.settings.model_copy(update=narrowed)
    return serve(empty)


def test_each_key_has_its_own_pace(narrow: httpx.Client, empty: Services) -> None:
    made = [mint(tenant="default", name=name, role="operator") for name in "ab"]
    for each in made:
        empty.record.keys.add(each.key)
    first, second = ({"Authorization": f"Bearer {each.said}"} for each in made)
    for _ in range(5):
        assert narrow.get("/v1/runs", headers=first).status_code == 200
    answer = narrow.get("/v1/runs", headers=first)
    assert "More than 5 requests" in told(answer, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert narrow.get("/v1/runs", headers=second).status_code == 200


def test_guessing_keys_is_slowed_down_by_address(narrow: httpx.Client, empty: Services) -> None:
    empty.record.keys.add(mint(tenant="default", name="a", role="operator").key)
    statuses = [narrow.get("/v1/runs", headers={"Authorization": f"Bearer lamp_a_{n}"}).status_code for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert narrow.post("/signin", data={"key": "lamp_a_b"}).status_code == 429


def test_without_keys_the_address_is_counted(narrow: httpx.Client) -> None:
    assert [narrow.get("/v1/runs").status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.parametrize("path", ["/v1/runs", "/v1/knowledge/documents", "/v1/knowledge/apps"])
def test_a_body_that_says_it_is_too_large(narrow: httpx.Client, path: str) -> None:
    assert "0.01 MB" in told(narrow.post(path, json={"text": "x" * 20_000}), 413)


def test_a_body_that_does_not_say_how_large_it_is(narrow: httpx.Client, empty: Services) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"source": "a.md", "text": "'
        for _ in range(1000):
            yield b"x" * 1000

    headers = {"content-type": "application/json"}
    with suppress(httpx.WriteError):  # It may hang up before all was sent.
        assert "0.01 MB" in told(narrow.post("/v1/knowledge/documents", content=endless(), headers=headers), 413)
    assert empty.record.documents.list() == []


def test_a_body_that_is_nested_beyond_reading(empty: Services, serve: Serve) -> None:
    client = serve(empty)
    for path in ("/v1/runs", "/v1/knowledge/documents", "/v1/knowledge/apps"):
        deep = b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        answer = client.post(path, content=deep, headers={"content-type": "application/json"})
        told(answer, answer.status_code)
        assert answer.status_code in (400, 422)
