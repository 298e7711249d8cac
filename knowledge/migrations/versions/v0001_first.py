"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _knowledge()
    _memory()
    _runs()


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String(), nullable=False)


def _knowledge() -> None:
    op.create_table(
        "documents",
        *map(_text, ("id", "tenant", "source", "title", "text", "media_type", "content_hash", "trust")),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("tenant", "source", name="uq_documents_tenant_source"),
    )
    op.create_table(
        "passages",
        *map(_text, ("id", "document_id", "tenant")),
        sa.Column("position", sa.Integer(), nullable=False),
        *map(_text, ("heading", "text")),
        sa.Column("span_start", sa.Integer(), nullable=False),
        sa.Column("span_end", sa.Integer(), nullable=False),
        *map(_text, ("content_hash", "trust")),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_passages"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_passages_document_id", ondelete="CASCADE"),
    )
    op.create_index("ix_passages_document_id", "passages", ["document_id"])
    op.create_index("ix_passages_tenant", "passages", ["tenant"])
    op.create_table(
        "applications",
        *map(_text, ("tenant", "name", "base_url", "title", "auth_header", "secret_name", "on_behalf_of_header")),
        sa.PrimaryKeyConstraint("tenant", "name", name="pk_applications"),
    )
    op.create_table(
        "actions",
        *map(_text, ("tenant", "id", "app")),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_actions"),
        sa.ForeignKeyConstraint(
            ["tenant", "app"],
            ["applications.tenant", "applications.name"],
            name="fk_actions_tenant_app",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "revisions",
        *map(_text, ("tenant", "kind")),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", name="pk_revisions"),
    )


def _memory() -> None:
    op.create_table(
        "trajectories",
        *map(_text, ("id", "tenant", "outcome")),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("successes", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trajectories"),
    )
    op.create_index("ix_trajectories_tenant", "trajectories", ["tenant"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        *map(_text, ("id", "tenant", "status")),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_runs"),
        sa.UniqueConstraint("id", name="uq_runs_id"),
    )
    op.create_index("ix_runs_tenant", "runs", ["tenant"])
    op.create_table(
        "events",
        _text("run_id"),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "seq", name="pk_events"),
    )
    op.create_table(
        "journal",
        *map(_text, ("key", "run_id")),
        sa.Column("step", sa.Integer(), nullable=False),
        _text("call_hash"),
        sa.Column("call", sa.JSON(), nullable=False),
        sa.Column("observation", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_journal"),
    )
    op.create_index("ix_journal_run_id", "journal", ["run_id"])


def downgrade() -> None:
    for table in (
        "journal",
        "events",
        "runs",
        "trajectories",
        "revisions",
        "actions",
        "applications",
        "passages",
        "documents",
    ):
        op.drop_table(table)
