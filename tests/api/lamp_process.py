"""`lamp` running as a process of its own: its address, its output, and how it ends."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import api

ROOT = Path(str(api.__file__)).parents[1]
SCRIPTED = Path(__file__).with_name("lamp_scripted.py")
PATIENCE_S = 200.0


class LampProcess:
    """Reads the output as it comes; `pages` waits for the line that says where the page is."""

    def __init__(self, *arguments: str, data_dir: Path, program: tuple[str, ...] = (str(SCRIPTED),)) -> None:
        paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
        settings = {"PYTHONPATH": paths, "LAMP_DATA_DIR": str(data_dir), "COLUMNS": "140", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **settings},
        )
        self.output = ""
        self._grew = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def url(self) -> str:
        """Where the service is, once it serves."""
        with self._grew:
            arrived = self._grew.wait_for(lambda: "until Ctrl-C" in self.output or self._ended(), PATIENCE_S)
            found = re.search(r"(http://127\.0\.0\.1:\d+)/ui/", self.output) or self._later()
            assert arrived, self.output
            assert found, self.output
            return found.group(1)

    def interrupt(self, number: int = signal.SIGINT) -> int:
        """The exit status after Ctrl-C."""
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        status = self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return status

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._grew:
                self.output += line
                self._grew.notify_all()
        with self._grew:
            self._grew.notify_all()

    def _ended(self) -> bool:
        return self._process.poll() is not None

    def _later(self) -> re.Match[str] | None:
        """The line with the address may follow the one that says that it serves."""
        pattern = r"(http://127\.0\.0\.1:\d+)/ui/"
        self._grew.wait_for(lambda: bool(re.search(pattern, self.output)) or self._ended(), PATIENCE_S)
        return re.search(pattern, self.output)


@contextmanager
def lamp(*arguments: str, data_dir: Path, program: tuple[str, ...] = (str(SCRIPTED),)) -> Iterator[LampProcess]:
    if arguments[0] == "run":
        arguments = (*arguments, "--experience", "1")  # the scripted model needs none; enough to see it works
    process = LampProcess(*arguments, data_dir=data_dir, program=program)
    try:
        yield process
    finally:
        process.close()
