"""Keys and roles over HTTP, at the command line and in the browser's cookie: who gets in, and as what."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_world import Desk, MemoryKeyring, Serve
from test_http_knowledge import OPENAPI, told
from typer.testing import CliRunner

from api.apps import Access, add_app
from api.cli import app
from api.wiring import Services
from knowledge.keys import Role, mint

UNLOCK = {"text": "Unlock the account of Amara Nyberg."}
WIPE = {"text": "Wipe the lost device NH-20463."}
Holder = Callable[..., httpx.Client]


@pytest.fixture
def holder(services: Services, client: httpx.Client) -> Holder:
    """A client that shows a key of this role."""

    def made(role: Role, *, requester: str = "", tenant: str = "default", days: float | None = None) -> httpx.Client:
        minted = mint(tenant=tenant, name=role, role=role, requester=requester, days=days)
        services.record.keys.add(minted.key)
        client.headers.pop("authorization", None)
        headers = {"Authorization": f"Bearer {minted.said}", "X-Key-Id": minted.key.id}
        return httpx.Client(base_url=client.base_url, trust_env=False, timeout=20.0, headers=headers)

    return made


def waiting(client: httpx.Client, run_id: str) -> str:
    """The hash of the call it waits for."""
    for _ in range(400):
        run = client.get(f"/v1/runs/{run_id}").json()
        if run["waiting_for"]:
            return str(run["waiting_for"]["call_hash"])
    raise AssertionError(run)


# ---- who gets in


def test_without_any_key_on_this_machine_nobody_is_asked(client: httpx.Client) -> None:
    assert client.post("/v1/runs", json=UNLOCK).status_code == 202
    assert client.get("/v1/keys").json() == {"keys": []}


def test_once_a_key_exists_everyone_needs_one(client: httpx.Client, holder: Holder) -> None:
    with holder("operator") as operator:
        assert operator.get("/v1/runs").status_code == 200
    for path in ("/v1/runs", "/v1/runs/x", "/v1/runs/x/events", "/v1/keys", "/docs", "/openapi.json", "/v2/nothing"):
        assert "asks for a key" in told(client.get(path), 401)
    answer = client.post("/v1/runs", json=UNLOCK)
    assert "asks for a key" in told(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("reach", [{"host": "0.0.0.0"}, {"allowed_hosts": ("desk.example",)}], ids=str)
def test_a_service_that_others_can_reach_asks_even_before_the_first_key(
    services: Services, serve: Serve, reach: dict[str, object]
) -> None:
    services.settings = services.settings.model_copy(update=reach)
    assert "lamp keys create" in serve(services).get("/v1/runs").json()["remedy"]


def test_health_is_told_to_anyone_and_what_is_known_only_to_holders(client: httpx.Client, holder: Holder) -> None:
    with holder("requester", requester="ada") as requester:
        assert requester.get("/healthz").json()["documents"] == 3
        assert client.get("/healthz").json()["documents"] is None
        assert client.get("/healthz").json()["status"] == "ok"


@pytest.mark.parametrize("shown", ["Bearer nonsense", "Bearer lamp_abc_def", "Bearer", "Basic YTpi", "Bearer lamp__"])
def test_what_is_no_key_opens_nothing(client: httpx.Client, holder: Holder, shown: str) -> None:
    holder("admin").close()
    told(client.get("/v1/runs", headers={"Authorization": shown}), 401)


def test_the_public_part_of_a_key_with_another_secret_opens_nothing(client: httpx.Client, services: Services) -> None:
    mine, other = (mint(tenant="default", name="x", role="admin") for _ in range(2))
    services.record.keys.add(mine.key)
    forged = f"lamp_{mine.key.id}_{other.said.split('_', 2)[2]}"
    told(client.get("/v1/runs", headers={"Authorization": f"Bearer {forged}"}), 401)
    told(client.get("/v1/runs", headers={"Authorization": f"Bearer {mine.key.hash}"}), 401)


def test_an_expired_key_opens_nothing(client: httpx.Client, services: Services) -> None:
    old = mint(tenant="default", name="old", role="admin", days=1, now=datetime.now(UTC) - timedelta(days=2))
    services.record.keys.add(old.key)
    told(client.get("/v1/runs", headers={"Authorization": f"Bearer {old.said}"}), 401)


def test_a_revoked_key_opens_nothing_and_revoking_the_last_one_does_not_open_the_door(
    client: httpx.Client, holder: Holder
) -> None:
    with holder("admin") as admin:
        assert admin.delete(f"/v1/keys/{admin.headers['x-key-id']}").json()["revoked_at"]
        told(admin.get("/v1/keys"), 401)
    told(client.get("/v1/keys"), 401)


# ---- what each may do


def test_a_requester_sees_the_own_runs_only(holder: Holder) -> None:
    ada, bob, operator = holder("requester", requester="ada"), holder("requester", requester="bob"), holder("operator")
    with ada, bob, operator:
        run_id = ada.post("/v1/runs", json=UNLOCK).json()["id"]
        assert ada.get(f"/v1/runs/{run_id}").json()["task"]["requester"] == "ada"
        assert [each["id"] for each in operator.get("/v1/runs").json()["runs"]] == [run_id]
        assert bob.get("/v1/runs").json()["runs"] == []
        for path in (f"/v1/runs/{run_id}", f"/v1/runs/{run_id}/events"):
            assert told(bob.get(path), 404) == f"There is no run {run_id}."
        for verb, body in (("answer", {"text": "yes"}), ("cancel", None)):
            told(bob.post(f"/v1/runs/{run_id}/{verb}", json=body), 404)


def test_a_requester_cannot_ask_in_anothers_name(holder: Holder) -> None:
    with holder("requester", requester="ada") as ada:
        assert "acts as ada, not as ceo" in told(ada.post("/v1/runs", json=UNLOCK | {"requester": "ceo"}), 403)
        assert ada.post("/v1/runs", json=UNLOCK | {"requester": "ada"}).status_code == 202


def test_a_requester_does_not_approve_and_an_operator_does(holder: Holder, desk: Desk) -> None:
    with holder("requester", requester="npetrov") as requester, holder("operator") as operator:
        run_id = requester.post("/v1/runs", json=WIPE).json()["id"]
        verdict = {"call_hash": waiting(requester, run_id)}
        for verb in ("approve", "reject"):
            message = told(requester.post(f"/v1/runs/{run_id}/{verb}", json=verdict), 403)
            assert message == "A key of the role requester may not approve or reject calls."
        assert desk.writes() == 0
        assert operator.post(f"/v1/runs/{run_id}/approve", json=verdict).status_code == 200
        with requester.stream("GET", f"/v1/runs/{run_id}/events") as response:
            list(response.iter_lines())
        assert requester.get(f"/v1/runs/{run_id}").json()["outcome"]["status"] == "verified"


def test_operators_add_documents_and_only_admins_trust_them(holder: Holder) -> None:
    new = {"source": "a.md", "text": "# A\n\nText."}
    with holder("requester", requester="ada") as requester, holder("operator") as operator, holder("admin") as admin:
        told(requester.post("/v1/knowledge/documents", json=new), 403)
        assert operator.post("/v1/knowledge/documents", json=new).status_code == 201
        assert "trusted" in told(operator.post("/v1/knowledge/documents", json=new | {"trust": "trusted"}), 403)
        assert admin.post("/v1/knowledge/documents", json=new | {"trust": "trusted"}).status_code == 201


def test_applications_and_keys_are_for_admins(holder: Holder) -> None:
    rooms = {"app": "rooms", "openapi": OPENAPI, "base_url": "http://127.0.0.1:9"}
    with holder("operator") as operator, holder("admin") as admin:
        told(operator.post("/v1/knowledge/apps", json=rooms), 403)
        told(operator.get("/v1/keys"), 403)
        told(operator.post("/v1/keys", json={"name": "mine", "role": "admin"}), 403)
        assert admin.post("/v1/knowledge/apps", json=rooms).status_code == 201
        assert len(admin.get("/v1/keys").json()["keys"]) == 2


def test_a_key_is_told_once_and_only_its_hash_is_kept(holder: Holder, services: Services) -> None:
    with holder("admin") as admin:
        made = admin.post("/v1/keys", json={"name": "script", "role": "operator"})
        assert made.status_code == 201
        said = made.json()["key"]
        assert said.startswith(f"lamp_{made.json()['id']}_")
        assert said not in admin.get("/v1/keys").text
        assert admin.get("/v1/runs", headers={"Authorization": f"Bearer {said}"}).status_code == 200
    services.record.close()
    stored = b"".join(path.read_bytes() for path in services.settings.data_dir.glob("lamplighter.db*"))
    assert said.encode() not in stored
    assert said.split("_", 2)[2].encode() not in stored


def test_a_requesters_key_names_an_account(holder: Holder) -> None:
    with holder("admin") as admin:
        assert "needs the account" in told(admin.post("/v1/keys", json={"name": "x", "role": "requester"}), 422)


# ---- browsers


def test_a_browser_signs_in_gets_a_cookie_and_signs_out(client: httpx.Client, services: Services) -> None:
    made = mint(tenant="default", name="ada", role="operator")
    services.record.keys.add(made.key)
    sent = client.get("/docs", headers={"accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/signin?then=/docs")
    assert "Your key" in client.get(sent.headers["location"]).text
    told_wrong = client.post("/signin", data={"key": "lamp_x_y"})
    assert told_wrong.status_code == 401
    assert "unknown, expired or revoked" in told_wrong.text
    signed = client.post("/signin", data={"key": f" {made.said} ", "then": "/docs"})
    assert (signed.status_code, signed.headers["location"]) == (303, "/docs")
    cookie = signed.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert made.said not in cookie
    assert client.get("/v1/runs").status_code == 200
    session = client.cookies["lamp_session"]
    client.post("/signout")
    told(client.get("/v1/runs", headers={"cookie": f"lamp_session={session}"}), 401)


def test_a_cookie_ends_with_its_key(client: httpx.Client, services: Services) -> None:
    made = mint(tenant="default", name="ada", role="operator")
    services.record.keys.add(made.key)
    client.post("/signin", data={"key": made.said})
    assert client.get("/v1/runs").status_code == 200
    services.record.keys.revoke(made.key.id)
    told(client.get("/v1/runs"), 401)


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nX: y"])
def test_signing_in_leads_to_pages_of_ours_only(client: httpx.Client, services: Services, then: str) -> None:
    made = mint(tenant="default", name="ada", role="operator")
    services.record.keys.add(made.key)
    signed = client.post("/signin", data={"key": made.said, "then": then})
    assert signed.headers["location"] == "/ui/"


def test_the_sign_in_page_quotes_what_it_was_given(client: httpx.Client) -> None:
    page = client.get("/signin", params={"then": '/"><script>x</script>'}).text
    assert "<script>" not in page


# ---- the command line


def test_keys_are_made_listed_and_revoked_at_the_command_line(tmp_path: Path) -> None:
    def lamp(*words: str) -> str:
        result = CliRunner().invoke(app, ["--data-dir", str(tmp_path / "data"), "keys", *words])
        assert result.exit_code == 0, result.output
        return result.stdout

    said = lamp("create", "Ada's laptop", "--requester", "ada", "--days", "30").strip()
    key_id = said.split("_")[1]
    listed = lamp("list")
    assert key_id in listed
    assert "valid until" in listed
    assert said not in listed
    lamp("revoke", key_id)
    assert "revoked" in lamp("list")


@pytest.mark.parametrize("words", [["create", "x"], ["create", "x", "--role", "king"], ["revoke", "nope"]])
def test_a_wrong_key_command_says_what_to_do(tmp_path: Path, words: list[str]) -> None:
    result = CliRunner().invoke(app, ["--data-dir", str(tmp_path / "data"), "keys", *words])
    assert result.exit_code == 2
    assert "→" in result.stderr


# ---- what the policy makes of it

OPERATORS_WIPE = """\
version: 1
roles: {admin: [ada]}
rules:
  - {name: reads, effect: read, verdict: allow, reason: It changes nothing.}
  - {name: wiping, action: "*.wipe_*", role: operator, verdict: ask, reason: "{requester} is {role}."}
