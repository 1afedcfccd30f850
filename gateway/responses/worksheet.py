"""What is known of the claims that a payer's answers may speak of, while those answers are posted.

It is read in a few questions for all answers together. What is posted is taken into account here at once (`book`), so
that a later answer sees an earlier one of the same remittance, and is written and proved for all together (`settle`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Self

from gateway.model.claim import Claim
from gateway.model.matching import exact_pcn, loose_id, loose_pcn
from gateway.model.remittance import RemittanceClaim
from gateway.store import candidates, charges, claim_payments, claims, ledger, lines
from gateway.store.candidates import Candidate
from gateway.store.claim_payments import StoredPayment
from gateway.store.db import Tx
from gateway.store.ledger import ClaimAccount
from gateway.store.lines import LinePosting

REVERSAL = "22"
_NO_NUMBER = {"", "0"}

Groups = list[list[Candidate]]
"""Submissions that may be meant, claim by claim, the oldest of each claim first."""


class Worksheet:
    """Candidates, contents, accounts and standing payments of the claims in question."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._by_number: dict[str, set[str]] = {}
        self._remembered: dict[str, set[str]] = {}
        self._by_loose_number: dict[str, set[str]] = {}
        self._by_payer_number: dict[str, set[str]] = {}
        self._by_member: dict[tuple[str, Decimal], set[str]] = {}
        self._candidates: dict[str, list[Candidate]] = {}
        self._contents: dict[str, Claim] = {}
        self._billed: set[str] = set()
        self._accounts: dict[str, ClaimAccount] = {}
        self._posted: dict[str, list[StoredPayment]] = {}
        self._adjustments: dict[str, dict[tuple[str, str], Decimal]] = {}
        self._lines: dict[str, list[LinePosting]] = {}

    @classmethod
    def of_remittance(cls, tx: Tx, answers: Sequence[RemittanceClaim], *, payer_key: str) -> Self:
        """Read what the answers of a payer may speak of: by their number, and without a hit by anything else."""
        sheet = cls(tx)
        numbers = {exact_pcn(answer.patient_control_number) for answer in answers} - _NO_NUMBER
        sheet._by_number = candidates.by_pcn(tx, numbers)
        sheet._remembered = claim_payments.remembered(tx, payer_key, numbers)
        sheet._read_candidates([*sheet._by_number.values(), *sheet._remembered.values()])
        lost = [answer for answer in answers if not sheet.by_number(answer.patient_control_number)]
        sheet._by_loose_number = candidates.by_loose_pcn(tx, (a.patient_control_number for a in lost))
        sheet._by_payer_number = candidates.by_payer_control(
            tx, (n for a in lost for n in control_numbers(a))
        )
        members = ((a.member_id, abs(a.charge)) for a in lost if a.member_id)
        sheet._by_member = candidates.by_member(tx, members)
        for found in (sheet._by_loose_number, sheet._by_payer_number, sheet._by_member):
            sheet._read_candidates(found.values())
        sheet._read_books(answers)
        return sheet

    @classmethod
    def of_claim(cls, tx: Tx, claim_id: str, answer: RemittanceClaim) -> Self:
        """Read what one claim is, for an answer that a person says is about it."""
        sheet = cls(tx)
        sheet._read_candidates([{claim_id}])
        sheet._read_books([answer])
        if answer.status_code == REVERSAL:
            sheet._read_amounts(p.id for p in sheet.standing(claim_id))
        return sheet

    @classmethod
    def for_trying(cls, tx: Tx, claim_id: str, waiting: Iterable[StoredPayment]) -> Self:
        """Read what one claim is, to try on it in which order payments that wait in suspense can be matched."""
        sheet = cls(tx)
        sheet._read_candidates([{claim_id}])
        sheet._read_books([])
        sheet._read_amounts(p.id for p in [*sheet.standing(claim_id), *waiting])
        return sheet

    def _read_candidates(self, found: Iterable[set[str]]) -> None:
        claim_ids = {claim_id for group in found for claim_id in group}
        self._candidates |= candidates.of_claims(self._tx, sorted(claim_ids - self._candidates.keys()))

    def _read_books(self, answers: Iterable[RemittanceClaim]) -> None:
        claim_ids = sorted(self._candidates)
        versions = (c.version_id for group in self._candidates.values() for c in group)
        self._contents = claims.contents(self._tx, versions)
        self._billed = charges.billed(self._tx, claim_ids)
        self._accounts = ledger.claim_accounts(self._tx, claim_ids)
        self._posted = claim_payments.posted(self._tx, claim_ids)
        undone = {i for a in answers if a.status_code == REVERSAL for i in self.control_indexes(a)}
        self._read_amounts(
            p.id for i in claim_ids for p in self.standing(i) if p.payer_control_index in undone
        )

    def _read_amounts(self, payment_ids: Iterable[str]) -> None:
        """Read what payments that may be reversed moved, by reason and by line."""
        ids = list(payment_ids)
        self._adjustments |= claim_payments.adjustments(self._tx, ids)
        self._lines |= lines.of_payments(self._tx, ids)

    def by_number(self, number: str) -> Groups:
        """Return the claims with exactly this patient control number."""
        return self._groups(self._by_number.get(exact_pcn(number)))

    def remembered(self, number: str) -> Groups:
        """Return the claims that a person said the payer means by this number."""
        return self._groups(self._remembered.get(exact_pcn(number)))

    def by_loose_number(self, number: str) -> Groups:
        """Return the claims whose number may have become this one in a payer's hands."""
        return self._groups(self._by_loose_number.get(loose_pcn(number)))

    def by_payer_number(self, numbers: Iterable[str]) -> Groups:
        """Return the claims that the payer calls by one of these numbers (277CA, or an earlier answer)."""
        return self._groups(
            {i for number in numbers for i in self._by_payer_number.get(loose_id(number), ())}
        )

    def by_member(self, member_id: str, charge: Decimal) -> Groups:
        """Return the claims for a member, with their submissions of exactly this charge."""
        member = loose_id(member_id)
        groups = self._groups(self._by_member.get((member, charge)))
        fitting = ([c for c in group if c.charge == charge and self._is_for(c, member)] for group in groups)
        return [group for group in fitting if group]

    def _is_for(self, candidate: Candidate, member: str) -> bool:
        return loose_id(self.content(candidate).subscriber.member_id or "") == member

    def _groups(self, claim_ids: Iterable[str] | None) -> Groups:
        return [self._candidates[i] for i in sorted(claim_ids or ()) if i in self._candidates]

    def submissions(self, claim_id: str) -> list[Candidate]:
        """Return a claim's submissions that may have gone out, oldest first."""
        return self._candidates.get(claim_id, [])

    def content(self, candidate: Candidate) -> Claim:
        """Return what was sent."""
        return self._contents[candidate.version_id]

    def is_billed(self, claim_id: str) -> bool:
        """Tell whether the claim was ever billed; only then is anything receivable on it."""
        return claim_id in self._billed

    def account(self, claim_id: str) -> ClaimAccount:
        """Return the claim's account with everything that was booked here."""
        return self._accounts[claim_id]

    def patient_balances(self) -> dict[str, Decimal]:
        """Return what the patient owes on each claim now."""
        return {claim_id: account.patient for claim_id, account in self._accounts.items()}

    def standing(self, claim_id: str) -> list[StoredPayment]:
        """Return the claim's posted payments that are no reversal and were not reversed, oldest first.

        None of a claim that was never sent, or that is none: a person may name any.
        """
        return claim_payments.standing(self._posted.get(claim_id, ()))

    def first_payer(self, claim_id: str) -> str | None:
        """Return the key of the payer whose answer moved money on the claim first, whether it was reversed or not.

        None where none did, and where an answer that a person matched leaves the order in doubt.
        """
        return _first_payer(self._posted.get(claim_id, ()))

    def adjustments(self, payment: StoredPayment) -> dict[tuple[str, str], Decimal]:
        """Return the sums by group and reason of a payment that one of the answers reverses."""
        return self._adjustments[payment.id]

    def lines(self, payment: StoredPayment | None) -> list[LinePosting]:
        """Return what the lines moved of a payment that one of the answers reverses; nothing where there is none."""
        return self._lines.get(payment.id, []) if payment else []

    def control_indexes(self, answer: RemittanceClaim) -> set[str]:
        """Return the keyed hashes of the payer's numbers in *answer*."""
        return {claim_payments.control_index(self._tx, number) for number in control_numbers(answer)}

    def book(self, payment: StoredPayment, answer: RemittanceClaim) -> None:
        """Take a posted payment into account: what it moved, what it undid, what the payer calls the claim."""
        if payment.claim is None:
            raise ValueError("a payment posted to no claim")
        account = self._accounts[payment.claim]
        moved = payment.paid + payment.contractual + payment.patient
        self._accounts[payment.claim] = replace(
            account,
            paid=account.paid + payment.paid,
            adjusted=account.adjusted + payment.contractual,
            patient=account.patient + payment.patient,
            open=account.open - moved,
        )
        self._posted[payment.claim].append(payment)
        if answer.payer_control_number:
            number = loose_id(answer.payer_control_number)
            self._by_payer_number.setdefault(number, set()).add(payment.claim)


def bears_money(payment: StoredPayment) -> bool:
    """Tell whether a claim payment moved anything on its claim."""
    return any((payment.paid, payment.contractual, payment.patient))


def _first_payer(posted: Sequence[StoredPayment]) -> str | None:
    bearing = [p for p in posted if bears_money(p) and p.class_ != "reversal"]
    if not bearing or any(p.matched_by not in {None, claim_payments.BY_ITSELF} for p in bearing):
        return None
    return bearing[0].payer_key


def control_numbers(answer: RemittanceClaim) -> list[str]:
    """Return CLP07 and the original claim numbers of REF*F8."""
    numbers = [answer.payer_control_number, *(r.id for r in answer.references if r.qualifier == "F8")]
    return [number for number in numbers if number]
