"""Keep what was taken off a claim again."""

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.guards import append_only

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "taken_back",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_payment", sa.String(length=12), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=12), nullable=False),
        sa.Column("submission", sa.String(length=12), nullable=True),
        sa.Column("contractual", sa.BigInteger(), nullable=False),
        sa.Column("patient", sa.BigInteger(), nullable=False),
        sa.Column("reverses", sa.String(length=60), nullable=True),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["claim"], ["claim.id"], name=op.f("fk_taken_back_claim")),
        sa.ForeignKeyConstraint(
            ["claim_payment"], ["claim_payment.id"], name=op.f("fk_taken_back_claim_payment")
        ),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name=op.f("fk_taken_back_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_back")),
        sa.UniqueConstraint("claim_payment", "placed", name=op.f("uq_taken_back_claim_payment_placed")),
    )
    op.create_index(op.f("ix_taken_back_claim"), "taken_back", ["claim"], unique=False)
    op.create_index(op.f("ix_taken_back_claim_payment"), "taken_back", ["claim_payment"], unique=False)
    op.create_index(op.f("ix_taken_back_submission"), "taken_back", ["submission"], unique=False)
    for statement in append_only(op.get_bind().dialect.name, "taken_back"):
        op.get_bind().exec_driver_sql(statement)
