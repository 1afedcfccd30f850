"""Keep by which ids a payer names itself."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("remittance", sa.Column("payer_ids", sa.String(length=400), nullable=True))
