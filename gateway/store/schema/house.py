"""The house itself: the installation, its numbers and leases, findings, holds, notes, code tables and the audit chain."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.schema.columns import Moment, metadata

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("environment", String(10), nullable=False),
    Column("key_check", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)
"""One row: what this installation is (law 10) and a hash that tells a wrong key at start."""

number = Table(
    "number",
    metadata,
    Column("sequence", String(120), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""The last number given out of each sequence; only goes up, burnt numbers stay burnt (domain.md 1.5)."""

lease = Table(
    "lease",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("owner", String(60), nullable=False),
    Column("until", Moment, nullable=False),
)

partner_state = Table(
    "partner_state",
    metadata,
    Column("partner", String(31), primary_key=True),
    Column("paused", Boolean, nullable=False, default=False),
    Column("paused_reason", Text),
    Column("paused_by", String(60)),
    Column("failures", Integer, nullable=False, default=0),
    Column("poll_due_at", Moment),
    Column("cutoff_due_at", Moment),
    Column("last_contact_at", Moment),
    Column("last_error", String(60)),
    Column("map_hash", String(64)),
)
"""What the daemon must remember of each partner across a restart."""

finding = Table(
    "finding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(12), nullable=False, index=True),
    Column("code", String(40), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("detail_sealed", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)
"""A finding kept: *subject* is the id of the file, claim, submission, transmission, receipt or remittance."""

hold = Table(
    "hold",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(12), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("reason", String(400), nullable=False),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Column("released_at", Moment),
    Column("released_by", String(60)),
    Column("released_reason", String(400)),
)
"""A stop on a claim or transmission. *kind* is edit, unroutable, check, rejected, user, uncertain, delivery or
duplicate. *reason* holds codes and our own words, no claim content."""

open_hold = Index(
    "uq_hold_open",
    hold.c.subject,
    hold.c.kind,
    unique=True,
    sqlite_where=hold.c.released_at.is_(None),
    postgresql_where=hold.c.released_at.is_(None),
)

note = Table(
    "note",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(12), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("reason", String(400), nullable=False),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
)
"""What a person noted on a denial or on a provider adjustment account: *kind* is worked or closed. Never money."""

code_release = Table(
    "code_release",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code_set", String(20), nullable=False),
    Column("effective", Date, nullable=False),
    Column("codes", Integer, nullable=False),
    Column("source", String(200), nullable=False),
    Column("layout", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("loaded_by", String(60), nullable=False),
    UniqueConstraint("code_set", "effective"),
)
"""A release of a code set that a user loaded: it holds from *effective* until the next one does."""

code = Table(
    "code",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code_set", String(20), nullable=False),
    Column("code", String(20), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("starts", Date),
    Column("ends", Date),
    Column("billable", Boolean, nullable=False),
    Column("description", Text),
    Index("ix_code_code_set_code", "code_set", "code"),
)
"""A code as the releases from *valid_from* until before *valid_to* have it, with dates of its own where they give them
(*ends* is its last day). What is over stays: an old day of service is judged by what was valid then."""

audit_event = Table(
    "audit_event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("kind", String(40), nullable=False, index=True),
    Column("subject", String(40), index=True),
    Column("facts", Text, nullable=False),
    Column("changes", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One event a unit of work, HMAC-chained (law 13); *changes* is the digest of the rows it wrote."""
