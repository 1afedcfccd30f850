"""The script book: what each member-id prefix does, to the cent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.claim import BillingProvider, Claim, Payer, ServiceLine, Subscriber
from gateway.model.remittance import RemittanceClaim
from gateway.sandbox.adjudicate import reverse
from gateway.sandbox.remit import OpenBalance, make_payment, payer_ein
from gateway.sandbox.reshape import FAULTY, decide
from gateway.sandbox.scripts import SCRIPTS, UNPAID, Script, script_of

D = Decimal
PROVIDER = BillingProvider(name="ELM STREET CLINIC", npi="1098765435", tax_id="371234567")
PAYER = Payer(name="EXAMPLE HEALTH PLAN", id="EXH01")
DAY = date(2026, 3, 2)


def claim(member: str, *charges: str) -> Claim:
    lines = tuple(
        ServiceLine(
            procedure="99213",
            charge=D(c),
            units=D(1),
            service_date=date(2026, 2, n),
            line_control_number=f"L{n}",
        )
        for n, c in enumerate(charges, start=1)
    )
    return Claim(
        patient_control_number="PCN1",
        charge=sum((D(c) for c in charges), D(0)),
        billing_provider=PROVIDER,
        subscriber=Subscriber(last_name="ROE", first_name="RICHARD", member_id=member),
        payer=PAYER,
        service_lines=lines,
    )


def decided(member: str, *charges: str) -> RemittanceClaim:
    [only] = every_part(member, *charges)
    return only


def every_part(member: str, *charges: str) -> tuple[RemittanceClaim, ...]:
    return decide(claim(member, *charges), control_number="ICN1", received=DAY)


def faults(c: RemittanceClaim) -> list[str]:
    """B1, B2, B3 and B5, computed here on their own."""
    lines = c.service_lines
    found = ["B1" for line in lines if line.charge - sum(a.amount for a in line.adjustments) != line.paid]
    everything = [*c.adjustments, *(a for line in lines for a in line.adjustments)]
    if c.charge - sum(a.amount for a in everything) != c.paid:
        found.append("B2")
    if lines and sum(line.charge for line in lines) != c.charge:
        found.append("B3")
    share = sum(a.amount for a in everything if a.group == "PR")
    if c.status_code != "22" and share != (c.patient_responsibility or 0):
        found.append("B5")
    return found


CASES = {
    # member id: (status, paid, patient share, {(group, reason): amount}) for lines of 125.50 and 60.00
    "MBR0001": ("1", "123.60", "24.80", {("CO", "45"): "37.10", ("PR", "3"): "20.00", ("PR", "2"): "4.80"}),
    "PAY0001": ("1", "123.60", "24.80", {("CO", "45"): "37.10", ("PR", "3"): "20.00", ("PR", "2"): "4.80"}),
    "FULL001": ("1", "185.50", None, {}),
    "PART001": ("1", "43.20", "4.80", {("CO", "50"): "125.50", ("CO", "45"): "12.00", ("PR", "2"): "4.80"}),
    "ZERO001": ("1", "0", "148.40", {("CO", "45"): "37.10", ("PR", "1"): "148.40"}),
    "DENY001": ("4", "0", None, {("CO", "50"): "185.50"}),
    "DENC001": ("1", "0", None, {("CO", "197"): "185.50"}),
    "LUMP001": ("1", "123.60", "24.80", {("CO", "45"): "37.10", ("PR", "3"): "20.00", ("PR", "2"): "4.80"}),
    "REVR001": ("1", "185.50", None, {}),
}


@pytest.mark.parametrize("member", CASES)
def test_scripts_to_the_cent(member: str) -> None:
    status, paid, share, adjustments = CASES[member]
    result = decided(member, "125.50", "60.00")
    sums: dict[tuple[str, str], Decimal] = {}
    for a in [*result.adjustments, *(a for line in result.service_lines for a in line.adjustments)]:
        sums[a.group, a.reason] = sums.get((a.group, a.reason), D(0)) + a.amount
    assert (result.status_code, result.paid) == (status, D(paid))
    assert result.patient_responsibility == (None if share is None else D(share))
    assert sums == {key: D(amount) for key, amount in adjustments.items()}
    assert faults(result) == []
    assert bool(result.service_lines) == (not member.startswith("LUMP"))


def test_partly_paid_claim_with_one_line() -> None:
    result = decided("PART001", "100.00")
    assert result.paid == D("40.00")
    assert [(a.group, a.reason, a.amount) for a in result.service_lines[0].adjustments] == [
        ("CO", "45", D("20.00")),
        ("CO", "50", D("40.00")),
    ]


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(sorted(set(Script) - FAULTY)),
    st.lists(
        st.decimals(min_value=0, max_value=D("99999.99"), places=2, allow_nan=False), min_size=1, max_size=6
    ),
)
def test_every_decision_balances_and_is_the_same_again(script: Script, charges: list[Decimal]) -> None:
    member = f"{script.value}0001"
    first = every_part(member, *map(str, charges))
    assert [faults(c) for c in first] == [[]] * len(first)
    assert every_part(member, *map(str, charges)) == first
    billed = sum(charges) + (D("1.00") if script is Script.CHRG else 0)
    assert sum(c.charge for c in first) == billed
    for one in first:
        back = reverse(one)
        assert faults(back) == []
        assert (back.charge, back.paid, back.patient_responsibility) == (-one.charge, -one.paid, None)
        amounts = [a.amount for line in one.service_lines for a in line.adjustments]
        assert all(a == a.quantize(D("0.01")) and a != 0 for a in amounts)


@pytest.mark.parametrize(
    ("script", "charges", "broken"),
    [
        (Script.OFCL, ("100.00", "60.00"), ["B2"]),
        (Script.OFLN, ("100.00", "60.00"), ["B1"]),
        (Script.OMIT, ("100.00", "60.00"), ["B3"]),
        (Script.OMIT, ("100.01",), ["B3"]),
        (Script.BARE, ("100.00", "60.00"), ["B2"]),
    ],
)
def test_what_must_not_balance_breaks_one_equation_alone(
    script: Script, charges: tuple[str, ...], broken: list[str]
) -> None:
    assert [f for f in faults(decided(f"{script.value}1", *charges)) if f != "B5"] == broken


def test_prefix_is_read_from_the_subscriber_whatever_its_case() -> None:
    assert script_of(claim("deny77", "1")) is Script.DENY
    assert script_of(claim("XDENY7", "1")) is Script.PAY
    assert script_of(replace(claim("X", "1"), subscriber=Subscriber(last_name="ROE"))) is Script.PAY


def test_payment_balances_with_interest_recovery_and_a_stranger() -> None:
    claims = [decided("INTR1", "100.00"), decided("RECO1", "50.00"), decided("UNKN1", "10.00")]
    made = _pay(claims, [Script.INTR, Script.RECO, Script.UNKN])
    paid = sum((c.paid for c in made.remittance.claims), D(0))
    taken = sum((p.amount for p in made.remittance.provider_adjustments), D(0))
    assert paid - taken == made.remittance.payment_amount
    assert {(p.reason, p.amount) for p in made.remittance.provider_adjustments} == {
        ("L6", D("-0.60")),
        ("WO", D("5.00")),
    }
    assert len(made.remittance.claims) == 4
    assert all(faults(c) == [] for c in made.remittance.claims)


def test_off_by_a_cent() -> None:
    made = _pay([decided("OFFC1", "100.00")], [Script.OFFC])
    assert made.remittance.payment_amount - sum(c.paid for c in made.remittance.claims) == D("0.01")


def test_negative_net_is_carried_and_brought_back() -> None:
    first = decided("PAY1", "100.00")
    negative = _pay([reverse(first)], [Script.PAY])
    assert negative.remittance.payment_amount == 0
    assert (negative.remittance.handling, negative.remittance.payment_method) == ("H", "NON")
    assert [(p.reason, p.amount) for p in negative.remittance.provider_adjustments] == [("FB", D("-60.00"))]
    assert negative.open == (OpenBalance(reference="T1", amount=D("60.00")),)
    later = _pay([decided("PAY1", "200.00")], [Script.PAY], owed=negative.open)
    assert later.remittance.payment_amount == D("140.00") - D("60.00")
    assert later.open == ()


def _pay(claims: list[RemittanceClaim], scripts: list[Script], owed: Sequence[OpenBalance] = ()):
    return make_payment(
        payer=PAYER,
        provider=PROVIDER,
        claims=claims,
        scripts=scripts,
        trace="T1",
        day=DAY,
        receiver_id="ACME",
        owed=owed,
    )


ADDING = (
    Script.PAY,
    Script.FULL,
    Script.DENY,
    Script.INTR,
    Script.RECO,
    Script.DEBT,
    Script.PLBS,
    Script.UNKN,
    Script.REVU,
    Script.INTL,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.sampled_from(ADDING), min_size=1, max_size=4), min_size=1, max_size=6))
def test_over_any_payments_nothing_owed_is_lost(runs: list[list[Script]]) -> None:
    owed: tuple[OpenBalance, ...] = ()
    carried = D(0)
    for number, scripts in enumerate(runs, start=1):
        claims = [decided(f"{s.value}{n}", "90.00", "35.55") for n, s in enumerate(scripts)]
        made = make_payment(
            payer=PAYER,
            provider=PROVIDER,
            claims=claims,
            scripts=scripts,
            trace=f"T{number:06d}",
            day=DAY,
            receiver_id="ACME",
            owed=owed,
        )
        said = made.remittance
        plbs = sum((p.amount for p in said.provider_adjustments), D(0))
        assert said.payment_amount == sum((c.paid for c in said.claims), D(0)) - plbs >= 0
        carried += sum((p.amount for p in said.provider_adjustments if p.reason == "FB"), D(0))
        owed = made.open
        assert carried == -sum((debt.amount for debt in owed), D(0))


def test_the_originator_belongs_to_the_payer() -> None:
    assert payer_ein("EXH01") == payer_ein("EXH01") != payer_ein("EXH02")
    assert len(payer_ein("EXH01")) == 10
    assert payer_ein("EXH01").startswith("1")


def test_the_page_prints_the_script_book() -> None:
    page = (Path(__file__).parents[3] / "docs/sandbox.md").read_text()
    assert set(SCRIPTS) == set(Script) > UNPAID
    for script, meaning in SCRIPTS.items():
        assert f"| `{script.value}` | {meaning} |" in page
