"""`lamp policy`: what is right with a policy file, and what it would say."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app

RULES = """\
version: 1
roles: {operator: [ana]}
rules:
  - {name: reads, effect: read, verdict: allow, reason: It changes nothing.}
  - {name: wiping, action: "*.wipe_*", role: operator, verdict: ask, reason: "{requester} is {role}."}
  - {name: office, time: {days: mon-fri, hours: 08:00-18:00}, rate: 1 per hour, verdict: deny, reason: Too often.}
  - {name: clean, effect: write, taint: vouched, verdict: allow, reason: All is known.}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(RULES)
    return path


def lamp(tmp_path: Path, *arguments: str | Path) -> Result:
    given = ["--data-dir", str(tmp_path / "data"), "policy", *map(str, arguments)]
    return CliRunner().invoke(app, given, env={"COLUMNS": "200"})


def explained(tmp_path: Path, file: Path, *arguments: str) -> str:
    done = lamp(tmp_path, "explain", *arguments, "--file", file)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_good_file_has_exit_code_0(tmp_path: Path, file: Path) -> None:
    done = lamp(tmp_path, "check", file)
    assert (done.exit_code, done.output) == (0, f"{file}: 4 rules, in order.\n")


def test_the_shipped_policy_is_checked_where_no_file_is_named(tmp_path: Path) -> None:
    done = lamp(tmp_path, "check")
    assert (done.exit_code, done.output) == (0, "the default policy: 5 rules, in order.\n")


def test_the_file_of_the_settings_is_checked(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMP_POLICY", str(file))
    assert "4 rules" in lamp(tmp_path, "check").output


def test_all_that_is_wrong_is_told_with_exit_code_1(tmp_path: Path, file: Path) -> None:
    file.write_text(RULES.replace("effect: read", "effect: reed").replace("1 per hour", "hourly"))
    done = lamp(tmp_path, "check", file)
    assert done.exit_code == 1
    first, second = done.output.splitlines()
    assert first.startswith(f"{file}, line 4: rules[0].effect[0]: “reed” is not known. Write read, write or")
    assert second.startswith(f"{file}, line 6: rules[2].rate: “hourly” is no rate. Write it as 5 per hour")
    missing = lamp(tmp_path, "check", tmp_path / "none.yaml")
    assert missing.exit_code == 1
    assert "cannot be read" in missing.output


def test_a_rule_that_is_never_reached_is_warned_of(tmp_path: Path, file: Path) -> None:
    file.write_text(f"{RULES}  - {{name: late, effect: read, role: admin, verdict: deny, reason: No.}}\n")
    done = lamp(tmp_path, "check", file)
    assert done.exit_code == 0
    assert f"warning: {file}, line 8: late is never reached, for reads above decides first." in done.output


def test_a_dry_run_is_said(tmp_path: Path, file: Path) -> None:
    file.write_text(f"dry_run: true\n{RULES}")
    assert "nothing will be changed" in lamp(tmp_path, "check", file).output


def test_it_is_explained_which_rule_decides_and_why_no_earlier_one(tmp_path: Path, file: Path) -> None:
    given = ["desk.wipe_it", "--effect", "write", "--argument", "tag=A1", "--at", "2026-03-02T09:30+01:00"]
    as_ana = explained(tmp_path, file, *given, "--requester", "ana")
    assert "desk.wipe_it (write) for ana, operator, at Mon 2026-03-02 09:30" in as_ana
    assert "1. reads  not: effect is write, not read" in as_ana
    assert "2. wiping  fits: ask" in as_ana
    assert as_ana.splitlines()[-1] == "ask (wiping): ana is operator."
    as_bo = explained(tmp_path, file, *given, "--requester", "bo")
    assert "2. wiping  not: role is requester, not operator" in as_bo
    assert "3. office  not: 0 such calls within the last hour, fewer than 1" in as_bo
    assert as_bo.splitlines()[-1] == "allow (clean): All is known."
    assert "ask (wiping)" in explained(tmp_path, file, *given, "--requester", "bo", "--role", "operator")
    sunday = explained(tmp_path, file, *given[:-1], "2026-03-01T09:30")
    assert "3. office  not: it is Sun 09:30 UTC, outside mon tue wed thu fri 08:00-18:00 UTC" in sunday
    tainted = explained(tmp_path, file, *given, "--tainted", "owner")
    assert tainted.splitlines()[-1].startswith("deny (nothing-fits): No rule of")


def test_explaining_counts_nothing(tmp_path: Path, file: Path) -> None:
    for _ in range(3):
        said = explained(tmp_path, file, "desk.write_it", "--effect", "write", "--at", "2026-03-02T09:30")
        assert "0 such calls" in said


def test_a_sensitive_parameter_is_explained(tmp_path: Path) -> None:
    done = lamp(tmp_path, "explain", "desk.look_up", "--effect", "read", "--tainted", "callback_url")
    assert "1. reads-run  fits: allow" in done.output
    assert "ask (sensitive-asks): callback_url matters too much" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["desk.unknown"], "There is no action desk.unknown"),
        (["desk.x", "--effect", "wrtie"], "is no effect; write read, write or irreversible"),
        (["desk.x", "--effect", "write", "--argument", "tag"], "write it as name=value"),
        (["desk.x", "--effect", "write", "--at", "soon"], "is no time; write it as 2026"),
        (["desk.x", "--effect", "write", "--role", "boss"], "is no role; write requester, operator or admin"),
        (["desk.x", "--effect", "write", "--file", "none.yaml"], "none.yaml: It cannot be read"),
    ],
)
def test_what_cannot_be_explained_is_told_with_a_remedy(tmp_path: Path, arguments: list[str], told: str) -> None:
    done = lamp(tmp_path, "explain", *arguments)
    assert done.exit_code == 2
    assert told in " ".join(done.output.replace("│", " ").split())
