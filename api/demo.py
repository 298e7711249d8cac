"""The practice help desk as `lamp run` uses it: started, made known, and with a colleague who is locked out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from api.apps import Access, add_app
from api.errors import no_practice
from api.wiring import Services
from knowledge.ingest import IngestReport, Progress, ingest
from knowledge.openapi import Catalogued
from knowledge.types import Task

if TYPE_CHECKING:
    from examples.helpdesk.server import HelpDeskServer

APP = "helpdesk"
COLLEAGUE, REQUESTER = "anyberg", "npetrov"
REQUEST = "{name} is locked out. Please unlock her account and give her VPN access until Friday."
IDEAS = (
    "Erik Lopez is locked out of his account, please unlock it.",
    "Give Aiko Dahl VPN access.",
    "Wipe the lost device NH-20463.",
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What was made known, or was so already."""

    documents: IngestReport
    catalogued: Catalogued


@contextmanager
def helpdesk(services: Services, port: int) -> Iterator[HelpDeskServer]:
    """The help desk on its own database in the data folder. Raises BadConfiguration if it is not installed."""
    try:
        from examples.helpdesk.server import HelpDeskServer
    except ImportError as error:
        raise no_practice() from error
    with HelpDeskServer(services.settings.data_dir / "helpdesk.sqlite", port=port) as server:
        services.secrets.lend(server.token)
        yield server


def make_known(services: Services, server: HelpDeskServer, progress: Progress | None = None) -> Known:
    """Ingest the help desk's documentation and operations; what did not change since last time is skipped."""
    import examples.helpdesk

    docs = Path(str(examples.helpdesk.__file__)).parent / "docs"
    tenant = services.settings.tenant
    report = ingest(
        services.record,
        services.embedder,
        [docs],
        tenant=tenant,
        prune=True,
        progress=progress,
        redactor=services.redactor,
    )
    access = Access(base_url=server.url, secret_name=APP, on_behalf_of_header="X-On-Behalf-Of")
    catalogued = add_app(services, f"{server.url}/openapi.json", app=APP, access=access)
    services.retriever.refresh(tenant)
    return Known(documents=report, catalogued=catalogued)


def sample_task(services: Services, server: HelpDeskServer) -> Task:
    """A colleague is locked out and has no VPN access: set up so at every start, and said as a request."""
    patches = [
        {"table": "accounts", "key": {"username": COLLEAGUE}, "values": {"status": "locked"}},
        {"table": "vpn_access", "key": {"username": COLLEAGUE}, "values": None},
    ]
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=10.0, trust_env=False) as client:
        client.post("/_admin/patch", json=patches).raise_for_status()
        name = client.get(f"/accounts/{COLLEAGUE}").raise_for_status().json()["full_name"]
    return Task(
        id=uuid.uuid4().hex,
        text=REQUEST.format(name=name),
        requester=REQUESTER,
        now=datetime.now().astimezone(),
        tenant=services.settings.tenant,
    )
