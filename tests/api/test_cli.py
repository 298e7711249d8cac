"""The command line: quick to answer, clear about mistakes, and every command in use."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from api_world import Desk, MemoryKeyring
from typer.testing import CliRunner, Result

import api.wiring
from api.cli import app
from api.settings import Settings
from api.wiring import Services

HEAVY = ("torch", "transformers", "sentence_transformers", "chromadb", "tantivy", "nicegui", "fastapi", "sqlalchemy")


@pytest.fixture
def lamp(services: Services, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command on services that know the help desk; what it says is in `.output`."""
    monkeypatch.setattr(api.wiring, "build", lambda settings: _again(settings, services))
    monkeypatch.setenv("LAMP_REQUESTER", "npetrov")

    def run(*arguments: str, stdin: str = "") -> Result:
        given = ["--data-dir", str(services.settings.data_dir), *arguments]
        return CliRunner().invoke(app, given, input=stdin, env={"COLUMNS": "160"})

    return run


def _again(settings: Settings, services: Services) -> Services:
    return Services(settings, lam=services.lam, embedder=services.embedder)


def told(result: Result) -> str:
    """What a user's mistake is answered with."""
    assert result.exit_code == 2, result.output
    assert "Error:" in result.output
    assert "→" in result.output
    assert "Traceback" not in result.output
    return result.output


def test_importing_the_cli_imports_nothing_heavy() -> None:
    code = f"import sys, api.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_answers_at_once() -> None:
    def seconds() -> float:
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "api.cli", "--help"], capture_output=True, text=True, check=True)
        assert "ingest" in done.stdout
        return time.perf_counter() - began

    assert min(seconds() for _ in range(3)) < 0.5


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "chat",
        "plan",
        "ingest",
        "serve",
        "train",
        "eval helpdesk",
        "eval services",
        "apps add",
        "apps list",
        "policy check",
        "policy explain",
        "memory show",
        "memory forget",
        "keys create",
        "keys revoke",
    ],
)
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage" in result.output


def test_plan_shows_steps_and_sources_and_does_nothing(lamp: Any, desk: Desk) -> None:
    result = lamp("plan", "Unlock the account of Amara Nyberg.")
    assert result.exit_code == 0, result.output
    assert "1. Search accounts" in result.output
    assert "← your request" in result.output
    assert "← result of step 1, accounts.0.username" in result.output
    assert desk.writes() == 0


def test_plan_as_json(lamp: Any) -> None:
    plan = json.loads(lamp("plan", "Unlock the account of Amara Nyberg.", "--json").stdout)
    assert [step["action"] for step in plan["steps"]] == ["helpdesk.search_accounts", "helpdesk.unlock_account"]


def test_chat_carries_one_request_out(lamp: Any, desk: Desk) -> None:
    result = lamp("chat", "Unlock the account of Amara Nyberg.")
    assert result.exit_code == 0, result.output
    assert "Done and verified" in result.output
    assert re.search(r"passage +\[1\] .+ +[\w-]+\.md", result.output)
    assert desk.account("anyberg")["status"] == "active"


def test_chat_reads_requests_until_an_empty_line(lamp: Any, desk: Desk) -> None:
    result = lamp("chat", stdin="Unlock the account of Amara Nyberg.\nTell me the Password of Amara Nyberg.\n\n")
    assert result.exit_code == 0, result.output
    assert "Done and verified" in result.output
    assert "Refused" in result.output


def test_without_a_person_nothing_irreversible_is_done(lamp: Any, desk: Desk) -> None:
    result = lamp("chat", "Wipe the lost device NH-20463.")
    assert "A question is open" in result.output
    assert desk.writes() == 0


def test_what_was_approved_beforehand_is_done(lamp: Any, desk: Desk) -> None:
    assert "Done and verified" in lamp("chat", "--approve", "Wipe the lost device NH-20463.").output
    assert desk.writes() == 1


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    lamp: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMP_DRY_RUN", "true")
    result = lamp("chat", "Wipe the lost device NH-20463.")
    assert "A person would have been asked" in result.output
    assert "It would have: wipe device with asset tag “NH-20463”" in result.output
    assert desk.writes() == 0


def test_the_policy_of_the_settings_decides(lamp: Any, desk: Desk, tmp_path: Path, monkeypatch: Any) -> None:
    rules = "version: 1\nrules: [{name: closed, action: '*.wipe_*', verdict: deny, reason: Not today.}]"
    (tmp_path / "policy.yaml").write_text(rules)
    monkeypatch.setenv("LAMP_POLICY", str(tmp_path / "policy.yaml"))
    result = lamp("chat", "--approve", "Wipe the lost device NH-20463.")
    assert "policy: deny (closed). Not today." in result.output
    assert "Refused" in result.output
    assert desk.writes() == 0


