"""Every table, once. Migrations bring a database here; nothing else defines a column.

After a change here, ``python -m gateway.store.migrations WHY`` writes the migration; a test fails until there is one.

Conventions: ids are our opaque ids; moments are aware UTC; money is whole cents behind `Cents`; text that may hold
PHI is encrypted bytes (columns named ``*_sealed``, law 12) and is found again by keyed hashes (columns ``*_index``).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from gateway.model.money import is_cents

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)


class Cents(TypeDecorator[Decimal]):
    """Money as whole cents in the database and Decimal outside; a fraction of a cent is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return the cents of *value*."""
        if value is None:
            return None
        if not is_cents(value):
            raise ValueError("an amount of money has a fraction of a cent")
        return int(value.scaleb(2))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Return the Decimal of *value* cents."""
        return None if value is None else Decimal(value).scaleb(-2)


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, kept as ISO text with microseconds and ``Z`` so that both databases sort it alike."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the ISO text of *value*."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment."""
        return None if value is None else datetime.fromisoformat(value)


def _id(name: str = "id") -> Column[Any]:
    return Column(name, String(12), primary_key=True)


def _ref(name: str, target: str, *, null: bool = False, index: bool = True) -> Column[Any]:
    return Column(name, String(12), ForeignKey(target), nullable=null, index=index)


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

intake_file = Table(
    "intake_file",
    metadata,
    _id(),
    Column("partner", String(31)),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("format", String(10)),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("blob", String(64), nullable=False),
    Column("state", String(12), nullable=False),
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
    _ref("intake_file", "intake_file.id"),
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
    _id(),
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
    _id(),
    _ref("claim", "claim.id"),
    Column("version", Integer, nullable=False),
    _ref("intake_file", "intake_file.id", null=True),
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
    _id(),
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
    _ref("transmission", "transmission.id"),
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
    _id(),
    _ref("claim", "claim.id"),
    _ref("version", "claim_version.id"),
    _ref("transmission", "transmission.id"),
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
    _ref("transmission", "transmission.id"),
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
    _ref("receipt", "receipt.id", null=True),
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
    _id(),
    Column("partner", String(31), nullable=False, index=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("blob", String(64), nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("raw_copied", Boolean, nullable=False, default=False),
    Column("received_at", Moment, nullable=False),
    Column("processed_at", Moment),
    UniqueConstraint("partner", "sha256"),
)
"""One file that came in; *state* is received, processed or quarantined (nothing in it could be used)."""

interchange = Table(
    "interchange",
    metadata,
    Column("id", Integer, primary_key=True),
    _ref("receipt", "receipt.id"),
    Column("ordinal", Integer, nullable=False),
    Column("sender", String(40)),
    Column("receiver", String(40)),
    Column("isa13", String(15)),
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
    _ref("receipt", "receipt.id"),
    Column("place", String(60), nullable=False),
    Column("kind", String(6), nullable=False),
    Column("source", String(14), nullable=False),
    Column("outcome", String(20), nullable=False),
    _ref("transmission", "transmission.id", null=True),
    Column("st02", String(9)),
    _ref("submission", "submission.id", null=True),
    Column("codes", String(200), nullable=False, default=""),
    Column("detail_sealed", LargeBinary),
    Column("resolved_by", String(60)),
    Column("at", Moment, nullable=False),
    UniqueConstraint("receipt", "place"),
)
"""One verdict: a TA1, a 999's word on one set, a 277CA's word on one claim. *place* is interchange/group/set/ordinal
within the receipt, so that a reread changes nothing (ACK-01). *outcome* ``unmatched`` waits in the queue (ACK-03)."""

remittance = Table(
    "remittance",
    metadata,
    _id(),
    _ref("receipt", "receipt.id"),
    Column("place", String(60), nullable=False),
    Column("partner", String(31), nullable=False, index=True),
    Column("state", String(12), nullable=False, index=True),
    Column("reason", String(200)),
    Column("payment_key", String(64), nullable=False, index=True),
    Column("content_hash", String(64), nullable=False),
    Column("payer_key", String(64), nullable=False),
    Column("payer_name", String(80)),
    Column("payee_id", String(80)),
    Column("trace_number", String(50)),
    Column("payment_method", String(3)),
    Column("payment_date", String(10)),
    Column("amount", Cents),
    Column("received_at", Moment, nullable=False),
    Column("posted_at", Moment),
    Column("released_by", String(60)),
    Column("entered_by", String(60)),
    Column("entered_from", String(200)),
    UniqueConstraint("receipt", "place"),
)
"""One ST 835: *state* is posted, quarantined or duplicate. Account numbers of BPR are never stored. Of a paper remittance
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
    _id(),
    _ref("remittance", "remittance.id"),
    Column("ordinal", Integer, nullable=False),
    _ref("claim", "claim.id", null=True),
    _ref("submission", "submission.id", null=True),
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
"""One CLP: *state* is posted, suspense (claim unknown or doubtful), noted (no money to post), or held. *class_* is
paid, patient, prior_payer, denied, duplicate, capitated, review, reversal, forwarded, predetermination. In suspense
*claim* and *submission* are a proposal only. *how* is the step by which the claim was found (`responses.match`), *placed* counts
how often it was put on a claim out of suspense: 0 where it stands as it was posted."""

taken_back = Table(
    "taken_back",
    metadata,
    Column("id", Integer, primary_key=True),
    _ref("claim_payment", "claim_payment.id"),
    Column("placed", Integer, nullable=False),
    _ref("claim", "claim.id"),
    _ref("submission", "submission.id", null=True),
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
    _ref("claim_payment", "claim_payment.id"),
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
    _ref("claim_payment", "claim_payment.id"),
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
    _ref("remittance", "remittance.id"),
    Column("ordinal", Integer, nullable=False),
    Column("provider", String(80), nullable=False),
    Column("reason", String(4), nullable=False),
    Column("reference_sealed", LargeBinary),
    Column("reference_index", String(64)),
    Column("amount", Cents, nullable=False),
    UniqueConstraint("remittance", "ordinal"),
)
"""One PLB pair; *amount* as received: positive takes money from the provider."""

journal_entry = Table(
    "journal_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("posting_id", String(60), nullable=False, unique=True),
    Column("kind", String(24), nullable=False),
    Column("at", Moment, nullable=False),
    _ref("claim", "claim.id", null=True),
    _ref("claim_payment", "claim_payment.id", null=True),
    _ref("remittance", "remittance.id", null=True),
    _ref("submission", "submission.id", null=True),
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
    _ref("claim", "claim.id", null=True),
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
    _id(),
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
    _ref("deposit", "deposit.id"),
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
    _ref("deposit", "deposit.id"),
    Column("ordinal", Integer, nullable=False),
    Column("target", String(12), nullable=False),
    _ref("remittance", "remittance.id", null=True),
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
    _id(),
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

APPEND_ONLY = (
    "journal_entry",
    "journal_line",
    "audit_event",
    "adjustment",
    "provider_adjustment",
    "deposit_name",
    "deposit_movement",
    "line_posting",
    "taken_back",
)
