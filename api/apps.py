"""Adding an application to the catalogue, with what its OpenAPI document cannot say about signing in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from api.wiring import Services
from knowledge.apart import apart
from knowledge.catalogue import Application
from knowledge.fetch import require_no_password
from knowledge.openapi import Catalogued, embedded_text
from knowledge.openapi_document import Source
from knowledge.outbound import is_private
from knowledge.types import Effect


@dataclass(frozen=True, kw_only=True)
class Access:
    """None: as the OpenAPI document says."""

    base_url: str | None = None
    auth_header: str | None = None
    secret_name: str | None = None
    on_behalf_of_header: str | None = None


def add_app(
    services: Services,
    source: Source,
    *,
    app: str,
    access: Access,
    effects: Mapping[str, Effect] | None = None,
    tenant: str | None = None,
) -> Catalogued:
    """Replace what the catalogue has under this name; nothing is written (or embedded) if nothing changed.

    `tenant` None: that of the settings. Raises Forbidden for an address with a password in it.
    """
    tenant = services.settings.tenant if tenant is None else tenant
    found = apart().openapi(source, app=app, base_url=access.base_url, effects=effects)
    application = _signing(found.application, access)
    require_no_password(application.base_url)
    found = replace(found, application=replace(application, private=is_private(application.base_url)))
    if not _known(services, found, tenant):
        vectors = services.embedder.embed([embedded_text(action) for action in found.actions])
        services.record.catalogue.put(application, found.actions, vectors, tenant)
        services.retriever.refresh(tenant)
    return found


def _signing(found: Application, access: Access) -> Application:
    """With what was said in place of what the document says."""
    pairs = (
        (access.auth_header, found.auth_header),
        (access.secret_name, found.secret_name),
        (access.on_behalf_of_header, found.on_behalf_of_header),
    )
    auth, secret, behalf = (read if said is None else said for said, read in pairs)
    return replace(found, auth_header=auth, secret_name=secret, on_behalf_of_header=behalf)


def parse_effects(given: Sequence[str]) -> dict[str, Effect]:
    """`wipe_device=irreversible` → what `read_openapi` takes, which checks the names."""
    effects: dict[str, Effect] = {}
    for each in given:
        name, _, effect = each.partition("=")
        effects[name.strip()] = cast(Effect, effect.strip())
    return effects


def _known(services: Services, found: Catalogued, tenant: str) -> bool:
    catalogue = services.record.catalogue
    if found.application not in catalogue.applications(tenant):
        return False
    return tuple(catalogue.actions(tenant, apps=[found.application.name])) == found.actions
