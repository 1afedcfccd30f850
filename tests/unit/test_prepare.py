"""What a remittance would do, worked out before anything of it is written: each answer, and what would be kept and told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.model.remittance import Party, Remittance, RemittanceReference
from gateway.responses.prepare import Plan, Posting, Presented, prepare
from gateway.settings import Settings
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.lines import LinePosting
from tests.desk import Desk, clp, line, money, remittance, service
from tests.sites import settings_of

HOUSE = [
    {"name": "ROE CLINIC", "npi": "1098765435", "tax_id": "123456789"},
    {"name": "POE CLINIC", "npi": "1555123458", "tax_id": "987654321"},
]
POE_CLINIC = Party(name="POE CLINIC", id_type="XX", id="1555123458")


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def plan(desk: Desk, item: Remittance, **more: Any) -> Plan:
    """Work out what posting *item* would do, and write nothing."""
    values: dict[str, Any] = {
        "receipt_id": desk.receipt(),
        "place": "1/1/1",
        "partner": "north",
        "interchange_usage": "T",
        **more,
    }
    with desk.store.read() as tx:
        return prepare(tx, desk.site, Presented(remittance=item, content=repr(item), **values))


def posting(desk: Desk, item: Remittance) -> Posting:
    """Return what posting *item* would write."""
    worked_out = plan(desk, item).posting
    assert worked_out is not None
    return worked_out


def of_line(number: int, ours: tuple[int, ...], how: str, *amounts: Any) -> LinePosting:
    """Return a line posting; *amounts* are charge, paid, contractual and patient."""
    charge, paid, contractual, patient = map(money, amounts)
    return LinePosting(
        line=number,
        claim_lines=ours,
        how=how,
        charge=charge,
        paid=paid,
        contractual=contractual,
        patient=patient,
    )


# ---- reversals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (line("85025", -40, -30, "CO-45 -10"), line("99213", -60, -40, "CO-45 -15, PR-2 -5")),
        (line("99999", -100, -70, "CO-45 -25, PR-2 -5"),),
    ],
)
def test_a_reversal_takes_back_line_by_line_what_was_posted(desk: Desk, lines: tuple[Any, ...]):
    """However the reversal itself tells the lines: none of ours may keep what its claim has lost."""
    desk.claim("PCN1", 100, services=(service("99213", 60), service("85025", 40)))
    paid = (line("99213", 60, 40, "CO-45 15, PR-2 5"), line("85025", 40, 30, "CO-45 10"))
    first = clp("PCN1", 100, 70, service_lines=paid)
    (posted,) = posting(desk, remittance(first, trace_number="T1")).answers
    assert [(one.line, one.claim_lines) for one in posted.postings] == [(1, (1,)), (2, (2,))]
    desk.post(remittance(first, trace_number="T1"))
    back = clp("PCN1", -100, -70, "" if lines else "CO-45 -25, PR-2 -5", status="22", service_lines=lines)
    gone, _ = posting(desk, remittance(back, clp("ZZZ9", 500, 500), trace_number="T2")).answers
    assert gone.decision.undone is not None
    how = posted.postings[0].how
    assert gone.postings == (
        of_line(1, (1,), how, -60, -40, -15, -5),
        of_line(2, (2,), how, -40, -30, -10, 0),
    )


# ---- what is kept and told of an answer ------------------------------------------------------------------------------


def told(desk: Desk, item: Remittance) -> list[dict[str, Any]]:
    """Return the rows on payments that the billing system would be told."""
    with desk.store.read() as tx:
        return [tx.unseal_json(content) for _, content in posting(desk, item).told]


def test_how_a_claim_was_found_is_kept_of_what_is_certain_only(desk: Desk):
    desk.claim("PCN1", 100)
    desk.claim("PCN2", 100)
    certain, doubted, unknown = posting(
        desk,
        remittance(
            clp("PCN1", 100, 100), clp("PCN2", 95, 95, control="ICN2"), clp("ZZZ9", 10, 10, control="ICN3")
        ),
    ).answers
    assert [one.payment.state for one in (certain, doubted, unknown)] == ["posted", "suspense", "suspense"]
    assert [one.payment.how for one in (certain, doubted, unknown)] == ["number", None, None]


def test_the_rows_of_what_waits_name_no_claim(desk: Desk):
    """Which claim is proposed is for the person who matches; the billing system would post it there."""
    claim = desk.claim("PCN1", 100, key="OFFICE-1")
    item = remittance(clp("PCN1", 95, 95))
    (waiting,) = posting(desk, item).answers
    assert (waiting.payment.state, waiting.payment.claim) == ("suspense", claim)
    assert [(row["kind"], row["claim"], row["claim_key"]) for row in told(desk, item)] == [
        ("suspense", None, None)
    ]


def test_a_status_longer_than_any_is_kept_by_its_start(desk: Desk):
    """The column holds four characters, and a database that is strict about it would refuse the whole remittance."""
    (answer,) = posting(desk, remittance(clp("PCN1", 100, 100, status="12345"))).answers
    assert (answer.payment.state, answer.payment.status_code) == ("suspense", "1234")


# ---- which payment it is ---------------------------------------------------------------------------------------------


def test_a_payment_of_nobody_is_kept_and_held(desk: Desk):
    nobody = plan(desk, remittance(clp("PCN1", 100, 100), payer=Party(), originator=None))
    assert (nobody.values["state"], nobody.values["reason"], nobody.posting) == (
        "quarantined",
        "ERA-PAYER",
        None,
    )
    assert nobody.values["payer_key"] == "unknown"


def test_of_one_number_paid_to_two_clinics_each_is_a_payment(desk: Desk):
    """A payer that counts its checks for each payee: the second is held, and what a person lets pass is posted."""
    desk.site = replace(desk.site, settings=settings_of(billing_entity=HOUSE))
    ours = desk.claim("PCN1", 100)
    theirs = desk.claim("PCN2", 100, npi="1555123458")
    assert desk.post(remittance(clp("PCN1", 100, 100))).state == "posted"
    second, receipt = remittance(clp("PCN2", 100, 100, control="ICN2"), payee=POE_CLINIC), desk.receipt()
    assert desk.post(second, receipt_id=receipt).reason.startswith("ERA-DUP")
    assert desk.post(second, receipt_id=receipt, released=True).state == "posted"
    assert [desk.account(claim)["paid"] for claim in (ours, theirs)] == [money(100), money(100)]


@pytest.mark.parametrize(
    ("own", "more", "kept", "length"), [(10, 39, 40, 400), (10, 40, 40, 400), (11, 39, 39, 391)]
)
def test_of_a_payers_many_ids_as_many_are_kept_as_there_is_room_for(
    desk: Desk, own: int, more: int, kept: int, length: int
):
    """Each of them whole: a part of one would be another payer's."""
    ids = [f"{n:09}" for n in range(more)]
    payer = Party(
        name="EXAMPLE PLAN",
        id_type="XV",
        id="0" * own,
        references=tuple(RemittanceReference(qualifier="2U", id=one) for one in ids),
    )
    said = str(plan(desk, remittance(clp("PCN1", 100, 70, "CO-45 30"), payer=payer)).values["payer_ids"])
    assert (len(said.split()), len(said)) == (kept, length)
    assert set(said.split()) <= {*ids, "0" * own}
