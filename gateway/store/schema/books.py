"""The books: journal, bank deposits and exports."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from gateway.store.schema.columns import Cents, Moment, metadata, own_id, reference

journal_entry = Table(
    "journal_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("posting_id", String(60), nullable=False, unique=True),
    Column("kind", String(24), nullable=False),
    Column("at", Moment, nullable=False),
    reference("claim", "claim.id", null=True),
    reference("claim_payment", "claim_payment.id", null=True),
    reference("remittance", "remittance.id", null=True),
    reference("submission", "submission.id", null=True),
    Column("reverses", String(60)),
)
"""One balanced entry, append-only (triggers refuse UPDATE and DELETE). *posting_id* is the importer's idempotency key
(law 5)."""

journal_line = Table(
    "journal_line",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry", Integer, ForeignKey("journal_entry.id"), nullable=False, index=True),
    Column("account", String(120), nullable=False, index=True),
    reference("claim", "claim.id", null=True),
    Column("amount", Cents, nullable=False),
)
"""One side of an entry: positive is debit, negative credit; an entry's lines sum to zero."""

bank_file = Table(
    "bank_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("lines", Integer, nullable=False),
    Column("amount", Cents, nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("loaded_by", String(60), nullable=False),
)
"""A bank's file of which at least one line was new; *lines* and *amount* are of these."""

deposit = Table(
    "deposit",
    metadata,
    own_id(),
    Column("bank_file", Integer, ForeignKey("bank_file.id"), index=True),
    Column("line", Integer),
    Column("bank_key", String(64), unique=True),
    Column("date", Date, nullable=False),
    Column("amount", Cents, nullable=False),
    Column("account", String(20)),
    Column("content_sealed", LargeBinary, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", String(60), nullable=False),
    CheckConstraint("amount > 0", name="money_in"),
)
"""Money that a bank says it has, booked to cash when it is recorded. *bank_key* tells its bank line, so that a line
counts once; it is filled in later where a person was faster than the bank."""

deposit_name = Table(
    "deposit_name",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("deposit", "deposit.id"),
    Column("kind", String(6), nullable=False),
    Column("number", String(50), nullable=False),
    Column("loose", String(50), nullable=False, index=True),
    Column("originator", String(20)),
)
"""What names a payment on a bank line: trn (TRN02 and TRN03) or check; *loose* is what it is found again by."""

deposit_movement = Table(
    "deposit_movement",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("deposit", "deposit.id"),
    Column("ordinal", Integer, nullable=False),
    Column("target", String(12), nullable=False),
    reference("remittance", "remittance.id", null=True),
    Column("amount", Cents, nullable=False),
    Column("undoes", Integer),
    Column("how", String(8), nullable=False),
    Column("reason", String(400)),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("deposit", "ordinal"),
)
"""What part of a deposit is explained by what: *target* is remittance, elsewhere (no remittance of ours) or withdrawn
(never came, or went back). *undoes* is the ordinal of the movement whose opposite it is."""

export = Table(
    "export",
    metadata,
    own_id(),
    Column("kind", String(16), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("from_id", Integer, nullable=False),
    Column("to_id", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("name", String(120), nullable=False, unique=True),
    Column("sha256", String(64)),
    Column("created_at", Moment, nullable=False),
    Column("written_at", Moment),
    UniqueConstraint("kind", "from_id"),
)
"""A file for the billing system: pending, then written; covers export_row ids from_id..to_id of its kind (law 5)."""

export_row = Table(
    "export_row",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False, index=True),
    Column("posting_id", String(80), nullable=False, unique=True),
    Column("content_sealed", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)
"""One line for the billing system: kind is claim_status or payment."""
