"""An OpenAPI document → an Application and its ActionSpecs.

Understood beside the standard: `x-lamplighter-effect` (read, write, irreversible), `x-lamplighter-compensation` (what
undoes this one), `x-lamplighter-postcondition` (what must be seen afterwards), `x-lamplighter-only-undoes` (never
proposed), `x-lamplighter-idempotency-hours` (how long an Idempotency-Key is known, so that a write may be repeated
under it) and `x-lamplighter-skip` on an operation, `x-lamplighter-sensitive` on a parameter or property,
`x-lamplighter-on-behalf-of` (a header's name) on the document.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import get_args

from knowledge.catalogue import Application
from knowledge.errors import BadCatalogue
from knowledge.ingest import Embedder
from knowledge.openapi_document import OpenApi, Source, load, mapping
from knowledge.openapi_operation import METHODS, Operation, Skipped, read_operation
from knowledge.openapi_undo import linked
from knowledge.record import Record
from knowledge.types import ActionSpec, Effect, JsonValue

WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, kw_only=True)
class Catalogued:
    """`skipped` are operations that cannot be called with JSON, each with the reason."""

    application: Application
    actions: tuple[ActionSpec, ...]
    skipped: tuple[str, ...] = ()


def read_openapi(
    source: Source,
    *,
    app: str,
    base_url: str | None = None,
    effects: Mapping[str, Effect] | None = None,
    origin: str = "",
) -> Catalogued:
    """`source` is a URL, a path, text (JSON or YAML) or the parsed document; `effects` overrides by action name.

    `origin` says where a text was read from. What strangers sent is read by `knowledge.apart`, in its own process.

    Raises BadCatalogue, naming what is wrong and where; Unreachable or ApplicationError for a URL.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", app):
        raise BadCatalogue(f"{app!r} cannot name an application.", remedy="Use letters, digits, - and _.")
    document = load(source, origin=origin)
    application = _application(document, app, base_url)
    found = [read_operation(document, operation, application) for operation in _operations(document)]
    actions = _distinct([each for each in found if isinstance(each, ActionSpec)])
    if not actions:
        raise BadCatalogue(
            f"The OpenAPI document of {app} has no operation that can be called.", remedy="Check its `paths`."
        )
    return Catalogued(
        application=application,
        actions=tuple(linked(_overridden(actions, effects or {}))),
        skipped=tuple(f"{each.where}: {each.reason}" for each in found if isinstance(each, Skipped)),
    )


def add_application(
    record: Record,
    embedder: Embedder,
    source: Source,
    *,
    app: str,
    base_url: str | None = None,
    effects: Mapping[str, Effect] | None = None,
    tenant: str = "default",
) -> Catalogued:
    """Read, embed, and put in place of what the record has under this name."""
    found = read_openapi(source, app=app, base_url=base_url, effects=effects)
    vectors = embedder.embed([embedded_text(action) for action in found.actions])
    record.catalogue.put(found.application, found.actions, vectors, tenant)
    return found


def embedded_text(action: ActionSpec) -> str:
    return f"{words(action.name)}: {action.description}"


def words(name: str) -> str:
    """`resetPassword` and `reset_password` are both "reset password"."""
    return " ".join(WORDS.findall(name)).lower() or name


def _application(document: OpenApi, app: str, base_url: str | None) -> Application:
    info = document.root.get("info")
    header = _auth_header(document)
    return Application(
        name=app,
        base_url=document.base_url(base_url),
        title=str(info.get("title") or app) if isinstance(info, Mapping) else app,
        auth_header=header,
        secret_name=app if header else "",
        on_behalf_of_header=str(document.root.get("x-lamplighter-on-behalf-of") or ""),
    )


def _auth_header(document: OpenApi) -> str:
    """Of the first security scheme that is sent as a header."""
    components = mapping(document.root.get("components") or {}, "components")
    schemes = mapping(components.get("securitySchemes") or {}, "components.securitySchemes")
    for name, node in schemes.items():
        scheme = document.follow(node, f"components.securitySchemes.{name}")
        if scheme.get("type") in ("http", "oauth2", "openIdConnect"):
            return "Authorization"
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            return str(scheme.get("name", ""))
    return ""


def _operations(document: OpenApi) -> list[Operation]:
    paths = mapping(document.root.get("paths") or {}, "paths")
    return list(chain.from_iterable(_in_path(document, path, node) for path, node in paths.items()))


def _in_path(document: OpenApi, path: str, node: JsonValue) -> list[Operation]:
    if path.startswith("x-"):
        return []
    item = document.follow(node, f"paths.{path}")
    return [
        Operation(
            method=method.upper(),
            path=path,
            node=mapping(item[method], f"{method.upper()} {path}"),
            shared=item.get("parameters"),
        )
        for method in METHODS
        if method in item
    ]


def _distinct(actions: list[ActionSpec]) -> list[ActionSpec]:
    """A name used twice gets its method and path behind it, the second time."""
    seen: set[str] = set()
    named: list[ActionSpec] = []
    for action in actions:
        if action.name in seen:
            where = re.sub(r"\W+", "_", f"{action.method.lower()} {action.path}").strip("_")
            action = replace(action, name=f"{action.name}_{where}")
        seen.add(action.name)
        named.append(action)
    return named


def _overridden(actions: list[ActionSpec], effects: Mapping[str, Effect]) -> list[ActionSpec]:
    names = {action.name for action in actions}
    for name, effect in effects.items():
        if name not in names or effect not in get_args(Effect):
            raise BadCatalogue(
                f"The effect {effect!r} cannot be given to {name!r}.",
                remedy=f"Use one of {', '.join(get_args(Effect))}, for one of: {', '.join(sorted(names))}.",
            )
    return [replace(action, effect=effects.get(action.name, action.effect)) for action in actions]
