"""App adapters that learned from somebody's runs. Weights cannot be made to forget: such an adapter goes as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.wiring import Services
    from models.registry import Version

LEARNED = (
    "learned_from"  # in a card's `training`: ids of the runs, also of those that the adapter before it learned from
)


def taught_by(services: Services, tenant: str, runs: Collection[str]) -> list[Version]:
    """Versions that learned from one of `runs`; also those that do not say what they learned from."""
    registry = services.app_adapters.registry(tenant)
    every = [version for app in registry.apps() for version in registry.versions(app)]
    return [version for version in every if runs and not _surely_without(version, runs)]


def named(versions: Iterable[Version]) -> tuple[str, ...]:
    return tuple(f"{each.app} version {each.number}" for each in versions)


def drop(services: Services, tenant: str, versions: Collection[Version]) -> None:
    """They are deleted, and whatever a training that did not end has learned so far.

    In use is then what was promoted before them, or the general adapter.
    """
    adapters = services.app_adapters
    registry = adapters.registry(tenant)
    for app in sorted({each.app for each in versions} | {*registry.begun()}):
        registry.drop(app, {each.number for each in versions if each.app == app})
    adapters.let_go(each.folder for each in versions)


def _surely_without(version: Version, runs: Collection[str]) -> bool:
    learned = version.card.get("training", {}).get(LEARNED)
    return learned is not None and not {*learned} & {*runs}
