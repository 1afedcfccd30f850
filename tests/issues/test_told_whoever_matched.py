"""What posting remarks and tells the billing system, a match by hand, a late claim and an unmatch do too.

They wrote no ERA-PATIENT, ERA-SECONDARY or ERA-LINE, and a claim whose payment was taken off got no claim status row: the
billing system went on believing that it was paid. The claim also kept what the payer calls the other one.
"""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.model.remittance import Party, RemittanceReference
from gateway.settings import Settings
from gateway.store import claim_payments, claims, exports, findings, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import export_row
from tests.desk import DAY, Desk, clp, line, money, remittance, service

WHO: dict[str, Any] = {
    "member_id": "MBR000111",
    "patient_last_name": "ROE",
    "patient_first_name": "RICHARD",
    "statement_from": DAY,
}
PAID = "CO-45 30, PR-2 20"
BACK = "CO-45 -30, PR-2 -20"


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def remarks(desk: Desk, remittance_id: str) -> dict[str, str]:
    with desk.store.read() as tx:
        return {f.code: f.message for f in findings.of(tx, remittance_id)}


def told(desk: Desk) -> list[dict[str, Any]]:
    query = select(export_row.c.posting_id, export_row.c.content_sealed).order_by(export_row.c.id)
    with desk.store.read() as tx:
        rows = tx.execute(query.where(export_row.c.kind == exports.CLAIM_STATUS)).all()
        return [{"posting_id": row.posting_id, **tx.unseal_json(row.content_sealed)} for row in rows]


def waiting(desk: Desk) -> str:
    with desk.store.read() as tx:
        return claim_payments.in_suspense(tx)[-1].id


def secondary(desk: Desk, claim: str) -> str:
    with desk.store.read() as tx:
        version = claims.get(tx, claim).version_id
    return desk.submit(claim, version, payer="77001", sequence="S")


def test_a_reversal_matched_by_hand(desk: Desk):
    claim = desk.claim("PCN1", 150)
    desk.claim("Z", 500, member="MBRZ")
    desk.post(remittance(clp("PCN1", 150, 100, PAID, **WHO)))
    sent_on = secondary(desk, claim)
    fits = desk.post(
        remittance(
            clp("OLD-78", -150, -100, BACK, status="22"), clp("Z", 500, 500, control="Z2"), trace_number="T3"
        )
    )
    desk.match(waiting(desk), claim)
    said = remarks(desk, fits.remittance_id)
    assert "changed by -20.00, from 20.00 to 0.00" in said["ERA-PATIENT"]
    assert sent_on in said["ERA-SECONDARY"]


def test_lines_that_answer_nothing_billed(desk: Desk):
    claim = desk.claim("PCN1", 100, services=[service("99213", 100)])
    strange = clp("OLD-77", 100, 100, service_lines=(line("J3301", 40, 40), line("99999", 60, 60)))
    result = desk.post(remittance(strange))
    assert "ERA-LINE" not in remarks(desk, result.remittance_id)
    desk.match(waiting(desk), claim)
    assert "2 of 2 lines answer none" in remarks(desk, result.remittance_id)["ERA-LINE"]


def test_a_claim_that_comes_later(desk: Desk):
    strange = clp("PCN1", 100, 100, service_lines=(line("J3301", 40, 40), line("99999", 60, 60)), **WHO)
    result = desk.post(remittance(strange))
    desk.claim("PCN1", 100, services=[service("99213", 100)])
    assert desk.place_waiting() == 1
    assert "2 of 2 lines answer none" in remarks(desk, result.remittance_id)["ERA-LINE"]


def test_what_is_taken_off_is_told(desk: Desk):
    claim = desk.claim("PCN1", 150)
    result = desk.post(remittance(clp("PCN1", 150, 100, PAID, **WHO)))
    sent_on = secondary(desk, claim)
    (paid,) = told(desk)
    assert (paid["state"], paid["open"], paid["patient"]) == ("paid", "0.00", "20.00")
    with desk.store.read() as tx:
        (payment,) = claim_payments.posted(tx, [claim])[claim]
    desk.unmatch(payment.id)
    _, row = told(desk)
    wanted = {
        "posting_id": f"{result.remittance_id}-1-back-status", "claim": claim, "submission": payment.submission,
        "patient_control_number": "PCN1", "state": "sent", "stage": "sent", "outcome": "unmatched", "by": "835",
        "reference": result.remittance_id, "partner": "north", "charge": "150.00", "paid": "0.00", "contractual": "0.00",
        "patient": "0.00", "open": "150.00", "payer_control_number": None,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    said = remarks(desk, result.remittance_id)
    assert "changed by -20.00, from 20.00 to 0.00" in said["ERA-PATIENT"]
    assert sent_on in said["ERA-SECONDARY"]
    with desk.store.read() as tx:
        assert submissions.payer_control_number(tx, str(payment.submission)) is None
    desk.match(payment.id, claim)
    assert [row["state"] for row in told(desk)] == ["paid", "sent", "paid"]
    desk.unmatch(payment.id)
    assert [row["state"] for row in told(desk)] == ["paid", "sent", "paid", "sent"]
    assert desk.account(claim)["open"] == money(150)


def test_what_the_next_payer_takes_back_is_no_news_to_itself(desk: Desk):
    claim = desk.claim("PCN1", 200)
    desk.post(remittance(clp("PCN1", 200, 100, "CO-45 55, PR-2 45", **WHO)))
    secondary(desk, claim)
    second = Party(name="POE INSURANCE", references=(RemittanceReference(qualifier="2U", id="77001"),))
    later = {"originator": "1998877665", "payer": second}
    desk.post(
        remittance(
            clp("PCN1", 200, 35, "OA-23 155, PR-3 10", status="2", control="B1"), trace_number="S1", **later
        )
    )
    desk.claim("Z", 500, member="MBRZ")
    gone = clp("PCN1", -200, -35, "OA-23 -155, PR-3 -10", status="22", control="B1")
    result = desk.post(remittance(gone, clp("Z", 500, 500, control="Z"), trace_number="S2", **later))
    assert result.claims == {"posted": 2}
    said = remarks(desk, result.remittance_id)
    assert "from 10.00 to 45.00" in said["ERA-PATIENT"]
    assert "ERA-SECONDARY" not in said
