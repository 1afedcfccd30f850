"""Edits on kinds of service: ambulance, equipment, laboratory, drugs, chiropractic and others (domain.md 2.9).

By procedure code and by who pays; no list of codes is shipped that somebody else keeps.
"""

import re
from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.sample import LOE, ambulance, line
from gateway.claims.edits.walk import lines
from gateway.model.claim import Ambulance, Claim, ServiceLine
from gateway.model.findings import Severity

_TRANSPORT = re.compile(r"A0(225|42[5-9]|43[0-6])\Z")
"""Ambulance transports and their miles."""

_BASE = re.compile(r"A0(225|42[6-9]|43[0-4])\Z")
"""The transports themselves, whose modifier says from where to where."""

_ORIGIN = re.compile(r"[DEGHIJNPRSX]{2}\Z")
_EQUIPMENT = re.compile(r"[EK][0-9]{4}\Z")
_SPINAL = frozenset({"98940", "98941", "98942"})
_MAMMOGRAM = frozenset({"77063", "77065", "77066", "77067"})
_DRUG = re.compile(r"J[0-9]{4}\Z")
_UNLISTED = re.compile(
    r"((?!99[6-9])[0-9]{3}99|A9999|A0999|E1399|J3490|J3590|J7999|J8999|J9999|K0108|L8499)\Z"
)
_CASUALTY = frozenset({"AM", "LM", "WC"})


def _is_laboratory(procedure: str) -> bool:
    """Tell whether the code is from the laboratory section: 80047 to 89398."""
    return procedure.isdigit() and len(procedure) == 5 and 80047 <= int(procedure) <= 89398


def _hcpcs(claim: Claim, context: EditContext, wanted: re.Pattern[str]) -> Iterator[tuple[str, ServiceLine]]:
    for path, one in context.walk.once(claim, lines):
        if one.procedure_type == "HC" and wanted.match(one.procedure):
            yield path, one