"""


def settled(client: httpx.Client) -> dict[str, Any]:
    """A run that wipes a device, as soon as it waits or is over."""
    run_id = client.post("/v1/runs", json=WIPE).json()["id"]
    for _ in range(400):
        run: dict[str, Any] = client.get(f"/v1/runs/{run_id}").json()
        if run["status"] in ("waiting", "done"):
            return run
        time.sleep(0.05)
    raise AssertionError(run)


def test_the_policy_goes_by_the_role_of_the_key_and_not_by_the_files(
    services: Services, holder: Holder, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(OPERATORS_WIPE)
    services.settings = services.settings.model_copy(update={"policy": file})
    with holder("operator", requester="olga") as operator, holder("requester", requester="ada") as requester:
        assert "olga is operator." in settled(operator)["waiting_for"]["question"]
        assert settled(requester)["outcome"]["status"] == "refused"


def test_who_approved_is_written_down(services: Services, holder: Holder) -> None:
    with holder("operator", requester="olga") as operator:
        run_id = operator.post("/v1/runs", json=WIPE).json()["id"]
        body = {"call_hash": waiting(operator, run_id)}
        approval = services.record.runs.get(run_id, "default").waiting_for
        assert operator.post(f"/v1/runs/{run_id}/approve", json=body).status_code == 200
        assert approval
        decided = services.record.approvals.get(approval.approval_id, "default")
        assert decided.by == f"olga (key {operator.headers['x-key-id']})"


def test_a_run_of_another_tenant_is_asked_about_approved_and_carried_out_there(
    services: Services, holder: Holder, desk: Desk, ring: MemoryKeyring
) -> None:
    access = Access(base_url=desk.server.url, secret_name="helpdesk", on_behalf_of_header="X-On-Behalf-Of")
    add_app(services, f"{desk.server.url}/openapi.json", app="helpdesk", access=access, tenant="birch")
    services.secrets.put("helpdesk", desk.server.token, "birch")
    with holder("operator", requester="npetrov", tenant="birch") as operator, holder("admin") as elsewhere:
        run_id = settled(operator)["id"]
        body = {"call_hash": waiting(operator, run_id)}
        told(elsewhere.post(f"/v1/runs/{run_id}/approve", json=body), 404)
        assert operator.post(f"/v1/runs/{run_id}/approve", json=body).status_code == 200
        assert operator.get(f"/v1/runs/{run_id}/events").text.endswith("\n")  # ends with the run
        assert operator.get(f"/v1/runs/{run_id}").json()["outcome"]["status"] == "verified"
