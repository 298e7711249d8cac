"""What people confirmed to undo an action."""

import sqlalchemy as sa
from alembic import op

revision = "0004_compensations"
down_revision = "0003_durable"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "compensations",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tenant", "action", "undone_by")),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("arguments", "evidence")),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "action", "undone_by", name="pk_compensations"),
    )


def downgrade() -> None:
    op.drop_table("compensations")
