"""Reading what others sent in a process of its own, which may take only so long and only so much memory.

The process is started afresh (never forked: torch has threads here), stays for the next document, and is ended when one
is too much for it. It is told what to read as JSON and bytes and answers in JSON, so nothing of it runs here.
"""

import atexit
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import IO, Any

from knowledge.catalogue import Application
from knowledge.codec import from_json
from knowledge.errors import BadCatalogue, BadDocument, UserError
from knowledge.fetch import Fetched
from knowledge.openapi import Catalogued
from knowledge.openapi_document import Source, read_source
from knowledge.types import ActionSpec, Document, Effect, Passage, Trust

LENGTH = struct.Struct(">Q")
MOST_ANSWER_BYTES = 128_000_000
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Of one document: processor and wall-clock seconds; `memory_mb` is the process's whole address space."""

    cpu_s: int = 20
    wall_s: float = 60.0
    memory_mb: int = 1_500


@dataclass(frozen=True, kw_only=True)
class Parsed:
    document: Document
    passages: list[Passage]


class Apart:
    """One reading process. Safe to use from several threads, which take turns."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def document(self, fetched: Fetched, *, tenant: str, trust: Trust, redact: Sequence[str] = ()) -> Parsed:
        """`redact` as in `knowledge.redaction`. Raises BadDocument."""
        asked = {
            "source": fetched.source,
            "media_type": fetched.media_type,
            "tenant": tenant,
            "trust": trust,
            "redact": list(redact),
        }
        answer = self._ask("document", asked, fetched.data, fetched.source)
        passages = [from_json(Passage, each) for each in answer["passages"]]
        return Parsed(document=from_json(Document, answer["document"]), passages=passages)

    def openapi(
        self, source: Source, *, app: str, base_url: str | None = None, effects: Mapping[str, Effect] | None = None
    ) -> Catalogued:
        """Like `knowledge.openapi.read_openapi`; what has to be fetched is fetched here."""
        data, origin = read_source(source)
        asked = {"app": app, "base_url": base_url, "effects": dict(effects or {}), "origin": origin}
        answer = self._ask("openapi", asked, data, origin or "The OpenAPI document")
        return Catalogued(
            application=Application(**answer["application"]),
            actions=tuple(from_json(ActionSpec, each) for each in answer["actions"]),
            skipped=tuple(answer["skipped"]),
        )

    def close(self) -> None:
        with self._turn:
            self._end()

    def _ask(self, job: str, asked: Mapping[str, Any], data: bytes, name: str) -> dict[str, Any]:
        with self._turn:
            if self._process and self._process.poll() is not None:
                self._end()  # Somebody ended it meanwhile.
            process = self._process or self._started()
            answer = self._exchange(process, json.dumps({"job": job, **asked}).encode(), data, name)
            if answer.get("exhausted"):
                self._end()
                raise _too_much(job, name, "memory")
        if "message" in answer:
            kind = BadCatalogue if answer["kind"] == "BadCatalogue" else BadDocument
            raise kind(answer["message"], remedy=answer["remedy"])
        return answer

    def _exchange(self, process: "subprocess.Popen[bytes]", head: bytes, data: bytes, name: str) -> dict[str, Any]:
        job = json.loads(head)["job"]
        watch = threading.Timer(self._limits.wall_s, process.kill)
        watch.start()
        try:
            assert process.stdin
            assert process.stdout
            for part in (head, data):
                process.stdin.write(LENGTH.pack(len(part)) + part)
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(_frame(process.stdout))
            return answer
        except (EOFError, OSError) as error:
            late = not watch.is_alive()
            self._end()
            status = process.returncode
            raise _too_much(job, name, "time" if late or status == -24 else "memory") from error  # 24: SIGXCPU
        finally:
            watch.cancel()
            watch.join()

    def _started(self) -> "subprocess.Popen[bytes]":
        """With nothing of our environment but where Python finds its modules: there may be secrets in it."""
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "knowledge.apart_worker", json.dumps(asdict(self._limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, **QUIET, "PYTHONPATH": paths},
            start_new_session=True,  # Ctrl-C is for us: what it reads ends with us anyway.
        )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                _shut(pipe)
        process.wait()


@cache
def apart() -> Apart:
    """The one of this process, ended with it."""
    shared = Apart()
    atexit.register(shared.close)
    return shared


def _frame(pipe: IO[bytes]) -> bytes:
    (length,) = LENGTH.unpack(_exactly(pipe, LENGTH.size))
    if length > MOST_ANSWER_BYTES:
        raise EOFError("more than an answer can be")
    return _exactly(pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    found = pipe.read(length)
    if len(found) < length:
        raise EOFError("it ended in the middle of an answer")
    return found


def _shut(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return  # It ended before it read all that we wrote.


def _too_much(job: str, name: str, what: str) -> UserError:
    kind = BadCatalogue if job == "openapi" else BadDocument
    return kind(f"Reading {name} takes more {what} than it may.", remedy="Give a smaller or simpler one.")
