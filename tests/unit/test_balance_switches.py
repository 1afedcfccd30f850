"""A remittance that does not add up: held whole, posted at claim level by a named switch, or by a named person."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.errors import Refused
from gateway.responses import sort
from gateway.responses.release import dismiss_remittance, post_in_spite
from gateway.settings import Settings
from gateway.store import exports, ledger, queue, remittances, views
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import audit_event, export_row, remittance
from tests.mailroom import Mailroom, envelope, group
from tests.sites import partner_of, settings_of

GOOD = (
    "CLP*PCN2*1*125.5*100**12*ICN2*11*1", "NM1*QC*1*ROE*RICHARD****MI*MBR000111", "SVC*HC:99213*125.5*100**1", "CAS*CO*45*25.5",
)  # fmt: skip
WRONG = {
    # SVC paid 90 + 40 where the lines come to 100 + 25.5 less their adjustments; the claim comes out
    "B1": (
        "CLP*PCN1*1*125.5*100**12*ICN1*11*1", "NM1*QC*1*ROE*RICHARD****MI*MBR000111",
        "SVC*HC:99213*100*90**1", "CAS*CO*45*20", "SVC*HC:87880*25.5*10**1", "CAS*CO*45*5.5",
    ),
    "B3": (
        "CLP*PCN1*1*125.5*100**12*ICN1*11*1", "NM1*QC*1*ROE*RICHARD****MI*MBR000111", "CAS*CO*45*25.5",
        "SVC*HC:99213*100*100**1",
    ),
    "B2": (
        "CLP*PCN1*1*125.5*100**12*ICN1*11*1", "NM1*QC*1*ROE*RICHARD****MI*MBR000111", "CAS*CO*45*20.5",
    ),
}  # fmt: skip


def era(*claims: tuple[str, ...], paid: str) -> list[str]:
    head = [
        f"BPR*I*{paid}*C*ACH************20240126", "TRN*1*EFT1*1512345678", "DTM*405*20240126",
        "N1*PR*EXAMPLE HEALTH PLAN", "N3*PO BOX 1", "N4*CHICAGO*IL*60601", "REF*2U*60054", "PER*BL*EDI*TE*8005550100",
        "N1*PE*ROE CLINIC*XX*1098765435", "REF*TJ*123456789", "LX*1",
    ]  # fmt: skip
    return head + [segment for claim in claims for segment in claim]


class Office(Mailroom):
    def receive(self, *claims: tuple[str, ...], paid: str = "200") -> str:
        self.send(["PCN1", "PCN2"])
        self.receipt(envelope(group("HP", "005010X221A1", era(*claims, paid=paid))).encode())
        sort.process(self.site)
        with self.store.read() as tx:
            ledger.check_books(tx)
            return str(tx.execute(select(remittance.c.id)).scalar_one())

    def stands(self, identifier: str) -> tuple[str, str | None]:
        with self.store.read() as tx:
            ledger.check_books(tx)
            stored = remittances.get(tx, identifier)
        return stored.state, stored.reason

    def totals(self) -> tuple[Decimal, ...]:
        with self.store.read() as tx:
            found = ledger.totals(tx)
        return tuple(found[name] for name in ("paid", "contractual", "open"))

    def rows(self, pcn: str) -> list[tuple]:
        with self.store.read() as tx:
            sealed = tx.execute(
                select(export_row.c.content_sealed)
                .where(export_row.c.kind == exports.PAYMENT)
                .order_by(export_row.c.id)
            ).scalars()
            told = [tx.unseal_json(one) for one in sealed]
        return [
            (r["kind"], r.get("service_line"), r["amount"])
            for r in told
            if r["patient_control_number"] == pcn
        ]


def office(store: Store, archive: Archive, root: Path, **balance: str) -> Office:
    settings = settings_of(partner={"north": partner_of(balance=balance)})
    return Office(store, settings, archive, root)


D = Decimal


@pytest.mark.parametrize("rule", ["B1", "B2", "B3"])
def test_by_default_nothing_of_it_posts(
    store: Store, archive: Archive, settings: Settings, tmp_path: Path, rule: str
):
    desk = office(store, archive, tmp_path)
    identifier = desk.receive(WRONG[rule], GOOD)
    assert desk.stands(identifier)[0] == "quarantined"
    assert f"ERA-{rule}" in str(desk.stands(identifier)[1])
    assert desk.totals() == (D(0), D(0), D(251))


@pytest.mark.parametrize("rule", ["B1", "B3"])
def test_a_partner_whose_lines_are_wrong_may_post_at_claim_level(
    store: Store, archive: Archive, tmp_path: Path, rule: str
):
    desk = office(store, archive, tmp_path, **{rule.lower(): "claim_level"})
    identifier = desk.receive(WRONG[rule], GOOD)
    assert desk.stands(identifier) == ("posted", None)
    assert desk.totals() == (D(200), D(51), D(0))
    assert {line for _, line, _ in desk.rows("PCN1")} == {None}
    assert ("payment", None, "100.00") in desk.rows("PCN1")
    assert {line for _, line, _ in desk.rows("PCN2")} == {1}
    with desk.store.read() as tx:
        (said,) = [f for f in views.show(tx, identifier)["differences"] if f["rule"] == rule][:1]
    assert "is posted without its lines" in said["what"]


def test_a_switch_lets_pass_only_what_it_names(store: Store, archive: Archive, tmp_path: Path):
    desk = office(store, archive, tmp_path, b1="claim_level")
    assert desk.stands(desk.receive(WRONG["B3"], GOOD)) == ("quarantined", "ERA-B3")


def test_no_switch_helps_where_the_payment_is_off(store: Store, archive: Archive, tmp_path: Path):
    desk = office(store, archive, tmp_path, b1="claim_level", b3="claim_level")
    identifier = desk.receive(WRONG["B1"], GOOD, paid="200.01")
    assert desk.stands(identifier) == ("quarantined", "ERA-B1, ERA-B4")


def test_the_queue_tells_the_difference_the_claim_and_the_way_out(
    store: Store, archive: Archive, tmp_path: Path
):
    desk = office(store, archive, tmp_path)
    identifier = desk.receive(WRONG["B2"], GOOD)
    with desk.store.read() as tx:
        (item,) = [i for i in queue.items(tx, desk.settings, desk.store.clock.now()) if i.id == identifier]
        differences = views.show(tx, identifier)["differences"]
    claim = differences[0]["claim"]
    assert claim.startswith("C-")
    assert "105.00 follows from the rest, 100.00 is stated, a difference of -5.00" in item.why
    assert claim in item.why
    assert f"gateway release {identifier} --post --reason TEXT" in item.command
    assert [d["rule"] for d in differences] == ["B2"]


def test_a_person_posts_what_holds_and_the_rest_stays_in_review(
    store: Store, archive: Archive, tmp_path: Path
):
    desk = office(store, archive, tmp_path)
    identifier = desk.receive(WRONG["B2"], GOOD)
    post_in_spite(desk.site, identifier, reason="payer says so by phone", actor="user:pat")
    assert desk.stands(identifier) == ("posted", None)
    # of PCN1 the money only: 25.50 is neither written off nor owed by the patient
    assert desk.totals() == (D(200), D("25.5"), D("25.5"))
    with desk.store.read() as tx:
        assert remittances.get(tx, identifier).released_by == "user:pat"
        facts = [
            row.facts for row in tx.execute(select(audit_event).where(audit_event.c.kind == "remittance"))
        ]
    assert "payer says so by phone" in str(facts[-1])
    with pytest.raises(Refused, match="not quarantined"):
        post_in_spite(desk.site, identifier, reason="again", actor="user:pat")


def test_nobody_posts_a_payment_that_does_not_add_up(store: Store, archive: Archive, tmp_path: Path):
    desk = office(store, archive, tmp_path)
    identifier = desk.receive(WRONG["B2"], GOOD, paid="199")
    with pytest.raises(Refused, match=r"nothing of it may post; ask the payer"):
        post_in_spite(desk.site, identifier, reason="we want the money", actor="user:pat")
    assert desk.stands(identifier)[0] == "quarantined"
    assert desk.totals() == (D(0), D(0), D(251))


def test_nobody_posts_what_is_held_for_another_cause(store: Store, archive: Archive, tmp_path: Path):
    desk = office(store, archive, tmp_path)
    identifier = desk.receive(WRONG["B2"], GOOD)
    foreign = settings_of(billing_entity=[{"name": "POE", "npi": "1555123458", "tax_id": "987654321"}])
    desk.site = replace(desk.site, settings=foreign)
    with pytest.raises(Refused, match="still not posted"):
        post_in_spite(desk.site, identifier, reason="try", actor="user:pat")
    with pytest.raises(Refused, match="ERA-PAYEE"):
        post_in_spite(desk.site, identifier, reason="try", actor="user:pat")
    dismiss_remittance(desk.site, identifier, reason="booked by hand", actor="user:pat")
    assert desk.stands(identifier)[0] == "quarantined"
