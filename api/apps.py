"""Adding an application to the catalogue, with what its OpenAPI document cannot say about signing in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from api.wiring import Services
from knowledge.openapi import Catalogued, embedded_text, read_openapi
from knowledge.openapi_document import Source
from knowledge.types import Effect


@dataclass(frozen=True, kw_only=True)
class Access:
    """None: as the OpenAPI document says."""

    base_url: str | None = None
    auth_header: str | None = None
    secret_name: str | None = None
    on_behalf_of_header: str | None = None


def add_app(
    services: Services, source: Source, *, app: str, access: Access, effects: Mapping[str, Effect] | None = None
) -> Catalogued:
    """Replace what the catalogue has under this name; nothing is written (or embedded) if nothing changed."""
    found = read_openapi(source, app=app, base_url=access.base_url, effects=effects)
    signing = {
        "auth_header": access.auth_header,
        "secret_name": access.secret_name,
        "on_behalf_of_header": access.on_behalf_of_header,
    }
    application = replace(found.application, **{key: value for key, value in signing.items() if value is not None})
    found = replace(found, application=application)
    if not _known(services, found):
        vectors = services.embedder.embed([embedded_text(action) for action in found.actions])
        services.record.catalogue.put(application, found.actions, vectors, services.settings.tenant)
        services.retriever.refresh(services.settings.tenant)
    return found


def parse_effects(given: Sequence[str]) -> dict[str, Effect]:
    """`wipe_device=irreversible` → what `read_openapi` takes, which checks the names."""
    effects: dict[str, Effect] = {}
    for each in given:
        name, _, effect = each.partition("=")
        effects[name.strip()] = cast(Effect, effect.strip())
    return effects


def _known(services: Services, found: Catalogued) -> bool:
    catalogue, tenant = services.record.catalogue, services.settings.tenant
    if found.application not in catalogue.applications(tenant):
        return False
    return tuple(catalogue.actions(tenant, apps=[found.application.name])) == found.actions
