"""Edits on numbers that others gave out: NPI, tax id, account number, control numbers."""

import re
from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.walk import lines
from gateway.model.claim import Claim, OtherSubscriber, Patient, PayToPlan, Subscriber
from gateway.model.findings import Severity
from gateway.model.identifiers import npi_is_valid

_PCN = re.compile(r"[A-Z0-9._/#-](?:[A-Z0-9 ._/#-]{0,18}[A-Z0-9._/#-])?\Z")
_PCN_SAFE = re.compile(r"[A-Z0-9-]*\Z")
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X\Z")
_NINE = re.compile(r"[0-9]{9}\Z")
_NDC = re.compile(r"[0-9]{11}\Z")
_CLIA = re.compile(r"[0-9]{2}D[0-9]{7}\Z")


@edit(
    "P-NPI",
    snip=5,
    place="2010AA NM109, 2310B NM109, 2420A NM109",
    text="every NPI has ten digits and a right check digit",
    bad={"billing_provider.npi": "1098765434"},
    good={"billing_provider.npi": "1098765435"},
)
def npis_are_valid(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Luhn over 80840 + NPI; pyx12 does not look at it."""
    for path, provider in context.walk.all_providers(claim):
        if provider.npi is not None and not npi_is_valid(provider.npi):
            yield f"{path}.npi", f"{provider.npi} is not an NPI; a digit is wrong or missing"


@edit(
    "P-BP-01",
    snip=5,
    place="2010AA NM109",
    text="the billing provider has an NPI, or the payer's own number (G2) where it has none",
    bad={"billing_provider.npi": None},
    good={
        "billing_provider.npi": None,
        "billing_provider.payer_references": [{"qualifier": "G2", "id": "A1"}],
    },
)
def billing_npi(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Only atypical providers go without an NPI."""
    billing = claim.billing_provider
    if billing.npi is None and not any(r.qualifier == "G2" for r in billing.payer_references):
        yield "billing_provider.npi", "the billing provider has no NPI"


@edit(
    "P-BP-06",
    snip=2,
    place="2010AA REF*EI, 2010AA REF*SY",
    text="the billing provider's tax id is nine digits, not all the same",
    bad={"billing_provider.tax_id": "12345678"},
    good={"billing_provider.tax_id": "123456789"},
)
def tax_id(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Exactly one REF*EI or REF*SY."""
    billing = claim.billing_provider
    if billing.tax_id is None:
        yield "billing_provider.tax_id", "the billing provider has no tax id"
    elif not _NINE.match(billing.tax_id) or len(set(billing.tax_id)) == 1:
        yield "billing_provider.tax_id", "the tax id is not nine digits of an EIN or SSN"


@edit(
    "P-BP-07",
    snip=7,
    place="2000A PRV03",
    text="the billing provider has a taxonomy code",
    bad={"billing_provider.taxonomy": None},
    good={"billing_provider.taxonomy": "207Q00000X"},
)
def billing_taxonomy(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Payers who adjudicate by it reject without it."""
    if claim.billing_provider.taxonomy is None:
        yield (
            "billing_provider.taxonomy",
            "the billing provider has no taxonomy code; a partner may want none",
        )


@edit(
    "P-TAXONOMY",
    snip=5,
    place="2000A PRV03, 2310B PRV03, 2420A PRV03",
    text="a taxonomy code is nine letters or digits and an X",
    bad={"billing_provider.taxonomy": "207Q0000"},
    good={"billing_provider.taxonomy": "207Q00000X"},
)
def taxonomies(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Shape only; the list is licensed."""
    for path, provider in context.walk.all_providers(claim):
        if provider.taxonomy is not None and not _TAXONOMY.match(provider.taxonomy):
            yield (
                f"{path}.taxonomy",
                f"{provider.taxonomy} has not the shape of a taxonomy code such as 207Q00000X",
            )


@edit(
    "P-PCN",
    snip=2,
    place="2300 CLM01",
    text="the patient control number has 1 to 20 characters, none of them a separator",
    bad={"patient_control_number": "ROE-1-OF-TOO-MANY-SIGNS"},
    good={"patient_control_number": "ROE-1"},
)
def patient_control_number(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Receivers promise to return 20 characters, not more (RFI 525)."""
    if not _PCN.match(claim.patient_control_number):
        yield (
            "patient_control_number",
            "the patient control number must be 1 to 20 of A-Z 0-9 -; payers return no more than that",
        )


@edit(
    "P-PCN-SIGNS",
    snip=7,
    place="2300 CLM01",
    text="the patient control number is of A-Z 0-9 - only",
    bad={"patient_control_number": "ROE_1"},
    good={"patient_control_number": "ROE-1"},
)
def plain_control_number(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Receivers promise to return these; dots, blanks, / _ # are for partners who take them (2.5)."""
    number = claim.patient_control_number
    if _PCN.match(number) and not _PCN_SAFE.match(number):
        yield (
            "patient_control_number",
            "the patient control number has signs beside A-Z 0-9 -; not every payer returns them as they are",
        )


@edit(
    "P-PCN-ZERO",
    snip=7,
    place="2300 CLM01",
    text="the patient control number does not begin with a zero",
    bad={"patient_control_number": "0012"},
    good={"patient_control_number": "12"},
    severity=Severity.WARNING,
)
def no_leading_zero(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Some payers return it without them; matching then needs more than the number."""
    if claim.patient_control_number.startswith("0"):
        yield "patient_control_number", "leading zeros may be lost on the way back"


@edit(
    "P-FREQ",
    snip=4,
    place="2300 CLM05-3, 2300 REF*F8",
    text="frequency 7 and 8 name the payer's control number; frequency 1 does not",
    bad={"frequency": "7"},
    good={"frequency": "7", "payer_control_number": "ICN1"},
)
def frequency(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """REF*F8 if and only if CLM05-3 is 7 or 8 (RFI 2110)."""
    if claim.frequency not in {"1", "7", "8"}:
        yield "frequency", f"frequency {claim.frequency} is not 1 (original), 7 (replacement) or 8 (void)"
    elif claim.frequency == "1" and claim.payer_control_number is not None:
        yield (
            "payer_control_number",
            "an original claim (frequency 1) has no payer control number; to replace the claim send frequency 7",
        )
    elif claim.frequency != "1" and claim.payer_control_number is None:
        yield (
            "payer_control_number",
            f"frequency {claim.frequency} needs the payer's control number of the claim it is about",
        )


@edit(
    "P-6R",
    snip=4,
    place="2400 REF*6R",
    text="line control numbers are unique within the claim",
    bad={"service_lines[0].line_control_number": "A", "service_lines[1].line_control_number": "A"},
    good={"service_lines[0].line_control_number": "A", "service_lines[1].line_control_number": "B"},
)
def line_control_numbers(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """The payment's lines are found again by them (REF*6R)."""
    seen: dict[str, int] = {}
    for index, line in enumerate(claim.service_lines):
        number = line.line_control_number
        if number is None:
            continue
        if number.upper() in seen:
            yield (
                f"service_lines[{index}].line_control_number",
                f"line {index + 1} has the line control number of line {seen[number.upper()] + 1}",
            )
        seen.setdefault(number.upper(), index)


@edit(
    "P-NDC",
    snip=5,
    place="2410 LIN03",
    text="a drug's NDC has eleven digits",
    bad={"service_lines[0].drug": {"ndc": "0002606351", "quantity": "1", "unit": "ML"}},
    good={"service_lines[0].drug": {"ndc": "00026063512", "quantity": "1", "unit": "ML"}},
)
def drugs(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """5-4-2 without hyphens; ten digits are ambiguous (2.14)."""
    for index, line in enumerate(claim.service_lines):
        drug = line.drug
        if drug is not None and drug.id_type == "N4" and not _NDC.match(drug.ndc):
            yield (
                f"service_lines[{index}].drug.ndc",
                f"{drug.ndc} is not an NDC of eleven digits; with hyphens ten digits are clear too",
            )


@edit(
    "P-CLIA",
    snip=5,
    place="2300 REF*X4, 2400 REF*X4, 2400 REF*F4",
    text="a CLIA number looks like 11D0000000",
    bad={"clia_number": "11X"},
    good={"clia_number": "11D0000000"},
    severity=Severity.WARNING,
)
def clia_numbers(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Two digits, D, seven digits."""
    found = [("clia_number", claim.clia_number)]
    for path, line in context.walk.once(claim, lines):
        found += [
            (f"{path}.{name}", getattr(line, name)) for name in ("clia_number", "referring_clia_number")
        ]
    for path, number in found:
        if number is not None and not _CLIA.match(number):
            yield path, f"{number} has not the shape of a CLIA number such as 11D0000000"


@edit(
    "P-MEMBER",
    snip=4,
    place="2010BA NM109",
    text="the subscriber has a member id",
    bad={"subscriber.member_id": None},
    good={"subscriber.member_id": "MBR00001"},
)
def member_id(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """The payer finds the patient by it."""
    if not claim.subscriber.member_id:
        yield "subscriber.member_id", "the subscriber has no member id"


@edit(
    "P-SSN",
    snip=2,
    place="2010BA REF*SY, 2010CA REF*SY, 2330A REF*SY, 2010AC REF*EI",
    text="a social security number and a plan's tax id are nine digits, not all the same",
    bad={"subscriber.ssn": "999999999"},
    good={"subscriber.ssn": "999001234"},
)
def social_security(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """No hyphens; a placeholder of one digit is none. Another length is for P-LENGTH."""
    for path, part in context.walk.parts(claim):
        name = _NINE_DIGITS.get(type(part))
        number = getattr(part, name) if name else None
        if number and len(number) == 9 and (not _NINE.match(number) or len(set(number)) == 1):
            yield f"{path}{name}", "not nine digits of a social security number or tax id"


_NINE_DIGITS = {Subscriber: "ssn", Patient: "ssn", OtherSubscriber: "ssn", PayToPlan: "tax_id"}
