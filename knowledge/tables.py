"""The rows of the system of record. A change here needs a migration in `knowledge/migrations/versions` (tested)."""

from sqlalchemy import JSON, Float, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from knowledge.types import JsonValue

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


class DocumentRow(Base):
    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("tenant", "source"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    source: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    media_type: Mapped[str]
    content_hash: Mapped[str]
    trust: Mapped[str]


class PassageRow(Base):
    """`vector` is float32, little-endian, L2-normalised: so it is everywhere here."""

    __tablename__ = "passages"

    id: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    tenant: Mapped[str] = mapped_column(index=True)
    position: Mapped[int]
    heading: Mapped[str]
    text: Mapped[str]
    span_start: Mapped[int]
    span_end: Mapped[int]
    content_hash: Mapped[str]
    trust: Mapped[str]
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class ApplicationRow(Base):
    __tablename__ = "applications"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    base_url: Mapped[str]
    title: Mapped[str]
    auth_header: Mapped[str]
    secret_name: Mapped[str]
    on_behalf_of_header: Mapped[str]
    private: Mapped[bool]


class ActionRow(Base):
    """`spec` is the ActionSpec as `knowledge.codec` writes it."""

    __tablename__ = "actions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "app"], ["applications.tenant", "applications.name"], ondelete="CASCADE"),
    )

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    app: Mapped[str]
    position: Mapped[int]
    spec: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class TrajectoryRow(Base):
    """`created_at` is in seconds since 1970; the counts here are newer than those in `body`.

    `revision` is the precedents' revision that this row made when it was last written.
    """

    __tablename__ = "trajectories"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(index=True)
    outcome: Mapped[str]
    created_at: Mapped[float] = mapped_column(Float)
    successes: Mapped[int]
    failures: Mapped[int]
    body: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    revision: Mapped[int] = mapped_column(default=0)


class RunRow(Base):
    """`number` orders the runs as they were begun. `reply` is an answer that the run has not heard yet."""

    __tablename__ = "runs"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    tenant: Mapped[str] = mapped_column(index=True)
    status: Mapped[str]
    body: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    reply: Mapped[dict[str, JsonValue] | None] = mapped_column(JSON(none_as_null=True))
    called_off: Mapped[bool]


class EventRow(Base):
    __tablename__ = "events"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[dict[str, JsonValue]] = mapped_column(JSON)


class JournalRow(Base):
    """An intent; `observation` is NULL until its outcome is known."""

    __tablename__ = "journal"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(index=True)
    step: Mapped[int]
    call_hash: Mapped[str]
    call: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    observation: Mapped[dict[str, JsonValue] | None] = mapped_column(JSON(none_as_null=True))


class ApprovalRow(Base):
    """What a person was asked about, and what they said; times are in seconds since 1970."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    run_id: Mapped[str] = mapped_column(index=True)
    step: Mapped[int]
    status: Mapped[str]
    call: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    call_hash: Mapped[str]
    edits: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    by: Mapped[str]
    note: Mapped[str]
    asked_at: Mapped[float] = mapped_column(Float)
    decided_at: Mapped[float | None] = mapped_column(Float)
    expires_at: Mapped[float | None] = mapped_column(Float)
    used_at: Mapped[float | None] = mapped_column(Float)


class CompensationRow(Base):
    """What a person confirmed to undo an action; whether both are still in the catalogue is not said."""

    __tablename__ = "compensations"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    undone_by: Mapped[str] = mapped_column(primary_key=True)
    arguments: Mapped[dict[str, str]] = mapped_column(JSON)
    evidence: Mapped[list[str]] = mapped_column(JSON)
    confirmed_by: Mapped[str]
    confirmed_at: Mapped[float] = mapped_column(Float)


class AttemptRow(Base):
    """A call that some rule counts. `number` never comes again, so that it tells earlier from later."""

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "tenant", "requester", "action", "at"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    tenant: Mapped[str]
    requester: Mapped[str]
    action: Mapped[str]
    at: Mapped[float] = mapped_column(Float)


class RevisionRow(Base):
    """How often the items of a kind changed, so that an index knows whether it is behind."""

    __tablename__ = "revisions"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class ApiKeyRow(Base):
    """`hash` is the sha256 of the whole key, which is kept nowhere; times are in seconds since 1970."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    role: Mapped[str]
    requester: Mapped[str]
    hash: Mapped[str]
    created_at: Mapped[float] = mapped_column(Float)
    expires_at: Mapped[float | None] = mapped_column(Float)
    revoked_at: Mapped[float | None] = mapped_column(Float)
