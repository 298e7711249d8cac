"""Secrets come from keyring or environment, and are found in nothing that is stored, logged, shown or told."""

from pathlib import Path

import httpx
import pytest
from api_world import Desk, MemoryKeyring, Serve
from pydantic import SecretStr
from test_http_knowledge import OPENAPI
from typer.testing import CliRunner

from api.apps import Access, add_app
from api.cli import app
from api.logs import configure
from api.secrets import Secrets
from api.settings import Settings
from api.wiring import Services
from knowledge.errors import BadConfiguration, Forbidden
from knowledge.keys import mint
from knowledge.types import HitKind
from retrieval.shelf import entry_of

PLANTED = "planted-8f3kd02mxq"
KINDS: tuple[HitKind, ...] = ("passage", "action", "precedent")


def test_a_secret_is_kept_in_the_keyring_and_nowhere_else(ring: MemoryKeyring, tmp_path: Path) -> None:
    words = ["--data-dir", str(tmp_path / "data"), "apps", "secret", "crm"]
    assert CliRunner().invoke(app, words, input=f"{PLANTED}\n").exit_code == 0
    assert list(ring.kept.values()) == [PLANTED]
    assert Secrets(Settings(data_dir=tmp_path / "data")).get("crm", "default") == PLANTED
    assert PLANTED not in everything_under(tmp_path)


def test_without_a_keyring_the_environment_is_named(tmp_path: Path) -> None:
    words = ["--data-dir", str(tmp_path / "data"), "apps", "secret", "crm"]
    result = CliRunner().invoke(app, words, input=PLANTED)
    assert result.exit_code == 2
    assert "LAMP_SECRETS" in result.stderr
    assert PLANTED not in result.output


def test_the_practice_desks_token_is_for_its_owner_and_tenant_only(tmp_path: Path) -> None:
    Secrets(Settings(data_dir=tmp_path)).lend(PLANTED)
    secrets = Secrets(Settings(data_dir=tmp_path))
    assert secrets.get("helpdesk", "default") == PLANTED
    assert (tmp_path / "practice.token").stat().st_mode & 0o077 == 0
    assert not secrets.has("helpdesk", "birch")
    assert not secrets.has("crm", "default")


def test_another_tenants_application_of_the_same_name_gets_nothing(ring: MemoryKeyring) -> None:
    secrets = Secrets(Settings(secrets={"crm": SecretStr("mine"), "birch/crm": SecretStr("theirs")}))
    secrets.put("erp", PLANTED, "default")
    secrets.hold("desk", PLANTED, "default")
    assert (secrets.get("crm", "default"), secrets.get("crm", "birch")) == ("mine", "theirs")
    for name in ("erp", "desk"):
        assert secrets.get(name, "default") == PLANTED
        with pytest.raises(BadConfiguration, match="lamp apps secret"):
            secrets.get(name, "birch")
    with pytest.raises(BadConfiguration, match="no secret"):
        secrets.get("crm", "third")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(BadConfiguration, match="not a name"):
        Secrets(Settings()).get(name, "default")


def everything_under(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


def test_after_a_full_run_no_store_has_any_secret(
    services: Services, serve: Serve, desk: Desk, ring: MemoryKeyring, capfd: pytest.CaptureFixture[str]
) -> None:
    """The help desk's token from the environment, another application's from the keyring, and the caller's own key."""
    (services.settings.data_dir / "practice.token").unlink()  # it shall come from the environment
    services.settings = services.settings.model_copy(update={"secrets": {"helpdesk": SecretStr(desk.server.token)}})
    services.secrets = Secrets(services.settings)
    services.secrets.put("rooms", PLANTED, "default")
    access = Access(base_url="http://127.0.0.1:9", auth_header="Authorization", secret_name="rooms")
    add_app(services, OPENAPI, app="rooms", access=access)
    key = mint(tenant="default", name="caller", role="admin")
    services.record.keys.add(key.key)
    configure("debug")
    client = serve(services)
    shown = told(client, key.said)
    services.retriever.refresh("default")
    lexical = [entry_of(item) for kind in KINDS for item in services.retriever._shelf(kind, "default").items.values()]
    stored = everything_under(services.settings.data_dir)
    assert "anyberg" in stored  # the run is there, and readable to this search
    configure("warning")
    out, err = capfd.readouterr()
    for secret in (desk.server.token, PLANTED, key.said, key.said.split("_", 2)[2]):
        for place in (shown, stored, str(lexical), out, err):
            assert secret not in place


def told(client: httpx.Client, said: str) -> str:
    """All that the API says of a run that was verified."""
    client.headers["Authorization"] = f"Bearer {said}"
    run_id = client.post("/v1/runs", json={"text": "Unlock the account of Amara Nyberg."}).json()["id"]
    with client.stream("GET", f"/v1/runs/{run_id}/events") as response:
        events = "\n".join(response.iter_lines())
    run = client.get(f"/v1/runs/{run_id}")
    assert run.json()["outcome"]["status"] == "verified"
    return "\n".join([events, run.text, client.get("/v1/runs").text, client.get("/v1/keys").text])


def test_an_application_is_not_added_with_a_password_in_its_address(services: Services) -> None:
    access = Access(base_url=f"http://ada:{PLANTED}@127.0.0.1:9")
    with pytest.raises(Forbidden, match="lamp apps secret") as caught:
        add_app(services, OPENAPI, app="rooms", access=access)
    assert PLANTED not in str(caught.value)
    assert PLANTED not in everything_under(services.settings.data_dir)
