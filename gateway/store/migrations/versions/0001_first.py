"""The first schema."""

from alembic import op

from gateway.store.migrations.guards import append_only
from gateway.store.schema import APPEND_ONLY, metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    for table in APPEND_ONLY:
        for statement in append_only(op.get_bind().dialect.name, table):
            op.get_bind().exec_driver_sql(statement)
