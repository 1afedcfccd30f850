"""Remittances: the set, its claim payments, the lines tied, adjustments and provider adjustments."""

from decimal import Decimal

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from gateway.store.schema.columns import Cents, Moment, metadata, own_id, reference

remittance = Table(
    "remittance",
    metadata,
    own_id(),
    reference("receipt", "receipt.id"),
    Column("place", String(60), nullable=False),
    Column("partner", String(31), nullable=False, index=True),
    Column("state", String(12), nullable=False, index=True),
    Column("reason", String(200)),
    Column("payment_key", String(64), nullable=False, index=True),
    Column("content_hash", String(64), nullable=False),
    Column("payer_key", String(64), nullable=False),
    Column("payer_name", String(80)),
    Column("payer_ids", String(400)),
    Column("payee_id", String(80)),
    Column("trace_number", String(50)),
    Column("payment_method", String(3)),
    Column("payment_date", String(10)),
    Column("amount", Cents, index=True),
    Column("received_at", Moment, nullable=False),
    Column("posted_at", Moment),
    Column("released_by", String(60)),
    Column("entered_by", String(60)),
    Column("entered_from", String(200)),
    UniqueConstraint("receipt", "place"),
)
"""One ST 835: *state* is posted, quarantined or duplicate. *payer_ids* are the ids by which the payer names itself, spelt for
comparing, a blank between; none where it was kept before they were. Account numbers of BPR are never stored. Of a paper remittance
*entered_by* is who entered it, and *entered_from* what from (a check image's reference, no patient's name)."""

posted_once = Index(
    "uq_remittance_posted_once",
    remittance.c.payment_key,
    unique=True,
    sqlite_where=remittance.c.state == "posted",
    postgresql_where=remittance.c.state == "posted",
)
"""P6 in the database: a payment is posted once, whatever two workers do (ERA-DUP)."""

claim_payment = Table(
    "claim_payment",
    metadata,
    own_id(),
    reference("remittance", "remittance.id"),
    Column("ordinal", Integer, nullable=False),
    reference("claim", "claim.id", null=True),
    reference("submission", "submission.id", null=True),
    Column("state", String(12), nullable=False, index=True),
    Column("status_code", String(4), nullable=False),
    Column("class_", String(16), nullable=False),
    Column("charge", Cents, nullable=False),
    Column("paid", Cents, nullable=False),
    Column("contractual", Cents, nullable=False, default=Decimal(0)),
    Column("patient", Cents, nullable=False, default=Decimal(0)),
    Column("in_review", Cents, nullable=False, default=Decimal(0)),
    Column("pcn_index", String(64), nullable=False, index=True),
    Column("payer_control_index", String(64), index=True),
    Column("content_sealed", LargeBinary, nullable=False),
    Column("reverses", String(12)),
    Column("matched_by", String(60)),
    Column("how", String(16)),
    Column("placed", Integer, nullable=False, server_default="0"),
    UniqueConstraint("remittance", "ordinal"),
)
"""One CLP: *state* is posted, suspense (claim unknown or doubtful) or noted (no money to post). *class_* is
paid, patient, prior_payer, denied, duplicate, capitated, review, reversal, forwarded, predetermination. In suspense
*claim* and *submission* are a proposal only. *how* is the step by which the claim was found (`responses.match`), *placed* counts
how often it was put on a claim out of suspense: 0 where it stands as it was posted."""

taken_back = Table(
    "taken_back",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("claim_payment", "claim_payment.id"),
    Column("placed", Integer, nullable=False),
    reference("claim", "claim.id"),
    reference("submission", "submission.id", null=True),
    Column("contractual", Cents, nullable=False),
    Column("patient", Cents, nullable=False),
    Column("reverses", String(60)),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("claim_payment", "placed"),
)
"""One posting of a claim payment that a person took off its claim again: its money went to suspense by new entries. *placed* is
the payment's count of matches at that time, 0 where it stood as it was posted; *reverses* starts the posting ids of
what it undid there."""

line_posting = Table(
    "line_posting",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("claim_payment", "claim_payment.id"),
    Column("placed", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("claim_lines", String(400), nullable=False),
    Column("how", String(16), nullable=False),
    Column("charge", Cents, nullable=False),
    Column("paid", Cents, nullable=False),
    Column("contractual", Cents, nullable=False),
    Column("patient", Cents, nullable=False),
    UniqueConstraint("claim_payment", "placed", "line"),
)
"""What one line of a posted claim payment moved, and which service lines of the version answered it is about (4.12): *line*
counts the payer's lines, 0 is claim level; *claim_lines* are the numbers of ours, with a blank between, and empty where none can
be told. The sum over the lines is the claim payment's posting."""

adjustment = Table(
    "adjustment",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("claim_payment", "claim_payment.id"),
    Column("line", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("group_code", String(4), nullable=False),
    Column("reason", String(10), nullable=False),
    Column("amount", Cents, nullable=False),
    Column("quantity", String(20)),
    UniqueConstraint("claim_payment", "line", "ordinal"),
)
"""One CAS triplet; *line* 0 is claim level."""

provider_adjustment = Table(
    "provider_adjustment",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("remittance", "remittance.id"),
    Column("ordinal", Integer, nullable=False),
    Column("provider", String(80), nullable=False),
    Column("reason", String(4), nullable=False),
    Column("reference_sealed", LargeBinary),
    Column("reference_index", String(64)),
    Column("amount", Cents, nullable=False),
    UniqueConstraint("remittance", "ordinal"),
)
"""One PLB pair; *amount* as received: positive takes money from the provider."""
