"""The traps of posting 835s (domain.md 9.5), one test each: a file fetched from a partner, and what it does to the books."""

import re
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.clock import MovableClock
from gateway.errors import Refused
from gateway.model.deposit import CHECK, PaymentName
from gateway.responses import deposits as bank
from gateway.responses import release, sort
from gateway.responses.plb import standing
from gateway.settings import Settings
from gateway.store import claims, findings, ledger, open_money, plb, remittances, views
from gateway.store import deposits as stored_deposits
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import claim_payment, journal_entry
from tests.door import PAID, VERSION, Door, answer, changed, payment
from tests.mailroom import Mailroom, envelope, group


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def parts(door: Door, claim: str) -> tuple[Decimal, ...]:
    """Return paid, adjusted, patient and open of a claim."""
    account = door.account(claim)
    return (account.paid, account.adjusted, account.patient, account.open)


def amounts(*some: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, some))


UNTOUCHED = amounts("0", "0", "0", "125.50")


def provider_accounts(door: Door) -> list[tuple[str, str | None, Decimal, bool, str]]:
    """Return code, reference, balance, whether open, and what comes next of every provider adjustment account."""
    with door.site.store.read() as tx:
        return [
            (one.account.code, one.account.reference, one.account.balance, one.account.is_open, one.next)
            for one in standing(tx, plb.accounts(tx))
        ]


@pytest.mark.parametrize("off", ["0.01", "14"])
def test_trap_88_a_set_that_is_off_posts_nothing_and_shows_by_how_much(door: Door, off: str) -> None:
    claim = door.send()
    before = door.balances()
    more = Decimal(100) + Decimal(off)
    assert door.fetch(payment(str(more), answer("ACC-1", "125.5", "100", "CAS*CO*45*25.5"))) == [
        "quarantined"
    ]
    assert (door.balances(), parts(door, claim)) == (before, UNTOUCHED)
    (item,) = door.queue()
    assert (item.kind, item.id) == ("quarantined", door.ids[0])
    assert (
        f"100.00 follows from the rest, {more:.2f} is stated, a difference of {Decimal(off):.2f}" in item.why
    )


def test_trap_89_a_denial_without_a_reason_does_not_add_up(door: Door) -> None:
    claim = door.send()
    assert door.fetch(payment("0", answer("ACC-1", "100", "0", status="4"))) == ["quarantined"]
    assert "ERA-B2" in door.codes()
    assert (door.state(claim), door.denied(), parts(door, claim)) == ("sent", [], UNTOUCHED)


def test_trap_90_adjustments_of_the_claim_beside_those_of_its_lines(door: Door) -> None:
    claim = door.send()
    line = ["SVC*HC:99213*125.5*120**1", "CAS*CO*45*5.5"]
    assert door.fetch(payment("100", answer("ACC-1", "125.5", "100", "CAS*PR*3*20", lines=line))) == [
        "posted"
    ]
    assert parts(door, claim) == amounts("100", "5.50", "20", "0")


def test_trap_91_one_payment_posts_once_however_often_it_comes(door: Door) -> None:
    claim = door.send()
    assert door.fetch(PAID) == ["posted"]
    books = door.balances()
    (door.trade.partner / "out" / "again.835").write_text(envelope(group("HP", VERSION, PAID)))
    assert door.trade.fetch().receipts == 0
    assert door.fetch(PAID, number=2) == ["duplicate"]
    assert (door.balances(), parts(door, claim)) == (books, amounts("100", "25.50", "0", "0"))
    assert door.queue() == []


def test_trap_92_notices_that_share_a_trace_number_post_once_each(door: Door) -> None:
    first, second = door.send(1), door.send(2)
    notices = [
        payment("0", answer(f"ACC-{n}", "125.5", "0", "CAS*PR*1*125.5", member=f"MBR0000{n}"), trace="NOPAY")
        for n in (1, 2)
    ]
    assert door.fetch(notices[0]) == ["posted"]
    assert door.fetch(notices[1], number=2) == ["posted"]
    assert door.fetch(notices[0], number=3) == ["duplicate"]
    assert parts(door, first) == parts(door, second) == amounts("0", "0", "125.50", "0")


