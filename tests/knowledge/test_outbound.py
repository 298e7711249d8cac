"""Calls leave for the host that was named, at an address that was judged: a real server, and a false resolver."""

import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from knowledge.errors import Forbidden, Unreachable
from knowledge.fetch import fetch
from knowledge.outbound import PinnedTransport, Reach, is_private, judged

HERE = "127.0.0.1"
PUBLIC = "93.184.215.14"


class Site(BaseHTTPRequestHandler):
    """Tells the Host header it was sent; /away redirects to another host, /round to itself, /on to /page."""

    def do_GET(self) -> None:
        onward = {
            "/away": "http://other.example/",
            "/round": "/round",
            "/on": "/page",
            "/near": "http://169.254.169.254/",
        }
        self.send_response(302 if self.path in onward else 200)
        if self.path in onward:
            self.send_header("location", onward[self.path])
        body = self.headers["host"].encode()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer((HERE, 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


class Names:
    """A resolver that answers from a list, one answer after the other, and counts how often it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def get(url: str, names: Names, *, registered: str = "", private: bool = True) -> httpx.Response:
    reach = Reach.of(registered or url, private=private)
    with httpx.Client(transport=PinnedTransport(reach, resolver=names)) as client:
        return client.get(url)


def test_the_name_is_resolved_once_and_the_host_header_stays(port: int) -> None:
    names = Names([HERE])
    assert get(f"http://crm.example:{port}/page", names).text == f"crm.example:{port}"
    assert names.asked == 1


def test_a_name_that_means_something_else_at_the_second_look_is_not_looked_at_again(port: int) -> None:
    """What was judged is what is called: the private address that follows is never seen."""
    names = Names([HERE], ["169.254.169.254"])
    assert get(f"http://crm.example:{port}/page", names).status_code == 200
    with pytest.raises(Forbidden, match="metadata"):
        get(f"http://crm.example:{port}/page", names)


def test_a_public_name_that_comes_to_mean_a_private_address_is_refused(port: int) -> None:
    with pytest.raises(Forbidden, match=r"private network.*lamp apps add"):
        get(f"http://crm.example:{port}/page", Names([HERE]), private=False)


def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Forbidden):
        judged("crm.example", 80, private=False, resolver=Names([PUBLIC, "10.0.0.1"]))
    with pytest.raises(Forbidden):
        judged("crm.example", 80, private=True, resolver=Names([PUBLIC, "fe80::1%eth0"]))


def test_the_next_address_is_tried_where_the_first_does_not_answer(port: int) -> None:
    assert get(f"http://crm.example:{port}/page", Names(["::1", HERE])).status_code == 200


def test_an_address_that_was_registered_as_such_is_called(port: int) -> None:
    assert get(f"http://{HERE}:{port}/page", Names([]), private=False).status_code == 200


@pytest.mark.parametrize("url", ["http://other.example/", "https://crm.example:81/", "http://crm.example:82/"])
def test_only_the_host_and_port_that_were_registered_are_called(url: str) -> None:
    with pytest.raises(Forbidden, match="not the host of this application"):
        get(url, Names([HERE]), registered="http://crm.example:81")


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[::169.254.169.254]",
        "[2002:a9fe:a9fe::1]",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "127.1",
        "0x7f.1",
        "metadata.google.internal",
        "Metadata.Google.Internal.",
        "instance-data",
    ],
)
def test_addresses_that_are_never_called_however_they_are_spelled(host: str) -> None:
    """Not even for an application on a private network that was added with this very address."""
    with pytest.raises((Forbidden, httpx.InvalidURL)):
        get(f"http://{host}/latest/meta-data", Names(["169.254.169.254"]))


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:a9fe:a9fe", "fd00:ec2::254"])
def test_names_that_stand_for_them_are_not_called(address: str) -> None:
    with pytest.raises(Forbidden):
        get("http://crm.example/", Names([address]))


@pytest.mark.parametrize("address", ["10.1.2.3", "172.16.0.1", "10.9.8.7", "127.0.0.1", "::1", "fc00::1", "100.64.0.1"])
def test_private_addresses_are_known_as_such(address: str) -> None:
    assert is_private("http://crm.example", resolver=Names([address]))
    assert not is_private("http://crm.example", resolver=Names([PUBLIC]))
    with pytest.raises(Forbidden, match="private network"):
        judged("crm.example", 80, private=False, resolver=Names([address]))


def test_the_certificate_is_checked_for_the_name_not_the_address() -> None:
    """The inner transport is given the address to connect to, and the name for TLS."""
    sent: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    transport = PinnedTransport(
        Reach.of("https://crm.example"), resolver=Names([PUBLIC]), inner=httpx.MockTransport(keep)
    )
    with httpx.Client(transport=transport) as client:
        client.get("https://crm.example/page")
    assert sent[0].url == f"https://{PUBLIC}/page"
    assert sent[0].headers["host"] == "crm.example"
    assert sent[0].extensions["sni_hostname"] == "crm.example"


def test_proxies_of_the_environment_are_not_used(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert get(f"http://crm.example:{port}/page", Names([HERE])).status_code == 200


# ---- pages and OpenAPI documents


def test_redirects_stay_on_the_host(port: int) -> None:
    def load(path: str) -> str:
        return fetch(f"http://crm.example:{port}{path}", limit_bytes=1000, resolver=Names([HERE])).data.decode()

    assert load("/on") == f"crm.example:{port}"
    with pytest.raises(Unreachable, match=r"sends us to other\.example"):
        load("/away")
    with pytest.raises(Unreachable, match=r"sends us to 169\.254"):
        load("/near")
    with pytest.raises(Unreachable, match="on and on"):
        load("/round")


@pytest.mark.parametrize("url", ["https://ada:hunter2@docs.example/a.md", "http://token@127.0.0.1:9/openapi.json"])
def test_an_address_with_a_password_is_neither_called_nor_repeated(url: str) -> None:
    with pytest.raises(Forbidden, match="not kept") as caught:
        fetch(url, limit_bytes=10)
    assert "hunter2" not in str(caught.value)
