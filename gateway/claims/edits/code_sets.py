"""Edits on external code sets: whether a code is valid on the day of service, by the table that is loaded (SNIP type 5).

Where no table is about that day, the edits on shape are all there is; `CodeBook.remark` tells of it once a run. A void is
not judged: it repeats what the payer has, right or wrong.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from gateway import default_codes
from gateway.claims.codesets.shapes import fits
from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.model.claim import Claim
from gateway.model.codesets import CodeSet, Judge, Standing, Verdict
from gateway.model.findings import Severity

VOID = "8"
ANY_CPT_MODIFIER = "59"
"""A table of modifiers that lacks this one holds those of HCPCS only and cannot judge CPT's."""


def _fault(what: str, code: str, day: date, verdict: Verdict) -> str | None:
    """Return what is wrong with *code* on *day*, None where it is valid."""
    span = verdict.span
    if verdict.standing is Standing.VALID:
        return None
    if verdict.standing is Standing.HEADING:
        return (
            f"{what} {code} needs more characters: it is a heading, and one of the codes below it is billed"
        )
    if verdict.standing is Standing.NOT_YET and span is not None:
        return f"{what} {code} is valid from {span.since} on, and the day of service is {day}"
    if verdict.standing is Standing.ENDED and span is not None and span.until is not None:
        return (
            f"{what} {code} was valid until {span.until - timedelta(days=1)}, and the day of service is {day}"
        )
    return f"{what} {code} is not in the table of {verdict.release}, which judges the day of service {day}"


def _judged(context: EditContext, code_set: CodeSet, what: str, code: str, day: date | None) -> str | None:
    """Return what the loaded table has against *code* on *day*; None where it has nothing, or there is no table.

    What has not even the shape of such a code is told by the edits on shape.
    """
    if context.codes is None or day is None or not fits(code_set, code):
        return None
    verdict = context.codes.judge(code_set, code, day)
    return None if verdict is None else _fault(what, code, day, verdict)


def first_day(claim: Claim) -> date | None:
    """Return the first day of service of the claim."""
    return min((line.service_date for line in claim.service_lines if line.service_date), default=None)