BACK = answer("ACC-1", "-125.5", "-100", "CAS*CO*45*-25.5", status="22")
OTHER = answer("ACC-2", "125.5", "125.5", icn="ICN2", member="MBR00002")


def test_trap_93_a_reversal_of_nothing_waits_and_the_cash_still_adds_up(door: Door) -> None:
    claim, other = door.send(1), door.send(2)
    assert door.fetch(payment("25.5", BACK, OTHER)) == ["posted"]
    assert [state for state, *_ in door.payments()] == ["suspense", "posted"]
    balances = door.balances()
    assert balances["clearing:EIN-1512345678:EFT1"] == Decimal("25.50")
    assert balances["suspense"] == Decimal(100)
    assert (parts(door, claim), parts(door, other)) == (UNTOUCHED, amounts("125.50", "0", "0", "0"))
    assert [(i.kind, i.command.split(" P-")[0]) for i in door.queue()] == [("unmatched", "gateway match")]


def test_trap_94_a_reversal_behind_its_correction_goes_first(door: Door) -> None:
    claim = door.send()
    assert door.fetch(PAID) == ["posted"]
    again = answer("ACC-1", "125.5", "110", "CAS*CO*45*15.5", icn="ICN1A")
    assert door.fetch(payment("10", again, BACK, trace="EFT2")) == ["posted"]
    assert [state for state, *_ in door.payments()] == ["posted", "posted"]
    assert parts(door, claim) == amounts("110", "15.50", "0", "0")


@pytest.mark.parametrize("patient", ["", "20", "-20"])
def test_trap_95_the_patients_share_of_a_reversal_is_that_of_its_adjustments(
    door: Door, patient: str
) -> None:
    claim = door.send(1)
    door.send(2)
    first = answer("ACC-1", "125.5", "80", "CAS*CO*45*25.5", "CAS*PR*3*20", patient="20")
    assert door.fetch(payment("80", first)) == ["posted"]
    back = answer("ACC-1", "-125.5", "-80", "CAS*CO*45*-25.5", "CAS*PR*3*-20", status="22", patient=patient)
    assert door.fetch(payment("45.5", back, OTHER, trace="EFT2")) == ["posted"]
    assert parts(door, claim) == UNTOUCHED
    assert "ERA-B5" not in door.codes()


def test_trap_96_three_answers_under_one_number_are_one_claim_in_parts(door: Door) -> None:
    claim = door.send()
    split = [
        answer("ACC-1", "50", "40", "CAS*CO*45*10", icn="A"),
        answer("ACC-1", "45", "45", icn="B"),
        answer("ACC-1", "30.5", "0", "CAS*PR*1*30.5", icn="C"),
    ]
    assert door.fetch(payment("85", *split)) == ["posted"]
    assert [state for state, *_ in door.payments()] == ["posted"] * 3
    assert parts(door, claim) == amounts("85", "10", "30.50", "0")


@pytest.mark.parametrize(
    ("sent", "returned"),
    [
        ("ACC-1", "acc-1"),
        ("ACC-1", "ACC1"),
        ("0000777", "777"),
        ("ACC-1", "0"),
    ],
)
def test_trap_97_a_number_returned_carelessly_is_found_where_the_facts_agree(
    door: Door, sent: str, returned: str
) -> None:
    claim = door.send(patient_control_number=sent)
    assert door.fetch(payment("100", answer(returned, "125.5", "100", "CAS*CO*45*25.5"))) == ["posted"]
    assert parts(door, claim) == amounts("100", "25.50", "0", "0")


