"""A service to be fuzzed: real app, record, index and uvicorn; the LAM asks for approval, asks, or refuses."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from api_world import BagEmbedder, LamByRequest
from fastapi import FastAPI

from api.apps import Access, add_app
from api.http import create_app
from api.serving import bind, serving
from api.settings import Settings
from api.wiring import Services, build
from tests.fakes import Move, said

OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "Doors"},
    "paths": {
        "/doors/{door}/open": {
            "post": {
                "operationId": "open_door",
                "summary": "Open the door, please.",
                "x-lamplighter-effect": "irreversible",
                "parameters": [{"name": "door", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
}
SCRIPTS: dict[str, tuple[Move, ...]] = {
    "Open the door of the gate": (Move(action="doors.open_door", arguments={"door": said("gate")}),),
    "Which": (Move(action="doors.open_door", missing=("door",)),),
    "": (Move(action="refuse"),),
}


@dataclass(frozen=True, kw_only=True)
class Fuzzed:
    app: FastAPI
    url: str
    services: Services
    runs: tuple[str, ...]  # one waits for an approval, one for an answer, one is over


@contextmanager
def fuzzed(folder: Path) -> Iterator[Fuzzed]:
    settings = Settings(
        data_dir=folder / "data", requests_per_minute=10**6, max_open_runs=40, answer_timeout_s=600, port=0
    )
    services = build(settings, lam=LamByRequest(SCRIPTS), embedder=BagEmbedder())
    add_app(services, OPENAPI, app="doors", access=Access(base_url="http://127.0.0.1:9"))
    app = create_app(services, with_ui=False)
    with serving(app, bind("127.0.0.1", 0, option="--port")) as url:
        yield Fuzzed(app=app, url=url, services=services, runs=_runs(url))
    services.close()


def _runs(url: str) -> tuple[str, ...]:
    with httpx.Client(base_url=url, trust_env=False, timeout=120) as client:
        ids = []
        for text, kind in (
            ("Open the door of the gate, please.", "approval"),
            ("Open the door, please. Which one?", "answer"),
            ("Open the door, please, but refuse.", ""),
        ):
            run_id = client.post("/v1/runs", json={"text": text}).raise_for_status().json()["id"]
            run = _settled(client, run_id)
            assert (run["waiting_for"] or {"kind": ""})["kind"] == kind, run
            ids.append(run_id)
        return tuple(ids)


def _settled(client: httpx.Client, run_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        run: dict[str, Any] = client.get(f"/v1/runs/{run_id}").json()
        if run["waiting_for"] or run["status"] == "done":
            return run
        time.sleep(0.02)
    raise AssertionError(f"run {run_id} goes on and on")
