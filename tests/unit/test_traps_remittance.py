"""The traps of reading 835s (domain.md 9.4), one test each: a file fetched from a partner, archived, sorted, posted or held."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.mapping.compile import load_map
from gateway.mapping.write import write_record
from gateway.responses import sort
from gateway.store import ledger, remittances
from gateway.store.schema import provider_adjustment
from tests.door import CLAIM, HEAD, PAID, VERSION, Door, changed
from tests.mailroom import envelope, group
from tests.remittances import FULL
from tests.unit.test_cli_files import Said, gateway  # noqa: F401  a fixture


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def test_trap_64_clp_without_its_last_elements(door: Door) -> None:
    assert door.fetch(
        changed("CLP*ACC-1*1*125.5*100**12*ICN1*11*1", "CLP*ACC-1*1*125.5*100"),
        changed("EFT1", "EFT2", of=changed("*100**12*ICN1*11*1", "*100***ICN2")),
    ) == ["posted", "posted"]
    assert [
        (one.patient_responsibility, one.claim_filing_indicator, one.payer_control_number)
        for one in door.said()
    ] == [
        (None, None, None),
        (None, None, "ICN2"),
    ]
    assert door.codes() == ["ERA-SUSPENSE", "ERA-SUSPENSE"]


def test_trap_65_six_triplets_and_gaps_for_quantities(door: Door) -> None:
    door.send()
    gaps = changed("CAS*CO*45*25.5", "CAS*PR*2*5.13**1*20.37")
    assert door.fetch(gaps) == ["posted"]
    assert door.payments() == [("posted", Decimal(100), Decimal(0), Decimal("25.50"))]
    six = "CAS*CO*45*20*1*A1*1*1*B7*1*1*P12*1*1*16*1*1*97*1.5"
    assert door.fetch(changed("EFT1", "EFT2", of=changed("CAS*CO*45*25.5", six))) == ["posted"]
    (line,) = door.said()[0].service_lines
    assert [(a.reason, str(a.amount), a.quantity) for a in line.adjustments] == [
        ("45", "20.00", 1), ("A1", "1.00", 1), ("B7", "1.00", 1), ("P12", "1.00", 1), ("16", "1.00", 1), ("97", "1.50", None),
    ]  # fmt: skip


def test_trap_66_an_adjustment_without_its_amount_holds_the_set(door: Door) -> None:
    assert door.fetch(changed("CAS*CO*45*25.5", "CAS*CO*45"), changed("EFT1", "EFT2")) == [
        "quarantined",
        "posted",
    ]
    assert "READ-AMOUNT" in door.codes()
    assert "quarantined" in door.waiting()


def test_trap_67_several_cas_of_one_group_are_each_kept(door: Door) -> None:
    door.send()
    assert door.fetch(changed("CAS*CO*45*25.5", "CAS*CO*45*20", "CAS*CO*45*5.5")) == ["posted"]
    assert [a.amount for a in door.said()[0].service_lines[0].adjustments] == [20, Decimal("5.5")]
    assert door.payments() == [("posted", Decimal(100), Decimal("25.50"), Decimal(0))]


def test_trap_68_a_negative_adjustment_raises_the_payment(door: Door) -> None:
    door.send()
    more = changed("*125.5*100", "*125.5*130.5", of=changed("BPR*I*100", "BPR*I*130.5"))
    assert door.fetch(changed("CAS*CO*45*25.5", "CAS*CO*144*-5", of=more)) == ["posted"]
    assert door.payments()[0][1] == Decimal("130.50")
    assert door.said()[0].service_lines[0].adjustments[0].amount == Decimal(-5)


def test_trap_69_a_lost_component_separator_shifts_everything_and_holds_the_set(door: Door) -> None:
    assert door.fetch(changed("SVC*HC:99213*", "SVC*HC*99213.00*")) == ["quarantined"]
    assert {"ERA-B1", "ERA-B3"} & set(door.codes())


def test_trap_70_an_unknown_kind_of_procedure_is_taken_with_a_warning(door: Door) -> None:
    door.send()
    assert door.fetch(changed("SVC*HC:", "SVC*ZZ:")) == ["posted"]
    assert (door.codes(), door.said()[0].service_lines[0].procedure_type) == (["ERA-PROCEDURE-TYPE"], "ZZ")


def test_trap_71_units_that_are_absent_are_not_units_of_zero(door: Door) -> None:
    door.send()
    denied = changed("BPR*I*100*C*ACH", "BPR*H*0*C*NON", of=changed("CAS*CO*45*25.5", "CAS*CO*50*125.5"))
    denied = changed(
        "*125.5*100**12", "*125.5*0**12", of=changed("99213*125.5*100**1", "99213*125.5*0**0", of=denied)
    )
    assert door.fetch(changed("SVC*HC:99213*125.5*100**1", "SVC*HC:99213*125.5*100")) == ["posted"]
    assert door.said()[0].service_lines[0].units is None
    assert door.fetch(denied) == ["posted"]
    assert door.said()[0].service_lines[0].units == 0


def test_trap_72_a_line_number_that_is_absent_cut_or_another_numbers_the_line_all_the_same(
    door: Door,
) -> None:
    door.send()
    for number, echoed in enumerate(
        ([], ["REF*6R*1"], ["REF*6R*ACC"], ["REF*6R*0000000000000000000000000001"])
    ):
        assert door.fetch([*changed("EFT1", f"EFT{number}"), *echoed]) == ["posted"]
        assert [one.line_control_number for one in door.said()[0].service_lines] == [
            echoed[0].split("*")[2] if echoed else None
        ]


def test_trap_73_a_payer_without_id_is_known_by_its_tax_number(door: Door) -> None:
    first = [one for one in PAID if not one.startswith("REF*2U")]
    renamed = changed(
        "N1*PR*EXAMPLE HEALTH PLAN", "N1*PR*EXAMPLE HLTH PLAN OF IL", of=changed("EFT1", "EFT2", of=first)
    )
    assert door.fetch(first, renamed) == ["posted", "posted"]
    with door.site.store.read() as tx:
        keys = {remittances.get(tx, one).payer_key for one in door.ids}
    assert keys == {"EIN-1512345678"}


def test_trap_74_a_payment_for_somebody_else_is_never_posted(door: Door) -> None:
    theirs = changed("XX*1098765435", "XX*1444987659", of=changed("REF*TJ*123456789", "REF*TJ*999999999"))
    assert door.fetch(theirs, changed("EFT1", "EFT2")) == ["quarantined", "posted"]
    assert "ERA-PAYEE" in door.codes()
    assert "quarantined" in door.waiting()


def test_trap_75_the_day_of_receipt_is_no_day_of_service(door: Door) -> None:
    door.send()
    assert door.fetch(changed("DTM*232*20260110", "DTM*050*20260120", "DTM*036*20251231")) == ["posted"]
    (said,) = door.said()
    assert (said.statement_from, str(said.received_date), str(said.coverage_expired)) == (
        None,
        "2026-01-20",
        "2025-12-31",
    )
    assert str(said.service_lines[0].service_date) == "2026-01-10"


def test_trap_76_a_line_without_a_date_is_of_the_claims_days(door: Door) -> None:
    door.send()
    assert door.fetch(changed("DTM*472*20260110")) == ["posted"]
    (said,) = door.said()
    assert (said.service_lines[0].service_date, str(said.statement_from)) == (None, "2026-01-10")
    assert door.payments()[0][0] == "posted"


def test_trap_77_ids_with_blanks_or_none_and_names_in_any_order(door: Door) -> None:
    door.send()
    names = [
        "NM1*74*1******C*MBR00009",
        "NM1*82*1*LOE*LARA****XX*1444987659",
        "NM1*QC*1*POE*PAULA****MI*   MBR00001",
    ]
    assert door.fetch(changed("NM1*QC*1*POE*PAULA****MI*MBR00001", *names)) == ["posted"]
    assert door.codes() == ["ERA-CORRECTED"]
    (said,) = door.said()
    assert (said.patient_last_name, said.corrected_member_id, said.rendering_npi) == (
        "POE",
        "MBR00009",
        "1444987659",
    )
    assert door.payments()[0][0] == "posted"
    bare = changed(
        "EFT1", "EFT2", of=changed("NM1*QC*1*POE*PAULA****MI*MBR00001", "NM1*QC*1*POE*PAULA****MI")
    )
    assert door.fetch(bare) == ["posted"]
    assert door.said()[0].member_id is None


def test_trap_78_parties_in_odd_places_are_known_by_their_code(door: Door) -> None:
    door.send()
    payer, payee = HEAD[3:8], HEAD[8:]
    assert door.fetch([*HEAD[:3], *payee, *payer, *CLAIM]) == ["posted"]
    assert door.codes() == ["READ-ORDER"]
    assert door.fetch(changed("EFT1", "EFT2", of=[*HEAD[:8], *CLAIM, *payee])) == ["posted"]
    assert "READ-ORDER" in door.codes()
    with door.site.store.read() as tx:
        assert remittances.get(tx, door.ids[0]).payee_id == "XX:1098765435"


def test_trap_79_st03_is_taken_where_a_payer_sends_it(door: Door) -> None:
    data = envelope(group("HP", VERSION, PAID)).replace("ST*835*0001~", f"ST*835*0001*{VERSION}~")
    assert door.fetch(data=data) == ["posted"]


def test_trap_80_each_set_is_a_payment_of_its_own_whoever_is_paid(door: Door) -> None:
    other = changed("XX*1098765435", "FI*123456789", of=changed("EFT1", "EFT2"))
    data = envelope(group("HP", VERSION, PAID, other)) + envelope(
        group("HP", VERSION, changed("EFT1", "EFT3")), number=2
    )
    assert door.fetch(data=data) == ["posted"] * 3
    with door.site.store.read() as tx:
        stored = [remittances.get(tx, one) for one in door.ids]
    assert [(one.trace_number, one.payee_id) for one in stored] == [
        ("EFT1", "XX:1098765435"), ("EFT2", "FI:123456789"), ("EFT3", "XX:1098765435"),
    ]  # fmt: skip
    assert all(one.amount == 100 for one in stored)


def test_trap_81_provider_adjustments_wherever_they_stand(door: Door) -> None:
    plb = ["PLB*1098765435*20261231*WO:ICN3*10", "PLB*1098765435*2026123*CS:X*5", "PLB*1098765435**L6*-15"]
    assert door.fetch([*HEAD, plb[0], *CLAIM, *plb[1:]]) == ["posted"]
    assert {"READ-ORDER", "READ-DATE"} <= set(door.codes())
    assert booked(door) == [("WO", Decimal(10)), ("CS", Decimal(5)), ("L6", Decimal(-15))]


def booked(door: Door) -> list[tuple[str, Decimal]]:
    with door.site.store.read() as tx:
        rows = tx.execute(
            select(provider_adjustment.c.reason, provider_adjustment.c.amount)
            .where(provider_adjustment.c.remittance.in_(door.ids))
            .order_by(provider_adjustment.c.ordinal)
        )
        return [(row.reason, row.amount) for row in rows]


def test_trap_82_provider_adjustments_without_a_reference(door: Door) -> None:
    plb = "PLB*1098765435*20261231*L6*-2.5*WO:*1*CS: *1.5"
    assert door.fetch([*PAID, plb]) == ["posted"]
    with door.site.store.read() as tx:
        kept = tx.execute(
            select(provider_adjustment.c.reference_sealed).where(
                provider_adjustment.c.remittance.in_(door.ids)
            )
        ).scalars()
        assert list(kept) == [None, None, None]
    assert [reason for reason, _ in booked(door)] == ["L6", "WO", "CS"]


def test_trap_83_the_sign_of_provider_adjustments(door: Door) -> None:
    """315 of claims less 40 is 275; the other sign would be 355."""
    plb = "PLB*1098765435*20261231*L6*-2.5*WO:ICN3*42.5"
    more = changed("*125.5*100", "*340.5*315", of=changed("BPR*I*100", "BPR*I*275"))
    assert door.fetch([*more, plb]) == ["posted"]
    inverted = changed("BPR*I*275", "BPR*I*355", of=changed("EFT1", "EFT2", of=more))
    assert door.fetch([*inverted, plb]) == ["quarantined"]
    assert "ERA-B4" in door.codes()


def test_trap_84_filing_indicators_that_the_guide_does_not_have(door: Door) -> None:
    sets = [
        changed("EFT1", f"EFT{one}", of=changed("*100**12*", f"*100**{one}*")) for one in ("CI", "BL", "11")
    ]
    assert door.fetch(*sets) == ["posted"] * 3
    assert sorted(str(one.claim_filing_indicator) for one in door.said()) == ["11", "BL", "CI"]
    assert set(door.codes()) == {"ERA-SUSPENSE"}


def test_trap_85_reasons_with_letters_and_leading_zeros(door: Door) -> None:
    door.send()
    cas = "CAS*CO*045*20.5*1*A1*2**B7*1**P12*1**ZZ9*1"
    assert door.fetch([*changed("CAS*CO*45*25.5", cas), "LQ*HE*NQ999"]) == ["posted"]
    (said,) = door.said()
    assert [a.reason for a in said.service_lines[0].adjustments] == ["045", "A1", "B7", "P12", "ZZ9"]
    assert door.payments()[0][2] == Decimal("20.50")  # 045 is 45, which is given up by contract


def test_trap_86_every_remark_is_collected(door: Door) -> None:
    door.send()
    lq = [f"LQ*HE*N{number}" for number in range(1, 100)]
    mia = "MIA*0****MA01" + "*" * 15 + "MA02*MA03*MA04*MA05"
    moa = "MOA***N1*N2*N3*N4*N5"
    both = changed("DTM*232*20260110", mia, moa, "DTM*232*20260110")
    assert door.fetch([*both, *lq, "LQ*RX*70"]) == ["posted"]
    (said,) = door.said()
    assert said.remarks == ("MA01", "MA02", "MA03", "MA04", "MA05", "N1", "N2", "N3", "N4", "N5")
    assert said.service_lines[0].remarks == tuple(f"N{number}" for number in range(1, 100))
    assert said.service_lines[0].drug_reject_codes == ("70",)


OLD = "004010X091A1"


def old(*sets: list[str]) -> str:
    """Return a file of version 4010 with these sets."""
    return envelope(group("HP", OLD, *sets)).replace("*^*00501*", "*U*00401*")


def test_trap_87_files_of_4010_are_read_with_flags(door: Door) -> None:
    door.send()
    contact = changed("PER*BL*EDI*TE*8005550100", "PER*CX*EDI*TE*8005550100")
    assert door.fetch(
        data=old(changed("CLP*ACC-1*1*", "CLP*ACC-1*5*", of=changed("SVC*HC:", "SVC*ZZ:", of=contact)))
    ) == ["posted"]
    assert set(door.codes()) == {"ERA-VERSION", "ERA-STATUS", "ERA-PROCEDURE-TYPE"}
    assert door.payments() == [("posted", Decimal(100), Decimal("25.50"), Decimal(0))]
    wrong = changed("CLP*ACC-1*1*125.5*100", "CLP*ACC-1*13*125.5*99", of=changed("EFT1", "EFT2"))
    assert door.fetch(data=old(wrong)) == ["quarantined"]
    assert {"ERA-VERSION", "ERA-B2"} <= set(door.codes())


def test_trap_87_a_reversal_of_4010_is_of_group_cr(door: Door) -> None:
    door.send()
    back = changed("CLP*ACC-1*1*125.5*100*", "CLP*ACC-1*22*-125.5*-100*", of=CLAIM)
    back = changed("SVC*HC:99213*125.5*100", "SVC*HC:99213*-125.5*-100", of=back)
    back = changed("CAS*CO*45*25.5", "CAS*CR*45*-25.5", of=back)
    again = changed("ICN1", "ICN1A", of=CLAIM[1:])
    assert door.fetch(data=old(PAID)) == ["posted"]
    head = changed("BPR*I*100*C*ACH", "BPR*H*0*C*NON", of=changed("EFT1", "EFT2", of=HEAD))
    assert door.fetch(data=old([*head, *back, *again])) == ["posted"]
    assert [(state, paid) for state, paid, _, _ in door.payments()] == [("posted", -100), ("posted", 100)]
    with door.site.store.read() as tx:
        account = ledger.claim_account(tx, door.trade.claim("ACC-1").id)
        ledger.check_books(tx)
    assert (account.paid, account.adjusted, account.open) == (Decimal(100), Decimal("25.50"), 0)


def test_money_where_it_means_nothing_holds_the_set_and_the_rest_only_warns(door: Door) -> None:
    held = (["BPR*I*5*C*ACH************20260126"], ["TRN*1*EFT9*1512345678"])
    for number, more in enumerate(held):
        assert door.fetch(changed("EFT1", f"EFT{number}", of=[*PAID[:1], *more, *PAID[1:]])) == [
            "quarantined"
        ]
        assert "ERA-STRUCTURE" in door.codes()
    before_any_claim = changed("LX*1", "CAS*CO*45*1", "LX*1", of=changed("EFT1", "EFT7"))
    assert door.fetch(before_any_claim) == ["quarantined"]
    for number, more in enumerate((["NTE*ADD*SEE LETTER"], ["AMT*QQ"], ["QTY*CA*X"], ["K3*ABC"]), start=20):
        assert door.fetch([*changed("EFT1", f"EFT{number}"), *more]) == ["posted"]
        assert {"READ-RESIDUE", "READ-VALUE"} & set(door.codes())


def test_everything_that_a_payer_can_say_is_posted_and_kept(door: Door) -> None:
    segments = list(write_record(load_map("835"), FULL, upper=False).segments)
    assert door.fetch(segments) == ["posted"]
    assert set(door.codes()) == {
        "ERA-SUSPENSE",
        "ERA-GROUP-SUMS",
        "ERA-INTEREST",
        "ERA-CORRECTED",
        "ERA-PRIORITY",
    }
    assert [replace(one, position=None) for one in door.said()] == list(FULL.claims)
    assert booked(door) == [("WO", Decimal(n)) for n in range(1, 7)]


def test_a_reread_says_the_same_and_posts_nothing_twice(door: Door) -> None:
    door.send()
    door.fetch([*PAID, "NTE*ADD*SEE LETTER"])
    before = (door.payments(), door.said(), door.codes())
    sort.reread(door.site, door.receipt, "user:pat")
    assert (door.payments(), door.said(), door.codes()) == before
    assert door.said()[0].service_lines[0].residue == ("NTE*ADD*SEE LETTER",)


def test_read_prints_what_no_field_takes(tmp_path: Path, gateway: Callable[..., Said]) -> None:  # noqa: F811
    path = tmp_path / "era.835"
    path.write_text(envelope(group("HP", VERSION, [*PAID, "NTE*ADD*SEE LETTER"])))
    (line,) = gateway("read", path).lines
    assert line["residue"] == 1 or line["claims"][0]["service_lines"][0]["residue"] == ["NTE*ADD*SEE LETTER"]
    assert line["claims"][0]["service_lines"][0]["residue"] == ["NTE*ADD*SEE LETTER"]


def test_every_trap_from_64_to_87_has_its_test() -> None:
    named = {
        int(n)
        for n in re.findall(
            r"^def test_trap_(\d+)_", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert named == set(range(64, 88))
