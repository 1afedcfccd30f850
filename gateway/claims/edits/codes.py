"""Edits on short code lists that the format itself fixes (domain.md 2.5)."""

from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.model.claim import Claim

_LISTS: dict[str, frozenset[str]] = {
    "assignment": frozenset({"A", "B", "C"}),
    "benefits_assigned": frozenset({"N", "W", "Y"}),
    "release_of_information": frozenset({"I", "Y"}),
    "patient_signature_source": frozenset({"P"}),
    "delay_reason": frozenset({*(str(n) for n in range(1, 12)), "15"}),
    "special_program": frozenset({"02", "03", "05", "09"}),
    "note_type": frozenset({"ADD", "CER", "DCP", "DGN", "TPO"}),
}


@edit(
    "P-CODE",
    snip=2,
    place="2300 CLM07, 2300 CLM08, 2300 CLM09, 2300 CLM10, 2300 CLM11-1, 2300 CLM12, 2300 CLM20, 2300 NTE01, 2010BB NM108, 2010AA REF*EI, 2010BA NM102",
    text="a code is one of the few that the format knows for its field",
    bad={"assignment": "X"},
    good={"assignment": "A"},
)
def codes(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """CLM06 to CLM12, CLM20, NTE01."""
    for name, known in _LISTS.items():
        value = getattr(claim, name)
        if value is not None and value not in known:
            yield name, f"{value} is not one of {', '.join(sorted(known, key=lambda c: (len(c), c)))}"
    for index, cause in enumerate(claim.related_causes):
        if cause not in {"AA", "EM", "OA"}:
            yield f"related_causes[{index}]", f"{cause} is not AA, EM or OA"
    if len(claim.related_causes) > 3:
        yield "related_causes", "at most three related causes"
    if claim.payer.id_type not in {"PI", "XV"}:
        yield "payer.id_type", f"{claim.payer.id_type} is neither PI nor XV"
    if claim.billing_provider.tax_id_type not in {"EI", "SY"}:
        yield (
            "billing_provider.tax_id_type",
            f"{claim.billing_provider.tax_id_type} is neither EI (EIN) nor SY (SSN)",
        )
    if claim.subscriber.entity_type not in {"1", "2"}:
        yield (
            "subscriber.entity_type",
            f"{claim.subscriber.entity_type} is neither 1 (person) nor 2 (organisation)",
        )
