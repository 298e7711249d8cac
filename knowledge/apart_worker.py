"""The process that reads what others sent: started by `knowledge.apart`, confined before it reads anything."""

import json
import os
import resource
import struct
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any

LENGTH = struct.Struct(">Q")


def main() -> None:
    limits = json.loads(sys.argv[1])
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What a library prints is no answer.
    _load()
    confine(limits["memory_mb"])
    while (head := _frame(asked)) is not None:
        data = _frame(asked)
        if data is None:
            return
        resource.setrlimit(
            resource.RLIMIT_CPU, (int(time.process_time()) + 1 + limits["cpu_s"], resource.RLIM_INFINITY)
        )
        answer = json.dumps(answered(json.loads(head), data)).encode()
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


def confine(memory_mb: int) -> None:
    """So much memory, no files written, no dump of what was read."""
    size = memory_mb * 1_000_000
    with suppress(ValueError, OSError):  # macOS limits no address space; time is limited there too.
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answered(head: dict[str, Any], data: bytes) -> dict[str, Any]:
    from knowledge.errors import UserError

    try:
        return _document(head, data) if head["job"] == "document" else _openapi(head, data)
    except UserError as error:
        return {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}
    except MemoryError:
        return {"exhausted": True}
    except RecursionError:
        remedy = "Give a simpler one."
        return {"kind": _kind(head), "message": f"{_name(head)} is nested too deeply.", "remedy": remedy}


def _document(head: dict[str, Any], data: bytes) -> dict[str, Any]:
    from knowledge.codec import to_json
    from knowledge.parse import parse
    from knowledge.passages import passages
    from knowledge.redaction import Redactor

    document = parse(
        data,
        source=head["source"],
        media_type=head["media_type"],
        tenant=head["tenant"],
        trust=head["trust"],
        redactor=Redactor(head["redact"]),
    )
    return {"document": to_json(document), "passages": [to_json(each) for each in passages(document)]}


def _openapi(head: dict[str, Any], data: bytes) -> dict[str, Any]:
    from knowledge.codec import to_json
    from knowledge.openapi import read_openapi

    found = read_openapi(
        data, app=head["app"], base_url=head["base_url"], effects=head["effects"], origin=head["origin"]
    )
    actions = [to_json(action) for action in found.actions]
    return {"application": asdict(found.application), "actions": actions, "skipped": list(found.skipped)}


def _load() -> None:
    """What is loaded before the limits is not counted as the document's doing."""
    import bs4
    import langchain_text_splitters
    import markdownify

    import knowledge.openapi
    import knowledge.parse
    import knowledge.passages  # noqa: F401

    del bs4, langchain_text_splitters, markdownify


def _frame(pipe: IO[bytes]) -> bytes | None:
    """None at the end."""
    size = pipe.read(LENGTH.size)
    return pipe.read(*LENGTH.unpack(size)) if len(size) == LENGTH.size else None


def _kind(head: dict[str, Any]) -> str:
    return "BadDocument" if head["job"] == "document" else "BadCatalogue"


def _name(head: dict[str, Any]) -> str:
    return str(head.get("source") or head.get("origin") or "The OpenAPI document")


if __name__ == "__main__":
    main()
