"""The first schema."""

import sqlalchemy as sa
from alembic import op

from gateway.store.migrations.guards import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("changes", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_kind"), "audit_event", ["kind"], unique=False)
    op.create_index(op.f("ix_audit_event_subject"), "audit_event", ["subject"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("partner", sa.String(length=31), nullable=True),
        sa.Column("pcn_index", sa.String(length=64), nullable=False),
        sa.Column("pcn_loose_index", sa.String(length=64), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_partner"), "claim", ["partner"], unique=False)
    op.create_index(op.f("ix_claim_pcn_index"), "claim", ["pcn_index"], unique=False)
    op.create_index(op.f("ix_claim_pcn_loose_index"), "claim", ["pcn_loose_index"], unique=False)
    op.create_table(
        "export",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("written_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        sa.UniqueConstraint("kind", "from_id", name=op.f("uq_export_kind_from_id")),
        sa.UniqueConstraint("name", name=op.f("uq_export_name")),
    )
    op.create_index(op.f("ix_export_state"), "export", ["state"], unique=False)
    op.create_table(
        "export_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("posting_id", sa.String(length=80), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_row")),
        sa.UniqueConstraint("posting_id", name=op.f("uq_export_row_posting_id")),
    )
    op.create_index(op.f("ix_export_row_kind"), "export_row", ["kind"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("detail_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index(op.f("ix_finding_subject"), "finding", ["subject"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("released_at", sa.String(27), nullable=True),
        sa.Column("released_by", sa.String(length=60), nullable=True),
        sa.Column("released_reason", sa.String(length=400), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(op.f("ix_hold_subject"), "hold", ["subject"], unique=False)
    op.create_index(
        "uq_hold_open",
        "hold",
        ["subject", "kind"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("environment", sa.String(length=10), nullable=False),
        sa.Column("key_check", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "intake_file",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("partner", sa.String(length=31), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("finished_at", sa.String(27), nullable=True),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("billed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_file")),
    )
    op.create_index(op.f("ix_intake_file_sha256"), "intake_file", ["sha256"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "number",
        sa.Column("sequence", sa.String(length=120), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_number")),
    )
    op.create_table(
        "partner_state",
        sa.Column("partner", sa.String(length=31), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("paused_by", sa.String(length=60), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("poll_due_at", sa.String(27), nullable=True),
        sa.Column("cutoff_due_at", sa.String(27), nullable=True),
        sa.Column("last_contact_at", sa.String(27), nullable=True),
        sa.Column("last_error", sa.String(length=60), nullable=True),
        sa.Column("map_hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_partner_state")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("partner", sa.String(length=31), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("raw_copied", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("processed_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("partner", "sha256", name=op.f("uq_receipt_partner_sha256")),
    )
    op.create_index(op.f("ix_receipt_partner"), "receipt", ["partner"], unique=False)
    op.create_index(op.f("ix_receipt_state"), "receipt", ["state"], unique=False)
    op.create_table(
        "transmission",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("partner", sa.String(length=31), nullable=False),
        sa.Column("environment", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=40), nullable=False),
        sa.Column("receiver", sa.String(length=40), nullable=False),
        sa.Column("isa13", sa.Integer(), nullable=False),
        sa.Column("gs06", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("map_hash", sa.String(length=64), nullable=True),
        sa.Column("remote_name", sa.String(length=120), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("billed", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("sealed_at", sa.String(27), nullable=True),
        sa.Column("delivered_at", sa.String(27), nullable=True),
        sa.Column("due_at", sa.String(27), nullable=True),
        sa.Column("evidence", sa.String(length=200), nullable=True),
        sa.Column("ta1", sa.String(length=1), nullable=True),
        sa.Column("ack_999", sa.String(length=1), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmission")),
        sa.UniqueConstraint("partner", "gs06", name=op.f("uq_transmission_partner_gs06")),
        sa.UniqueConstraint(
            "sender", "receiver", "isa13", name=op.f("uq_transmission_sender_receiver_isa13")
        ),
    )
    op.create_index(op.f("ix_transmission_due_at"), "transmission", ["due_at"], unique=False)
    op.create_index(op.f("ix_transmission_partner"), "transmission", ["partner"], unique=False)
    op.create_index(op.f("ix_transmission_state"), "transmission", ["state"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transmission", sa.String(length=12), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("temp_name", sa.String(length=200), nullable=True),
        sa.Column("final_name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("evidence", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["transmission"], ["transmission.id"], name=op.f("fk_attempt_transmission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("transmission", "n", name=op.f("uq_attempt_transmission_n")),
    )
    op.create_index(op.f("ix_attempt_transmission"), "attempt", ["transmission"], unique=False)
    op.create_table(
        "claim_version",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("claim", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("intake_file", sa.String(length=12), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content_index", sa.String(length=64), nullable=False),
        sa.Column("service_index", sa.String(length=64), nullable=False),
        sa.Column("member_index", sa.String(length=64), nullable=True),
        sa.Column("payer", sa.String(length=80), nullable=False),
        sa.Column("frequency", sa.String(length=1), nullable=False),
        sa.Column("payer_sequence", sa.String(length=1), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["claim"], ["claim.id"], name=op.f("fk_claim_version_claim")),
        sa.ForeignKeyConstraint(
            ["intake_file"], ["intake_file.id"], name=op.f("fk_claim_version_intake_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_version")),
        sa.UniqueConstraint("claim", "version", name=op.f("uq_claim_version_claim_version")),
    )
    op.create_index(op.f("ix_claim_version_claim"), "claim_version", ["claim"], unique=False)
    op.create_index(op.f("ix_claim_version_content_index"), "claim_version", ["content_index"], unique=False)
    op.create_index(op.f("ix_claim_version_intake_file"), "claim_version", ["intake_file"], unique=False)
    op.create_index(op.f("ix_claim_version_member_index"), "claim_version", ["member_index"], unique=False)
    op.create_index(op.f("ix_claim_version_service_index"), "claim_version", ["service_index"], unique=False)
    op.create_table(
        "interchange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(length=12), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=40), nullable=True),
        sa.Column("receiver", sa.String(length=40), nullable=True),
        sa.Column("isa13", sa.String(length=15), nullable=True),
        sa.Column("environment", sa.String(length=1), nullable=True),
        sa.Column("kinds", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["receipt"], ["receipt.id"], name=op.f("fk_interchange_receipt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interchange")),
        sa.UniqueConstraint("receipt", "ordinal", name=op.f("uq_interchange_receipt_ordinal")),
    )
    op.create_index(op.f("ix_interchange_receipt"), "interchange", ["receipt"], unique=False)
    op.create_table(
        "refused_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("intake_file", sa.String(length=12), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=True),
        sa.Column("detail_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["intake_file"], ["intake_file.id"], name=op.f("fk_refused_record_intake_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_record")),
        sa.UniqueConstraint("intake_file", "row", name=op.f("uq_refused_record_intake_file_row")),
    )
    op.create_index(op.f("ix_refused_record_intake_file"), "refused_record", ["intake_file"], unique=False)
    op.create_table(
        "remittance",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("receipt", sa.String(length=12), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("partner", sa.String(length=31), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("payment_key", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("payer_key", sa.String(length=64), nullable=False),
        sa.Column("payer_name", sa.String(length=80), nullable=True),
        sa.Column("payee_id", sa.String(length=80), nullable=True),
        sa.Column("trace_number", sa.String(length=50), nullable=True),
        sa.Column("payment_method", sa.String(length=3), nullable=True),
        sa.Column("payment_date", sa.String(length=10), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("posted_at", sa.String(27), nullable=True),
        sa.Column("released_by", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["receipt"], ["receipt.id"], name=op.f("fk_remittance_receipt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance")),
        sa.UniqueConstraint("receipt", "place", name=op.f("uq_remittance_receipt_place")),
    )
    op.create_index(op.f("ix_remittance_partner"), "remittance", ["partner"], unique=False)
    op.create_index(op.f("ix_remittance_payment_key"), "remittance", ["payment_key"], unique=False)
    op.create_index(op.f("ix_remittance_receipt"), "remittance", ["receipt"], unique=False)
    op.create_index(op.f("ix_remittance_state"), "remittance", ["state"], unique=False)
    op.create_index(
        "uq_remittance_posted_once",
        "remittance",
        ["payment_key"],
        unique=True,
        sqlite_where=sa.text("state = 'posted'"),
        postgresql_where=sa.text("state = 'posted'"),
    )
    op.create_table(
        "remote_seen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.String(length=31), nullable=False),
        sa.Column("folder", sa.String(length=200), nullable=False),
        sa.Column("name_index", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("mtime", sa.BigInteger(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.String(27), nullable=False),
        sa.Column("receipt", sa.String(length=12), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["receipt"], ["receipt.id"], name=op.f("fk_remote_seen_receipt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_seen")),
    )
    op.create_index(op.f("ix_remote_seen_receipt"), "remote_seen", ["receipt"], unique=False)
    op.create_table(
        "transmission_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transmission", sa.String(length=12), nullable=False),
        sa.Column("st02", sa.String(length=9), nullable=False),
        sa.Column("reference", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transmission"], ["transmission.id"], name=op.f("fk_transmission_set_transmission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmission_set")),
        sa.UniqueConstraint("reference", name=op.f("uq_transmission_set_reference")),
        sa.UniqueConstraint("transmission", "st02", name=op.f("uq_transmission_set_transmission_st02")),
    )
    op.create_index(
        op.f("ix_transmission_set_transmission"), "transmission_set", ["transmission"], unique=False
    )
    op.create_table(
        "provider_adjustment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("remittance", sa.String(length=12), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=4), nullable=False),
        sa.Column("reference_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reference_index", sa.String(length=64), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance"], ["remittance.id"], name=op.f("fk_provider_adjustment_remittance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_adjustment")),
        sa.UniqueConstraint("remittance", "ordinal", name=op.f("uq_provider_adjustment_remittance_ordinal")),
    )
    op.create_index(
        op.f("ix_provider_adjustment_remittance"), "provider_adjustment", ["remittance"], unique=False
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("claim", sa.String(length=12), nullable=False),
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("transmission", sa.String(length=12), nullable=False),
        sa.Column("st02", sa.String(length=9), nullable=False),
        sa.Column("payer", sa.String(length=80), nullable=False),
        sa.Column("payer_sequence", sa.String(length=1), nullable=False),
        sa.Column("frequency", sa.String(length=1), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("first_segment", sa.Integer(), nullable=True),
        sa.Column("last_segment", sa.Integer(), nullable=True),
        sa.Column("payer_control_index", sa.String(length=64), nullable=True),
        sa.Column("payer_control_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("sent_at", sa.String(27), nullable=True),
        sa.Column("answered_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["claim"], ["claim.id"], name=op.f("fk_submission_claim")),
        sa.ForeignKeyConstraint(
            ["transmission"], ["transmission.id"], name=op.f("fk_submission_transmission")
        ),
        sa.ForeignKeyConstraint(["version"], ["claim_version.id"], name=op.f("fk_submission_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_claim"), "submission", ["claim"], unique=False)
    op.create_index(
        op.f("ix_submission_payer_control_index"), "submission", ["payer_control_index"], unique=False
    )
    op.create_index(op.f("ix_submission_state"), "submission", ["state"], unique=False)
    op.create_index(op.f("ix_submission_transmission"), "submission", ["transmission"], unique=False)
    op.create_index(op.f("ix_submission_version"), "submission", ["version"], unique=False)
    op.create_index(
        "uq_submission_live_original",
        "submission",
        ["claim", "payer"],
        unique=True,
        sqlite_where=sa.text(
            "frequency IN ('1') AND (state NOT IN ('interchange_rejected', 'set_rejected', 'clearinghouse_rejected', 'payer_rejected', 'withdrawn', 'reversed'))"
        ),
        postgresql_where=sa.text(
            "frequency IN ('1') AND (state NOT IN ('interchange_rejected', 'set_rejected', 'clearinghouse_rejected', 'payer_rejected', 'withdrawn', 'reversed'))"
        ),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(length=12), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("source", sa.String(length=14), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("transmission", sa.String(length=12), nullable=True),
        sa.Column("st02", sa.String(length=9), nullable=True),
        sa.Column("submission", sa.String(length=12), nullable=True),
        sa.Column("codes", sa.String(length=200), nullable=False),
        sa.Column("detail_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("resolved_by", sa.String(length=60), nullable=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["receipt"], ["receipt.id"], name=op.f("fk_acknowledgement_receipt")),
        sa.ForeignKeyConstraint(
            ["submission"], ["submission.id"], name=op.f("fk_acknowledgement_submission")
        ),
        sa.ForeignKeyConstraint(
            ["transmission"], ["transmission.id"], name=op.f("fk_acknowledgement_transmission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("receipt", "place", name=op.f("uq_acknowledgement_receipt_place")),
    )
    op.create_index(op.f("ix_acknowledgement_receipt"), "acknowledgement", ["receipt"], unique=False)
    op.create_index(op.f("ix_acknowledgement_submission"), "acknowledgement", ["submission"], unique=False)
    op.create_index(
        op.f("ix_acknowledgement_transmission"), "acknowledgement", ["transmission"], unique=False
    )
    op.create_table(
        "claim_payment",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("remittance", sa.String(length=12), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=12), nullable=True),
        sa.Column("submission", sa.String(length=12), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("status_code", sa.String(length=4), nullable=False),
        sa.Column("class_", sa.String(length=16), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("contractual", sa.BigInteger(), nullable=False),
        sa.Column("patient", sa.BigInteger(), nullable=False),
        sa.Column("in_review", sa.BigInteger(), nullable=False),
        sa.Column("pcn_index", sa.String(length=64), nullable=False),
        sa.Column("payer_control_index", sa.String(length=64), nullable=True),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reverses", sa.String(length=12), nullable=True),
        sa.Column("matched_by", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["claim"], ["claim.id"], name=op.f("fk_claim_payment_claim")),
        sa.ForeignKeyConstraint(["remittance"], ["remittance.id"], name=op.f("fk_claim_payment_remittance")),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name=op.f("fk_claim_payment_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_payment")),
        sa.UniqueConstraint("remittance", "ordinal", name=op.f("uq_claim_payment_remittance_ordinal")),
    )
    op.create_index(op.f("ix_claim_payment_claim"), "claim_payment", ["claim"], unique=False)
    op.create_index(
        op.f("ix_claim_payment_payer_control_index"), "claim_payment", ["payer_control_index"], unique=False
    )
    op.create_index(op.f("ix_claim_payment_pcn_index"), "claim_payment", ["pcn_index"], unique=False)
    op.create_index(op.f("ix_claim_payment_remittance"), "claim_payment", ["remittance"], unique=False)
    op.create_index(op.f("ix_claim_payment_state"), "claim_payment", ["state"], unique=False)
    op.create_index(op.f("ix_claim_payment_submission"), "claim_payment", ["submission"], unique=False)
    op.create_table(
        "adjustment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_payment", sa.String(length=12), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.String(length=4), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["claim_payment"], ["claim_payment.id"], name=op.f("fk_adjustment_claim_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
        sa.UniqueConstraint(
            "claim_payment", "line", "ordinal", name=op.f("uq_adjustment_claim_payment_line_ordinal")
        ),
    )
    op.create_index(op.f("ix_adjustment_claim_payment"), "adjustment", ["claim_payment"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("posting_id", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("claim", sa.String(length=12), nullable=True),
        sa.Column("claim_payment", sa.String(length=12), nullable=True),
        sa.Column("remittance", sa.String(length=12), nullable=True),
        sa.Column("submission", sa.String(length=12), nullable=True),
        sa.Column("reverses", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["claim"], ["claim.id"], name=op.f("fk_journal_entry_claim")),
        sa.ForeignKeyConstraint(
            ["claim_payment"], ["claim_payment.id"], name=op.f("fk_journal_entry_claim_payment")
        ),
        sa.ForeignKeyConstraint(["remittance"], ["remittance.id"], name=op.f("fk_journal_entry_remittance")),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name=op.f("fk_journal_entry_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("posting_id", name=op.f("uq_journal_entry_posting_id")),
    )
    op.create_index(op.f("ix_journal_entry_claim"), "journal_entry", ["claim"], unique=False)
    op.create_index(op.f("ix_journal_entry_claim_payment"), "journal_entry", ["claim_payment"], unique=False)
    op.create_index(op.f("ix_journal_entry_remittance"), "journal_entry", ["remittance"], unique=False)
    op.create_index(op.f("ix_journal_entry_submission"), "journal_entry", ["submission"], unique=False)
    op.create_table(
        "journal_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("claim", sa.String(length=12), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["claim"], ["claim.id"], name=op.f("fk_journal_line_claim")),
        sa.ForeignKeyConstraint(["entry"], ["journal_entry.id"], name=op.f("fk_journal_line_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_line")),
    )
    op.create_index(op.f("ix_journal_line_account"), "journal_line", ["account"], unique=False)
    op.create_index(op.f("ix_journal_line_claim"), "journal_line", ["claim"], unique=False)
    op.create_index(op.f("ix_journal_line_entry"), "journal_line", ["entry"], unique=False)
    op.create_index(
        "uq_remote_seen_entry",
        "remote_seen",
        ["partner", "folder", "name_index", sa.text("coalesce(size, -1)"), sa.text("coalesce(mtime, -1)")],
        unique=True,
    )

    for table in ("journal_entry", "journal_line", "audit_event", "adjustment", "provider_adjustment"):
        for statement in append_only(op.get_bind().dialect.name, table):
            op.get_bind().exec_driver_sql(statement)
