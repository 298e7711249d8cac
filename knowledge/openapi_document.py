"""An OpenAPI document as it lies: read from text, file or web, checked for its version, its `$ref`s followed."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote, urljoin

import yaml

from knowledge.errors import BadCatalogue, BadDocument
from knowledge.fetch import Fetched, fetch, is_url, read_path
from knowledge.types import JsonValue

MAX_BYTES = 10_000_000
MAX_NODES = 1_000_000
Node: TypeAlias = Mapping[str, JsonValue]
Source: TypeAlias = str | bytes | Path | Mapping[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML as JSON knows it: dates stay text, and `on` is not true."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF")


@dataclass(frozen=True, kw_only=True)
class OpenApi:
    """`origin` is the URL or path it was read from, "" if it was given as it is."""

    root: Node
    origin: str

    def follow(self, node: JsonValue, where: str) -> Node:
        """The object itself, or what its `$ref` leads to."""
        seen: set[str] = set()
        while isinstance(node, Mapping) and isinstance(ref := node.get("$ref"), str):
            if ref in seen:
                raise BadCatalogue(f"{where}: {ref} leads back to itself.", remedy="Break the circle of $refs.")
            seen.add(ref)
            node = self.target(ref, where)
        return mapping(node, where)

    def target(self, ref: str, where: str) -> JsonValue:
        if not ref.startswith("#"):
            raise BadCatalogue(
                f"{where}: {ref} is in another file.", remedy="Bundle the document into one (`redocly bundle`)."
            )
        node: JsonValue = dict(self.root)
        for part in ref[1:].strip("/").split("/") if ref.strip("#/") else []:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(key)] if isinstance(node, list) else mapping(node, where)[key]
            except (KeyError, IndexError, ValueError) as error:
                raise BadCatalogue(f"{where}: {ref} leads nowhere.", remedy="Correct or remove the $ref.") from error
        return node

    def base_url(self, given: str | None) -> str:
        """What was given, or the first server, as seen from where the document came from."""
        servers = self.root.get("servers")
        first = mapping(servers[0], "servers[0]") if isinstance(servers, list) and servers else {}
        url = given or _filled(str(first.get("url", "")), first)
        if not given and not is_url(url) and is_url(self.origin):
            url = urljoin(self.origin, url or "/")
        if not is_url(url):
            raise BadCatalogue(
                f"{url!r} does not say where the application answers.",
                remedy="Give its base URL, one like https://desk.example.com.",
            )
        return url.rstrip("/")


def load(source: Source, *, origin: str = "") -> OpenApi:
    """`source` is a URL, a path, the text itself, or the parsed document. Raises BadCatalogue, Unreachable.

    `origin` says where a text was read from.
    """
    if isinstance(source, Mapping):
        return _checked(_bounded(source, "The OpenAPI document"), "")
    data, found = read_source(source)
    origin = origin or found
    return _checked(_parsed(data, origin or "The OpenAPI document"), origin)


def read_source(source: Source) -> tuple[bytes, str]:
    """The document's bytes, and where they are from, "" if they were given. Raises BadCatalogue, Unreachable."""
    if isinstance(source, Mapping):
        return _written(source), ""
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{") or not source.strip()):
        source = source.encode()
    if isinstance(source, bytes):
        return source, ""
    try:
        fetched = _fetched(source)
    except BadDocument as error:
        raise BadCatalogue(error.message, remedy=error.remedy) from error
    return fetched.data, fetched.source


def _written(document: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(_bounded(document, "The OpenAPI document")).encode()
    except RecursionError as error:
        raise BadCatalogue(
            "The OpenAPI document is nested too deeply.", remedy="Give a simpler OpenAPI document."
        ) from error


def mapping(node: object, where: str) -> Node:
    if not isinstance(node, Mapping):
        raise BadCatalogue(
            f"{where}: expected an object, found {kind_of(node)}.", remedy="Correct the OpenAPI document there."
        )
    return node


def kind_of(node: object) -> str:
    return {"NoneType": "nothing", "str": "text", "list": "a list", "dict": "an object"}.get(
        type(node).__name__, type(node).__name__
    )


def _fetched(source: str | Path) -> Fetched:
    if isinstance(source, str) and is_url(source):
        return fetch(source, limit_bytes=MAX_BYTES)
    return read_path(Path(source), limit_bytes=MAX_BYTES)


def _parsed(data: bytes, name: str) -> object:
    if len(data) > MAX_BYTES:
        raise BadCatalogue(f"{name} is larger than {MAX_BYTES // 1_000_000} MB.", remedy="Cut it to what is needed.")
    try:
        text = data.decode("utf-8-sig")
        return _bounded(json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader), name)
    except UnicodeDecodeError as error:
        raise BadCatalogue(f"{name} is not a text file.", remedy="Give OpenAPI 3 as JSON or YAML, in UTF-8.") from error
    except RecursionError as error:
        raise BadCatalogue(f"{name} is nested too deeply.", remedy="Give a simpler OpenAPI document.") from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BadCatalogue(f"{name} is neither JSON nor YAML: {reason}.", remedy="Correct it there.") from error


def _bounded(document: object, name: str) -> JsonValue:
    """As JSON has it, and every alias of YAML spelled out: circles and avalanches end here."""
    try:
        return _plain(document, iter(range(MAX_NODES)))
    except (StopIteration, RecursionError) as error:
        raise BadCatalogue(f"{name} is nested too deeply.", remedy="Give a simpler OpenAPI document.") from error


def _plain(node: object, budget: Iterator[int]) -> JsonValue:
    next(budget)
    if isinstance(node, Mapping):
        return {str(key): _plain(value, budget) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(value, budget) for value in node]
    return node if isinstance(node, str | bool | int | float | None) else str(node)


def _checked(document: object, origin: str) -> OpenApi:
    name = origin or "The document"
    if not isinstance(document, Mapping) or not ("openapi" in document or "swagger" in document):
        raise BadCatalogue(
            f"{name} is not an OpenAPI document: it has no `openapi: 3...` line.",
            remedy="Give the address of the application's OpenAPI 3 document (often /openapi.json).",
        )
    version = str(document.get("openapi") or document.get("swagger"))
    if not version.startswith("3."):
        raise BadCatalogue(
            f"{name} is version {version}; only 3.0 and 3.1 can be read.", remedy="Convert it (`npx swagger2openapi`)."
        )
    return OpenApi(root=document, origin=origin)


def _filled(url: str, server: Node) -> str:
    variables = server.get("variables")
    for name, variable in variables.items() if isinstance(variables, Mapping) else ():
        if isinstance(variable, Mapping):
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return url
