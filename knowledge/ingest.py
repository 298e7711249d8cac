"""Files, folders and web pages into the record: what did not change is skipped, what changed is replaced."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from pathlib import Path
from typing import Literal as OneOf
from typing import Protocol, TypeAlias

from knowledge.errors import BadDocument, Forbidden, WorldError
from knowledge.fetch import Fetched, fetch, host_of, is_url, read_path
from knowledge.parse import MAX_BYTES, SUFFIXES
from knowledge.record import Record
from knowledge.redaction import Redactor
from knowledge.store import Matrix
from knowledge.types import Passage, Trust

NOTHING = Redactor()
Change: TypeAlias = OneOf["added", "replaced", "unchanged"]
Progress: TypeAlias = Callable[[int, int, str], None]  # done, of, the source being read


class Embedder(Protocol):
    def embed(self, texts: Sequence[str]) -> Matrix:
        """[N, D] float32, L2-normalised; row i belongs to `texts[i]`."""


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What became of one document; `passages` counts those written."""

    document_id: str
    change: Change
    passages: int


@dataclass(frozen=True, kw_only=True)
class Failure:
    """`message` says what to do about it."""

    source: str
    message: str


@dataclass(frozen=True, kw_only=True)
class IngestReport:
    """Documents by what became of them, passages written, and what could not be read."""

    added: int
    replaced: int
    unchanged: int
    removed: int
    passages: int
    failed: tuple[Failure, ...]


@dataclass(kw_only=True)
class _Tally:
    done: list[Ingested] = default(default_factory=list)
    failed: list[Failure] = default(default_factory=list)
    removed: int = 0

    def report(self) -> IngestReport:
        changes = [each.change for each in self.done]
        return IngestReport(
            added=changes.count("added"),
            replaced=changes.count("replaced"),
            unchanged=changes.count("unchanged"),
            removed=self.removed,
            passages=sum(each.passages for each in self.done),
            failed=tuple(self.failed),
        )


def ingest(
    record: Record,
    embedder: Embedder,
    sources: Sequence[Path | str],
    *,
    tenant: str = "default",
    trust: Trust = "trusted",
    prune: bool = False,
    progress: Progress | None = None,
    redactor: Redactor = NOTHING,
) -> IngestReport:
    """A folder stands for the Markdown, HTML and text files in it; `prune` forgets those it no longer has.

    What cannot be read is reported, never raised, and an older version of it is kept.
    """
    tally = _Tally()
    files = [found for source in sources for found in _expanded(source, tally)]
    for done, source in enumerate(files):
        if progress:
            progress(done, len(files), str(source))
        try:
            fetched = _fetched(source, record, tenant)
            tally.done.append(ingest_bytes(record, embedder, fetched, tenant=tenant, trust=trust, redactor=redactor))
        except (BadDocument, Forbidden, WorldError) as error:
            tally.failed.append(Failure(source=str(source), message=str(error)))
    if progress and files:
        progress(len(files), len(files), "")
    if prune:
        tally.removed = sum(_prune(record, Path(folder), files, tenant) for folder in sources if _is_folder(folder))
    return tally.report()


def ingest_bytes(
    record: Record,
    embedder: Embedder,
    fetched: Fetched,
    *,
    tenant: str = "default",
    trust: Trust = "trusted",
    redactor: Redactor = NOTHING,
) -> Ingested:
    """One document, as from an upload. Raises BadDocument; then nothing was written."""
    from knowledge.apart import apart

    parsed = apart().document(fetched, tenant=tenant, trust=trust, redact=redactor.given)
    redactor.require_no_secret(parsed.document.text, parsed.document.source)
    document, found = parsed.document, parsed.passages
    old = record.documents.by_source(tenant, document.source)
    if old and (old.content_hash, old.trust) == (document.content_hash, document.trust):
        return Ingested(document_id=old.id, change="unchanged", passages=0)
    record.documents.replace(document, found, embedder.embed([embedded_text(passage) for passage in found]))
    return Ingested(document_id=document.id, change="replaced" if old else "added", passages=len(found))


def embedded_text(passage: Passage) -> str:
    return f"{passage.heading}\n{passage.text}"


def _fetched(source: Path | str, record: Record, tenant: str) -> Fetched:
    """A page of a private network is fetched from the hosts of the tenant's applications only."""
    if isinstance(source, str) and is_url(source):
        known = {host_of(each.base_url) for each in record.catalogue.applications(tenant)}
        return fetch(source, limit_bytes=MAX_BYTES, private=host_of(source) in known)
    return read_path(Path(source), limit_bytes=MAX_BYTES)


def _is_folder(source: Path | str) -> bool:
    return not is_url(source) and Path(source).is_dir()


def _expanded(source: Path | str, tally: _Tally) -> Iterator[Path | str]:
    if not _is_folder(source):
        yield source
        return
    files = _files(Path(source))
    if not files:
        kinds = ", ".join(f"*{suffix}" for suffix in SUFFIXES)
        message = f"There is no documentation ({kinds}) in {source}. Name the folder that has it."
        tally.failed.append(Failure(source=str(source), message=message))
    yield from files


def _files(folder: Path) -> list[Path]:
    """Hidden files and folders are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _prune(record: Record, folder: Path, files: Sequence[Path | str], tenant: str) -> int:
    root = folder.resolve().as_posix().rstrip("/") + "/"
    present = {Path(file).resolve().as_posix() for file in files if not is_url(file)}
    gone = [d for d in record.documents.list(tenant) if d.source.startswith(root) and d.source not in present]
    for document in gone:
        record.documents.remove(document.id, tenant)
    return len(gone)
