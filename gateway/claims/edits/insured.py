"""Edits on who is treated and who is insured: patient, subscriber, and the payer's place in the order."""

from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.sample import CHILD, FIRST_PLAN, INSURED
from gateway.model.claim import Claim
from gateway.model.findings import Severity

RELATIONSHIPS = frozenset({"01", "19", "20", "21", "39", "40", "53", "G8"})
FILING_INDICATORS = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "AM",
        "BL",
        "CH",
        "CI",
        "DS",
        "FI",
        "HM",
        "LM",
        "MA",
        "MB",
        "MC",
        "OF",
        "TV",
        "VA",
        "WC",
        "ZZ",
    ]
)


@edit(
    "P-HIER",
    snip=4,
    place="2000C PAT01",
    text="a patient who is not the subscriber has a relationship to them, never self (18)",
    bad={"patient": {**CHILD, "relationship": "18"}, "subscriber": INSURED},
    good={"patient": CHILD, "subscriber": INSURED},
)
def relationship(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """PAT01; 18 would say twice who the patient is (TRAP-32)."""
    if claim.patient is None:
        return
    if claim.patient.relationship == "18":
        yield (
            "patient.relationship",
            "relationship 18 (self) means that the patient is the subscriber; give no patient then",
        )
    elif claim.patient.relationship not in RELATIONSHIPS:
        yield "patient.relationship", f"{claim.patient.relationship} is not a relationship to the subscriber"


@edit(
    "P-DMG",
    snip=4,
    place="2010BA DMG02, 2010CA DMG02, 2010BA N301, 2010CA N301",
    text="the patient has birth date, sex and address, wherever the patient stands",
    bad={"subscriber.birth_date": None},
    good={"subscriber.birth_date": "1980-05-17"},
)
def demographics(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """DMG, N3 and N4 in 2010BA when the subscriber is the patient, else in 2010CA."""
    path, person = ("patient", claim.patient) if claim.patient else ("subscriber", claim.subscriber)
    if person.birth_date is None:
        yield f"{path}.birth_date", "the patient's birth date is missing"
    if person.sex not in {"F", "M", "U"}:
        yield f"{path}.sex", "the patient's sex must be F, M or U"
    if person.address is None:
        yield f"{path}.address", "the patient's address is missing"


@edit(
    "P-SBR01",
    snip=2,
    place="2000B SBR01",
    text="payer_sequence is P, S, T, A to H, or U",
    bad={"payer_sequence": "Z"},
    good={"payer_sequence": "P"},
)
def sequence(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR01."""
    if claim.payer_sequence not in {"P", "S", "T", "A", "B", "C", "D", "E", "F", "G", "H", "U"}:
        yield "payer_sequence", f"{claim.payer_sequence} is not P, S, T, A to H, or U"


@edit(
    "P-SBR05",
    snip=4,
    place="2000B SBR05, 2320 SBR05",
    text="insurance_type only where Medicare pays second",
    bad={"subscriber.insurance_type": "12"},
    good={
        "subscriber.insurance_type": "12",
        "subscriber.member_id": "1EG4TE5MK73",
        "claim_filing_indicator": "MB",
        "payer_sequence": "S",
        "other_payers": [FIRST_PLAN],
    },
)
def insurance_type(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR05 of the payer that the claim goes to, and of every other (2.4)."""
    found: list[tuple[str, str | None, str | None, str]] = [
        (
            "subscriber",
            claim.subscriber.insurance_type,
            claim.claim_filing_indicator or "",
            claim.payer_sequence,
        )
    ]
    found += [
        (f"other_payers[{i}]", other.insurance_type, other.claim_filing_indicator, other.payer_sequence)
        for i, other in enumerate(claim.other_payers)
    ]
    for path, given, filing, sequence in found:
        if given is None:
            continue
        if given not in {"12", "13", "14", "15", "16", "41", "42", "43", "47"}:
            yield f"{path}.insurance_type", f"{given} is not a reason why Medicare is secondary"
        elif filing is not None and filing not in FILING_INDICATORS:
            continue  # what is wrong is the indicator: P-SBR09
        elif filing not in {"MA", "MB"} or sequence == "P":
            yield f"{path}.insurance_type", "an insurance type is for Medicare as a secondary payer only"


@edit(
    "P-SBR09",
    snip=2,
    place="2000B SBR09, 2320 SBR09",
    text="claim_filing_indicator is one of the guide's codes",
    bad={"claim_filing_indicator": "09"},
    good={"claim_filing_indicator": "CI"},
)
def filing_indicator(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR09; of another payer it may be unknown."""
    given = claim.claim_filing_indicator
    if given is None or given not in FILING_INDICATORS:
        yield (
            "claim_filing_indicator",
            f"{given or 'nothing'} is not a claim filing indicator such as CI, MB, MC, BL",
        )
    for index, other in enumerate(claim.other_payers):
        given = other.claim_filing_indicator
        if given is not None and given not in FILING_INDICATORS:
            yield (
                f"other_payers[{index}].claim_filing_indicator",
                f"{given} is not a claim filing indicator such as CI, MB, MC, BL",
            )


@edit(
    "P-SBR09-MA",
    snip=7,
    place="2000B SBR09",
    text="Medicare pays professional claims under Part B (MB)",
    bad={"claim_filing_indicator": "MA"},
    good={"claim_filing_indicator": "MB", "subscriber.member_id": "1EG4TE5MK73"},
    severity=Severity.WARNING,
)
def part_b(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """A routine front-end rejection."""
    if claim.claim_filing_indicator == "MA":
        yield "claim_filing_indicator", "MA is Medicare Part A; professional claims go to Part B (MB)"


@edit(
    "P-SBR04",
    snip=4,
    place="2000B SBR04, 2320 SBR04",
    text="a group name is said only where there is no group number",
    bad={"subscriber.group_number": "G1", "subscriber.group_name": "ROE WORKS"},
    good={"subscriber.group_number": "G1"},
    severity=Severity.WARNING,
)
def group_name(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR04 (2.4)."""
    found = [("subscriber", claim.subscriber.group_number, claim.subscriber.group_name)]
    found += [(f"other_payers[{i}]", p.group_number, p.group_name) for i, p in enumerate(claim.other_payers)]
    for path, number, name in found:
        if number and name:
            yield f"{path}.group_name", "with a group number the group's name is not sent"


@edit(
    "P-SBR03",
    snip=4,
    place="2000B SBR03",
    text="the group number is not the member id",
    bad={"subscriber.group_number": "MBR00001"},
    good={"subscriber.group_number": "GRP100"},
    severity=Severity.WARNING,
)
def group_number(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR03 stands beside the member id on the card (2.4)."""
    number = claim.subscriber.group_number
    if number and number == claim.subscriber.member_id:
        yield (
            "subscriber.group_number",
            "the group number is the member id; leave it out where the card has none",
        )


@edit(
    "P-SUBSCRIBER",
    snip=4,
    place="2010BA DMG02, 2010BA N301",
    text="birth date, sex and address of the subscriber are said only where the subscriber is the patient",
    bad={"patient": CHILD},
    good={
        "patient": CHILD,
        "subscriber": INSURED,
    },
    severity=Severity.WARNING,
)
def subscriber_only(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """The guide keeps them for the subscriber as patient (RFI 1496); most payers look away."""
    person = claim.subscriber
    if claim.patient is None:
        return
    for name in ("birth_date", "sex", "address"):
        if getattr(person, name) is not None:
            yield f"subscriber.{name}", "the subscriber is not the patient; the guide does not want this"
            return
