"""The service among real parts: help desk over HTTP, SQLite record, uvicorn; only LAM and embedder are stand-ins."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import keyring
import pytest
from api_world import GUIDES, SCRIPTS, USERNAME, BagEmbedder, Desk, LamByRequest, MemoryKeyring, Serve

from api.apps import Access, add_app
from api.http import create_app
from api.serving import bind, serving
from api.settings import Settings
from api.wiring import Services, build
from examples.helpdesk.server import HelpDeskServer
from knowledge.ingest import ingest

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))  # its toys are trained on here too


@pytest.fixture(scope="session")
def desk_server() -> Iterator[HelpDeskServer]:
    with HelpDeskServer() as server:
        yield server


@pytest.fixture
def desk(desk_server: HelpDeskServer) -> Iterator[Desk]:
    headers = {"Authorization": f"Bearer {desk_server.token}"}
    with httpx.Client(base_url=desk_server.url, headers=headers, trust_env=False, timeout=60) as admin:
        admin.post("/_admin/reset").raise_for_status()
        found = Desk(server=desk_server, admin=admin)
        found.patch("accounts", {"username": USERNAME}, {"status": "locked"})
        found.patch("vpn_access", {"username": USERNAME}, None)
        found.patch("devices", {"asset_tag": "NH-20463"}, {"status": "lost"})
        yield found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", requester="npetrov", answer_timeout_s=20.0, port=0, helpdesk_port=0)


@pytest.fixture
def empty(settings: Settings) -> Iterator[Services]:
    """Services that know nothing yet."""
    services = build(settings, lam=LamByRequest(SCRIPTS), embedder=BagEmbedder())
    yield services
    services.close()


@pytest.fixture
def services(empty: Services, desk: Desk, tmp_path: Path) -> Services:
    """Services that know the help desk and three guides."""
    guides = tmp_path / "guides"
    guides.mkdir()
    for name, text in GUIDES.items():
        (guides / name).write_text(text, encoding="utf-8")
    ingest(empty.record, empty.embedder, [guides])
    empty.secrets.lend(desk.server.token)
    access = Access(base_url=desk.server.url, secret_name="helpdesk", on_behalf_of_header="X-On-Behalf-Of")
    add_app(empty, f"{desk.server.url}/openapi.json", app="helpdesk", access=access)
    return empty


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves services with uvicorn on localhost; gives a client."""
    with ExitStack() as stack:

        def served(services: Services) -> httpx.Client:
            app = create_app(services, with_ui=False)
            url = stack.enter_context(serving(app, bind("127.0.0.1", 0, option="--port")))
            return stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=20.0))

        yield served


@pytest.fixture
def client(services: Services, serve: Serve) -> httpx.Client:
    return serve(services)


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    before, ours = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)
