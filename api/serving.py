"""A uvicorn server in a thread on a socket bound beforehand, so that a taken port is told before anything starts."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from knowledge.errors import BadConfiguration

START_S = 30.0
STOP_S = 10.0


def bind(host: str, port: int, *, option: str) -> socket.socket:
    """A bound socket; raises BadConfiguration naming `option` if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise BadConfiguration(
            f"Port {port} on {host} cannot be used: {error.strerror or error}.",
            remedy=f"Perhaps Lamplighter runs already. End it, or choose another port: {option} {port + 10}.",
        ) from error
    return bound


def require_free(host: str, port: int, *, option: str) -> None:
    """Raises BadConfiguration if something listens there already."""
    bind(host, port, option=option).close()


def address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serving(app: FastAPI, bound: socket.socket) -> Iterator[str]:
    """Serve until the block ends; yields the address once it answers."""
    config = uvicorn.Config(
        app, log_level="warning", lifespan="on", timeout_graceful_shutdown=3, ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="service", daemon=True)
    thread.start()
    try:
        _await_start(server, thread)
        yield address(bound)
    finally:
        server.should_exit = True
        thread.join(STOP_S)
        bound.close()


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    for _ in range(int(START_S / 0.05)):
        if server.started:
            return
        thread.join(0.05)
        if not thread.is_alive():
            break
    raise BadConfiguration("The service did not start.", remedy="Its messages above say why.")


def until_interrupted() -> None:
    """Return at Ctrl-C or SIGTERM."""
    ended = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        ended.set()

    former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        ended.wait()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
