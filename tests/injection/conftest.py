"""One practice help desk and one record for all cases."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from injection_world import Ground

from examples.helpdesk.server import HelpDeskServer
from examples.helpdesk.tasks.client import connect
from knowledge.openapi import read_openapi
from knowledge.record import Record
from tests.fakes import HashEmbedder


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    url = f"sqlite:///{tmp_path_factory.mktemp('injection') / 'record.db'}"
    with HelpDeskServer() as server, connect(server.url, server.token) as http, Record.open(url) as record:
        document = http.get("/openapi.json").raise_for_status().json()
        found = read_openapi(document, app="helpdesk", base_url=server.url)
        found = replace(found, application=replace(found.application, on_behalf_of_header="X-On-Behalf-Of"))
        vectors = HashEmbedder().embed([action.id for action in found.actions])
        record.catalogue.put(found.application, found.actions, vectors)
        yield Ground(http=http, record=record, catalogued=found, token=server.token)
