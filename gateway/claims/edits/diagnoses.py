"""Edits on diagnoses and what points at them."""

import re
from collections.abc import Iterator
from datetime import date

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.model.claim import Claim
from gateway.model.findings import Severity

MOST_DIAGNOSES = 12
MOST_POINTERS = 4
ICD10_FROM = date(2015, 10, 1)

_ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}\Z")
_ICD9 = re.compile(r"([0-9]{3,5}|V[0-9]{2,4}|E[0-9]{3,4})\Z")


@edit(
    "P-DX",
    snip=2,
    place="2300 HI01",
    text="there are 1 to 12 diagnoses",
    bad={"diagnoses": []},
    good={"diagnoses": ["J0190", "R509"]},
)
def count(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Splitting a claim is a person's decision (TRAP-35)."""
    if not claim.diagnoses:
        yield "diagnoses", "the claim has no diagnosis"
    elif len(set(claim.diagnoses)) > MOST_DIAGNOSES:
        yield (
            "diagnoses",
            f"{len(set(claim.diagnoses))} diagnoses; a claim carries {MOST_DIAGNOSES}, so split it or leave some out",
        )


@edit(
    "P-DX-DUP",
    snip=4,
    place="2300 HI01",
    text="no diagnosis stands there twice",
    bad={"diagnoses": ["J0190", "J0190"]},
    good={"diagnoses": ["J0190", "R509"]},
)
def doubles(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Normalising takes doubles out; what is judged as it came is told of them."""
    seen: set[str] = set()
    for index, code in enumerate(claim.diagnoses):
        if code in seen:
            yield f"diagnoses[{index}]", f"diagnosis {code} stands there twice"
        seen.add(code)


@edit(
    "P-DX-SHAPE",
    snip=5,
    place="2300 HI01-2",
    text="a diagnosis has the shape of its code set, without a dot",
    bad={"diagnoses": ["J01.90", "R509"]},
    good={"diagnoses": ["J0190", "R509"]},
)
def shape(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """ICD-10-CM: letter, digit, then up to five more."""
    if claim.diagnosis_type not in {"ICD10", "ICD9"}:
        return
    fits = _ICD10 if claim.diagnosis_type == "ICD10" else _ICD9
    for index, code in enumerate(claim.diagnoses):
        if not fits.match(code):
            yield f"diagnoses[{index}]", f"{code} has not the shape of an {claim.diagnosis_type} code"


@edit(
    "P-DX-ERA",
    snip=5,
    place="2300 HI01-1",
    text="ICD-10 from 2015-10-01 on, ICD-9 before",
    bad={"diagnosis_type": "ICD9", "diagnoses": ["4619", "7806"]},
    good={"diagnosis_type": "ICD10"},
)
def era(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """By the day of service; the two are never mixed."""
    days = [line.service_date for line in claim.service_lines if line.service_date is not None]
    if not days or claim.diagnosis_type not in {"ICD10", "ICD9"}:
        return
    if claim.diagnosis_type == "ICD10" and min(days) < ICD10_FROM:
        yield (
            "diagnosis_type",
            "services before 2015-10-01 are billed with ICD9 diagnoses, on a claim of their own",
        )
    elif claim.diagnosis_type == "ICD9" and max(days) >= ICD10_FROM:
        yield "diagnosis_type", "services from 2015-10-01 on are billed with ICD10 diagnoses"


@edit(
    "P-PTR",
    snip=4,
    place="2400 SV107",
    text="each line points at 1 to 4 of the claim's diagnoses, each once",
    bad={"service_lines[0].diagnosis_pointers": [3]},
    good={"service_lines[0].diagnosis_pointers": [2]},
)
def pointers(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SV107; pyx12 does not see a pointer into nothing."""
    known = len(claim.diagnoses)
    for index, line in enumerate(claim.service_lines):
        path = f"service_lines[{index}].diagnosis_pointers"
        given = line.diagnosis_pointers
        if not given:
            yield path, f"line {index + 1} points at no diagnosis"
        if len(given) > MOST_POINTERS:
            yield path, f"line {index + 1} points at {len(given)} diagnoses; a line carries {MOST_POINTERS}"
        if len(set(given)) < len(given):
            yield path, f"line {index + 1} points at the same diagnosis twice"
        for pointer in sorted(set(given)):
            if not 1 <= pointer <= max(known, 1):
                there = "there is one" if known == 1 else f"there are {known}"
                yield path, f"line {index + 1} points at diagnosis {pointer}; {there}"


@edit(
    "P-DX-CAUSE",
    snip=5,
    place="2300 HI01-2",
    text="the first diagnosis is an illness or injury, not its external cause (V00 to Y99)",
    bad={"diagnoses": ["W1000XA", "R509"]},
    good={"diagnoses": ["R509", "W1000XA"]},
    severity=Severity.WARNING,
)
def external_cause(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Most payers refuse a cause in the first place."""
    first = claim.diagnoses[0] if claim.diagnoses else ""
    if claim.diagnosis_type == "ICD10" and first[:1] in {"V", "W", "X", "Y"}:
        yield "diagnoses[0]", f"{first} says what caused an injury; the injury comes first"
