"""A payment posts once (domain.md 4.13): what came before, and in what a second one under its number differs.

Equal content is skipped with a note. Other content under the same trace number and amount waits for a person, with both
shown. What a person took out of the queue unposted does not post when it comes again in another file, but waits for
a person once more: the cause for which it was held may be gone, and nobody else would tell of the money.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.model.findings import Finding, error, warning
from gateway.model.money import plain
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.responses import content
from gateway.site import Site
from gateway.store import claim_payments, denials, inbox, plb, remittances
from gateway.store.db import Tx
from gateway.store.remittances import DUPLICATE, QUARANTINED, StoredRemittance

RULE = "ERA-DUP"
_MOST = 20
"""So many differences are told one by one; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBefore:
    """Why a remittance does not post: *state* duplicate (skipped) or quarantined (a person looks), with what to say."""

    state: str
    reason: str
    findings: tuple[Finding, ...]


def came_before(
    tx: Tx, site: Site, remittance: Remittance, values: Mapping[str, Any], *, released: bool
) -> CameBefore | None:
    """Return why *remittance*, to be kept as *values*, must not post beside what came before; None where it may.

    *released*: a person says that it is another payment; believed where its date is another one, because one payment key
    posts once whatever anybody says.
    """
    posted = remittances.posted_before(tx, values)
    if posted is None and not values["amount"]:
        posted = _told_otherwise(tx, site, values, dismissed=False)
    if posted is None:
        dismissed = remittances.dismissed_before(tx, values) or _told_otherwise(
            tx, site, values, dismissed=True
        )
        return _dealt_with(dismissed) if dismissed is not None and not released else None
    if _says(tx, site, posted, values["content_hash"]):
        said = warning(RULE, f"the same remittance was posted as {posted.id}; nothing is posted again")
        return CameBefore(state=DUPLICATE, reason=f"{RULE} {posted.id}", findings=(said,))
    another = posted.payment_key != values["payment_key"]
    if released and another:
        return None
    way_out = (
        "if it is another payment: gateway release ID --post --reason TEXT"
        if another
        else "one payment posts once; if the payer corrected it, ask for a reversal and a correction"
    )
    said = error(RULE, f"{posted.id} {_alike(posted, values)}; {way_out}")
    return CameBefore(
        state=QUARANTINED, reason=f"{RULE} {posted.id}", findings=(said, *differences(tx, posted, remittance))
    )


def _alike(posted: StoredRemittance, values: Mapping[str, Any]) -> str:
    """Say what the two have in common, and how they may be told apart."""
    if (posted.payer_key, posted.payee_id) == (values["payer_key"], values["payee_id"]):
        return (
            "was posted with the same payer, payee, trace number and amount, but says something else or names another date; "
            "ask the payer which of the two holds"
        )
    return (
        "was posted with the same trace number and amount, and names payer or payee in another way: compare the two; if this "
        "one is the same payment once more, such as on paper, take it out: gateway release ID --reason TEXT"
    )


def _told_otherwise(
    tx: Tx, site: Site, values: Mapping[str, Any], *, dismissed: bool
) -> StoredRemittance | None:
    """Return what an earlier version kept of the very content of *values*, told by the words of both."""
    known = remittances.told_otherwise(tx, values, dismissed=dismissed)
    return next((one for one in known if _says(tx, site, one, values["content_hash"])), None)


def _says(tx: Tx, site: Site, stored: StoredRemittance, content_hash: str) -> bool:
    """Tell whether a stored remittance has this content."""
    if remittances.is_by_words(stored):
        return stored.content_hash == content_hash
    words = content.of_receipt(site, inbox.get(tx, stored.receipt), stored.place)
    return words is not None and remittances.content_hash(tx, words) == content_hash


def _dealt_with(dismissed: StoredRemittance) -> CameBefore:
    said = error(
        RULE,
        f"the same remittance was taken out of the queue as {dismissed.id} by {dismissed.released_by}, unposted; if it was dealt "
        "with elsewhere, take this one out too: gateway release ID --reason TEXT; if its money is not in the books: "
        "gateway release ID --post --reason TEXT",
    )
    return CameBefore(state=QUARANTINED, reason=f"{RULE} {dismissed.id}", findings=(said,))


def differences(tx: Tx, posted: StoredRemittance, new: Remittance) -> Iterator[Finding]:
    """Yield in what *new* differs from what was *posted*, both sides shown."""
    date = new.payment_date.isoformat() if new.payment_date else None
    if date != posted.payment_date:
        yield _told(f"{posted.id} is dated {posted.payment_date}, this one {date}")
    ids = claim_payments.of_remittance(tx, posted.id)
    said = denials.contents(tx, ids)
    there, here = Counter(_answer(said[one]) for one in ids), Counter(map(_answer, new.claims))
    told = [
        _told(f"only {where}: {_words(answer)}", claim=answer[0])
        for where, some in ((f"in {posted.id}", there - here), ("in this one", here - there))
        for answer in some.elements()
    ]
    moved = Counter(plb.moved(tx, posted.id))
    moves = Counter((p.provider[:80], p.reason[:4], p.reference, p.amount) for p in new.provider_adjustments)
    told += [
        _told(f"only {where}: provider adjustment {pair[1]} {plain(pair[3])}")
        for where, some in ((f"in {posted.id}", moved - moves), ("in this one", moves - moved))
        for pair in some.elements()
    ]
    yield from told[:_MOST]
    if len(told) > _MOST:
        yield _told(f"and {len(told) - _MOST} differences more")
    if not told and date == posted.payment_date:
        yield _told("claims and amounts are the same; names, dates of service or codes differ")


Answer = tuple[str, str | None, str, Decimal, Decimal, tuple[tuple[str, str, Decimal], ...]]


def _answer(claim: RemittanceClaim) -> Answer:
    levels = [claim.adjustments, *(line.adjustments for line in claim.service_lines)]
    adjustments = tuple(sorted((a.group, a.reason, a.amount) for level in levels for a in level))
    return (
        claim.patient_control_number, claim.payer_control_number, claim.status_code, claim.charge, claim.paid,
        adjustments,
    )  # fmt: skip


def _words(answer: Answer) -> str:
    _, _, status, charge, paid, adjustments = answer
    why = ", ".join(f"{group}-{reason} {plain(amount)}" for group, reason, amount in adjustments)
    return f"status {status}, charge {plain(charge)}, paid {plain(paid)}{f', {why}' if why else ''}"


def _told(message: str, *, claim: str | None = None) -> Finding:
    return warning("ERA-DUP-DIFF", message, claim=claim)
