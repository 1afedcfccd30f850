"""Edits on days: order, future, birth, accident, admission (domain.md 2.6, item 19)."""

from collections.abc import Iterator
from datetime import date

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.walk import lines
from gateway.model.claim import Claim
from gateway.model.findings import Severity

INPATIENT = frozenset({"21", "51", "61"})

_PAST = (
    "accident_date", "onset_date", "initial_treatment_date", "last_seen_date", "lmp_date", "last_xray_date",
    "disability_from", "last_worked_date", "admission_date", "discharge_date", "acute_manifestation_date",
    "assumed_care_date", "relinquished_care_date", "first_contact_date", "repricer_received_date",
)  # fmt: skip
"""Days that have been; disability and return to work may end in the future."""


_PAST_OF_A_LINE = (
    "service_date", "service_date_to", "last_seen_date", "hemoglobin_test_date", "creatinine_test_date", "shipped_date",
    "last_xray_date", "initial_treatment_date",
)  # fmt: skip
BEFORE = (
    "accident_date", "onset_date", "initial_treatment_date", "last_seen_date", "lmp_date", "last_xray_date",
    "acute_manifestation_date",
)  # fmt: skip
"""Days that lie before what is billed, or are those of it."""

_SPANS = (
    ("disability_from", "disability_to"),
    ("admission_date", "discharge_date"),
    ("last_worked_date", "return_to_work_date"),
    ("assumed_care_date", "relinquished_care_date"),
)


def _services(claim: Claim) -> Iterator[tuple[str, date]]:
    for index, line in enumerate(claim.service_lines):
        for name in ("service_date", "service_date_to"):
            day: date | None = getattr(line, name)
            if day is not None:
                yield f"service_lines[{index}].{name}", day


