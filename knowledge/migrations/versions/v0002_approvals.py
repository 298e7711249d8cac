"""Approvals, and the attempts that rates count."""

import sqlalchemy as sa
from alembic import op

revision = "0002_approvals"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approvals",
        *map(_text, ("id", "tenant", "run_id")),
        sa.Column("step", sa.Integer(), nullable=False),
        _text("status"),
        sa.Column("call", sa.JSON(), nullable=False),
        _text("call_hash"),
        sa.Column("edits", sa.JSON(), nullable=False),
        *map(_text, ("by", "note")),
        sa.Column("asked_at", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("decided_at", "expires_at", "used_at")),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
    )
    op.create_index("ix_approvals_run_id", "approvals", ["run_id"])
    op.create_table(
        "attempts",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        *map(_text, ("tenant", "requester", "action")),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_attempts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempts_tenant_requester_action_at", "attempts", ["tenant", "requester", "action", "at"])


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String(), nullable=False)


def downgrade() -> None:
    op.drop_table("attempts")
    op.drop_table("approvals")
