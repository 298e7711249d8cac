"""Calls an operation by its id over HTTP, and remembers every step; knows of the service what its OpenAPI says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from examples.helpdesk.tasks.task import ExpertStep, Patch, Row, Snapshot, Value


@dataclass(frozen=True, kw_only=True)
class Route:
    method: str
    path: str
    path_names: frozenset[str]
    query_names: frozenset[str]


def connect(url: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False)


def routes(http: httpx.Client) -> dict[str, Route]:
    """Operation id → route, read from the service's OpenAPI document."""
    document = http.get("/openapi.json").raise_for_status().json()
    return {
        operation["operationId"]: Route(
            method=method.upper(),
            path=path,
            path_names=_names(operation, "path"),
            query_names=_names(operation, "query"),
        )
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _names(operation: Mapping[str, Any], place: str) -> frozenset[str]:
    return frozenset(one["name"] for one in operation.get("parameters", []) if one["in"] == place)


class Admin:
    """The service's back door for set-up and checks."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def reset(self, *, seed: int, today: str) -> None:
        self._http.post("/_admin/reset", json={"seed": seed, "today": today}).raise_for_status()

    def patch(self, patches: tuple[Patch, ...]) -> None:
        body = [{"table": one.table, "key": one.key, "values": one.values} for one in patches]
        self._http.post("/_admin/patch", json=body).raise_for_status()

    def snapshot(self) -> Snapshot:
        found: Snapshot = self._http.get("/_admin/snapshot").raise_for_status().json()
        return found


class Caller:
    """Calls on behalf of one person; `steps` holds what was called and answered."""

    def __init__(self, http: httpx.Client, known: Mapping[str, Route], *, on_behalf_of: str) -> None:
        self._http, self._known = http, known
        self._headers = {"X-On-Behalf-Of": on_behalf_of}
        self.steps: list[ExpertStep] = []

    def call(self, operation: str, **arguments: Value) -> ExpertStep:
        return self._answered(operation, arguments)

    def _answered(self, operation: str, arguments: Row, *, astray: bool = False) -> ExpertStep:
        route = self._known[operation]
        places = {name: quote(str(value), safe="") for name, value in arguments.items() if name in route.path_names}
        query = {name: str(value) for name, value in arguments.items() if name in route.query_names}
        body = {name: value for name, value in arguments.items() if name not in {*places, *query}}
        response = self._http.request(
            route.method, route.path.format(**places), params=query, json=body or None, headers=self._headers
        )
        step = ExpertStep(
            operation=operation,
            arguments=arguments,
            status=response.status_code,
            response=response.json(),
            astray=astray,
        )
        self.steps.append(step)
        return step
