"""`lamp forget` and its HTTP twin: after real runs nobody finds the person again, and the command proves it."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_world import NAME, USERNAME, BagEmbedder, LamByRequest, Serve, wait_until_asked
from typer.testing import CliRunner, Result

from api.cli import app
from api.errors import Busy
from api.forgetting import forget
from api.sessions import Sessions, new_task
from api.settings import Settings
from api.wiring import Services, build
from knowledge.ingest import ingest
from knowledge.keys import mint
from knowledge.names import Names
from knowledge.types import Query

ABOUT = f"Unlock the account of {NAME}."
HERS = Names([USERNAME, NAME])


def carried_out(services: Services, text: str, *, requester: str = "npetrov") -> str:
    with Sessions(services) as sessions:
        live = sessions.start(new_task(services, text, requester=requester))
        assert live.finished.wait(120)
    return live.run_id


def raw(services: Services) -> bytes:
    files = [path for path in services.settings.data_dir.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files).lower()


def lamp(services: Services, *words: str) -> Result:
    return CliRunner().invoke(app, ["--data-dir", str(services.settings.data_dir), "forget", *words])


def test_a_person_is_forgotten_and_that_is_proved(services: Services) -> None:
    carried_out(services, ABOUT)
    other = carried_out(services, "Password of Erik Lopez?")
    services.retriever.refresh("default")
    assert services.retriever.search(Query(text=ABOUT), "precedent")
    done = forget(services, HERS, tenant="default")
    assert done.proved
    assert {*done.left} >= {"runs and memory", "database files", "vector index", "word index", "other files"}
    assert USERNAME.encode() not in raw(services)
    assert b"nyberg" not in raw(services)
    assert services.retriever.search(Query(text=ABOUT), "precedent") == []
    assert [run.id for run in services.record.runs.list(9, "default")] == [other]
    services.retriever.refresh()
    assert services.retriever.search(Query(text="unlock account"), "passage")  # the index answers as ever


def test_the_command_tells_what_would_go_and_changes_nothing(services: Services) -> None:
    run_id = carried_out(services, ABOUT)
    services.close()
    result = lamp(services, USERNAME, "--dry-run")
    assert result.exit_code == 0
    assert "1 runs or trajectories, 0 attempts would go" in result.output
    assert NAME in result.output  # she is known by it as well
    assert services.record.runs.get(run_id, "default")


def test_the_command_forgets_and_says_where_it_looked(services: Services) -> None:
    carried_out(services, ABOUT)
    services.close()
    result = lamp(services, USERNAME, NAME)
    assert result.exit_code == 0, result.output
    assert [line.split()[-1] for line in result.output.splitlines()[-8:]] == ["0"] * 8
    assert USERNAME.encode() not in raw(services)


def test_a_document_that_mentions_the_person_is_listed_and_left(services: Services, tmp_path: Path) -> None:
    page = tmp_path / "who.md"
    page.write_text(f"# Who is who\n\n{NAME} heads the front office.\n", encoding="utf-8")
    ingest(services.record, services.embedder, [page], tenant="default")
    services.close()
    kept = lamp(services, NAME)
    assert kept.exit_code == 1
    assert "who.md" in kept.output
    assert "stay; --documents removes them" in kept.output
    gone = lamp(services, NAME, "--documents")
    assert gone.exit_code == 0, gone.output
    assert services.record.documents.by_source("default", str(page)) is None
    assert b"nyberg" not in raw(services)


def test_what_is_left_anywhere_is_no_success(services: Services) -> None:
    carried_out(services, ABOUT)
    (services.settings.data_dir / "notes.txt").write_text(f"{USERNAME} called.", encoding="utf-8")
    services.close()
    result = lamp(services, USERNAME, NAME)
    assert result.exit_code == 1
    assert "not forgotten yet" in result.stderr
    assert ["other", "files", "1"] in [line.split() for line in result.output.splitlines()]


def test_a_name_too_short_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--data-dir", str(tmp_path), "forget", "a"])
    assert result.exit_code == 2
    assert "too short" in result.stderr


def test_the_command_does_not_work_behind_a_service_that_runs(services: Services) -> None:
    carried_out(services, ABOUT)
    services.retriever.refresh("default")
    result = lamp(services, USERNAME)
    assert result.exit_code == 2
    assert "POST /v1/people/forget" in result.stderr
    assert services.record.memory.list("default")


# ---- over HTTP


@pytest.fixture
def asking(services: Services, serve: Serve) -> Iterator[dict[str, httpx.Client]]:
    """A client for each role."""
    clients = {}
    url = str(serve(services).base_url)
    for role in ("admin", "operator", "requester"):
        made = mint(tenant="default", name=role, role=role, requester="npetrov")  # type: ignore[arg-type]
        services.record.keys.add(made.key)
        headers = {"Authorization": f"Bearer {made.said}"}
        clients[role] = httpx.Client(base_url=url, trust_env=False, timeout=30, headers=headers)
    yield clients
    for client in clients.values():
        client.close()


def finished(client: httpx.Client, text: str) -> str:
    run_id = client.post("/v1/runs", json={"text": text}).raise_for_status().json()["id"]
    client.get(f"/v1/runs/{run_id}/events").raise_for_status()  # ends with the run
    return str(run_id)


def test_an_administrator_has_somebody_forgotten(services: Services, asking: dict[str, httpx.Client]) -> None:
    admin = asking["admin"]
    run_id = finished(admin, ABOUT)
    dry = admin.post("/v1/people/forget", json={"names": [USERNAME], "dry_run": True}).raise_for_status().json()
    assert (dry["runs"], dry["left"], dry["forgotten"], NAME in dry["also"]) == ([run_id], {}, False, True)
    done = admin.post("/v1/people/forget", json={"names": [USERNAME, NAME]}).raise_for_status().json()
    assert (done["runs"], done["forgotten"]) == ([run_id], True)
    assert admin.get(f"/v1/runs/{run_id}").status_code == 404
    assert USERNAME not in admin.get("/v1/runs").text
    assert USERNAME.encode() not in raw(services)
    assert json.loads(admin.get("/healthz").text)["precedents"] == 0
    assert finished(admin, ABOUT)  # the service goes on


@pytest.mark.parametrize("role", ["operator", "requester"])
def test_nobody_else_may(asking: dict[str, httpx.Client], role: str) -> None:
    assert asking[role].post("/v1/people/forget", json={"names": [USERNAME]}).status_code == 403


def test_a_run_about_the_person_must_be_over(services: Services) -> None:
    with Sessions(services) as sessions:
        live = sessions.start(new_task(services, f"Wipe the lost device NH-20463. It is {NAME}'s."))
        wait_until_asked(live)
        with pytest.raises(Busy, match=live.run_id):
            forget(services, HERS, tenant="default", open_runs=sessions.open_ids())
        assert services.record.runs.get(live.run_id, "default")
    assert forget(services, HERS, tenant="default").proved  # left to the next process, which then finds no run
    with Sessions(services) as later:
        assert later.live(live.run_id) is None


def test_only_the_own_tenant(services: Services, settings: Settings) -> None:
    carried_out(services, ABOUT)
    done = forget(services, HERS, tenant="birch")
    assert done.proved  # there was nothing, and what is others' is none of its business
    assert done.found.count == 0
    assert len(services.record.memory.list("default")) == 1
    assert forget(services, HERS, tenant="default").proved


def test_a_fresh_process_agrees(services: Services, settings: Settings) -> None:
    carried_out(services, ABOUT)
    forget(services, HERS, tenant="default")
    services.close()
    again = build(settings, lam=LamByRequest({}), embedder=BagEmbedder())
    assert forget(again, HERS, tenant="default").found.count == 0
    again.close()
