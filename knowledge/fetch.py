"""Bytes from a file or the web, at most `limit_bytes` + 1 of them: one too many tells the reader to refuse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from knowledge.errors import ApplicationError, BadDocument, Forbidden, Unreachable

if TYPE_CHECKING:
    import httpx

    from knowledge.outbound import Resolver

TIMEOUT_S = 20.0
MOST_REDIRECTS = 4


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """`media_type` is what the server called it, "" for a file; `source` where it was in the end."""

    data: bytes
    media_type: str
    source: str


def is_url(source: object) -> bool:
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def host_of(url: str) -> str:
    """Host and port, as the URL has them; "" if it cannot be one."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def require_no_password(url: str) -> None:
    """Raises Forbidden: an address is kept and shown, and what signs in is not."""
    if "@" in url.partition("//")[2].partition("/")[0]:
        raise Forbidden(
            "An address with a name or password in it is not kept.",
            remedy="Leave it out; what an application needs to sign in: lamp apps secret NAME.",
        )


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


def fetch(url: str, *, limit_bytes: int, private: bool = True, resolver: Resolver | None = None) -> Fetched:
    """Of the host that was named, and no other. `private`: it may be one of a private network.

    Raises Unreachable, or ApplicationError for an error status, both say what to try; Forbidden for an address that
    is not called.
    """
    import httpx

    try:
        with _client(url, private, resolver) as client:
            return _followed(client, httpx.URL(url), url, limit_bytes)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(
            f"{url} cannot be reached: {reason}. Check the address and that the server is running, then try again."
        ) from error


def _client(url: str, private: bool, resolver: Resolver | None) -> httpx.Client:
    import httpx

    from knowledge.outbound import PinnedTransport, Reach, resolve

    require_no_password(url)
    if not httpx.URL(url).host:
        raise httpx.InvalidURL("it names no host")
    reach = replace(Reach.of(url), private=private)
    return httpx.Client(timeout=TIMEOUT_S, transport=PinnedTransport(reach, resolver=resolver or resolve))


def _followed(client: httpx.Client, where: httpx.URL, url: str, limit_bytes: int) -> Fetched:
    """Redirects are followed within the host; another one is for a person to name."""
    for _ in range(MOST_REDIRECTS):
        with client.stream("GET", where, follow_redirects=False) as response:
            if response.has_redirect_location:
                onward = where.join(response.headers["location"])
                if onward.host != where.host:
                    raise Unreachable(f"{url} sends us to {onward.host}. If that is meant, name that address yourself.")
                where = onward
                continue
            if response.status_code >= 400:
                raise ApplicationError(
                    f"{url} answered {response.status_code}. Check the address, and that it needs no sign-in.",
                    status=response.status_code,
                )
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Fetched(data=_head(response.iter_bytes(), limit_bytes), media_type=media_type, source=url)
    raise Unreachable(f"{url} sends us on and on. Name the address where it ends.")


def _head(chunks: Iterable[bytes], limit_bytes: int) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) > limit_bytes:
            break
    return bytes(found[: limit_bytes + 1])
