"""The way out: intake files, claims and their versions, transmissions, submissions and attempts."""

from decimal import Decimal

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from gateway.store.schema.columns import Cents, Moment, metadata, own_id, reference

intake_file = Table(
    "intake_file",
    metadata,
    own_id(),
    Column("partner", String(31)),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("format", String(10)),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("blob", String(64), nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("received_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("records", Integer, nullable=False, default=0),
    Column("accepted", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),
    Column("held", Integer, nullable=False, default=0),
    Column("billed", Cents, nullable=False, default=Decimal(0)),
)
"""One file that a billing system dropped; *state* is claimed, done or unreadable - or registered, where its claims were
sent by the previous system and are only known here."""

refused_record = Table(
    "refused_record",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("intake_file", "intake_file.id"),
    Column("row", Integer, nullable=False),
    Column("code", String(40), nullable=False),
    Column("charge", Cents),
    Column("detail_sealed", LargeBinary),
    UniqueConstraint("intake_file", "row"),
)
"""A record that did not become a claim; it went back to outbound/rejected/. *code* is its first error's, *detail* all
that was said of it."""

claim = Table(
    "claim",
    metadata,
    own_id(),
    Column("partner", String(31), index=True),
    Column("pcn_index", String(64), nullable=False, index=True),
    Column("pcn_loose_index", String(64), nullable=False, index=True),
    Column("charge", Cents, nullable=False),
    Column("created_at", Moment, nullable=False),
)
"""A claim's identity: the account that money is posted to. *partner* is None while it cannot be routed."""

claim_version = Table(
    "claim_version",
    metadata,
    own_id(),
    reference("claim", "claim.id"),
    Column("version", Integer, nullable=False),
    reference("intake_file", "intake_file.id", null=True),
    Column("row", Integer),
    Column("place", String(60)),
    Column("content_sealed", LargeBinary, nullable=False),
    Column("content_index", String(64), nullable=False, index=True),
    Column("service_index", String(64), nullable=False, index=True),
    Column("member_index", String(64), index=True),
    Column("payer", String(80), nullable=False),
    Column("frequency", String(1), nullable=False),
    Column("payer_sequence", String(1), nullable=False),
    Column("charge", Cents, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("claim", "version"),
)
"""A claim's content at a time. *row* is the record in the file it came from; *place*, of a dropped 837, is
interchange/group/set/segment. *content_index* is the keyed hash of the canonical record, *service_index* of
patient, provider, dates, procedures and charge (the duplicate guard of 2.17 item 20)."""

transmission = Table(
    "transmission",
    metadata,
    own_id(),
    Column("partner", String(31), nullable=False, index=True),
    Column("environment", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("sender", String(40), nullable=False),
    Column("receiver", String(40), nullable=False),
    Column("isa13", Integer, nullable=False),
    Column("gs06", Integer, nullable=False),
    Column("version", String(20), nullable=False),
    Column("map_hash", String(64)),
    Column("remote_name", String(120)),
    Column("sha256", String(64)),
    Column("size", BigInteger),
    Column("blob", String(64)),
    Column("claims", Integer, nullable=False, default=0),
    Column("billed", Cents, nullable=False, default=Decimal(0)),
    Column("created_at", Moment, nullable=False),
    Column("sealed_at", Moment),
    Column("delivered_at", Moment),
    Column("due_at", Moment, index=True),
    Column("evidence", String(200)),
    Column("ta1", String(1)),
    Column("ack_999", String(1)),
    UniqueConstraint("sender", "receiver", "isa13"),
    UniqueConstraint("partner", "gs06"),
)
"""One interchange that we send; from SEALED on its bytes never change (law 2)."""

transmission_set = Table(
    "transmission_set",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("transmission", "transmission.id"),
    Column("st02", String(9), nullable=False),
    Column("reference", String(30), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("segments", Integer),
    UniqueConstraint("transmission", "st02"),
)
"""One ST..SE of it; *reference* is BHT03; *state* is open, accepted, rejected or unknown."""

submission = Table(
    "submission",
    metadata,
    own_id(),
    reference("claim", "claim.id"),
    reference("version", "claim_version.id"),
    reference("transmission", "transmission.id"),
    Column("st02", String(9), nullable=False),
    Column("payer", String(80), nullable=False),
    Column("payer_sequence", String(1), nullable=False),
    Column("frequency", String(1), nullable=False),
    Column("state", String(24), nullable=False, index=True),
    Column("first_segment", Integer),
    Column("last_segment", Integer),
    Column("payer_control_index", String(64), index=True),
    Column("payer_control_sealed", LargeBinary),
    Column("reason", String(200)),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("answered_at", Moment),
)
"""A version x payer x frequency x transmission. *first_segment*..*last_segment* count from ST = 1."""

live_original = Index(
    "uq_submission_live_original",
    submission.c.claim,
    submission.c.payer,
    unique=True,
    sqlite_where=submission.c.frequency.in_(["1"])
    & submission.c.state.not_in(
        [
            "interchange_rejected",
            "set_rejected",
            "clearinghouse_rejected",
            "payer_rejected",
            "withdrawn",
            "reversed",
        ],
    ),
    postgresql_where=submission.c.frequency.in_(["1"])
    & submission.c.state.not_in(
        [
            "interchange_rejected",
            "set_rejected",
            "clearinghouse_rejected",
            "payer_rejected",
            "withdrawn",
            "reversed",
        ],
    ),
)
"""P2 in the database: one live original per claim and payer, whatever two processes do."""

attempt = Table(
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("transmission", "transmission.id"),
    Column("n", Integer, nullable=False),
    Column("temp_name", String(200)),
    Column("final_name", String(200), nullable=False),
    Column("state", String(12), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("error", String(60)),
    Column("evidence", String(200)),
    UniqueConstraint("transmission", "n"),
)
"""One try to deliver: *state* is open, ok, failed or uncertain. The intent is committed before a byte leaves."""
