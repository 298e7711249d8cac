"""The service against requests made up from its own OpenAPI document: no answer above 499, none that the document does
not declare or that has another shape than it says."""

import os
from collections.abc import Iterator

import httpx
import pytest
from fuzz_world import Fuzzed, fuzzed
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("schemathesis", reason="schemathesis is not installed: pip install -e '.[dev]'")

import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

# Threads of the service (DBOS among them) roll dice while Hypothesis draws, which it takes for a strategy's doing.
pytestmark = pytest.mark.filterwarnings("ignore:.*random.*:hypothesis.errors.HypothesisDeprecationWarning")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = (
    "GET /healthz",
    "GET /v1/keys",
    "GET /v1/models",
    "GET /v1/models/{model}",
    "GET /v1/runs",
    "GET /v1/runs/{run_id}",
    "GET /v1/runs/{run_id}/events",
    "GET /v1/runs/{run_id}/undo",
    "POST /v1/chat/completions",
    "POST /v1/chat/precedents",
    "POST /v1/keys",
    "POST /v1/knowledge/apps",
    "POST /v1/knowledge/documents",
    "POST /v1/people/forget",
    "POST /v1/runs",
    "POST /v1/runs/{run_id}/answer",
    "POST /v1/runs/{run_id}/approve",
    "POST /v1/runs/{run_id}/cancel",
    "POST /v1/runs/{run_id}/reject",
    "POST /v1/runs/{run_id}/undo",
    "DELETE /v1/keys/{key_id}",
)
TIMEOUT_S = 120.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    with fuzzed(tmp_path_factory.mktemp("fuzz")) as started:
        yield started


@pytest.fixture(scope="module")
def key(service: Fuzzed) -> str:
    made = httpx.post(
        f"{service.url}/v1/keys", json={"name": "fuzz", "role": "admin"}, trust_env=False, timeout=TIMEOUT_S
    )
    return str(made.raise_for_status().json()["key"])


def fuzz(service: Fuzzed, key: str, operation: str, *, examples: int) -> None:
    method, path = operation.split()
    schema = schemathesis.openapi.from_dict(service.app.openapi())
    endpoint = schema[path][method]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(st.data())
    def requests_are_answered(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case = data.draw(endpoint.as_strategy(generation_mode=mode))
        if "run_id" in (case.path_parameters or {}) and data.draw(st.booleans()):
            # The run that waits for ever would keep its events' stream open for ever as well.
            known = service.runs[2:] if path.endswith("/events") else service.runs
            case.path_parameters["run_id"] = data.draw(st.sampled_from(known))
        if path == "/v1/keys/{key_id}":
            case.path_parameters["key_id"] = f"x{case.path_parameters['key_id']}"  # not the one that opens the door
        headers = {"Authorization": f"Bearer {key}"}
        case.call_and_validate(base_url=service.url, headers=headers, checks=CHECKS, timeout=TIMEOUT_S)

    requests_are_answered()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_made_up_requests_are_answered_as_declared(service: Fuzzed, key: str, operation: str) -> None:
    fuzz(service, key, operation, examples=int(os.environ.get("FUZZ_EXAMPLES", "12")))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_many_made_up_requests_are_answered_as_declared(service: Fuzzed, key: str, operation: str) -> None:
    fuzz(service, key, operation, examples=300)


def test_no_operation_is_left_out(service: Fuzzed) -> None:
    paths = service.app.openapi()["paths"]
    declared = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert declared == {*OPERATIONS}


@pytest.mark.parametrize(
    "url", ["/etc/passwd", "file:///etc/passwd", "openapi: 3.1.0\npaths: {}", "data/lamplighter.db"]
)
def test_an_address_of_an_application_is_no_file_of_this_machine(service: Fuzzed, key: str, url: str) -> None:
    answer = httpx.post(
        f"{service.url}/v1/knowledge/apps",
        json={"app": "x", "url": url},
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=TIMEOUT_S,
    )
    assert answer.status_code == 422
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"), [({"Origin": "http://["}, 403), ({"Last-Event-ID": "9" * 40}, 422), ({"Host": "evil"}, 400)]
)
def test_headers_that_nobody_means(service: Fuzzed, key: str, headers: dict[str, str], status: int) -> None:
    url = f"{service.url}/v1/runs/{service.runs[2]}/events"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {key}", **headers}, trust_env=False, timeout=TIMEOUT_S)
    assert answer.status_code == status


@pytest.mark.parametrize(
    "body", [b'{"app": "x", "effects": {"\\ud800": "q"}}', b'{"app": "x", "openapi": {"\\ud800": 1}}']
)
def test_half_a_character_is_no_server_error(service: Fuzzed, key: str, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = httpx.post(
        f"{service.url}/v1/knowledge/apps", content=body, headers=headers, trust_env=False, timeout=TIMEOUT_S
    )
    assert answer.status_code == 422
