"""API keys; events and journal say whose they are; applications on private networks."""

import ipaddress
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keys()
    _tenants()
    _networks()


TEXTS = ("id", "tenant", "name", "role", "requester", "hash")


def _keys() -> None:
    op.create_table(
        "api_keys",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "tenant", "name", "role", "requester", "hash")
        ),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("revoked_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_index("ix_api_keys_tenant", "api_keys", ["tenant"])


def _tenants() -> None:
    """What belongs to a run gets the run's tenant; what has no run any more stays with the first one."""
    for table, key in (("events", ["tenant", "run_id", "seq"]), ("journal", ["tenant", "key"])):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("tenant", sa.String(), nullable=False, server_default="default"))
        whose = f"SELECT runs.tenant FROM runs WHERE runs.id = {table}.run_id"
        op.execute(f"UPDATE {table} SET tenant = COALESCE(({whose}), 'default')")
        with op.batch_alter_table(table) as batch:
            batch.alter_column("tenant", existing_type=sa.String(), server_default=None)
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.create_primary_key(f"pk_{table}", key)


def _networks() -> None:
    """Applications were added by who had the machine: a private address that was written down was meant."""
    with op.batch_alter_table("applications") as batch:
        batch.add_column(sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("applications") as batch:
        batch.alter_column("private", existing_type=sa.Boolean(), server_default=None)
    table = sa.table("applications", sa.column("base_url", sa.String()), sa.column("private", sa.Boolean()))
    connection = op.get_bind()
    for (url,) in connection.execute(sa.select(table.c.base_url)).all():
        if _private(url):
            connection.execute(table.update().where(table.c.base_url == url).values(private=True))


def _private(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def downgrade() -> None:
    with op.batch_alter_table("applications") as batch:
        batch.drop_column("private")
    for table, key in (("journal", ["key"]), ("events", ["run_id", "seq"])):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.drop_column("tenant")
            batch.create_primary_key(f"pk_{table}", key)
    op.drop_table("api_keys")
