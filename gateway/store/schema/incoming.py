"""The way in: what was seen and fetched at partners, its interchanges and acknowledgements."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from gateway.store.schema.columns import Moment, metadata, own_id, reference

remote_seen = Table(
    "remote_seen",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", String(31), nullable=False),
    Column("folder", String(200), nullable=False),
    Column("name_index", String(64), nullable=False),
    Column("size", BigInteger),
    Column("mtime", BigInteger),
    Column("looks", Integer, nullable=False),
    Column("seen_at", Moment, nullable=False),
    reference("receipt", "receipt.id", null=True),
    Column("removed", Boolean, nullable=False, default=False),
    Index(
        "uq_remote_seen_entry",
        "partner",
        "folder",
        "name_index",
        text("coalesce(size, -1)"),
        text("coalesce(mtime, -1)"),
        unique=True,
    ),
)
"""What stood in a partner's folder: how often it looked the same, and which receipt it became. A server that hides
*size* or *mtime* gives NULLs, which a plain unique constraint would let in twice; hence the index over coalesce()."""

receipt = Table(
    "receipt",
    metadata,
    own_id(),
    Column("partner", String(31), nullable=False, index=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("blob", String(64), nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("raw_copied", Boolean, nullable=False, default=False, index=True),
    Column("received_at", Moment, nullable=False),
    Column("processed_at", Moment),
    UniqueConstraint("partner", "sha256"),
)
"""One file that came in; *state* is received, processed or quarantined (nothing in it could be used)."""

interchange = Table(
    "interchange",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("receipt", "receipt.id"),
    Column("ordinal", Integer, nullable=False),
    Column("sender", String(40)),
    Column("receiver", String(40)),
    Column("isa13", String(15), index=True),
    Column("environment", String(1)),
    Column("kinds", String(60), nullable=False, default=""),
    Column("state", String(12), nullable=False),
    UniqueConstraint("receipt", "ordinal"),
)
"""Each ISA..IEA of a receipt, on its own; *state* is processed, partly or quarantined."""

acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("receipt", "receipt.id"),
    Column("place", String(60), nullable=False),
    Column("kind", String(6), nullable=False),
    Column("source", String(14), nullable=False),
    Column("outcome", String(20), nullable=False),
    reference("transmission", "transmission.id", null=True),
    Column("st02", String(9)),
    reference("submission", "submission.id", null=True),
    Column("codes", String(200), nullable=False, default=""),
    Column("detail_sealed", LargeBinary),
    Column("resolved_by", String(60)),
    Column("at", Moment, nullable=False),
    UniqueConstraint("receipt", "place"),
)
"""One verdict: a TA1, a 999's word on one set, a 277CA's word on one claim. *place* is interchange/group/set/ordinal
within the receipt, so that a reread changes nothing (ACK-01). *outcome* ``unmatched`` waits in the queue (ACK-03)."""
