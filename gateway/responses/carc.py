"""Our own class of each adjustment reason, and what follows for a claim (domain.md 4.11).

The table (`_codes/carc.toml`, and what ``[carc]`` of the settings says otherwise) is keyed by code alone; it decides
queues and words, never a write-off: only `settings.contractual.pairs` reduce a receivable (law 7). A code that is not
there makes a claim a case for review, never for a denial or a write-off.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from gateway.model.remittance import Adjustment, RemittanceClaim, RemittanceLine
from gateway.responses.balance import all_adjustments
from gateway.settings import Carc


class CarcClass(StrEnum):
    """What a reason means for the provider, by default."""

    CONTRACTUAL = "contractual"
    DENIAL = "denial"
    PATIENT = "patient"
    INFORMATIONAL = "informational"
    REVIEW = "review"


class PaymentClass(StrEnum):
    """What a payer's answer on a claim is, as kept in ``claim_payment.class_``."""

    PAID = "paid"
    PATIENT = "patient"
    """Nothing paid, and rightly so: the patient owes it."""
    PRIOR_PAYER = "prior_payer"
    DENIED = "denied"
    DUPLICATE = "duplicate"
    """Denied because the payer knows the claim already: look at the first, do not send again."""
    CAPITATED = "capitated"
    REVIEW = "review"
    BUNDLED = "bundled"
    """A line that is paid with another one; never a claim."""
    REVERSAL = "reversal"
    FORWARDED = "forwarded"
    PREDETERMINATION = "predetermination"


Classes = Mapping[str, CarcClass]
"""Our class of each CARC, by its code spelt for comparing."""

_DUPLICATE = "18"
_CAPITATION = "24"
_PRIOR_PAYER = "23"
_BUNDLED = "97"
_OFFSET = "94"
_PATIENT_SHARE = frozenset({"1", "2", "3"})

_BY_STATUS = {
    "22": PaymentClass.REVERSAL,
    "23": PaymentClass.FORWARDED,
    "25": PaymentClass.PREDETERMINATION,
}
_DENIED = "4"


def plain_reason(reason: str) -> str:
    """Return a CARC for comparing: upper case, without leading zeros (TRAP-85)."""
    return reason.strip().upper().lstrip("0")


def pair(adjustment: Adjustment) -> str:
    """Return ``GROUP-CARC`` as settings name it."""
    return f"{adjustment.group}-{plain_reason(adjustment.reason)}"


def contractual_pairs(pairs: Iterable[str]) -> frozenset[str]:
    """Return the pairs of the settings, spelt for comparing."""
    return frozenset(
        f"{group.strip().upper()}-{plain_reason(reason)}"
        for group, _, reason in (text.partition("-") for text in pairs)
    )


@cache
def shipped_classes() -> Classes:
    """Return the table that comes with the gateway."""
    table = tomllib.loads(files("gateway").joinpath("_codes", "carc.toml").read_text(encoding="utf-8"))
    return MappingProxyType({code: CarcClass(name) for name, codes in table.items() for code in codes})


@cache
def classes_of(own: Carc) -> Classes:
    """Return the shipped table with the installation's *own* classes laid over it."""
    said = {plain_reason(code): kind for kind in CarcClass for code in getattr(own, kind.value, ())}
    return MappingProxyType({**shipped_classes(), **said})


def class_of(reason: str, classes: Classes) -> CarcClass:
    """Return our class of a CARC; an unknown one is for review."""
    return classes.get(plain_reason(reason), CarcClass.REVIEW)


def classify(claim: RemittanceClaim, *, contractual: frozenset[str], classes: Classes) -> PaymentClass:
    """Tell what the payer's answer is; the first rule of 4.11 that fits decides.

    *contractual* are the pairs that reduce the receivable (`contractual_pairs`), *classes* what reasons mean
    (`classes_of`).
    """
    if claim.status_code in _BY_STATUS:
        return _BY_STATUS[claim.status_code]
    if claim.paid != 0:
        return PaymentClass.PAID
    if claim.status_code == _DENIED:
        return PaymentClass.DENIED
    return _unpaid(all_adjustments(claim), contractual=contractual, classes=classes)


def classify_line(line: RemittanceLine, *, contractual: frozenset[str], classes: Classes) -> PaymentClass:
    """Tell what the payer's answer on one line of a paid claim is (4.11 rule 2); a bundled line is no denial (rule 6)."""
    if line.paid != 0:
        return PaymentClass.PAID
    if any(_bundles(a) for a in line.adjustments if a.amount != 0):
        return PaymentClass.BUNDLED
    return _unpaid(line.adjustments, contractual=contractual, classes=classes)


def unsettled(adjustments: Iterable[Adjustment], *, contractual: frozenset[str]) -> list[Adjustment]:
    """Return the amounts that neither a contract gives up nor the patient owes as a share (PR 1, 2, 3)."""
    return [
        a
        for a in adjustments
        if a.amount != 0
        and pair(a) not in contractual
        and not (a.group == "PR" and plain_reason(a.reason) in _PATIENT_SHARE)
    ]


def _bundles(adjustment: Adjustment) -> bool:
    return plain_reason(adjustment.reason) == _BUNDLED or (
        adjustment.group == "OA" and plain_reason(adjustment.reason) == _OFFSET
    )


def _is_capitation(adjustment: Adjustment) -> bool:
    return adjustment.group == "CO" and plain_reason(adjustment.reason) == _CAPITATION


def _unpaid(
    adjustments: Sequence[Adjustment], *, contractual: frozenset[str], classes: Classes
) -> PaymentClass:
    everything = [a for a in adjustments if a.amount != 0]
    rest = unsettled(everything, contractual=contractual)
    if not rest:
        if any(_is_capitation(a) for a in everything):
            return PaymentClass.CAPITATED
        # Given up by contract from the first cent to the last: nobody owes anything, and a person should know why.
        given_up = everything and all(pair(a) in contractual for a in everything)
        return PaymentClass.REVIEW if given_up else PaymentClass.PATIENT
    reasons = {plain_reason(a.reason) for a in rest}
    if all(a.group == "OA" and plain_reason(a.reason) == _PRIOR_PAYER for a in rest):
        return PaymentClass.PRIOR_PAYER
    if _DUPLICATE in reasons:
        return PaymentClass.DUPLICATE
    if all(_is_capitation(a) for a in rest):
        return PaymentClass.CAPITATED
    kinds = {class_of(a.reason, classes) for a in rest}
    offsets = sum(
        (a.amount for a in rest if class_of(a.reason, classes) is CarcClass.INFORMATIONAL), Decimal(0)
    )
    if offsets == 0 and kinds <= {CarcClass.DENIAL, CarcClass.INFORMATIONAL}:
        return PaymentClass.DENIED
    return PaymentClass.REVIEW
