"""Our own class of each adjustment reason, and what follows for a claim (domain.md 4.11).

The table is keyed by code number only and is the project's own judgement; it decides queues and words, never a
write-off: only `settings.contractual.pairs` reduce a receivable (law 7). A code that is not here makes a claim a case for
review, never for a denial or a write-off.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from gateway.model.remittance import Adjustment, RemittanceClaim
from gateway.responses.balance import all_adjustments


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
    REVERSAL = "reversal"
    FORWARDED = "forwarded"
    PREDETERMINATION = "predetermination"


_TABLE: dict[CarcClass, str] = {
    CarcClass.CONTRACTUAL: "45 253",
    CarcClass.PATIENT: "1 2 3 66 241",
    CarcClass.INFORMATIONAL: "23 94 100 101 102 187",
    CarcClass.DENIAL: (
        "4 5 6 7 8 9 10 11 12 13 14 16 18 19 20 21 22 26 27 29 31 32 33 34 35 38 39 40 49 50 51 53 54 55 56 58 60 95 96 "
        "97 107 109 110 111 114 116 117 119 128 129 133 134 135 136 138 140 146 147 148 149 150 151 152 153 154 155 163 "
        "164 165 166 167 168 169 170 171 172 173 174 175 176 177 178 179 180 181 182 183 184 185 188 189 190 192 193 194 "
        "195 197 198 199 200 201 202 203 204 206 207 208 210 211 212 213 219 222 226 227 228 229 231 233 234 236 238 240 "
        "242 243 250 251 252 254 256 258 267 268 269 270 272 273 275 276 279 282 283 284 286 288 296 297 298 "
        "A1 A6 A8 B1 B7 B8 B9 B11 B12 B13 B14 B15 B16 B20 B22 B23"
    ),
}

CLASS_OF: dict[str, CarcClass] = {code: kind for kind, codes in _TABLE.items() for code in codes.split()}

_DUPLICATE = "18"
_CAPITATION = "24"
_PRIOR_PAYER = "23"
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


def class_of(reason: str) -> CarcClass:
    """Return our class of a CARC; an unknown one is for review."""
    return CLASS_OF.get(plain_reason(reason), CarcClass.REVIEW)


def classify(claim: RemittanceClaim, *, contractual: frozenset[str]) -> PaymentClass:
    """Tell what the payer's answer is; the first rule of 4.11 that fits decides.

    *contractual* are the pairs that reduce the receivable (`contractual_pairs`).
    """
    if claim.status_code in _BY_STATUS:
        return _BY_STATUS[claim.status_code]
    if claim.paid != 0:
        return PaymentClass.PAID
    if claim.status_code == _DENIED:
        return PaymentClass.DENIED
    everything = [a for a in all_adjustments(claim) if a.amount != 0]
    others = [a for a in everything if pair(a) not in contractual]
    rest = [a for a in others if not (a.group == "PR" and plain_reason(a.reason) in _PATIENT_SHARE)]
    if not rest:
        # Given up by contract from the first cent to the last: nobody owes anything, and a person should know why.
        return PaymentClass.REVIEW if everything and not others else PaymentClass.PATIENT
    reasons = {plain_reason(a.reason) for a in rest}
    if all(a.group == "OA" and plain_reason(a.reason) == _PRIOR_PAYER for a in rest):
        return PaymentClass.PRIOR_PAYER
    if _DUPLICATE in reasons:
        return PaymentClass.DUPLICATE
    if reasons == {_CAPITATION} and all(a.group == "CO" for a in rest):
        return PaymentClass.CAPITATED
    offsets = sum((a.amount for a in rest if class_of(a.reason) is CarcClass.INFORMATIONAL), Decimal(0))
    if offsets == 0 and all(class_of(a.reason) in {CarcClass.DENIAL, CarcClass.INFORMATIONAL} for a in rest):
        return PaymentClass.DENIED
    return PaymentClass.REVIEW
