"""The only way out: calls go to the host that was named, at an address that was looked at, and nowhere else.

A name is resolved once for a call, every address it stands for is judged, and the connection goes to a judged address
(a name cannot mean something else a moment later). Link-local and cloud-metadata addresses are never called; those of
private networks only where whoever added the application said so.
"""

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import httpx

from knowledge.errors import Forbidden

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]

METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal",
     "metadata.tencentyun.com", "metadata.packet.net", "metadata.platformequinix.com"}
)  # fmt: skip
METADATA_ADDRESSES = frozenset(
    map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"))
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)", re.I)
PLAINLY = "Correct the address with `lamp apps add`, written plainly: http://10.1.2.3, or with the host's name."


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Where a call may go: one host and port, and whether a name that stands for a private address may be followed."""

    scheme: str
    host: str
    port: int | None
    private: bool = False

    @classmethod
    def of(cls, url: str, *, private: bool = False) -> "Reach":
        """Of the address an application was added with. An address written as such was meant as it is."""
        parsed = httpx.URL(url)
        own = private or _address(parsed.host) is not None or parsed.host == "localhost"
        return cls(scheme=parsed.scheme, host=parsed.host, port=parsed.port, private=own)

    def covers(self, url: httpx.URL) -> bool:
        """The same host and port; http may become https where both are at their usual ports."""
        upgraded = self.scheme == "http" and url.scheme == "https" and self.port is None and url.port is None
        same = upgraded or (url.scheme == self.scheme and url.port == self.port)
        return same and url.host == self.host


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, as the system knows them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def judged(host: str, port: int, *, private: bool, resolver: Resolver = resolve) -> list[Address]:
    """The addresses to call. Raises Forbidden if the host, or any of its addresses, is one that is not called."""
    _check_spelling(host)
    literal = _address(host)
    addresses = [literal] if literal else [ipaddress.ip_address(each) for each in resolver(host, port)]
    for address in addresses:
        if reason := _refused(address, private=private):
            raise Forbidden(f"{host} is {reason} ({address}); it is not called.", remedy=_remedy(reason))
    return addresses


def is_private(url: str, *, resolver: Resolver = resolve) -> bool:
    """Whether its host stands for an address of a private network now. Raises Forbidden for one never called."""
    try:
        parsed = httpx.URL(url)
        addresses = judged(parsed.host, parsed.port or 0, private=True, resolver=resolver)
    except (OSError, httpx.InvalidURL):
        return False  # Nothing is known of it; a private address it turns out to have is refused when it is called.
    return any(_refused(address, private=False) for address in addresses)


class PinnedTransport(httpx.BaseTransport):
    """Calls what `reach` covers, at an address that was judged, with the Host header and TLS name it was asked for.

    Proxies of the environment are not used: who resolves a name for us could send us anywhere.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        resolver: Resolver = resolve,
        verify: ssl.SSLContext | None = None,
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        self._reach, self._resolver = reach, resolver
        self._inner = inner or httpx.HTTPTransport(verify=verify or _tls(), trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if not self._reach.covers(url):
            raise Forbidden(f"{url.host} is not the host of this application.", remedy="Add it with its own address.")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = judged(url.host, port, private=self._reach.private, resolver=self._resolver)
        except OSError as error:
            raise httpx.ConnectError(f"{url.host} is not known: {error}", request=request) from error
        return self._first(request, addresses)

    def _first(self, request: httpx.Request, addresses: Iterable[Address]) -> httpx.Response:
        """The answer at the first address that can be connected to."""
        failed: httpx.TransportError = httpx.ConnectError(f"{request.url.host} has no address", request=request)
        for address in addresses:
            try:
                return self._inner.handle_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed

    def close(self) -> None:
        self._inner.close()


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    """`Host` stays what it was; the TLS certificate is checked for the name, not for the address."""
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    url = request.url.copy_with(host=str(address))
    return httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)


@cache
def _tls() -> ssl.SSLContext:
    """Costly to make, so made once."""
    return httpx.create_ssl_context()


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _check_spelling(host: str) -> None:
    """Raises Forbidden for 2130706433, 0x7f.1, 0177.0.0.1 and names of metadata services."""
    plain = host.rstrip(".").lower()
    if _address(host) is None and NUMERIC.fullmatch(plain.rpartition(".")[2]):
        raise Forbidden(f"{host} is an address in disguise; it is not called.", remedy=PLAINLY)
    if plain in METADATA_NAMES or not plain:
        raise Forbidden(f"{host or 'Nothing'} is no application; it is not called.", remedy=PLAINLY)


def _refused(address: Address, *, private: bool) -> str:
    """Why it is not called, "" if it may be. What is wrapped in an IPv6 address is judged for what it is."""
    if isinstance(address, ipaddress.IPv6Address) and (inner := _wrapped(address)):
        return _refused(inner, private=private)
    if address in METADATA_ADDRESSES or address.is_link_local:
        return "a link-local or metadata address"
    if address.is_unspecified or address.is_multicast or (address.is_reserved and not address.is_loopback):
        return "no address of a host"
    return "" if private or address.is_global else "an address of a private network"


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """IPv4-mapped, 6to4, Teredo, NAT64."""
    if address in NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _remedy(reason: str) -> str:
    if "private" in reason:
        return "If that is meant, an administrator adds the application again: lamp apps add."
    return PLAINLY
