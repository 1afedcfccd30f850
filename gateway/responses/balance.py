"""Does a remittance add up? The equations of domain.md 4.7, to the cent and with no tolerance.

B1 line          SVC02 - CAS of the line                        = SVC03
B2 claim         CLP03 - CAS of the claim and all its lines     = CLP04
B3 charges       sum of SVC02                                   = CLP03   (only where lines are reported)
B4 transaction   sum of CLP04 - sum of PLB                      = BPR02
B5 patient       sum of CAS PR                                  = CLP05   (where present; only warns; not on 22)
"""

from collections.abc import Iterable
from decimal import Decimal

from gateway.model.remittance import Adjustment, Imbalance, Remittance, RemittanceClaim

_ZERO = Decimal("0.00")
_REVERSAL = "22"


def imbalances(remittance: Remittance) -> list[Imbalance]:
    """Return every equation that does not hold, lines first, the transaction last; amounts as they came."""
    found: list[Imbalance] = []
    for claim in remittance.claims:
        found.extend(_of_lines(claim))
        found.extend(_of_claim(claim))
    expected = transaction_amount(remittance)
    if expected != remittance.payment_amount:
        found.append(
            Imbalance(
                rule="B4",
                level="transaction",
                claim=None,
                expected=expected,
                found=remittance.payment_amount,
            )
        )
    return found


def balanced(found: Iterable[Imbalance]) -> bool:
    """Tell whether a remittance with these imbalances may post (law 8): B5 only warns."""
    return all(imbalance.rule == "B5" for imbalance in found)


def lines_hold(claim: RemittanceClaim) -> bool:
    """Tell whether a claim's lines may be posted one by one: each adds up (B1), and they come to the charge (B3)."""
    return not any(_of_lines(claim)) and all(i.rule != "B3" for i in _of_claim(claim))


def claim_holds(claim: RemittanceClaim) -> bool:
    """Tell whether a claim's charge less its adjustments is its payment (B2)."""
    return claim.charge - adjusted(all_adjustments(claim)) == claim.paid


def transaction_amount(remittance: Remittance) -> Decimal:
    """Return what BPR02 must be: the sum of CLP04 less the sum of PLB."""
    paid = sum((claim.paid for claim in remittance.claims), _ZERO)
    return paid - sum((plb.amount for plb in remittance.provider_adjustments), _ZERO)


def all_adjustments(claim: RemittanceClaim) -> list[Adjustment]:
    """Return a claim's CAS triplets of both levels, claim level first."""
    return [*claim.adjustments, *(a for line in claim.service_lines for a in line.adjustments)]


def all_codes(claim: RemittanceClaim) -> list[str]:
    """Return every ``GROUP-CARC`` of a claim as received, each once, in order."""
    return list({f"{a.group}-{a.reason}": None for a in all_adjustments(claim)})


def adjusted(adjustments: Iterable[Adjustment], *, group: str | None = None) -> Decimal:
    """Return the sum of *adjustments* (of one *group*)."""
    return sum((a.amount for a in adjustments if group is None or a.group == group), _ZERO)


def _of_lines(claim: RemittanceClaim) -> Iterable[Imbalance]:
    for number, line in enumerate(claim.service_lines, start=1):
        expected = line.charge - adjusted(line.adjustments)
        if expected != line.paid:
            yield Imbalance(
                rule="B1",
                level="line",
                claim=claim.patient_control_number,
                expected=expected,
                found=line.paid,
                line=number,
            )


def _of_claim(claim: RemittanceClaim) -> Iterable[Imbalance]:
    everything = all_adjustments(claim)
    checks = [("B2", claim.charge - adjusted(everything), claim.paid)]
    if claim.service_lines:
        checks.append(("B3", sum((line.charge for line in claim.service_lines), _ZERO), claim.charge))
    if claim.patient_responsibility is not None and claim.status_code != _REVERSAL:
        checks.append(("B5", adjusted(everything, group="PR"), claim.patient_responsibility))
    for rule, expected, found in checks:
        if expected != found:
            yield Imbalance(
                rule=rule,
                level="claim",
                claim=claim.patient_control_number,
                expected=expected,
                found=found,
            )
