"""Running the service: in the foreground, or in a background thread for tests, demos and training."""

import secrets
import socket
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from types import TracebackType

import uvicorn

from examples.helpdesk.app import create_app

_START_S = 20.0
_STOP_S = 5.0


def serve(database: Path, host: str, port: int, token: str) -> None:
    """Run until interrupted."""
    uvicorn.run(create_app(database, token=token), host=host, port=port, log_level="info", ws="none")


class HelpDeskServer:
    """The service in a background thread of this process; port 0 takes a free one, no database a temporary one."""

    def __init__(
        self,
        database: Path | None = None,
        *,
        port: int = 0,
        token: str | None = None,
        seed: int = 7,
        today: date | None = None,
        heeds_keys: bool = True,
    ) -> None:
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.token = token or secrets.token_urlsafe(24)
        self._folder = None if database else tempfile.TemporaryDirectory(prefix="helpdesk-")
        self.database = database or Path(self._folder.name) / "helpdesk.sqlite"  # type: ignore[union-attr]
        app = create_app(self.database, token=self.token, seed=seed, today=today, heeds_keys=heeds_keys)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True, name="helpdesk")

    def start(self) -> "HelpDeskServer":
        """Return when requests are answered."""
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"The help desk service did not start on {self.url}.")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Answer what is under way, then close; safe to call twice."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOP_S)
            self._server.force_exit = True
            self._thread.join(_STOP_S)
        self._socket.close()
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> "HelpDeskServer":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
