"""Keep what each line of a claim payment moved."""

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.guards import append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "line_posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_payment", sa.String(length=12), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("claim_lines", sa.String(length=400), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("contractual", sa.BigInteger(), nullable=False),
        sa.Column("patient", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_payment"], ["claim_payment.id"], name=op.f("fk_line_posting_claim_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_posting")),
        sa.UniqueConstraint(
            "claim_payment", "placed", "line", name=op.f("uq_line_posting_claim_payment_placed_line")
        ),
    )
    op.create_index(op.f("ix_line_posting_claim_payment"), "line_posting", ["claim_payment"], unique=False)
    op.add_column("claim_payment", sa.Column("how", sa.String(length=16), nullable=True))
    op.add_column("claim_payment", sa.Column("placed", sa.Integer(), server_default="0", nullable=False))
    # What a person matched stands where the first match put it.
    op.execute("UPDATE claim_payment SET placed = 1 WHERE matched_by IS NOT NULL AND state = 'posted'")
    for statement in append_only(op.get_bind().dialect.name, "line_posting"):
        op.get_bind().exec_driver_sql(statement)
