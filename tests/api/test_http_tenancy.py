"""Two tenants use one service at random, each with keys of its own; no answer ever has a word of the other's in it."""

import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_world import BagEmbedder, LamByRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http import create_app
from api.serving import bind, serving
from api.settings import Settings
from api.wiring import Services, build
from knowledge.keys import mint
from tests.fakes import Move

# Threads of the service (DBOS among them) roll dice while Hypothesis draws, which it takes for a strategy's doing.
pytestmark = pytest.mark.filterwarnings("ignore:.*random.*:hypothesis.errors.HypothesisDeprecationWarning")
TENANTS = ("alder", "birch")
WORDS = {"alder": "heron", "birch": "otter"}
REFUSES = {"please": (Move(action="refuse"),)}
DEEDS = ("document", "app", "run", "key", "look")


class Tenant:
    """One tenant's operator, administrator and requester, and the ids of what they made."""

    def __init__(self, services: Services, url: str, name: str) -> None:
        self.word = WORDS[name]
        self.runs: list[str] = []
        self.keys: list[str] = []
        self.clients = []
        for role in ("admin", "operator", "requester"):
            made = mint(tenant=name, name=f"{self.word} {role}", role=role, requester=self.word)  # type: ignore[arg-type]
            services.record.keys.add(made.key)
            self.keys.append(made.key.id)
            headers = {"Authorization": f"Bearer {made.said}"}
            self.clients.append(httpx.Client(base_url=url, trust_env=False, timeout=20, headers=headers))
        self.admin = self.clients[0]

    def do(self, deed: str, n: int) -> None:
        path, body = self._request(deed, n)
        if not path:
            return
        answer = self.admin.post(path, json=body)
        assert answer.status_code in (201, 202, 409), answer.text
        if answer.status_code != 409:  # a run before any application is known
            {"run": self.runs, "key": self.keys}.get(deed, []).append(str(answer.json().get("id")))

    def _request(self, deed: str, n: int) -> tuple[str, dict[str, Any]]:
        word = self.word
        base_url = f"http://127.0.0.1:{n + 1}"
        operation = {"operationId": f"feed_{word}", "responses": {"200": {"description": "ok"}}}
        openapi = {"openapi": "3.1.0", "info": {"title": word}, "paths": {"/feed": {"post": operation}}}
        return {
            "document": ("/v1/knowledge/documents", {"source": f"{n}.md", "text": f"# Notes\n\nAll about the {word}."}),
            "app": (
                "/v1/knowledge/apps",
                {"app": f"app{n}", "openapi": openapi, "base_url": base_url},
            ),
            "run": ("/v1/runs", {"text": f"Feed the {word} please."}),
            "key": ("/v1/keys", {"name": word, "role": "operator"}),
        }.get(deed, ("", {}))

    def seen(self, others: "Tenant") -> str:
        """All that they can read, and all answers to asking for what is the other's."""
        texts = []
        for client in self.clients:
            texts += [client.get(path).text for path in ("/v1/runs?limit=500", "/v1/keys", "/healthz")]
            texts += [client.get(f"/v1/runs/{id}/events").text for id in self.runs]
            for id in others.runs:
                answers = [client.get(f"/v1/runs/{id}"), client.get(f"/v1/runs/{id}/events")]
                answers += [client.post(f"/v1/runs/{id}/{verb}", json={"text": "x"}) for verb in ("answer", "cancel")]
                assert {each.status_code for each in answers} == {404}
                texts += [each.text for each in answers]
        taken = [self.admin.delete(f"/v1/keys/{id}") for id in others.keys]
        assert {each.status_code for each in taken} == {404}
        return "\n".join(texts)

    def settled(self) -> None:
        deadline = time.monotonic() + 20
        while any(run["status"] != "done" for run in self.admin.get("/v1/runs?limit=500").json()["runs"]):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def close(self) -> None:
        for client in self.clients:
            client.close()


deeds = st.lists(
    st.tuples(st.sampled_from(TENANTS), st.sampled_from(DEEDS), st.integers(0, 1)), min_size=2, max_size=10
)


@settings(max_examples=4)
@given(deeds)
def test_no_answer_has_a_word_of_the_other_tenant(done: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        chosen = Settings(data_dir=Path(folder) / "data")
        services = build(chosen, lam=LamByRequest(REFUSES), embedder=BagEmbedder())
        with serving(create_app(services, with_ui=False), bind("127.0.0.1", 0, option="--port")) as url:
            tenants = {name: Tenant(services, url, name) for name in TENANTS}
            for name, what, n in done:
                tenants[name].do(what, n)
            for name, other in (TENANTS, TENANTS[::-1]):
                tenants[name].settled()
                seen = tenants[name].seen(tenants[other])
                assert WORDS[other] not in seen
                assert WORDS[name] in seen
            for each in tenants.values():
                each.close()
        services.close()
