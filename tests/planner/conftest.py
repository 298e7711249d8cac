"""The loop among real parts: the practice help desk, a SQLite record, the HTTP executor; only the LAM is scripted."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from planner_world import World

from examples.helpdesk.server import HelpDeskServer
from knowledge.openapi import Catalogued, read_openapi
from knowledge.record import Record
from tests.fakes import HashEmbedder

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="session")
def planner_server() -> Iterator[HelpDeskServer]:
    with HelpDeskServer(today=TODAY) as server:
        yield server


@pytest.fixture(scope="session")
def helpdesk(planner_server: HelpDeskServer) -> Catalogued:
    headers = {"Authorization": f"Bearer {planner_server.token}"}
    document = httpx.get(f"{planner_server.url}/openapi.json", headers=headers, trust_env=False, timeout=60).json()
    found = read_openapi(document, app="helpdesk", base_url=planner_server.url)
    return replace(found, application=replace(found.application, on_behalf_of_header="X-On-Behalf-Of"))


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with Record.open(f"sqlite:///{tmp_path / 'record.db'}") as opened:
        yield opened


@pytest.fixture
def world(planner_server: HelpDeskServer, helpdesk: Catalogued, record: Record) -> Iterator[World]:
    vectors = HashEmbedder().embed([action.id for action in helpdesk.actions])
    record.catalogue.put(helpdesk.application, helpdesk.actions, vectors)
    headers = {"Authorization": f"Bearer {planner_server.token}"}
    with httpx.Client(base_url=planner_server.url, headers=headers, trust_env=False, timeout=60) as desk:
        desk.post("/_admin/reset").raise_for_status()
        yield World(
            desk=desk, record=record, catalogued=helpdesk, token=planner_server.token, numbers=itertools.count()
        )
