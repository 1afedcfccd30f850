"""Keep what the bank received beside what the remittances announced."""

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.guards import append_only

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("loaded_at", sa.String(27), nullable=False),
        sa.Column("loaded_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_file")),
    )
    op.create_table(
        "deposit",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("bank_file", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("bank_key", sa.String(length=64), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=True),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_deposit_money_in")),
        sa.ForeignKeyConstraint(["bank_file"], ["bank_file.id"], name=op.f("fk_deposit_bank_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
        sa.UniqueConstraint("bank_key", name=op.f("uq_deposit_bank_key")),
    )
    op.create_index(op.f("ix_deposit_bank_file"), "deposit", ["bank_file"], unique=False)
    op.create_table(
        "deposit_movement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deposit", sa.String(length=12), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=12), nullable=False),
        sa.Column("remittance", sa.String(length=12), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["deposit"], ["deposit.id"], name=op.f("fk_deposit_movement_deposit")),
        sa.ForeignKeyConstraint(
            ["remittance"], ["remittance.id"], name=op.f("fk_deposit_movement_remittance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_movement")),
        sa.UniqueConstraint("deposit", "ordinal", name=op.f("uq_deposit_movement_deposit_ordinal")),
    )
    op.create_index(op.f("ix_deposit_movement_deposit"), "deposit_movement", ["deposit"], unique=False)
    op.create_index(op.f("ix_deposit_movement_remittance"), "deposit_movement", ["remittance"], unique=False)
    op.create_table(
        "deposit_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deposit", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("loose", sa.String(length=50), nullable=False),
        sa.Column("originator", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["deposit"], ["deposit.id"], name=op.f("fk_deposit_name_deposit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_name")),
    )
    op.create_index(op.f("ix_deposit_name_deposit"), "deposit_name", ["deposit"], unique=False)
    op.create_index(op.f("ix_deposit_name_loose"), "deposit_name", ["loose"], unique=False)
    for table in ("deposit_name", "deposit_movement"):
        for statement in append_only(op.get_bind().dialect.name, table):
            op.get_bind().exec_driver_sql(statement)