@edit(
    "P-AMBULANCE",
    snip=6,
    place="2300 CR1, 2400 CR1, 2310E N301, 2310F N301, 2420G N301, 2420H N301",
    text="an ambulance transport says why, how far, from where and to where",
    bad=line("A0428", "RH", place_of_service="41"),
    good={**line("A0428", "RH", place_of_service="41"), "ambulance": ambulance()},
)
def transports(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """CR1 with pick-up and drop-off, on the claim or the line."""
    for path, one in _hcpcs(claim, context, _TRANSPORT):
        said: Ambulance | None = one.ambulance or claim.ambulance
        if said is None:
            yield (
                f"{path}.ambulance",
                f"{one.procedure} is an ambulance transport; say why, how far, from where and to where",
            )
            continue
        at = f"{path}.ambulance" if one.ambulance else "ambulance"
        if all(
            part is None or (part.reason, part.miles) == (None, None)
            for part in (one.ambulance, claim.ambulance)
        ):
            yield f"{at}.reason", f"{one.procedure} is an ambulance transport; say why and how far"
        pick_up = said.pick_up or (claim.ambulance.pick_up if claim.ambulance else None)
        drop_off = said.drop_off or (claim.ambulance.drop_off if claim.ambulance else None)
        if pick_up is None:
            yield f"{at}.pick_up", f"{one.procedure} is an ambulance transport; say where it began"
        if drop_off is None:
            yield f"{at}.drop_off", f"{one.procedure} is an ambulance transport; say where it ended"


@edit(
    "P-AMB-MOD",
    snip=6,
    place="2400 SV101-3",
    text="an ambulance transport has the modifier of its origin and destination",
    bad={**line("A0428", place_of_service="41"), "ambulance": ambulance()},
    good={**line("A0428", "RH", place_of_service="41"), "ambulance": ambulance()},
    severity=Severity.WARNING,
)
def origin_and_destination(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Two letters such as RH: from the residence to a hospital."""
    for path, one in _hcpcs(claim, context, _BASE):
        if not any(_ORIGIN.match(modifier) for modifier in one.modifiers):
            yield (
                f"{path}.modifiers",
                f"{one.procedure} wants a modifier for origin and destination, such as RH",
            )


@edit(
    "P-AMB-POS",
    snip=6,
    place="2300 CLM05-1, 2400 SV105",
    text="an ambulance transport takes place in an ambulance (41 or 42)",
    bad={**line("A0428", "RH"), "ambulance": ambulance()},
    good={**line("A0428", "RH", place_of_service="41"), "ambulance": ambulance()},
    severity=Severity.WARNING,
)
def in_an_ambulance(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """41 on land, 42 by air or water."""
    for path, one in _hcpcs(claim, context, _TRANSPORT):
        place = one.place_of_service or claim.place_of_service
        if place not in {"41", "42"}:
            yield (
                f"{path}.place_of_service",
                f"{one.procedure} is an ambulance transport, but the place of service is {place}",
            )


@edit(
    "P-DME-ORDER",
    snip=6,
    place="2420E NM109",
    text="equipment names the provider who ordered it",
    bad=line("K0001"),
    good=line("K0001", ordering_provider=LOE),
    severity=Severity.WARNING,
)
def ordered(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """E and K codes; Medicare refuses them without, others ask now and then."""
    for path, one in _hcpcs(claim, context, _EQUIPMENT):
        if one.ordering_provider is None:
            yield f"{path}.ordering_provider", f"{one.procedure} is equipment; name who ordered it"


@edit(
    "P-CHIRO",
    snip=6,
    place="2300 DTP*454, 2400 DTP*454",
    text="spinal manipulation for Medicare has the day of the initial treatment",
    bad={**line("98941"), "claim_filing_indicator": "MB", "subscriber.member_id": "1EG4TE5MK73"},
    good={
        **line("98941"),
        "claim_filing_indicator": "MB",
        "subscriber.member_id": "1EG4TE5MK73",
        "initial_treatment_date": "2026-01-09",
    },
    severity=Severity.WARNING,
)
def chiropractic(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """DTP*454."""
    if claim.claim_filing_indicator != "MB" or claim.initial_treatment_date is not None:
        return
    for path, one in context.walk.once(claim, lines):
        if one.procedure in _SPINAL and one.initial_treatment_date is None:
            yield (
                f"{path}.initial_treatment_date",
                "Medicare wants the day of the initial treatment for spinal manipulation",
            )


@edit(
    "P-CLIA-LAB",
    snip=6,
    place="2300 REF*X4, 2400 REF*X4",
    text="a laboratory test for Medicare has the laboratory's CLIA number",
    bad={**line("87880"), "claim_filing_indicator": "MB", "subscriber.member_id": "1EG4TE5MK73"},
    good={
        **line("87880", clia_number="11D0000000"),
        "claim_filing_indicator": "MB",
        "subscriber.member_id": "1EG4TE5MK73",
    },
    severity=Severity.WARNING,
)
def laboratory(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """REF*X4; a few codes of that section need none, and only CMS's list tells which."""
    if claim.claim_filing_indicator != "MB" or claim.clia_number is not None:
        return
    for path, one in context.walk.once(claim, lines):
        if one.procedure_type == "HC" and _is_laboratory(one.procedure) and one.clia_number is None:
            yield (
                f"{path}.clia_number",
                f"{one.procedure} is a laboratory test; Medicare wants the CLIA number",
            )


@edit(
    "P-MAMMOGRAM",
    snip=6,
    place="2300 REF*EW, 2400 REF*EW",
    text="a mammogram has the facility's certification number",
    bad=line("77067"),
    good=line("77067", mammography_certification="A12345"),
    severity=Severity.WARNING,
)
def mammograms(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """REF*EW (2.7)."""
    if claim.mammography_certification is not None:
        return
    for path, one in context.walk.once(claim, lines):
        if one.procedure in _MAMMOGRAM and one.mammography_certification is None:
            yield (
                f"{path}.mammography_certification",
                f"{one.procedure} is a mammogram; give the certification number",
            )


@edit(
    "P-NDC-MC",
    snip=6,
    place="2410 LIN03",
    text="a drug that is billed to Medicaid has its NDC",
    bad={**line("J1100"), "claim_filing_indicator": "MC"},
    good={
        **line("J1100", drug={"ndc": "00026063512", "quantity": "1", "unit": "ML"}),
        "claim_filing_indicator": "MC",
    },
    severity=Severity.WARNING,
)
def medicaid_drugs(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """J codes; Medicaid collects rebates by the NDC."""
    if claim.claim_filing_indicator != "MC":
        return
    for path, one in _hcpcs(claim, context, _DRUG):
        if one.drug is None:
            yield f"{path}.drug", f"{one.procedure} is a drug; Medicaid wants its NDC"


@edit(
    "P-UNLISTED",
    snip=6,
    place="2400 SV101-7",
    text="a procedure that no code describes has a description",
    bad=line("64999"),
    good=line("64999", description="NERVE BLOCK BY LASER"),
    severity=Severity.WARNING,
)
def unlisted(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """SV101-7 for codes that mean "not listed elsewhere"."""
    for path, one in _hcpcs(claim, context, _UNLISTED):
        if one.description is None:
            yield f"{path}.description", f"{one.procedure} says only that no code fits; describe the service"


@edit(
    "P-CASUALTY",
    snip=6,
    place="2010BA REF*Y4, 2010CA REF*Y4",
    text="a claim on auto, liability or workers' compensation insurance names the insurer's claim number",
    bad={"claim_filing_indicator": "WC"},
    good={"claim_filing_indicator": "WC", "subscriber.property_casualty_claim_number": "WC1"},
    severity=Severity.WARNING,
)
def casualty(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """REF*Y4 where the patient stands."""
    path, person = ("patient", claim.patient) if claim.patient else ("subscriber", claim.subscriber)
    if claim.claim_filing_indicator in _CASUALTY and person.property_casualty_claim_number is None:
        yield (
            f"{path}.property_casualty_claim_number",
            "the insurer finds the case by its claim number; it is missing",
        )


@edit(
    "P-PREGNANCY",
    snip=6,
    place="2000B PAT09, 2000C PAT09, 2300 DTP*484",
    text="a pregnancy or a last menstrual period is not said of a man",
    bad={"lmp_date": "2025-12-01", "subscriber.sex": "M"},
    good={"lmp_date": "2025-12-01"},
    severity=Severity.WARNING,
)
def pregnancy(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """A slip in the sex or in the date; records differ, so it only warns."""
    path, person = ("patient", claim.patient) if claim.patient else ("subscriber", claim.subscriber)
    if person.sex == "M" and (person.pregnant or claim.lmp_date is not None):
        at = f"{path}.pregnant" if person.pregnant else "lmp_date"
        yield at, "the patient's sex is M; one of the two is a slip"


@edit(
    "P-OB-UNITS",
    snip=6,
    place="2400 QTY*FL",
    text="obstetric units are said of anesthesia only",
    bad={"service_lines[0].obstetric_units": "2"},
    good=line("01967", unit_type="MJ", units="60", obstetric_units="2"),
    severity=Severity.WARNING,
)
def obstetric(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """QTY*FL (2.9)."""
    for path, one in context.walk.once(claim, lines):
        if one.obstetric_units is not None and one.unit_type != "MJ":
            yield f"{path}.obstetric_units", "obstetric units go with anesthesia in minutes"


@edit(
    "P-HOSPICE",
    snip=6,
    place="2400 CRC*70",
    text="a service that modifier GV says is not the hospice's own is not by an employee of the hospice",
    bad=line("99213", "GV", hospice_employee=True),
    good=line("99213", "GV", hospice_employee=False),
    severity=Severity.WARNING,
)
def hospice(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """CRC*70 and GV contradict each other."""
    for path, one in context.walk.once(claim, lines):
        if one.hospice_employee and "GV" in one.modifiers:
            yield (
                f"{path}.hospice_employee",
                "GV says that the attending physician is not employed by the hospice",
            )