def test_trap_97_a_number_cut_off_at_twenty_characters(
    store: Store, settings: Settings, archive: Archive, tmp_path: Path
) -> None:
    room = Mailroom(store, settings, archive, tmp_path)
    sent = room.send(["ABCDEFGHIJKLMNOPQRSTUVWXYZ"])
    cut = answer("ABCDEFGHIJKLMNOPQRST", "125.5", "100", "CAS*CO*45*25.5", member="MBR000111")
    room.receipt(envelope(group("HP", VERSION, payment("100", cut))).encode())
    sort.process(room.site)
    with store.read() as tx:
        account = ledger.claim_account(tx, room.claim_of(sent, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assert (account.paid, account.open) == (Decimal(100), 0)


def test_trap_97_a_number_of_nothing_waits_with_no_facts_beside_it(door: Door) -> None:
    claim = door.send()
    nobody = answer("0", "90", "90", member="MBR99999")
    assert door.fetch(payment("90", nobody)) == ["posted"]
    assert ([state for state, *_ in door.payments()], door.waiting()) == (["suspense"], ["unmatched"])
    assert parts(door, claim) == UNTOUCHED


def test_trap_98_another_charge_than_ours_waits(door: Door) -> None:
    claim = door.send()
    assert door.fetch(payment("100", answer("ACC-1", "120.5", "100", "CAS*CO*45*20.5"))) == ["posted"]
    assert parts(door, claim) == UNTOUCHED
    (item,) = door.queue()
    assert item.command.startswith(f"gateway match {item.id} {claim};")


def test_trap_99_a_deductible_is_no_denial(door: Door) -> None:
    claim = door.send()
    assert door.fetch(payment("0", answer("ACC-1", "125.5", "0", "CAS*PR*1*125.5"))) == ["posted"]
    assert (door.state(claim), door.denied(), door.waiting()) == ("zero_paid", [], [])
    assert parts(door, claim) == amounts("0", "0", "125.50", "0")


def test_trap_100_a_denial_is_listed_and_never_written_off(door: Door) -> None:
    claim = door.send()
    assert door.fetch(payment("0", answer("ACC-1", "125.5", "0", "CAS*CO*50*125.5"))) == ["posted"]
    assert (door.state(claim), door.denied()) == ("denied", [("denied", "CO-50 125.50")])
    assert parts(door, claim) == UNTOUCHED


def test_trap_101_a_line_whose_modifiers_the_payer_dropped_is_found(door: Door) -> None:
    claim = door.send()
    line = ["SVC*HC:99213*125.5*100**1", "DTM*472*20260110", "CAS*CO*45*25.5"]
    assert door.fetch(payment("100", answer("ACC-1", "125.5", "100", lines=line))) == ["posted"]
    with door.site.store.read() as tx:
        (row,) = views.show(tx, claim)["service_lines"]
    assert (row["how"], row["paid"], row["contractual"]) == ("without_mods", Decimal(100), Decimal("25.50"))


def of_the_second_payer(*claims: list[str], amount: str) -> list[str]:
    said = changed("EXAMPLE HEALTH PLAN", "POE MUTUAL", of=payment(amount, *claims, trace="SEC1"))
    return changed("1512345678", "1998877665", of=changed("REF*2U*60054", "REF*2U*77001", of=said))


@pytest.mark.parametrize("style", [("CAS*OA*23*80",), ("CAS*OA*23*60", "CAS*CO*45*20")], ids=["a", "b"])
def test_traps_102_and_103_a_second_payers_contract_is_not_written_off_once_more(
    door: Door, style: tuple[str, ...]
) -> None:
    claim = door.send(charge="100")
    first = answer("ACC-1", "100", "60", "CAS*CO*45*20", "CAS*PR*2*20")
    assert door.fetch(payment("60", first)) == ["posted"]
    second = answer("ACC-1", "100", "15", *style, "CAS*PR*3*5", status="2", icn="S1")
    assert door.fetch(of_the_second_payer(second, amount="15")) == ["posted"]
    assert parts(door, claim) == amounts("75", "20", "5", "0")


@pytest.mark.parametrize(
    ("bpr", "code"),
    [("BPR*I*-100*C*ACH", "ERA-NEGATIVE"), ("BPR*H*0*C*NON", "ERA-B4")],
    ids=["below", "forced"],
)
def test_trap_104_a_negative_net_that_is_not_carried_forward_is_held(door: Door, bpr: str, code: str) -> None:
    claim = door.send()
    assert door.fetch(PAID) == ["posted"]
    books = door.balances()
    net = changed("BPR*H*0*C*NON", bpr, of=payment("0", BACK, trace="EFT2"))
    assert door.fetch(net) == ["quarantined"]
    assert code in door.codes()
    assert (door.balances(), parts(door, claim)) == (books, amounts("100", "25.50", "0", "0"))
    carried = payment("0", BACK, trace="EFT2", plb="FB:EFT2*-100")
    assert door.fetch(carried, number=3) == ["posted"]
    assert parts(door, claim) == UNTOUCHED


def test_trap_105_a_forward_balance_of_no_known_payment_stays_open(door: Door) -> None:
    door.send()
    paid = answer("ACC-1", "125.5", "125.5")
    assert door.fetch(payment("100", paid, plb="FB:NEVERSEEN*25.5")) == ["posted"]
    (account,) = provider_accounts(door)
    assert account[:4] == ("FB", "NEVERSEEN", Decimal("-25.50"), True)
    assert "its reference leads to nothing here" in account[4]
    # A debt of the very same amount under another reference is proposed; neither account moves.
    door.send(2)
    back = answer("ACC-1", "-125.5", "-125.5", status="22")
    less = answer("ACC-2", "125.5", "100", "CAS*CO*45*25.5", icn="ICN2", member="MBR00002")
    assert door.fetch(payment("0", back, less, trace="EFT2", plb="FB:EFT2*-25.5")) == ["posted"]
    with door.site.store.read() as tx:
        found = list(standing(tx, plb.accounts(tx)))
    assert sorted((one.account.balance, one.account.is_open) for one in found) == [
        (Decimal("-25.50"), True), (Decimal("25.50"), True),
    ]  # fmt: skip
    assert all("perhaps the same matter under another reference" in one.proposals[0] for one in found)


@pytest.mark.parametrize(
    ("said", "held"),
    [
        (answer("ACC-1", "125.5", "102.5", "CAS*CO*45*25.5", "AMT*I*2.5"), "ERA-B2"),
        (answer("ACC-1", "125.5", "102.5", "CAS*CO*45*25.5", "CAS*CO*225*-2.5", "AMT*I*2.5"), None),
    ],
    ids=["in CLP04", "in CAS"],
)
def test_trap_106_interest_among_the_claims_money_is_held_or_remarked_on(
    door: Door, said: list[str], held: str | None
) -> None:
    door.send()
    assert door.fetch(payment("102.5", said)) == ["quarantined" if held else "posted"]
    assert (held or "ERA-INTEREST") in door.codes()
    assert not [name for name in door.balances() if name.startswith("provider:")]


def test_trap_107_interest_that_only_one_side_tells_of(door: Door) -> None:
    claim, other = door.send(1), door.send(2)
    paid = answer("ACC-1", "125.5", "100", "CAS*CO*45*25.5")
    assert door.fetch(payment("102.5", paid, plb="L6*-2.5")) == ["posted"]
    assert "ERA-INTEREST" in door.codes()
    assert [row[:3] for row in provider_accounts(door)] == [("L6", None, Decimal("2.50"))]
    assert parts(door, claim) == amounts("100", "25.50", "0", "0")
    stated = answer("ACC-2", "125.5", "100", "CAS*CO*45*25.5", "AMT*I*2.5", icn="ICN2", member="MBR00002")
    assert door.fetch(payment("102.5", stated, trace="EFT2")) == ["quarantined"]
    assert "ERA-B4" in door.codes()
    assert parts(door, other) == UNTOUCHED


@pytest.mark.parametrize("number", ["108", "109"])
def test_traps_108_and_109_what_only_looks_like_an_answer_moves_nothing(door: Door, number: str) -> None:
    status = {"108": "25", "109": "23"}[number]
    claim = door.send()
    before = door.balances()
    assert door.fetch(payment("0", answer("ACC-1", "125.5", "0", "CAS*OA*101*125.5", status=status))) == [
        "posted"
    ]
    assert {name: value for name, value in door.balances().items() if value} == before
    assert (door.denied(), parts(door, claim)) == ([], UNTOUCHED)
    assert door.state(claim) == {"108": "sent", "109": "forwarded"}[number]


BANK = "Date,Amount,Description,Originator Name\n"


def load(door: Door, *rows: str) -> bank.LoadReport:
    data = (BANK + "".join(f"{row}\n" for row in rows)).encode()
    return bank.load_bank_file(door.site, data, name="bank.csv", actor="pat")


def test_trap_110_sums_are_suggested_and_only_traces_match(door: Door) -> None:
    door.send(1)
    door.send(2)
    first = payment("100", answer("ACC-1", "125.5", "100", "CAS*CO*45*25.5"))
    assert door.fetch(first, payment("125.5", OTHER, trace="EFT2")) == ["posted", "posted"]
    assert load(door, "2026-01-26,225.50,ACH CREDIT,EXAMPLE HEALTH PLAN").matched == 0
    with door.site.store.read() as tx:
        (waits,) = open_money.waiting_deposits(tx, door.site.settings, door.site.clock.now())
    assert sorted(waits.suggestions[0].remittances) == sorted(door.ids)
    assert "deposits:unapplied" in door.balances()


def test_trap_110_one_remittance_in_two_deposits(door: Door) -> None:
    assert door.fetch(PAID) == ["posted"]
    assert load(door, "2026-01-26,40.00,ACH ONE,", "2026-01-26,60.00,ACH TWO,").matched == 0
    named = "705TRN*1*EFT1*1512345678\\"
    assert load(door, f"2026-01-27,40.00,{named},").matched == 0
    assert load(door, f"2026-01-27,60.00,{named},").matched == 1
    assert door.balances()["clearing:EIN-1512345678:EFT1"] == 0


def test_trap_111_a_corrected_member_is_proposed_and_never_taken_over(door: Door) -> None:
    claim = door.send()
    with door.site.store.read() as tx:
        before = claims.content(tx, claims.get(tx, claim).version_id)
    corrected = answer("ACC-1", "125.5", "100", "CAS*CO*45*25.5", "NM1*74*1*POW*PAULINA****C*MBR00009")
    assert door.fetch(payment("100", corrected)) == ["posted"]
    assert "ERA-CORRECTED" in door.codes()
    with door.site.store.read() as tx:
        assert claims.content(tx, claims.get(tx, claim).version_id) == before
        (said,) = [f.message for f in findings.of(tx, door.ids[0]) if f.code == "ERA-CORRECTED"]
    assert "MBR00009" not in said
    assert "POW" not in said
    assert claim in said


def test_a_payer_that_comes_second_says_who_comes_first(door: Door) -> None:
    claim = door.send()
    denied = answer("ACC-1", "125.5", "0", "CAS*OA*22*125.5", "NM1*PR*2*POE MUTUAL*****PI*77001")
    assert door.fetch(payment("0", denied)) == ["posted"]
    with door.site.store.read() as tx:
        (said,) = [f.message for f in findings.of(tx, door.ids[0]) if f.code == "ERA-PRIORITY"]
    assert claim in said
    assert "POE" not in said
    assert door.denied() == [("denied", "OA-22 125.50")]


def test_trap_112_two_people_release_one_remittance(
    any_store: Store, settings: Settings, archive: Archive, tmp_path: Path
) -> None:
    room = Mailroom(any_store, settings, archive, tmp_path)
    sent = room.send(["PCN1"])
    off_line = answer(
        "PCN1", "125.5", "100", member="MBR000111", lines=["SVC*HC:99213*125.5*101**1", "CAS*CO*45*25.5"]
    )
    room.receipt(envelope(group("HP", VERSION, payment("100", off_line))).encode())
    sort.process(room.site)
    with any_store.read() as tx:
        (held,) = remittances.quarantined(tx)
    together, refused = threading.Barrier(2), []

    def let_go(actor: str) -> None:
        together.wait()
        try:
            release.post_in_spite(
                room.site, held.id, reason="the lines are wrong, the claim is right", actor=actor
            )
        except Refused as why:
            refused.append(str(why))

    both = [threading.Thread(target=let_go, args=(name,)) for name in ("pat", "sam")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with pytest.raises(Refused, match="posted"):
        release.post_in_spite(room.site, held.id, reason="once more", actor="pat")
    with any_store.read() as tx:
        ledger.check_books(tx)
        account = ledger.claim_account(tx, room.claim_of(sent, "PCN1"))
        paid = [row.paid for row in tx.execute(select(claim_payment.c.paid))]
    assert (paid, account.paid) == ([Decimal(100)], Decimal(100))
    assert len(refused) <= 1


def test_trap_113_a_payment_without_claims(door: Door) -> None:
    assert door.fetch(payment("12500", plb="CT:2026-01*-12500")) == ["posted"]
    assert [row[:3] for row in provider_accounts(door)] == [("CT", "2026-01", Decimal(12500))]
    assert door.fetch(payment("12500", trace="EFT2", plb="CT:2026-01*-12499.99")) == ["quarantined"]
    assert "ERA-B4" in door.codes()


@pytest.mark.parametrize("method", ["CHK", "NON"])
def test_trap_114_a_virtual_card_is_posted_as_it_says_and_its_money_entered_by_hand(
    door: Door, method: str
) -> None:
    claim = door.send()
    card = "5555000011112222"
    said = changed("BPR*I*100*C*ACH", f"BPR*I*100*C*{method}", of=PAID)
    assert door.fetch([*said, f"NTE*ADD*CARD {card} EXP 0127"]) == ["posted"]
    (stored,) = door.stored()
    assert (stored.payment_method, stored.amount) == (method, Decimal(100))
    assert parts(door, claim) == amounts("100", "25.50", "0", "0")
    assert card not in str(door.queue())
    with door.site.store.read() as tx:
        assert not [f for f in findings.of(tx, stored.id) if card in f.message]
    entered = PaymentName(kind=CHECK, number="CARD1")
    deposit, moved = bank.add_deposit(
        door.site,
        day=date(2026, 1, 28),
        amount=Decimal(100),
        names=[entered],
        payer=None,
        account=None,
        actor="pat",
    )
    assert moved == []
    bank.match_deposit(door.site, deposit, stored.id, actor="pat")
    assert door.balances()["clearing:EIN-1512345678:EFT1"] == 0


def test_trap_115_money_is_of_the_day_it_is_posted_and_not_of_the_service(tmp_path: Path) -> None:
    """The service is of January, whose books an office may have closed; the 835 comes in March."""
    door = Door(tmp_path, MovableClock(datetime(2026, 3, 5, 15, tzinfo=UTC)))
    claim = door.send()
    assert door.fetch(PAID) == ["posted"]
    load(door, "2026-01-27,100.00,705TRN*1*EFT1*1512345678\\,")
    with door.site.store.read() as tx:
        booked = [entry["at"].date() for entry in views.journal_of(tx, claim)]
        (deposit,) = stored_deposits.every(tx)
        every = {at.date() for at in tx.execute(select(journal_entry.c.at)).scalars()}
    assert set(booked) == every == {date(2026, 3, 5)}
    assert deposit.date == date(2026, 1, 27)


def test_every_trap_from_88_to_115_has_its_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    named = re.findall(r"^def test_traps?_(\d+)(?:_and_(\d+))?_", text, re.MULTILINE)
    assert {int(n) for pair in named for n in pair if n} == set(range(88, 116))