@edit(
    "P-DATE-ORDER",
    snip=4,
    place="2400 DTP*472, 2300 DTP*314, 2300 DTP*435",
    text="a span of days begins before it ends",
    bad={"service_lines[0].service_date_to": "2026-01-09"},
    good={"service_lines[0].service_date_to": "2026-01-11"},
)
def order(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """RD8 from <= to."""
    for index, line in enumerate(claim.service_lines):
        if line.service_date and line.service_date_to and line.service_date > line.service_date_to:
            yield f"service_lines[{index}].service_date_to", f"line {index + 1} ends before it begins"
    for start, end in _SPANS:
        first, last = getattr(claim, start), getattr(claim, end)
        if first and last and first > last:
            yield end, f"{end.replace('_', ' ')} is before {start.replace('_', ' ')}"


@edit(
    "P-DATE-FUTURE",
    snip=4,
    place="2400 DTP*472, 2300 DTP, 2010BA DMG02, 2010CA DMG02",
    text="nothing happened in the future",
    bad={"onset_date": "2026-02-03"},
    good={"onset_date": "2026-01-09"},
)
def future(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """By the calendar of the submitter's time zone, in which every date of the file is written (TRAP-49)."""
    happened = [(name, getattr(claim, name)) for name in _PAST]
    for path, line in context.walk.once(claim, lines):
        happened += [(f"{path}.{name}", getattr(line, name)) for name in _PAST_OF_A_LINE]
        happened += [
            (f"{path}.adjudications[{k}].paid_on", one.paid_on) for k, one in enumerate(line.adjudications)
        ]
    happened += [(f"other_payers[{k}].paid_on", one.paid_on) for k, one in enumerate(claim.other_payers)]
    for path, person in (("subscriber", claim.subscriber), ("patient", claim.patient)):
        if person is not None:
            happened.append((f"{path}.birth_date", person.birth_date))
            happened.append((f"{path}.death_date", person.death_date))
    for path, day in happened:
        if day is not None and day > context.today:
            yield path, f"{day.isoformat()} is in the future"


@edit(
    "P-DATE-BIRTH",
    snip=4,
    place="2010BA DMG02, 2010CA DMG02, 2400 DTP*472",
    text="services are not before the patient's birth, and birth dates are credible",
    bad={"subscriber.birth_date": "2026-01-11"},
    good={"subscriber.birth_date": "2026-01-10"},
)
def birth(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """The patient is the dependent where there is one."""
    path, person = ("patient", claim.patient) if claim.patient else ("subscriber", claim.subscriber)
    born = person.birth_date
    if born is None or born > context.today:
        return
    if context.today.year - born.year > 130:
        yield f"{path}.birth_date", f"{born.isoformat()} would make the patient over 130 years old"
        return
    for where, day in _services(claim):
        if day < born:
            yield where, f"{day.isoformat()} is before the patient's birth"


@edit(
    "P-DATE-ACCIDENT",
    snip=4,
    place="2300 CLM11-1, 2300 CLM11-4, 2300 DTP*439",
    text="an accident has its day, and an auto accident its state",
    bad={"related_causes": ["OA"]},
    good={"related_causes": ["OA"], "accident_date": "2026-01-09"},
)
def accident(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """CLM11 AA or OA needs DTP*439; AA needs CLM11-4."""
    causes = set(claim.related_causes)
    if causes & {"AA", "OA"} and claim.accident_date is None:
        yield "accident_date", "an accident (AA, OA) needs the accident_date"
    if "AA" in causes and not (claim.accident_state or claim.accident_country):
        yield "accident_state", "an auto accident (AA) needs the state where it happened"
    if claim.accident_date is not None and not causes:
        yield "related_causes", "an accident_date needs a related cause: AA, OA or EM"


@edit(
    "P-DATE-ADMISSION",
    snip=4,
    place="2300 DTP*435",
    text="inpatient care has its day of admission, not after the first service",
    bad={"place_of_service": "21"},
    good={"place_of_service": "21", "admission_date": "2026-01-09"},
)
def admission(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """DTP*435 where the place of service is an inpatient place; a line elsewhere (the emergency room) may come before."""
    admitted = claim.admission_date
    if admitted is None:
        if claim.place_of_service in INPATIENT:
            yield (
                "admission_date",
                f"place of service {claim.place_of_service} is inpatient; give the admission_date",
            )
        return
    dated = [line for line in claim.service_lines if line.service_date is not None]
    inside = [line for line in dated if (line.place_of_service or claim.place_of_service) in INPATIENT]
    days = [line.service_date for line in inside or dated if line.service_date is not None]
    if days and admitted > min(days) and (claim.discharge_date is None or admitted <= claim.discharge_date):
        yield "admission_date", "the first service is before the admission"


@edit(
    "P-DATE-DEATH",
    snip=4,
    place="2000B PAT06, 2000C PAT06, 2400 DTP*472",
    text="services are not after the patient's death, and death is not before birth",
    bad={"subscriber.death_date": "2026-01-09"},
    good={"subscriber.death_date": "2026-01-10"},
    severity=Severity.WARNING,
)
def death(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """A few services may come after (an autopsy, the end of a rental)."""
    path, person = ("patient", claim.patient) if claim.patient else ("subscriber", claim.subscriber)
    died = person.death_date
    if died is None:
        return
    if person.birth_date is not None and died < person.birth_date:
        yield f"{path}.death_date", "the death is before the birth"
        return
    for where, day in _services(claim):
        if day > died:
            yield where, f"{day.isoformat()} is after the patient's death"


@edit(
    "P-DATE-AFTER",
    snip=4,
    place="2300 DTP*431, 2300 DTP*454, 2300 DTP*304, 2300 DTP*439, 2300 DTP*484, 2300 DTP*455, 2300 DTP*453",
    text="an illness, accident or first treatment does not begin after the last service",
    bad={"onset_date": "2026-01-11"},
    good={"onset_date": "2026-01-10"},
    severity=Severity.WARNING,
)
def before_services(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """What brought the patient here was there before."""
    days = [day for _, day in _services(claim)]
    if not days:
        return
    last = max(days)
    for name in BEFORE:
        day = getattr(claim, name)
        if day is not None and last < day <= context.today:
            yield name, f"{day.isoformat()} is after the last service"


@edit(
    "P-DATE-DISCHARGE",
    snip=4,
    place="2300 DTP*096, 2400 DTP*472",
    text="inpatient services are not after the discharge",
    bad={"place_of_service": "21", "admission_date": "2026-01-08", "discharge_date": "2026-01-09"},
    good={"place_of_service": "21", "admission_date": "2026-01-08", "discharge_date": "2026-01-10"},
    severity=Severity.WARNING,
)
def discharge(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """DTP*096."""
    left = claim.discharge_date
    if left is None or claim.place_of_service not in INPATIENT:
        return
    for where, day in _services(claim):
        if day > left:
            yield where, f"{day.isoformat()} is after the discharge"
