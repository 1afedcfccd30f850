"""Whatever payers answer: a claim that was answered and does not come out even stands on a list, and leaves it by one action."""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.errors import Refused
from gateway.model.remittance import RemittanceClaim
from gateway.responses import credit_balances, denials
from gateway.responses.denials import Wanted
from gateway.store import claim_payments, remittances
from gateway.store.credit_balances import open_credits
from gateway.store.schema import claim_payment
from tests.desk import Desk, clp, plb, remittance
from tests.property.test_posting_laws import Office, answer, cents, negated


def parts(answered: RemittanceClaim) -> list[RemittanceClaim]:
    """Return the answer cut in two under numbers of their own, as payers split claims (4.10)."""
    half = (answered.charge / 2).quantize(Decimal("0.01"))
    pcn = answered.patient_control_number
    return [
        clp(pcn, charge, charge, control=f"{n}-{pcn}")
        for n, charge in enumerate((half, answered.charge - half))
        if charge
    ]


@st.composite
def answers(draw, pcn: str, charge: Decimal) -> list[RemittanceClaim]:
    """Answer a claim as a whole, in parts of which some may never come, or as belonging to a capitation."""
    whole = draw(answer(pcn, charge))
    return draw(
        st.sampled_from(
            [[whole], parts(whole), parts(whole)[:1], [clp(pcn, charge, 0, f"CO-24 {charge}", control="CAP")]]
        )
    )


def paying(claims: list[RemittanceClaim], trace: str):
    """Return a remittance of these claims; what is below zero is carried forward."""
    net = sum((c.paid for c in claims), Decimal(0))
    return remittance(*claims, plbs=[plb("FB", net, trace)] if net < 0 else [], trace_number=trace)


def unseen(desk: Desk, owners: list[str]) -> list[str]:
    """Return the claims that were answered, do not come out even, and stand on no list."""
    posted = select(claim_payment.c.claim).where(claim_payment.c.state == remittances.POSTED)
    with desk.store.read() as tx:
        listed = {one.claim for one in denials.denials(tx, desk.site.settings, Wanted())}
        listed |= {one.claim for one in open_credits(tx)}
        answered = set(tx.execute(posted).scalars())
    uneven = [c for c in owners if desk.account(c)["open"] or desk.account(c)["patient"] < 0]
    return [claim for claim in uneven if claim in answered - listed]


@dataclass
class Plot:
    """Claims sent, what comes of them in two remittances, and to which claims a person matches what is in suspense."""

    claims: dict[str, Decimal]
    first: list[RemittanceClaim]
    second: list[RemittanceClaim]
    owners: list[int]


@st.composite
def plots(draw) -> Plot:
    """Of what was answered first, some is taken back later, and only of some of that comes a correction."""
    charges = draw(st.lists(cents.filter(lambda c: c >= 1), min_size=1, max_size=3))
    known = {f"PCN{n}": charge for n, charge in enumerate(charges)}
    first = [one for pcn, charge in known.items() for one in draw(answers(pcn, charge))]
    taken = [one for one in first if draw(st.booleans())]
    corrected = [
        clp(one.patient_control_number, one.charge, one.charge, control="NEW")
        for one in taken
        if draw(st.booleans())
    ]
    owners = draw(st.lists(st.integers(0, 2), min_size=6, max_size=6))
    return Plot(known, first, [*map(negated, taken), *corrected], owners)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(plots())
def test_what_is_answered_and_uneven_is_seen(plot: Plot):
    with Office() as desk:
        owners = [desk.claim(pcn, charge) for pcn, charge in plot.claims.items()]
        for trace, claims in (("T1", plot.first), ("T2", plot.second)):
            desk.post(paying(claims, trace))
            assert unseen(desk, owners) == []
        with desk.store.read() as tx:
            parked = [p.id for p in claim_payments.in_suspense(tx)]
        for payment, owner in zip(parked, plot.owners, strict=False):
            with suppress(
                Refused
            ):  # a reversal is matched after what it takes back, and before what stands in its place
                desk.match(payment, owners[owner % len(owners)])
            assert unseen(desk, owners) == []
        _close_all(desk)


def _close_all(desk: Desk) -> None:
    """Close everything by the commands that the lists name: each must go, and no cent may move."""
    before = desk.totals()
    for _ in range(50):
        with desk.store.read() as tx:
            left = list(denials.denials(tx, desk.site.settings, Wanted()))
        if not left:
            break
        denials.close(desk.site, left[0].claim_payment, reason="dealt with", actor="pat")
    assert not left
    with desk.store.read() as tx:
        owing = [one.claim for one in open_credits(tx)]
    for claim in owing:
        credit_balances.close(desk.site, claim, reason="dealt with", actor="pat")
    with desk.store.read() as tx:
        assert open_credits(tx) == []
    assert desk.totals() == before
