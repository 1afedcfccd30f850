"""What the previous system sent before we came: kept like a transmission of ours, so that its answers find their claims.

Such a transmission has no bytes and is never due; its kind says `transmissions.REGISTERED`. It bears the numbers of the
file it was; where there are none (records), or another transmission bears them, it gets negative ones, which no answer
can name.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, update

from gateway.model.claim import Claim
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.store import charges, submissions, transmissions
from gateway.store.db import Tx
from gateway.store.numbers import take
from gateway.store.schema import submission, transmission, transmission_set
from gateway.store.transmissions import REGISTERED, Transmission

MAX_REFERENCE = 30
MAX_ST02 = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One interchange with one group as the previous system sent it; numbers are None where they are not known.

    *sender* and *receiver* are ``qualifier:id``.
    """

    partner: str
    environment: str
    sender: str
    receiver: str
    isa13: int | None
    gs06: int | None
    version: str
    sent_at: datetime


def open_transmission(tx: Tx, sent: Sent, *, evidence: str) -> tuple[str, list[str]]:
    """Return the transmission that stands for *sent*, made where there is none yet, and which of its numbers are lost.

    A number is lost where another transmission bears it: ``ISA13``, ``GS06``.
    """
    by_group = transmissions.by_group(tx, sent.partner, sent.gs06) if sent.gs06 is not None else None
    by_pair = None
    if sent.isa13 is not None:
        by_pair = transmissions.by_pair(tx, sender=sent.sender, receiver=sent.receiver, isa13=sent.isa13)
    if by_group is not None and _is(by_group, sent):
        return by_group.id, []
    lost = [name for name, other in (("ISA13", by_pair), ("GS06", by_group)) if other is not None]
    identifier = transmissions.new_draft(
        tx, partner=sent.partner, environment=sent.environment, kind=REGISTERED, sender=sent.sender[:40],
        receiver=sent.receiver[:40], isa13=_number(tx, sent.isa13, by_pair), gs06=_number(tx, sent.gs06, by_group),
        version=sent.version[:20], delivered_at=sent.sent_at,
    )  # fmt: skip
    transmissions.move(tx, identifier, TransmissionState.DELIVERED, evidence)
    return identifier, lost


def _is(known: Transmission, sent: Sent) -> bool:
    """Tell whether *known* is the very file: registering it was begun before."""
    same = (known.sender, known.receiver, known.isa13) == (sent.sender, sent.receiver, sent.isa13)
    return same and known.kind == REGISTERED


def _number(tx: Tx, said: int | None, taken_by: Transmission | None) -> int:
    return said if said is not None and taken_by is None else -take(tx, "registered")


def open_set(tx: Tx, transmission_id: str, st02: str, reference: str | None) -> bool:
    """Add a set where it is not there yet; return False where its BHT03 is none that an answer could be matched by."""
    if any(one["st02"] == st02 for one in transmissions.sets(tx, transmission_id)):
        return True
    usable = bool(reference) and len(reference or "") <= MAX_REFERENCE and not _is_taken(tx, reference or "")
    made_up = f"{transmission_id[2:]}{st02}"
    transmissions.add_set(tx, transmission_id, st02, reference if usable and reference else made_up)
    return usable


def _is_taken(tx: Tx, reference: str) -> bool:
    query = select(transmission_set.c.id).where(transmission_set.c.reference == reference)
    return tx.execute(query).first() is not None


def add_claim(
    tx: Tx,
    transmission_id: str,
    st02: str,
    *,
    claim_id: str,
    version_id: str,
    claim: Claim,
    sent_at: datetime,
    span: tuple[int | None, int | None],
) -> str | None:
    """Note that a claim version went out in a registered file, and book what its claim bills from *sent_at* on.

    Returns the submission's id, None where the claim is alive at this payer already. *span* is where in its set it
    stood, where that is known.
    """
    made = transmissions.reserve(
        tx, transmission_id, st02, claim_id=claim_id, version_id=version_id, payer=claim.payer.id,
        payer_sequence=claim.payer_sequence, frequency=claim.frequency,
    )  # fmt: skip
    if made is None:
        return None
    first, last = span
    tx.execute(
        update(submission)
        .where(submission.c.id == made)
        .values(sent_at=sent_at, first_segment=first, last_segment=last)
    )
    submissions.move(tx, made, SubmissionState.SENT)
    charges.book(tx, [made], at=sent_at)
    return made


def count(tx: Tx, transmission_id: str, *, claims: int, billed: Decimal) -> None:
    """Add to what a registered transmission carries."""
    tx.execute(
        update(transmission)
        .where(transmission.c.id == transmission_id)
        .values(
            claims=transmission.c.claims + claims,
            billed=transmissions.get(tx, transmission_id).billed + billed,
        )
    )
