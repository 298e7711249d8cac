"""One help desk service for the tests of this folder, put back to its seeded state before each."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from examples.helpdesk.server import HelpDeskServer

TODAY = date(2026, 3, 2)


class HelpDeskClient:
    """Calls operations over real HTTP and looks into the tables."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def call(
        self, method: str, path: str, body: Any = None, *, by: str | None = None, key: str | None = None, **query: str
    ) -> httpx.Response:
        headers = {name: value for name, value in (("X-On-Behalf-Of", by), ("Idempotency-Key", key)) if value}
        return self.http.request(method, path, json=body, headers=headers, params=query or None)

    def ok(self, method: str, path: str, body: Any = None, **options: str) -> Any:
        answer = self.call(method, path, body, **options)
        assert answer.is_success, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **options: str) -> tuple[int, str]:
        """Status and code of an error; its body has the one shape, and no record has changed."""
        before = self.snapshot()
        answer = self.call(method, path, body, **options)
        assert set(answer.json()) == {"code", "message"}, answer.text
        assert self.snapshot() == before
        return answer.status_code, answer.json()["code"]

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        return self.ok("GET", "/_admin/snapshot")

    def one(self, table: str, **wanted: Any) -> dict[str, Any]:
        """The first row with these values."""
        return next(row for row in self.snapshot()[table] if wanted.items() <= row.items())

    def has(self, table: str, **wanted: Any) -> bool:
        return any(wanted.items() <= row.items() for row in self.snapshot()[table])

    def patch(self, table: str, key: dict[str, Any], values: dict[str, Any] | None) -> None:
        self.ok("POST", "/_admin/patch", [{"table": table, "key": key, "values": values}])


@pytest.fixture(scope="session")
def helpdesk_server() -> Iterator[HelpDeskServer]:
    with HelpDeskServer(today=TODAY) as server:
        yield server


@pytest.fixture
def desk(helpdesk_server: HelpDeskServer) -> Iterator[HelpDeskClient]:
    headers = {"Authorization": f"Bearer {helpdesk_server.token}"}
    with httpx.Client(base_url=helpdesk_server.url, headers=headers, trust_env=False) as http:
        client = HelpDeskClient(http)
        client.ok("POST", "/_admin/reset")
        yield client
