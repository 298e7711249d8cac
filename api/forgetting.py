"""Forgetting a person: out of record, indexes and files; then everything is looked through for the names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.errors import Busy
from api.unlearning import drop, named, taught_by
from api.wiring import Services
from knowledge.leftovers import files_under, in_database, in_files
from knowledge.names import Names
from knowledge.people import Mentions

APPLICATIONS = ("helpdesk.sqlite", "helpdesk.sqlite-wal", "helpdesk.sqlite-shm")  # the practice help desk's own data


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was found before. `left` is how often the names are still there, by place; empty after a dry run.

    `adapters` are those that had learned from runs about the person.
    """

    found: Mentions
    adapters: tuple[str, ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def proved(self) -> bool:
        return bool(self.left) and not any(self.left.values())


def forget(
    services: Services,
    names: Names,
    *,
    tenant: str,
    documents: bool = False,
    dry_run: bool = False,
    open_runs: Collection[str] = (),
) -> Forgotten:
    """`open_runs` are under way in this process. Raises Busy while one of them, or another process, is in the way."""
    people = services.record.people
    found = people.find(names, tenant)
    if dry_run:
        return Forgotten(found=found, adapters=named(taught_by(services, tenant, found.lessons)))
    _require_quiet(services, found, open_runs)
    taught = taught_by(services, tenant, found.lessons)
    if found.lessons:  # Before the runs go: whoever is interrupted here finds the rest at the next try.
        drop(services, tenant, taught)
    found = people.erase(names, tenant, documents=documents)
    services.record.compact()
    with services.retriever.at_rest():
        services.retriever.start_over(tenant)
        left = leftovers(services, names, tenant) | {"adapters": len(taught_by(services, tenant, found.lessons))}
    return Forgotten(found=found, adapters=named(taught), left=left)


def leftovers(services: Services, names: Names, tenant: str) -> dict[str, int]:
    """How often the names are in what is kept, by place."""
    left, settings, files = services.record.people.find(names, tenant), services.settings, services.record.files
    index = list(files_under(settings.index_dir))
    ours = (*files, settings.index_dir, *(settings.data_dir / each for each in APPLICATIONS))
    return {
        "runs and memory": left.count,
        "documents": len(left.documents),
        "applications": len(left.actions),
        "database files": in_database(names, files) if files else 0,
        "vector index": in_files(names, index),
        "word index": services.retriever.mentioning(names, tenant),
        "other files": in_files(names, _others(settings.data_dir, ours)),
    }


def _others(folder: Path, ours: Collection[Path]) -> list[Path]:
    return list(files_under(folder, but=ours))


def _require_quiet(services: Services, found: Mentions, open_runs: Collection[str]) -> None:
    if under_way := sorted(found.runs & {*open_runs}):
        raise Busy(
            f"Runs about them are under way: {', '.join(under_way[:5])}.",
            remedy="Cancel them, or wait until they are over; then try again.",
        )
    if not services.alone:
        raise Busy(
            "Another Lamplighter works with this data folder and would write it all back.",
            remedy="Stop it, or let an administrator ask it: POST /v1/people/forget.",
        )