@edit(
    "P-DX-CODE",
    snip=5,
    place="2300 HI01-2",
    text="a diagnosis may be billed on the day of every service that points at it",
    bad={"diagnoses[0]": "J01"},
    good={"diagnoses[0]": "J0190"},
)
def diagnoses(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """The day of each line that points at it; the claim's first day where none does."""
    if claim.diagnosis_type != "ICD10" or claim.frequency == VOID:
        return
    for index, code in enumerate(claim.diagnoses):
        days = {
            line.service_date
            for line in claim.service_lines
            if line.service_date is not None and index + 1 in line.diagnosis_pointers
        }
        earliest = first_day(claim)
        for day in sorted(days) or ([earliest] if earliest else []):
            said = _judged(context, CodeSet.ICD10CM, "diagnosis", code, day)
            if said is not None:
                yield f"diagnoses[{index}]", said
                break


@edit(
    "P-PROC-CODE",
    snip=5,
    place="2400 SV101-2",
    text="a procedure may be billed on its day of service",
    bad={"service_lines[0].procedure": "99999"},
    good={"service_lines[0].procedure": "99213"},
)
def procedures(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """HCPCS level II and CPT, each where its table is loaded; so too the surgery of an anesthesia claim."""
    if claim.frequency == VOID:
        return
    billed = [
        (f"service_lines[{index}].procedure", line.procedure, line.service_date)
        for index, line in enumerate(claim.service_lines)
        if line.procedure_type == "HC"
    ]
    billed += [
        (f"anesthesia_procedures[{index}]", code, first_day(claim))
        for index, code in enumerate(claim.anesthesia_procedures)
    ]
    for path, code, day in billed:
        if code.startswith("D"):
            continue  # CDT: not on a professional claim
        said = _judged(context, CodeSet.CPT if code[:1].isdigit() else CodeSet.HCPCS, "procedure", code, day)
        if said is not None:
            yield path, said


@edit(
    "P-MOD-CODE",
    snip=5,
    place="2400 SV101-3",
    text="a modifier may be used on its line's day of service",
    bad={"service_lines[0].modifiers": ["XX"]},
    good={"service_lines[0].modifiers": ["25"]},
)
def modifiers(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """CPT's own modifiers begin with a digit and are judged only by a table that has them."""
    if claim.frequency == VOID or context.codes is None:
        return
    for index, line in enumerate(claim.service_lines):
        for code in line.modifiers:
            if code[:1].isdigit() and not _has_cpt_modifiers(context.codes, line.service_date):
                continue
            said = _judged(context, CodeSet.MODIFIERS, "modifier", code, line.service_date)
            if said is not None:
                yield f"service_lines[{index}].modifiers", said


def _has_cpt_modifiers(judge: Judge | None, day: date | None) -> bool:
    """Tell whether the table of modifiers knows CPT's; without a table there is nothing to say either way."""
    known = judge.judge(CodeSet.MODIFIERS, ANY_CPT_MODIFIER, day) if judge and day else None
    return known is None or known.standing is Standing.VALID


@edit(
    "P-TAXONOMY-CODE",
    snip=5,
    place="2000A PRV03, 2310B PRV03, 2420A PRV03",
    text="a provider's taxonomy code is in use on the claim's first day of service",
    bad={"billing_provider.taxonomy": "999999999X"},
    good={"billing_provider.taxonomy": "207Q00000X"},
)
def taxonomies(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """PRV03 of every provider."""
    day = first_day(claim)
    for path, provider in context.walk.all_providers(claim):
        if provider.taxonomy is not None and claim.frequency != VOID:
            said = _judged(context, CodeSet.TAXONOMY, "taxonomy code", provider.taxonomy, day)
            if said is not None:
                yield f"{path}.taxonomy", said


def _places(claim: Claim) -> Iterator[tuple[str, str, date | None]]:
    """Yield each two-digit place of service with its path and the day it is used on."""
    found = [("place_of_service", claim.place_of_service, first_day(claim))]
    found += [
        (f"service_lines[{index}].place_of_service", line.place_of_service, line.service_date)
        for index, line in enumerate(claim.service_lines)
        if line.place_of_service is not None
    ]
    for path, code, day in found:
        if claim.frequency != VOID and len(code) == 2 and code.isdigit() and code != "00":
            yield path, code, day


def _by_loaded(context: EditContext, code: str, day: date | None) -> Verdict | None:
    """Return what a loaded table of places says; None where there is none that judges the day."""
    return context.codes.judge(CodeSet.POS, code, day) if context.codes is not None and day else None


@edit(
    "P-POS-CODE",
    snip=5,
    place="2300 CLM05-1, 2400 SV105",
    text="a place of service is in the table that was loaded, on the day of service",
    bad={"place_of_service": "97"},
    good={"place_of_service": "11"},
)
def places(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Where a table of places is loaded, it decides."""
    for path, code, day in _places(claim):
        verdict = _by_loaded(context, code, day)
        said = _fault("place of service", code, day, verdict) if verdict is not None and day else None
        if said is not None:
            yield path, said


@edit(
    "P-POS-LIST",
    snip=5,
    place="2300 CLM05-1, 2400 SV105",
    text="a place of service is in the list that CMS keeps, on the day of service",
    bad={"place_of_service": "98"},
    good={"place_of_service": "11"},
    severity=Severity.WARNING,
)
def listed_places(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """The list that comes with the gateway ages; what it does not know goes out, with a remark."""
    for path, code, day in _places(claim):
        if _by_loaded(context, code, day) is not None:
            continue
        known = default_codes.places().spans.get(code)
        if known is None:
            yield path, f"{code} is not in our list of places of service, as of {default_codes.PLACES_AS_OF}"
        elif day is not None and day < known[0].since:
            yield (
                path,
                f"place of service {code} is valid from {known[0].since} on, and the day of service is {day}",
            )
