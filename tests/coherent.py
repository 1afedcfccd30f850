"""A drawn claim made coherent: days that follow each other, other payers whose decisions add up, nothing that contradicts.

The generator draws each field by the guide alone; what the edits want of fields together is put right here.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.claims.edits.dates import BEFORE
from gateway.model.claim import (
    Adjustment,
    Claim,
    LineAdjudication,
    OtherPayer,
    Patient,
    Provider,
    ServiceLine,
    Subscriber,
)

ORDER = "PSTABCDEFGH"
GROUPS = ("CO", "OA", "PI", "PR")
DECIDED_ON = date(2026, 10, 31)
NUMBER = "999001234"
CLIA = "14D0000000"
ZERO = Decimal(0)


def coherent(claim: Claim) -> Claim:
    """Return *claim* so that what it says in one place does not deny what it says in another."""
    claim = _days(_people(claim))
    plan = claim.billing_provider.pay_to_plan
    if plan is not None and len(set(plan.tax_id)) == 1:
        billing = replace(claim.billing_provider, pay_to_plan=replace(plan, tax_id=NUMBER))
        claim = replace(claim, billing_provider=billing)
    claim = replace(
        claim,
        diagnoses=("J0190", *claim.diagnoses[1:]) if claim.diagnoses[0][0] in "VWXY" else claim.diagnoses,
        service_lines=tuple(_line(line, claim) for line in claim.service_lines),
        patient_paid=None if claim.patient_paid is None else min(claim.patient_paid, claim.charge),
        service_authorization_exception="3" if claim.service_authorization_exception else None,
        clia_number=CLIA if claim.claim_filing_indicator == "MB" else claim.clia_number,
        epsdt_referral=_referral(claim),
        referring_provider=_referrer(claim),
    )
    return _payers(claim)


def _people(claim: Claim) -> Claim:
    subscriber, patient = claim.subscriber, claim.patient
    if patient is not None:
        subscriber = replace(subscriber, birth_date=None, sex=None, address=None)
        return replace(claim, subscriber=_numbered(subscriber), patient=_woman(_numbered(patient), claim))
    return replace(claim, subscriber=_woman(_numbered(subscriber), claim))


def _numbered(person: Any) -> Any:
    return replace(person, ssn=NUMBER) if person.ssn and len(set(person.ssn)) == 1 else person


def _woman(person: Any, claim: Claim) -> Any:
    return replace(person, sex="F") if person.pregnant or claim.lmp_date else person


def _days(claim: Claim) -> Claim:
    days = [line.service_date for line in claim.service_lines if line.service_date]
    ends = [line.service_date_to for line in claim.service_lines if line.service_date_to]
    first, last = min(days), max(days + ends)
    changes: dict[str, Any] = {
        name: min(day, first) for name in BEFORE if (day := getattr(claim, name)) is not None
    }
    for start, end in (
        ("last_worked_date", "return_to_work_date"),
        ("assumed_care_date", "relinquished_care_date"),
    ):
        if getattr(claim, start) and getattr(claim, end):
            changes[end] = max(getattr(claim, start), getattr(claim, end))
    if claim.discharge_date:
        changes["discharge_date"] = max(claim.discharge_date, last)
    name = "patient" if claim.patient else "subscriber"
    person: Patient | Subscriber = getattr(claim, name)
    if person.death_date:
        changes[name] = replace(person, death_date=max(person.death_date, last))
    return replace(claim, **changes)


def _referral(claim: Claim) -> Any:
    said = claim.epsdt_referral
    if said is None:
        return None
    codes = tuple(code for code in said.codes if code != "NU") or ("AV",)
    return replace(said, codes=codes if said.given else ("NU",))


def _referrer(part: Claim | ServiceLine) -> Provider | None:
    first = part.primary_care_provider
    return replace(first, references=()) if first and not part.referring_provider else part.referring_provider


def _line(line: ServiceLine, claim: Claim) -> ServiceLine:
    extra = (line.sales_tax or ZERO) + (line.postage or ZERO)
    lines = len(claim.service_lines)
    return replace(
        line,
        sales_tax=None if extra > line.charge else line.sales_tax,
        postage=None if extra > line.charge else line.postage,
        obstetric_units=line.obstetric_units if line.unit_type == "MJ" else None,
        description=line.description or ("AS SAID" if line.procedure.endswith("99") else None),
        referring_clia_number=CLIA if line.referring_clia_number else None,
        referring_provider=_referrer(line),
        initial_treatment_date=line.initial_treatment_date or claim.initial_treatment_date,
        ordering_provider=_reachable(line),
        adjudications=tuple(
            replace(
                one,
                bundled_into=1
                if one.bundled_into and lines > 1 and line is not claim.service_lines[0]
                else None,
            )
            for one in line.adjudications
        ),
    )


def _reachable(line: ServiceLine) -> Provider | None:
    """Return who ordered, where a certificate does not want more to be said."""
    who = line.ordering_provider
    if who and line.dme and line.dme.certification_type and not (who.address and who.contact):
        return None
    return who


def _payers(claim: Claim) -> Claim:
    """Give every payer its place and an id of its own, and let what each has decided add up."""
    others = [
        replace(
            other,
            payer_sequence=ORDER[n],
            payer=replace(other.payer, id=f"{other.payer.id[:18]}{n}"),
            insurance_type="12" if n and other.claim_filing_indicator == "MB" else None,
            adjustments=_current(other.adjustments),
            subscriber=_numbered(other.subscriber),
        )
        for n, other in enumerate(claim.other_payers)
    ]
    claim = replace(claim, payer_sequence=ORDER[len(others)])
    lines = [_assigned(line, others) for line in claim.service_lines]
    for n, other in enumerate(others):
        if any(one.payer_id == other.payer.id for line in lines for one in line.adjudications):
            lines = [_balanced(line, other.payer.id) for line in lines]
            paid = sum(
                (a.paid for line in lines for a in line.adjudications if a.payer_id == other.payer.id), ZERO
            )
            taken = sum((one.amount for one in other.adjustments), ZERO)
            kept = other.adjustments if paid >= taken else ()
            others[n] = replace(
                other, noncovered=None, adjustments=kept, paid=paid - taken if kept else paid, paid_on=None
            )
        elif other.paid is not None or other.adjustments:
            paid = min(other.paid or ZERO, claim.charge)
            others[n] = replace(
                other, noncovered=None, paid=paid, paid_on=other.paid_on or DECIDED_ON,
                adjustments=_filled(other.adjustments, claim.charge - paid),
            )  # fmt: skip
    return replace(claim, service_lines=tuple(lines), other_payers=tuple(others))


def _current(given: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
    return tuple(replace(one, group="CO") if one.group == "CR" else one for one in given)


def _assigned(line: ServiceLine, others: list[OtherPayer]) -> ServiceLine:
    """Let every decision on the line be that of one of the other payers; without any there is none."""
    return replace(
        line,
        adjudications=tuple(
            replace(one, payer_id=others[k % len(others)].payer.id, adjustments=_current(one.adjustments))
            for k, one in enumerate(line.adjudications)
            if others
        ),
    )


def _balanced(line: ServiceLine, payer: str) -> ServiceLine:
    there = [one for one in line.adjudications if one.payer_id == payer]
    rest = [one for one in line.adjudications if one.payer_id != payer]
    if not there:
        there = [
            LineAdjudication(
                payer_id=payer, paid=ZERO, procedure=line.procedure, units=Decimal(1), paid_on=DECIDED_ON
            )
        ]
    others = sum((one.paid + sum((a.amount for a in one.adjustments), ZERO) for one in there[:-1]), ZERO)
    last = there[-1]
    last = replace(last, adjustments=_filled(last.adjustments, line.charge - others - last.paid))
    return replace(line, adjudications=(*rest, *there[:-1], last))


def _filled(given: tuple[Adjustment, ...], wanted: Decimal) -> tuple[Adjustment, ...]:
    """Return adjustments that add up to *wanted*."""
    missing = wanted - sum((one.amount for one in given), ZERO)
    if not missing:
        return given
    said = [one.group for one in given]
    group = min(GROUPS, key=lambda name: (said.count(name), name))
    return (*given, Adjustment(group=group, reason="45", amount=missing))
