"""What people said to a run outlives the process that heard it: answers not read yet, and that it was called off."""

import sqlalchemy as sa
from alembic import op

revision = "0003_durable"
down_revision = "0002_approvals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("runs") as batch:
        batch.add_column(sa.Column("reply", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("called_off", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("runs") as batch:
        batch.alter_column("called_off", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("runs") as batch:
        batch.drop_column("called_off")
        batch.drop_column("reply")
