"""A throw-away PostgreSQL server from Debian's binaries; tests are skipped, and say why, where there is none."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "lamp"


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database."""
    programs, become = _programs(), _somebody()
    folder = Path(tempfile.mkdtemp(prefix="lamp-postgres-"))
    if become:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", _free_port()
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
    _run([*become, str(programs / "initdb"), "-D", str(data), "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C"])
    control = [*become, str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "120"]
    _run([*control, "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder)


def _programs() -> Path:
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin")), *_on_path()]
    if not found:
        pytest.skip("PostgreSQL's server programs are not here; on Debian: apt-get install postgresql")
    return found[-1]


def _on_path() -> list[Path]:
    program = shutil.which("initdb")
    return [Path(program).resolve().parent] if program else []


def _somebody() -> list[str]:
    """PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user `postgres` to run it as")
    if shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL does not run as root, and `setpriv` to become another user is not here")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
