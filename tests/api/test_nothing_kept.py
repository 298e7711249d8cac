"""After full runs against an application that repeats its token, nothing that is kept, told or shown has it, or what
LAMP_REDACT names: not the database with its log, the indexes, the events, the prompts, the exports, nor our own log."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from api_world import NAME, SCRIPTS, BagEmbedder, Desk, LamByRequest, Serve
from loud_desk import loud_desk, spellings
from pydantic import SecretStr
from typer.testing import CliRunner

from api.apps import Access, add_app
from api.cli import app
from api.logs import configure
from api.settings import Settings
from api.wiring import Services, build
from knowledge.keys import mint
from knowledge.types import HitKind
from retrieval.shelf import entry_of

CARD, MAIL, CUSTOMER = "4111 1111 1111 1111", "ada.lovelace@mail.example.org", "C-884213"
TOLD = f"My card {CARD}, my mail {MAIL}, customer {CUSTOMER}."
KINDS: tuple[HitKind, ...] = ("passage", "action", "precedent")
GUIDE = f"# Unlocking an account\n\nSearch the account of the person, then unlock it. Ask {MAIL}, card {CARD}.\n"


@pytest.fixture
def loud(desk: Desk) -> Iterator[str]:
    with loud_desk(desk.server.url) as url:
        yield url


@pytest.fixture
def discreet(settings: Settings, desk: Desk, loud: str) -> Iterator[Services]:
    """Services with patterns set, over the loud desk."""
    secrets = {"helpdesk": SecretStr(desk.server.token)}
    redact = ("credit-card", "email", r"customer=C-\d{6}")
    services = build(
        settings.model_copy(update={"secrets": secrets, "redact": redact}),
        lam=LamByRequest(SCRIPTS),
        embedder=BagEmbedder(),
    )
    access = Access(base_url=loud, secret_name="helpdesk", on_behalf_of_header="X-On-Behalf-Of")
    add_app(services, f"{loud}/openapi.json", app="helpdesk", access=access)
    yield services
    services.close()


def finished(client: httpx.Client, text: str) -> tuple[dict[str, object], str]:
    """The run, and all that the API says of it; approvals are given with a note."""
    run_id = client.post("/v1/runs", json={"text": text}).raise_for_status().json()["id"]
    events: list[str] = []
    with client.stream("GET", f"/v1/runs/{run_id}/events") as response:
        for line in response.iter_lines():
            events.append(line)
            if line == "event: waiting":
                events += _decided(client, run_id)
    run = client.get(f"/v1/runs/{run_id}")
    return run.json(), "\n".join([*events, run.text, client.get("/v1/runs").text])


def _decided(client: httpx.Client, run_id: str) -> list[str]:
    waiting = None
    while not waiting:
        waiting = client.get(f"/v1/runs/{run_id}").json()["waiting_for"]
    if waiting["kind"] == "approval":
        body = {"call_hash": waiting["call_hash"], "note": TOLD}
        return [client.post(f"/v1/runs/{run_id}/approve", json=body).raise_for_status().text]
    answer = client.post(f"/v1/runs/{run_id}/answer", json={"text": f"until Friday. {TOLD}"})
    return [answer.raise_for_status().text]


def stored(services: Services) -> dict[str, str]:
    """By file, as text; the WAL among them. The help desk's own data is its own."""
    files = [path for path in services.settings.data_dir.rglob("*") if path.is_file()]
    return {path.name: path.read_bytes().decode("latin-1") for path in files}


def prompts(services: Services) -> str:
    assert isinstance(services.lam, LamByRequest)
    return str(services.lam.situations)


def test_nothing_has_a_secret_or_what_is_to_be_redacted(
    discreet: Services, serve: Serve, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    configure("debug", scrub=discreet.redactor.text)
    key = mint(tenant="default", name="caller", role="admin")
    discreet.record.keys.add(key.key)
    client = serve(discreet)
    client.headers["Authorization"] = f"Bearer {key.said}"
    sent = client.post("/v1/knowledge/documents", json={"source": "guide.md", "text": GUIDE, "trust": "trusted"})
    sent.raise_for_status()

    told = []
    for request in ("Unlock the account of", "Unlock the account of", "VPN for"):
        run, said = finished(client, f"{request} {NAME}. {TOLD}")
        told.append(said)
        assert run["outcome"]
    wiped, said = finished(client, f"Wipe the lost device NH-20463. {TOLD}")
    told.append(said)
    assert wiped["outcome"]["status"] == "verified"  # type: ignore[index]
    _library_logs(f"Bearer {desk.server.token}", log)
    structlog.get_logger("test").error("broken", request=TOLD, header=f"Bearer {desk.server.token}")
    _break(discreet, client)

    discreet.retriever.refresh("default")
    entries = [entry_of(item) for kind in KINDS for item in discreet.retriever._shelf(kind, "default").items.values()]
    exports = _exported(discreet)
    places = {
        **stored(discreet),
        "events": "\n".join(told),
        "words": str(entries),
        "prompts": prompts(discreet),
        "export": exports,
        "log": log.getvalue(),
    }
    _all_were_looked_at(places)
    for place, text in places.items():
        for unwanted in (*spellings(desk.server.token), key.said, CARD, CARD.replace(" ", ""), MAIL, CUSTOMER):
            assert unwanted not in text, (place, unwanted)


def _library_logs(header: str, log: io.StringIO) -> None:
    handler = logging.StreamHandler(log)
    library = logging.getLogger("some.library")
    library.addHandler(handler)
    try:
        raise ValueError(f"{header} {TOLD}")
    except ValueError as error:
        library.exception("%s sent %s to port %d", TOLD, error, 443)
    library.removeHandler(handler)


def _break(services: Services, client: httpx.Client) -> None:
    """A bug of ours, with all of it in reach of the traceback."""

    def broken(*_: object, **__: object) -> None:
        secret, request = services.secrets.get("helpdesk", "default"), TOLD
        raise ZeroDivisionError(f"{secret} {request}")

    services.lam.choose = broken  # type: ignore[method-assign]
    run, _ = finished(client, f"Unlock the account of {NAME}. {TOLD}")
    assert run["outcome"]["status"] == "failed"  # type: ignore[index]


def _exported(services: Services) -> str:
    """What `lamp memory show --json` writes."""
    texts = []
    for trajectory in services.record.memory.list("default"):
        words = ["--data-dir", str(services.settings.data_dir), "memory", "show", trajectory.id, "--json"]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0
        assert json.loads(result.output)["id"] == trajectory.id
        texts.append(result.output)
    return "\n".join(texts)


def _all_were_looked_at(places: dict[str, str]) -> None:
    """The search can find what is there: else it would prove nothing."""
    names = {*places}
    assert {"lamplighter.db", "lamplighter.db-wal", "chroma.sqlite3"} <= names
    written = places["lamplighter.db"] + places["lamplighter.db-wal"]
    for place in (written, places["events"], places["prompts"], places["export"]):
        for wanted in ("[redacted:secret]", "[redacted:credit-card]", "[redacted:email]", "[redacted:customer]"):
            assert wanted in place
    assert "[redacted:email]" in places["words"]
    assert "ZeroDivisionError" in places["log"]
    assert "to port 443" in places["log"]
    assert "[redacted:secret]" in places["log"]


def test_a_pattern_that_cannot_be_used_stops_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMP_REDACT", '["email", "mine=("]')
    result = CliRunner().invoke(app, ["--data-dir", str(tmp_path), "memory", "list"])
    assert result.exit_code == 2
    assert "The pattern mine is no regular expression" in result.stderr
