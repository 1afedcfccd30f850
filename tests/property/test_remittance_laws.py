"""Whatever the payers say, in whatever order, files and parts: the same books, and those that were worked out apart."""

from collections import Counter
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.errors import Refused
from gateway.store import claim_payments, remittances
from gateway.store.schema import claim_payment
from tests.clinic import Clinic
from tests.era_draws import Story, deliveries, stories
from tests.era_judge import expected, judge

examples = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ORDERS = st.permutations(range(6))


@examples
@given(stories(), st.data())
def test_any_order_and_any_files_come_to_the_same_books(story: Story, data: st.DataObject):
    """In any order, twice, together or apart, before the claim is known: what is left to a person is one action each."""
    with Clinic() as clinic:
        clinic.tell(story, data.draw(deliveries(story)))
        clinic.settle_by_hand(story, data.draw(ORDERS))
        judge(clinic.database, story, clinic.claims)
        _told(clinic, story)


@examples
@given(stories(), st.data())
def test_what_is_taken_off_and_put_back_leaves_no_trace_in_the_accounts(story: Story, data: st.DataObject):
    with Clinic() as clinic:
        clinic.tell(story, data.draw(deliveries(story)))
        clinic.settle_by_hand(story)
        with clinic.store.read() as tx:
            query = select(claim_payment.c.id).where(claim_payment.c.state == remittances.POSTED)
            said = {one: claim_payments.content(tx, one) for one in tx.execute(query).scalars()}
        # Ids are drawn anew each time: the story's own words put the payments in order.
        posted = sorted(said, key=lambda one: repr(said[one]))
        for n in data.draw(st.permutations(range(len(posted)))):
            try:
                clinic.desk.unmatch(posted[n])
            except Refused:
                continue
        clinic.settle_by_hand(story, data.draw(ORDERS))
        judge(clinic.database, story, clinic.claims)
        _told(clinic, story)


def _told(clinic: Clinic, story: Story) -> None:
    """The rows for the billing system, added up by claim, are the claims' accounts; no posting id comes twice."""
    rows = clinic.exported()
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.get("claim") is not None and row["kind"] != "suspense":
            sums[row["claim"], row["disposition"]] += int(Decimal(row["amount"]) * 100)
    for claim in story.claims:
        account, claim_id = expected(claim, story.of(claim.key)), clinic.claims[claim.key]
        told = [sums[claim_id, name] for name in ("money", "contractual", "patient")]
        assert told == [account.paid, account.adjusted, account.patient]
