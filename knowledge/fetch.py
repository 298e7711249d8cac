"""Bytes from a file or the web, at most `limit_bytes` + 1 of them: one too many tells the reader to refuse."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import ApplicationError, BadDocument, Unreachable

TIMEOUT_S = 20.0


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """`media_type` is what the server called it, "" for a file; `source` where it was in the end."""

    data: bytes
    media_type: str
    source: str


def is_url(source: object) -> bool:
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def read_path(path: Path, *, limit_bytes: int) -> Fetched:
    """Raises BadDocument."""
    try:
        with path.open("rb") as file:
            return Fetched(data=file.read(limit_bytes + 1), media_type="", source=path.resolve().as_posix())
    except FileNotFoundError as error:
        raise BadDocument(f"There is no file {path}.", remedy="Check the path.") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadDocument(f"{path} cannot be read: {reason}.", remedy="Check its permissions.") from error


def fetch(url: str, *, limit_bytes: int) -> Fetched:
    """Raises Unreachable, or ApplicationError for an error status; both say what to try."""
    import httpx

    try:
        with httpx.stream("GET", url, timeout=TIMEOUT_S, follow_redirects=True) as response:
            if response.status_code >= 400:
                raise ApplicationError(
                    f"{url} answered {response.status_code}. Check the address, and that it needs no sign-in.",
                    status=response.status_code,
                )
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Fetched(data=_head(response.iter_bytes(), limit_bytes), media_type=media_type, source=url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(
            f"{url} cannot be reached: {reason}. Check the address and that the server is running, then try again."
        ) from error


def _head(chunks: Iterable[bytes], limit_bytes: int) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) > limit_bytes:
            break
    return bytes(found[: limit_bytes + 1])
