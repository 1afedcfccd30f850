"""Every table, once, in the files beside this one. Migrations bring a database here; nothing else defines a column.

After a change here, ``python -m gateway.store.migrations WHY`` writes the migration; a test fails until there is one.

Conventions: ids are our opaque ids; moments are aware UTC; money is whole cents behind `Cents`; text that may hold
PHI is encrypted bytes (columns named ``*_sealed``, law 12) and is found again by keyed hashes (columns ``*_index``).
"""

from gateway.store.schema.books import (
    bank_file,
    deposit,
    deposit_movement,
    deposit_name,
    export,
    export_row,
    journal_entry,
    journal_line,
)
from gateway.store.schema.columns import Cents, Moment, metadata, unindexed
from gateway.store.schema.house import (
    audit_event,
    code,
    code_release,
    finding,
    hold,
    installation,
    lease,
    note,
    number,
    open_hold,
    partner_state,
)
from gateway.store.schema.incoming import acknowledgement, interchange, receipt, remote_seen
from gateway.store.schema.outgoing import (
    attempt,
    claim,
    claim_version,
    intake_file,
    live_original,
    refused_record,
    submission,
    transmission,
    transmission_set,
)
from gateway.store.schema.remittances import (
    adjustment,
    claim_payment,
    line_posting,
    posted_once,
    provider_adjustment,
    remittance,
    taken_back,
)

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

__all__ = [
    "APPEND_ONLY",
    "Cents",
    "Moment",
    "acknowledgement",
    "adjustment",
    "attempt",
    "audit_event",
    "bank_file",
    "claim",
    "claim_payment",
    "claim_version",
    "code",
    "code_release",
    "deposit",
    "deposit_movement",
    "deposit_name",
    "export",
    "export_row",
    "finding",
    "hold",
    "installation",
    "intake_file",
    "interchange",
    "journal_entry",
    "journal_line",
    "lease",
    "line_posting",
    "live_original",
    "metadata",
    "note",
    "number",
    "open_hold",
    "partner_state",
    "posted_once",
    "provider_adjustment",
    "receipt",
    "refused_record",
    "remittance",
    "remote_seen",
    "submission",
    "taken_back",
    "transmission",
    "transmission_set",
    "unindexed",
]
