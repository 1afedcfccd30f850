"""Remember where in a dropped 837 a claim stands."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claim_version", sa.Column("place", sa.String(60), nullable=True))
