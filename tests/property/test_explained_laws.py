"""Whatever came, in whatever order, and whoever moved it where: every claim, answer and remittance is explained to the cent."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.errors import Refused
from gateway.ops.reports import eob
from gateway.ops.reports.eob_html import as_html
from gateway.ops.reports.eob_parts import Document
from gateway.ops.reports.eob_text import as_text
from gateway.store import claim_payments, ledger
from gateway.store.remittances import POSTED
from gateway.store.schema import claim_payment, remittance
from tests.clinic import Clinic
from tests.era_draws import Story, deliveries, stories

examples = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@examples
@given(stories(), st.data())
def test_every_page_adds_up_at_every_turn(story: Story, data: st.DataObject):
    with Clinic() as clinic:
        clinic.tell(story, data.draw(deliveries(story)))
        _explained(clinic)
        clinic.settle_by_hand(story)
        _explained(clinic)
        with clinic.store.read() as tx:
            posted = list(
                tx.execute(select(claim_payment.c.id).where(claim_payment.c.state == POSTED)).scalars()
            )
        for n in data.draw(st.lists(st.integers(0, 20), max_size=6)):
            try:
                clinic.desk.unmatch(posted[n % len(posted)])
            except Refused:
                continue
        _explained(clinic)
        clinic.settle_by_hand(story)
        _explained(clinic)


def _explained(clinic: Clinic) -> None:
    """Explain everything that there is, and hold the pages against the books."""
    with clinic.store.read() as tx:
        for claim in clinic.claims.values():
            (one,) = _page(clinic, tx, claim).explanations
            account = ledger.claim_account(tx, claim)
            assert not one.account or one.account[-1].after == account
            told = [answer.payment for answer in one.answers if answer.posted]
            assert told == [payment.id for payment in claim_payments.posted(tx, [claim])[claim]]
            shown = sum((answer.parts["paid"] for answer in one.answers if answer.posted), Decimal(0))
            assert shown == account.paid
        for table in (claim_payment, remittance):
            for identifier in tx.execute(select(table.c.id)).scalars():
                _page(clinic, tx, identifier)


def _page(clinic: Clinic, tx, identifier: str) -> Document:
    page = eob.explain(clinic.desk.site, tx, identifier, reveal=False)
    for words in (as_text(page), as_html(page)):
        assert identifier in words
    return page