@pytest.mark.parametrize("command", [["chat", "Unlock."], ["serve", "--port", "0"]])
def test_a_policy_that_cannot_be_used_starts_nothing(
    lamp: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    (tmp_path / "policy.yaml").write_text("version: 1\nrules: [{name: a, verdict: perhaps, reason: x}]")
    monkeypatch.setenv("LAMP_POLICY", str(tmp_path / "policy.yaml"))
    output = told(lamp(*command))
    assert "line 2: rules[0].verdict: “perhaps” is not known. → Write allow, ask or deny." in " ".join(output.split())


def test_memory_is_listed_shown_and_forgotten(lamp: Any) -> None:
    lamp("chat", "Unlock the account of Amara Nyberg.")
    listed = lamp("memory", "list").output
    trajectory = listed.splitlines()[1].split()[0]
    shown = lamp("memory", "show", trajectory).output
    assert "Unlock account" in shown
    assert "verified" in shown
    assert json.loads(lamp("memory", "show", trajectory, "--json").stdout)["id"] == trajectory
    assert lamp("memory", "forget", trajectory).exit_code == 0
    assert "Nothing is remembered" in lamp("memory", "list").output
    told(lamp("memory", "show", trajectory))


def test_ingest_tells_what_changed(lamp: Any, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nText.")
    assert "1 added, 0 replaced, 0 unchanged, 0 removed" in lamp("ingest", str(folder)).output
    assert "0 added, 0 replaced, 1 unchanged" in lamp("ingest", str(folder)).output
    (folder / "a.md").unlink()
    (folder / "b.html").write_text("<html><body><h1>B</h1><p>More.</p></body></html>")
    assert "1 added, 0 replaced, 0 unchanged, 1 removed" in lamp("ingest", "--prune", str(folder)).output


def test_ingest_names_what_it_cannot_read_and_reads_the_rest(lamp: Any, tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n\nText.")
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "binary.txt").write_bytes(b"\x00\x01\x02")
    result = lamp("ingest", *(str(tmp_path / name) for name in ("good.md", "empty.md", "binary.txt", "gone.md")))
    assert result.exit_code == 2
    assert "1 added" in result.output
    for name in ("empty.md", "binary.txt", "gone.md"):
        assert name in result.output
    assert "Traceback" not in result.output


def test_ingest_of_an_address_where_nothing_answers(lamp: Any) -> None:
    result = lamp("ingest", "http://nowhere.invalid/guide.html")
    assert result.exit_code == 2
    assert "cannot be reached" in result.output


def test_apps_are_added_listed_and_removed(lamp: Any, desk: Desk, ring: MemoryKeyring) -> None:
    url = f"{desk.server.url}/openapi.json"
    added = lamp("apps", "add", url, "--name", "annexe", "--base-url", desk.server.url, "--effect", "lock_device=read")
    assert added.exit_code == 0, added.output
    assert "lamp apps secret annexe" in added.output
    assert lamp("apps", "secret", "annexe", stdin="s3cret\n").exit_code == 0
    assert list(ring.kept.values()) == ["s3cret"]
    listed = lamp("apps", "list").output
    assert "annexe" in listed
    assert "s3cret" not in listed
    assert lamp("apps", "remove", "annexe").exit_code == 0
    assert "annexe" not in lamp("apps", "list").output
    told(lamp("apps", "remove", "annexe"))


@pytest.mark.parametrize("text", ["", "{", "openapi: 3.1.0", '{"openapi": "3.1.0", "paths": {"/a": 7}}', "\x00"])
def test_a_broken_openapi_document_is_told(lamp: Any, tmp_path: Path, services: Services, text: str) -> None:
    (tmp_path / "openapi.yaml").write_text(text)
    before = services.record.catalogue.actions()
    told(lamp("apps", "add", str(tmp_path / "openapi.yaml"), "--name", "helpdesk", "--base-url", "http://x"))
    assert services.record.catalogue.actions() == before


def test_an_unreachable_openapi_document_is_told(lamp: Any) -> None:
    assert "cannot be reached" in told(lamp("apps", "add", "http://127.0.0.1:9/openapi.json", "--name", "x"))


def test_before_anything_is_known(tmp_path: Path) -> None:
    for command in (["plan", "Unlock me."], ["chat", "Unlock me."]):
        assert "No application is known" in told(CliRunner().invoke(app, ["--data-dir", str(tmp_path / "d"), *command]))


def test_wrong_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMP_PORT", "many")
    assert "port" in told(CliRunner().invoke(app, ["serve"]))


def test_a_database_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.db").write_text("this is not a database, but a text that is long enough to look at " * 20)
    monkeypatch.setenv("LAMP_DATABASE_URL", f"sqlite:///{tmp_path / 'bad.db'}")
    told(CliRunner().invoke(app, ["--data-dir", str(tmp_path), "memory", "list"]))
