"""Documents and their passages at rest."""

from collections.abc import Sequence
from typing import TypeAlias, cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from knowledge.errors import BadDocument, NotFound
from knowledge.store import Database, Matrix, Vectors, bump, packed, revision, size, unpacked
from knowledge.tables import DocumentRow, PassageRow
from knowledge.types import Document, Passage, Trust

Documents: TypeAlias = list[Document]
Passages: TypeAlias = list[Passage]


class DocumentStore:
    """Passages live and die with their document; `document.tenant` says whose it is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, document: Document, passages: Sequence[Passage], vectors: Matrix) -> None:
        """`vectors` [len(passages), D]. Raises BadDocument if there is a document from this source already."""
        with self._database.writing() as session:
            if _by_source(session, document.tenant, document.source):
                raise BadDocument(f"{document.source} was ingested before.", remedy="Replace it instead.")
            _insert(session, document, passages, vectors)

    def replace(self, document: Document, passages: Sequence[Passage], vectors: Matrix) -> None:
        """Like `add`, but takes the place of the document from the same source, if there is one."""
        with self._database.writing() as session:
            if old := _by_source(session, document.tenant, document.source):
                session.delete(old)
                session.flush()
            _insert(session, document, passages, vectors)

    def get(self, id: str, tenant: str = "default") -> Document:
        """Raises NotFound."""
        with self._database.reading() as session:
            if row := session.scalars(select(DocumentRow).filter_by(id=id, tenant=tenant)).one_or_none():
                return _document(row)
        raise NotFound(f"There is no document {id}.", remedy="`lamp ingest` adds documents.")

    def by_source(self, tenant: str, source: str) -> Document | None:
        with self._database.reading() as session:
            row = _by_source(session, tenant, source)
            return _document(row) if row else None

    def list(self, tenant: str = "default") -> Documents:
        """Ordered by source."""
        with self._database.reading() as session:
            rows = session.scalars(select(DocumentRow).filter_by(tenant=tenant).order_by(DocumentRow.source))
            return [_document(row) for row in rows]

    def sources(self, tenant: str = "default") -> dict[str, str]:
        """Where each document is from, by its id; without reading the documents."""
        with self._database.reading() as session:
            found = session.execute(select(DocumentRow.id, DocumentRow.source).filter_by(tenant=tenant))
            return {row.id: row.source for row in found}

    def size(self, tenant: str = "default") -> int:
        with self._database.reading() as session:
            return size(session, DocumentRow, tenant)

    def remove(self, id: str, tenant: str = "default") -> None:
        """Raises NotFound."""
        with self._database.writing() as session:
            found = session.execute(delete(DocumentRow).filter_by(id=id, tenant=tenant).returning(DocumentRow.id)).all()
            if not found:
                raise NotFound(f"There is no document {id}.")
            bump(session, "passage", tenant)

    def passages(self, tenant: str = "default", *, ids: Sequence[str] | None = None) -> Passages:
        """All of them in the order of `vectors`, or only those with one of `ids`."""
        query = select(PassageRow).filter_by(tenant=tenant).order_by(PassageRow.document_id, PassageRow.position)
        if ids is not None:
            query = query.where(PassageRow.id.in_(ids))
        with self._database.reading() as session:
            return [_passage(row) for row in session.scalars(query)]

    def vectors(self, tenant: str = "default") -> Vectors:
        query = (
            select(PassageRow.id, PassageRow.vector)
            .where(PassageRow.tenant == tenant)
            .order_by(PassageRow.document_id, PassageRow.position)
        )
        with self._database.reading() as session:
            return unpacked([(row.id, row.vector) for row in session.execute(query)])

    def revision(self, tenant: str = "default") -> int:
        """Grows with every change of this tenant's passages, in any process."""
        with self._database.reading() as session:
            return revision(session, "passage", tenant)


def _by_source(session: Session, tenant: str, source: str) -> DocumentRow | None:
    return session.scalars(select(DocumentRow).filter_by(tenant=tenant, source=source)).one_or_none()


def _insert(session: Session, document: Document, passages: Sequence[Passage], vectors: Matrix) -> None:
    rows = packed(vectors, count=len(passages))
    session.add(
        DocumentRow(
            id=document.id,
            tenant=document.tenant,
            source=document.source,
            title=document.title,
            text=document.text,
            media_type=document.media_type,
            content_hash=document.content_hash,
            trust=document.trust,
        )
    )
    session.flush()
    for position, (passage, vector) in enumerate(zip(passages, rows, strict=True)):
        session.add(_passage_row(passage, document, position, vector))
    bump(session, "passage", document.tenant)


def _passage_row(passage: Passage, document: Document, position: int, vector: bytes) -> PassageRow:
    return PassageRow(
        id=passage.id,
        document_id=document.id,
        tenant=document.tenant,
        position=position,
        heading=passage.heading,
        text=passage.text,
        span_start=passage.start,
        span_end=passage.end,
        content_hash=passage.content_hash,
        trust=passage.trust,
        vector=vector,
    )


def _document(row: DocumentRow) -> Document:
    return Document(
        id=row.id,
        source=row.source,
        title=row.title,
        text=row.text,
        media_type=row.media_type,
        content_hash=row.content_hash,
        trust=cast(Trust, row.trust),
        tenant=row.tenant,
    )


def _passage(row: PassageRow) -> Passage:
    return Passage(
        id=row.id,
        document_id=row.document_id,
        heading=row.heading,
        text=row.text,
        start=row.span_start,
        end=row.span_end,
        content_hash=row.content_hash,
        trust=cast(Trust, row.trust),
    )
