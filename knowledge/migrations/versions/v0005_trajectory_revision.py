"""When a trajectory was last written, so that an index takes up only what is new."""

import sqlalchemy as sa
from alembic import op

revision = "0005_trajectory_revision"
down_revision = "0004_compensations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trajectories", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("trajectories", "revision")
