"""`lamp run` as people start it: a process of its own, on real ports, ended by Ctrl-C."""

import signal
import socket
from pathlib import Path

import httpx
import pytest
from lamp_process import lamp

FREE = ("--port", "0", "--helpdesk-port", "0")


def test_once_carries_the_sample_request_out_and_does_so_again(tmp_path: Path) -> None:
    """The second start finds database, index and help desk in place."""
    for known in ("52 new", "as before"):
        with lamp("run", "--once", *FREE, data_dir=tmp_path) as process:
            assert process.wait() == 0, process.output
            said = process.output
        assert known in said
        told = ("Known:", "Lamplighter at", "Request", "Retrieved", "Plan", "Carried out", "Done and verified")
        order = [said.index(part) for part in told]
        assert order == sorted(order)
        assert "← your request, “Friday”" in said
        assert "← result of step 1, accounts.0.username" in said
        assert "Warning" not in said
        assert "✓ username: anyberg · active: yes" in said


def test_a_dry_run_of_the_sample_request_reads_and_changes_nothing(tmp_path: Path) -> None:
    with lamp("run", "--once", "--dry-run", "--experience", "0", *FREE, data_dir=tmp_path) as process:
        assert process.wait() == 0, process.output
        said = process.output
    assert "Dry run: not carried out." in said
    assert "It would have: unlock account with username “anyberg”" in " ".join(said.replace("│", " ").split())
    assert "✓ username: anyberg" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, number: int) -> None:
    with lamp("run", *FREE, data_dir=tmp_path) as process:
        url = process.url()
        with httpx.Client(base_url=url, trust_env=False, timeout=20.0, follow_redirects=True) as client:
            assert client.get("/healthz").json()["status"] == "ok"
            (run,) = client.get("/v1/runs").json()["runs"]
            assert run["outcome"]["status"] == "verified"
            assert "What should be done?" in client.get("/").text
        assert process.interrupt(number) == 0
        assert process.output.rstrip().endswith("Ended.")
        assert "Traceback" not in process.output
        assert "Error" not in process.output


@pytest.mark.parametrize("option", ["--port", "--helpdesk-port"])
def test_a_taken_port_is_told_with_the_option_that_changes_it(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ports = {"--port": "0", "--helpdesk-port": "0"} | {option: port}
        given = [part for pair in ports.items() for part in pair]
        with lamp("run", "--once", *given, data_dir=tmp_path) as process:
            assert process.wait() == 2
            assert f"Port {port}" in process.output
            assert f"{option} " in process.output
            assert "Traceback" not in process.output


@pytest.mark.slow
def test_once_with_the_real_models(tmp_path: Path) -> None:
    from models import adapter

    if not adapter.DEFAULT.exists():
        pytest.skip("no adapter is shipped yet")
    with lamp("run", "--once", *FREE, data_dir=tmp_path, program=("-m", "api.cli")) as process:
        assert process.wait() == 0, process.output
        assert "Done and verified" in process.output
