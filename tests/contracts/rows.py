"""Rows that fulfil the schema's constraints, for tests that need something to stand on."""

from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from gateway.model.identifiers import Kind, new_id
from gateway.store import schema
from gateway.store.db import Tx

HASH = "0" * 64


def claim_of(tx: Tx) -> tuple[str, str]:
    """Insert a claim and its first version; return their ids."""
    claim, version = new_id(Kind.CLAIM), new_id(Kind.VERSION)
    tx.execute(
        insert(schema.claim).values(
            id=claim, pcn_index=HASH, pcn_loose_index=HASH, charge=Decimal("125.50"), created_at=tx.now()
        )
    )
    tx.execute(
        insert(schema.claim_version).values(
            id=version, claim=claim, version=1, content_sealed=tx.seal("content"), content_index=HASH,
            service_index=HASH, payer="60054", frequency="1", payer_sequence="P", charge=Decimal("125.50"),
            created_at=tx.now(),
        )
    )  # fmt: skip
    return claim, version


def transmission_of(tx: Tx, number: int) -> str:
    """Insert a transmission with control numbers *number*."""
    transmission = new_id(Kind.TRANSMISSION)
    tx.execute(
        insert(schema.transmission).values(
            id=transmission, partner="north", environment="test", kind="837P", state="draft", sender="ZZ*A",
            receiver="ZZ*B", isa13=number, gs06=number, version="005010X222A1", created_at=tx.now(),
        )
    )  # fmt: skip
    return transmission


def submission_of(tx: Tx, claim: str, version: str, transmission: str, **changes: Any) -> str:
    """Insert a submission."""
    submission = new_id(Kind.SUBMISSION)
    values = {
        "id": submission, "claim": claim, "version": version, "transmission": transmission, "st02": "0001",
        "payer": "60054", "payer_sequence": "P", "frequency": "1", "state": "reserved", "created_at": tx.now(),
    }  # fmt: skip
    tx.execute(insert(schema.submission).values(**{**values, **changes}))
    return submission


def remittance_of(tx: Tx, state: str, *, place: str, payment: str = HASH) -> str:
    """Insert a remittance (and its receipt, once)."""
    receipt, remittance = new_id(Kind.RECEIPT), new_id(Kind.REMITTANCE)
    tx.execute(
        insert(schema.receipt).values(
            id=receipt, partner="north", name_sealed=tx.seal("a.835"), sha256=receipt.ljust(64, "0"), size=1, blob=HASH,
            state="received", received_at=tx.now(),
        )
    )  # fmt: skip
    tx.execute(
        insert(schema.remittance).values(
            id=remittance, receipt=receipt, place=place, partner="north", state=state, payment_key=payment,
            content_hash=HASH, payer_key=HASH, received_at=tx.now(),
        )
    )  # fmt: skip
    return remittance


def entry_of(tx: Tx, posting: str) -> None:
    """Insert a balanced journal entry of two lines."""
    key = tx.execute(
        insert(schema.journal_entry).values(posting_id=posting, kind="charge", at=tx.now())
    ).inserted_primary_key
    assert key is not None
    for account, amount in (("receivable", Decimal("10.00")), ("revenue", Decimal("-10.00"))):
        tx.execute(insert(schema.journal_line).values(entry=key[0], account=account, amount=amount))
