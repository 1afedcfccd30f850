"""What is odd in a remittance and changes nothing: a remark each, for whoever looks (domain.md 4.1, 4.5)."""

from collections.abc import Iterator
from decimal import Decimal

from gateway.model.findings import Finding, warning
from gateway.model.money import plain
from gateway.model.remittance import Remittance
from gateway.x12.reader import TransactionSet

PROCEDURE_TYPES = frozenset({"AD", "ER", "HC", "HP", "IV", "N4", "N6", "NU", "UI", "WK"})
"""SVC01-1 by the guide."""

_CODE = 2
_GUIDE = "005010X221"


def oddities(remittance: Remittance) -> Iterator[Finding]:
    """Yield a remark for each group whose sums are not those of its claims, and each strange kind of procedure code."""
    yield from _sums(remittance)
    yield from _procedure_types(remittance)


def _sums(remittance: Remittance) -> Iterator[Finding]:
    """TS304 and TS305 are the payer's count and sum of the group's claims; Medicare's only, and for information."""
    for number, group in enumerate(remittance.groups, start=1):
        claims = [claim for claim in remittance.claims if claim.group == number]
        found = Decimal(len(claims)), sum((claim.charge for claim in claims), Decimal(0))
        for element, what, said, is_so in (
            ("TS304", "claims", group.claim_count, found[0]),
            ("TS305", "charges", group.charge, found[1]),
        ):
            if said is not None and said != is_so:
                yield warning(
                    "ERA-GROUP-SUMS",
                    f"the {what} of group {number} are stated as {_figure(element, said)} and come to "
                    f"{_figure(element, is_so)}; posted by the claims",
                    segment="TS3",
                    element=element,
                    loop="2000",
                )


def _figure(element: str, value: Decimal) -> str | None:
    return plain(value) if element == "TS305" else format(value, "f")


def _procedure_types(remittance: Remittance) -> Iterator[Finding]:
    """TRAP-70: a kind of code that the guide does not know is taken as it comes, and told once."""
    told: set[str] = set()
    for claim in remittance.claims:
        for line in claim.service_lines:
            if line.procedure_type is None or line.procedure_type in PROCEDURE_TYPES:
                continue
            kind = line.procedure_type if len(line.procedure_type) == _CODE else "what is no code"
            if kind not in told:
                told.add(kind)
                yield warning(
                    "ERA-PROCEDURE-TYPE",
                    f"SVC01 begins with {kind}, and the guide knows no such kind of procedure; read as it stands",
                    segment="SVC",
                    element="SVC01-1",
                    loop="2110",
                    claim=claim.patient_control_number,
                )


def version_remarks(part: TransactionSet) -> list[Finding]:
    """Say of an 835 of another guide (4010, say) that it is read as one of 5010; its money posts where it adds up."""
    guide = part.implementation
    if guide.startswith(_GUIDE) or not guide:
        return []
    said = f"an 835 of {guide[:20]}, read by the rules of {_GUIDE}A1; it posts only where everything adds up"
    return [warning("ERA-VERSION", said, segment="GS", element="GS08")]
