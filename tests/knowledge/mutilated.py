"""Documents of every kind that is read, and ways to spoil them."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

import examples.helpdesk
import planner.policy_file

DOCS = sorted((Path(str(examples.helpdesk.__file__)).parent / "docs").rglob("*.md"))[:8]
HTML = """<!doctype html><html><head><title>VPN</title><style>p{}</style></head><body><nav>x</nav><h1>VPN</h1>
<table><tr><th>a<td>b</table><ul><li>one<li>two<pre><code># no heading</code></pre></ul><a href="x">y</a>
<script>1</script><!-- hidden --><p>Use <b>it</b> &amp; &#x41;&#99999999;.</body></html>"""
ROOM = {"$ref": "#/components/schemas/Room"}
OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Rooms", "version": "1"},
    "servers": [{"url": "https://{host}/v1", "variables": {"host": {"default": "rooms.example"}}}],
    "components": {
        "schemas": {
            "Room": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "next": {"$ref": "#/components/schemas/Room"}},
            },
            "All": {
                "allOf": [{"$ref": "#/components/schemas/Room"}, {"properties": {"n": {"type": ["integer", "null"]}}}]
            },
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
    "paths": {
        "/rooms/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "get_room",
                "responses": {"200": {"content": {"application/json": {"schema": ROOM}}}},
            },
            "put": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/All"}}}},
                "x-lamplighter-effect": "irreversible",
                "responses": {"2XX": {"description": "ok"}, "default": {"description": "bad"}},
            },
        }
    },
}
POLICY = """
version: 1
dry_run: false
sensitive: [to, amount]
roles: {operator: [ada, "*-admin"]}
rules:
  - {name: reads, effect: read, verdict: allow, reason: "It changes nothing."}
  - {name: nights, effect: write, time: {hours: "22:00-06:00", zone: Europe/Berlin}, verdict: deny, reason: Late.}
  - {name: few, action: "helpdesk.*", rate: 3 per hour, verdict: ask, reason: Often.}
  - {name: rest, verdict: deny, reason: No.}
"""
ODD = [
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"---\n",
    b"```",
    b"<![CDATA[",
    b"&a ",
    b"*a",
    b"!!python/object:x ",
    b"]]>",
    b"# " * 50,
    b"> " * 200,
    b"[" * 300,
    b"{" * 300,
    b"<div>" * 300,
    b"| a |\n",
    b"- " * 300,
    b"$ref",
    b"1e999",
    b"9" * 5_000,
    "\u202e\ufeff\U000e0041".encode(),
    b"\\u0000",
    b"<!--",
    b"${",
    b"<<: *a\n",
    b"? ",
    b"*" * 500,
    b"_" * 500,
    b"\t" * 100,
]


def mutilated(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Pieces cut, doubled, swapped, with odd bytes between them."""

    def cut(number: int) -> bytes:
        dice = random.Random(number)
        data = bytearray(dice.choice(seeds))
        for _ in range(dice.randint(1, 12)):
            start, end = sorted(dice.randrange(len(data) + 1) for _ in range(2))
            what = dice.randrange(5)
            if what == 0:
                del data[start : min(end, start + 200)]
            elif what == 1:
                data[start:start] = dice.choice(ODD)
            elif what == 2:
                data[start:start] = data[start : min(end, start + 2_000)] * dice.randint(1, 4)
            elif what == 3 and data:
                data[dice.randrange(len(data))] = dice.randrange(256)
            else:
                other = dice.choice(seeds)
                data[start : min(end, start + 100)] = other[: dice.randrange(1, 300)]
        return bytes(data[:200_000])

    return st.integers(0, 2**32).map(cut)


def trees(seed: dict[str, Any]) -> st.SearchStrategy[object]:
    """The document with parts of it in places where they do not belong."""
    odd: list[Any] = [
        None,
        0,
        -1,
        1e308,
        True,
        "",
        "x" * 300,
        [],
        {},
        [[]],
        {"$ref": "#"},
        {"$ref": "#/paths"},
        {"$ref": 5},
        "$ref",
    ]

    def shake(number: int) -> object:
        dice = random.Random(number)
        document = json.loads(json.dumps(seed))
        for _ in range(dice.randint(1, 6)):
            places = list(_places(document))
            holder, key = dice.choice(places)
            elsewhere, there = dice.choice(places)
            what = dice.randrange(4)
            if what == 0:
                holder[key] = dice.choice(odd)
            elif what == 1:
                holder[key] = json.loads(json.dumps(elsewhere[there]))
            elif what == 2 and isinstance(holder, dict):
                holder[dice.choice(["$ref", "allOf", "items", "type", "in", "name", "", "x" * 50])] = holder[key]
            elif isinstance(holder, dict):
                del holder[key]
        return document

    return st.integers(0, 2**32).map(shake)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])


MARKDOWNS = [path.read_bytes() for path in DOCS] + [
    b"---\ntitle: A\n---\n# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> q\n\n1. x\n"
]
HTMLS = [HTML.encode()]
OPENAPIS = [json.dumps(OPENAPI).encode(), json.dumps(OPENAPI, indent=1).encode(), yaml.safe_dump(OPENAPI).encode()]
SHIPPED = Path(str(planner.policy_file.__file__)).parent / "policies" / "default.yaml"
POLICIES = [POLICY.encode(), SHIPPED.read_bytes()]
