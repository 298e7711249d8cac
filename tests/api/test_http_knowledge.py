"""Documents and applications over HTTP, good ones and broken ones; nothing is half written."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from api_world import Desk, Serve

from api.wiring import Services

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Rooms", "version": "1"},
    "paths": {"/rooms/{room}/book": {"post": {"operationId": "book_room", "summary": "Book a meeting room.",
              "parameters": [{"name": "room", "in": "path", "required": True, "schema": {"type": "string"}}],
              "responses": {"200": {"description": "ok"}}}}},
}  # fmt: skip


@pytest.fixture
def bare(empty: Services, serve: Serve) -> httpx.Client:
    """A service that knows nothing."""
    return serve(empty)


def told(answer: httpx.Response, status: int) -> str:
    """The message of an error answer, which has a remedy too."""
    assert answer.status_code == status, answer.text
    problem: dict[str, str] = answer.json()
    assert set(problem) == {"message", "remedy"}
    assert problem["remedy"]
    assert "Traceback" not in answer.text
    return problem["message"]


def test_health_counts_what_is_known(client: httpx.Client) -> None:
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["documents"] == 3
    assert health["actions"] > 30


def test_a_text_is_added_replaced_and_left(bare: httpx.Client, empty: Services) -> None:
    new = {"source": "wifi.md", "text": "# Wi-Fi\n\nUse the network of the guests."}
    assert bare.post("/v1/knowledge/documents", json=new).json()["added"] == 1
    assert bare.post("/v1/knowledge/documents", json=new).json()["unchanged"] == 1
    changed = new | {"text": "# Wi-Fi\n\nUse the network of the staff."}
    assert bare.post("/v1/knowledge/documents", json=changed).json()["replaced"] == 1
    (document,) = empty.record.documents.list()
    assert document.trust == "untrusted"
    assert "staff" in document.text


def test_files_are_uploaded_and_bad_ones_named(bare: httpx.Client, empty: Services) -> None:
    files = [("files", ("a.md", b"# A\n\nText.")), ("files", ("b.bin", b"\x00\x01")), ("files", ("c.md", b""))]
    report = bare.post("/v1/knowledge/documents", files=files, data={"trust": "trusted"}).json()
    assert report["added"] == 1
    assert [failure["source"] for failure in report["failed"]] == ["upload/b.bin", "upload/c.md"]
    assert [(each.source, each.trust) for each in empty.record.documents.list()] == [("upload/a.md", "trusted")]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [("empty.md", b"", "empty"), ("x.md", b"%PDF-1.7 \x00", "not a text file"), ("y.md", b"\xff\xffabc", "UTF-8")],
)
def test_a_document_that_is_none(bare: httpx.Client, empty: Services, name: str, data: bytes, says: str) -> None:
    assert says in told(bare.post("/v1/knowledge/documents", files={"files": (name, data)}), 422)
    assert empty.record.documents.list() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"source": "a.md"}', b'{"source": "", "text": "x"}'])
def test_json_that_is_no_document(bare: httpx.Client, body: bytes) -> None:
    told(bare.post("/v1/knowledge/documents", content=body, headers={"content-type": "application/json"}), 422)


def test_an_application_is_added_from_its_document(bare: httpx.Client, empty: Services) -> None:
    new = {
        "app": "rooms",
        "openapi": OPENAPI,
        "base_url": "http://127.0.0.1:9",
        "effects": {"book_room": "irreversible"},
    }
    added = bare.post("/v1/knowledge/apps", json=new)
    assert added.status_code == 201, added.text
    assert added.json()["actions"] == [
        {"id": "rooms.book_room", "description": "Book a meeting room", "effect": "irreversible"}
    ]
    assert [each.id for each in empty.record.catalogue.actions()] == ["rooms.book_room"]


def test_an_application_is_added_from_its_address(bare: httpx.Client, desk: Desk) -> None:
    url = f"{desk.server.url}/openapi.json"
    added = bare.post("/v1/knowledge/apps", json={"app": "desk", "url": url, "base_url": desk.server.url})
    assert len(added.json()["actions"]) > 30


@pytest.mark.parametrize(
    "openapi", [{}, {"openapi": "3.1.0", "paths": {}}, {"openapi": "3.1.0", "paths": {"/a": {"get": 7}}}]
)
def test_a_broken_openapi_document(client: httpx.Client, services: Services, openapi: dict[str, Any]) -> None:
    before = services.record.catalogue.actions()
    told(client.post("/v1/knowledge/apps", json={"app": "helpdesk", "openapi": openapi, "base_url": "http://x"}), 422)
    assert services.record.catalogue.actions() == before


def test_neither_document_nor_address(bare: httpx.Client) -> None:
    assert "neither" in told(bare.post("/v1/knowledge/apps", json={"app": "x"}), 422)


def test_an_address_where_nothing_answers(bare: httpx.Client) -> None:
    new = {"app": "x", "url": "http://127.0.0.1:9/openapi.json"}
    assert "cannot be reached" in told(bare.post("/v1/knowledge/apps", json=new), 424)


def test_a_run_before_anything_is_known(bare: httpx.Client) -> None:
    assert "No application" in told(bare.post("/v1/runs", json={"text": "Unlock me."}), 409)


def test_an_application_that_went_away(client: httpx.Client, services: Services) -> None:
    """Its port is closed by the time the run calls it: the run says so and nothing else happens."""
    from api.apps import Access, add_app

    add_app(services, OPENAPI, app="rooms", access=Access(base_url="http://127.0.0.1:9"))
    moved = services.record.catalogue.applications()[0]
    services.record.catalogue.remove(moved.name)
    access = Access(base_url="http://127.0.0.1:9", secret_name="helpdesk")
    document = httpx.get(f"{moved.base_url}/openapi.json", trust_env=False).json()
    add_app(services, document, app="helpdesk", access=access)
    run_id = client.post("/v1/runs", json={"text": "Unlock the account of Amara Nyberg."}).json()["id"]
    with client.stream("GET", f"/v1/runs/{run_id}/events") as response:
        list(response.iter_lines())
    outcome = client.get(f"/v1/runs/{run_id}").json()["outcome"]
    assert outcome["status"] == "failed"
    assert "127.0.0.1:9" in outcome["reason"]


def test_an_application_that_fails_in_the_middle(client: httpx.Client, desk: Desk) -> None:
    """The write answers 503, again and again: the run ends with that, and the account is as it was."""
    fault = {"operation": "unlock_account", "status": 503, "times": 10}
    desk.admin.post("/_admin/fault", json=fault).raise_for_status()
    run_id = client.post("/v1/runs", json={"text": "Unlock the account of Amara Nyberg."}).json()["id"]
    with client.stream("GET", f"/v1/runs/{run_id}/events") as response:
        list(response.iter_lines())
    run = client.get(f"/v1/runs/{run_id}").json()
    assert run["outcome"]["status"] in ("failed", "escalated")
    assert "look there whether it was carried out" in run["outcome"]["reason"]
    assert "Traceback" not in str(run)
    assert desk.account("anyberg")["status"] == "locked"


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_other_web_sites_are_kept_out(client: httpx.Client, headers: dict[str, str]) -> None:
    answer = client.post("/v1/runs", json={"text": "Unlock the account of Amara Nyberg."}, headers=headers)
    assert answer.status_code in (400, 403)
    assert client.get("/v1/runs").json()["runs"] == []


def test_what_is_not_there_is_told_as_json(client: httpx.Client) -> None:
    told(client.get("/v2/nothing"), 404)


class _Moody(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(500)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_an_address_that_answers_with_an_error(bare: httpx.Client) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Moody)
    threading.Thread(target=server.handle_request, daemon=True).start()
    try:
        new = {"app": "x", "url": f"http://127.0.0.1:{server.server_port}/openapi.json"}
        assert "answered 500" in told(bare.post("/v1/knowledge/apps", json=new), 424)
    finally:
        server.server_close()
