"""Ways to break a sound claim that take more than another value at one place; None where the claim has not what is broken."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from gateway.claims.edits.dates import BEFORE
from gateway.model.claim import Address, Ambulance, Claim, Drug, Provider
from tests.claims import BILLING
from tests.paths import place, put
from tests.sound import CONTEXT

TODAY = CONTEXT.today


def cent_more(amount: Decimal) -> Decimal:
    return amount + Decimal("0.01")


def _first(claim: Claim, **changes: Any) -> Claim:
    line, *others = claim.service_lines
    return replace(claim, service_lines=(replace(line, **changes), *others))


def _alone(claim: Claim, **changes: Any) -> Claim:
    """Return the claim with its first line only, changed."""
    line = replace(
        claim.service_lines[0], **{"adjudications": (), "sales_tax": None, "postage": None, **changes}
    )
    return _to_one_payer(replace(claim, charge=line.charge, service_lines=(line,), patient_paid=None))


def _to_one_payer(claim: Claim) -> Claim:
    subscriber = replace(claim.subscriber, insurance_type=None)
    return replace(claim, other_payers=(), payer_sequence="P", subscriber=subscriber)


# --- amounts -----------------------------------------------------------------------------------------------------


def negative_line(claim: Claim) -> Claim:
    return _alone(claim, charge=Decimal("-1.00"))


def nothing_asked(claim: Claim) -> Claim:
    return _alone(claim, charge=Decimal(0))


def one_line_twice(claim: Claim) -> Claim | None:
    line = claim.service_lines[0]
    if line.adjudications:
        return None
    return replace(claim, charge=claim.charge + line.charge, service_lines=(*claim.service_lines, line))


def fifty_one_lines(claim: Claim) -> Claim:
    line = replace(claim.service_lines[0], adjudications=())
    many = tuple(replace(line, line_control_number=f"N{n}") for n in range(51))
    return _to_one_payer(replace(claim, charge=line.charge * 51, service_lines=many))


def no_lines(claim: Claim) -> Claim:
    return _to_one_payer(replace(claim, service_lines=()))


# --- diagnoses ---------------------------------------------------------------------------------------------------


def thirteen_diagnoses(claim: Claim) -> Claim:
    return replace(claim, diagnoses=tuple(f"Q{n:02}" for n in range(13)))


def no_diagnosis(claim: Claim) -> Claim:
    return replace(_alone(claim, diagnosis_pointers=(1,)), diagnoses=())


def first_diagnosis_again(claim: Claim) -> Claim | None:
    if len(claim.diagnoses) == 12:
        return None
    return replace(claim, diagnoses=(*claim.diagnoses, claim.diagnoses[0]))


def pointer_into_nothing(claim: Claim) -> Claim:
    return _first(claim, diagnosis_pointers=(len(claim.diagnoses) + 1,))


def icd10_too_early(claim: Claim) -> Claim | None:
    if claim.admission_date is not None:
        return None
    early = date(2015, 9, 30)
    if claim.subscriber.birth_date and claim.subscriber.birth_date > early:
        return None
    before: dict[str, Any] = {**dict.fromkeys(BEFORE), "related_causes": (), "accident_state": None}
    return replace(_alone(claim, service_date=early, service_date_to=None), **before)


def icd9_too_late(claim: Claim) -> Claim:
    return replace(
        claim,
        diagnosis_type="ICD9",
        diagnoses=tuple(f"{n:03}" for n in range(100, 100 + len(claim.diagnoses))),
    )


# --- people ------------------------------------------------------------------------------------------------------


def no_billing_number(claim: Claim) -> Claim:
    return put(put(claim, "billing_provider.npi", None), "billing_provider.payer_references", ())


def nameless_person_bills(claim: Claim) -> Claim:
    billing = replace(claim.billing_provider, entity_type="1", first_name=None, middle_name=None, suffix=None)
    return replace(claim, billing_provider=billing)


def organisation_with_first_name(claim: Claim) -> Claim:
    return replace(claim, billing_provider=replace(claim.billing_provider, entity_type="2", first_name="ANN"))


def self_as_dependent(claim: Claim) -> Claim | None:
    if claim.patient is None:
        return None
    return replace(claim, patient=replace(claim.patient, relationship="18"))


def billing_provider_renders(claim: Claim) -> Claim:
    billing = claim.billing_provider
    same = Provider(entity_type="2", name=billing.name, npi=billing.npi)
    lines = tuple(replace(line, rendering_provider=None) for line in claim.service_lines)
    return replace(claim, rendering_provider=same, service_lines=lines)


def line_repeats_the_claims_provider(claim: Claim) -> Claim | None:
    if claim.rendering_provider is None:
        return None
    return _first(claim, rendering_provider=claim.rendering_provider)


def at_the_billing_address(claim: Claim) -> Claim:
    return replace(claim, service_facility=Provider(name="LOE HALL", address=claim.billing_provider.address))


def facility_at_home(claim: Claim) -> Claim | None:
    if claim.service_facility is None:
        return None
    return replace(claim, place_of_service="12")


def group_refers(claim: Claim) -> Claim:
    return replace(claim, referring_provider=Provider(entity_type="2", name="LOE GROUP", npi=BILLING.npi))


def person_as_facility(claim: Claim) -> Claim | None:
    if claim.service_facility is None:
        return None
    return replace(claim, service_facility=replace(claim.service_facility, entity_type="1"))


def contact_without_phone(claim: Claim) -> Claim:
    billing = replace(claim.billing_provider, contact_name="PAT", contact_phone=None, contact_fax=None)
    return replace(claim, billing_provider=replace(billing, contact_email=None, contact_phone_extension=None))


def young_medicare(claim: Claim) -> Claim:
    sub = replace(claim.subscriber, insurance_type="12")
    return replace(claim, subscriber=sub, claim_filing_indicator="CI")


def strange_medicare_number(claim: Claim) -> Claim:
    return replace(
        claim, claim_filing_indicator="MB", subscriber=replace(claim.subscriber, member_id="W1234")
    )


def _in_canada(claim: Claim, **changes: Any) -> Claim:
    home = Address(line1="1 KING ST", city="TORONTO", state="ON", zip="M5H2N2", country="CA")
    return put(claim, place(claim, "@patient.address"), replace(home, **changes))


def at_home_in_canada(claim: Claim) -> Claim:
    return _in_canada(claim)


def canadian_in_a_us_state(claim: Claim) -> Claim:
    return _in_canada(claim, state="IL")


def transported_for_no_reason(claim: Claim) -> Claim | None:
    """Where, but neither why nor how far; the line's charge is the whole claim's."""
    if claim.ambulance is None or claim.ambulance.pick_up is None or claim.ambulance.drop_off is None:
        return None
    where = Ambulance(pick_up=claim.ambulance.pick_up, drop_off=claim.ambulance.drop_off)
    line = replace(claim.service_lines[0], ambulance=None)
    transport = replace(line, procedure="A0428", procedure_type="HC", unit_type="UN", modifiers=("RH",))
    lines = (
        replace(transport, place_of_service="41", obstetric_units=None, adjudications=line.adjudications),
    )
    return replace(claim, ambulance=where, service_lines=(*lines, *claim.service_lines[1:]))


def where_on_the_claim_why_on_its_line(claim: Claim) -> Claim | None:
    """CR1 may stand on the line while the addresses stand on the claim."""
    sound = claim.ambulance
    if sound is None or sound.pick_up is None or claim.service_lines[0].ambulance is not None:
        return None
    why = replace(sound, pick_up=None, drop_off=None)
    where = Ambulance(pick_up=sound.pick_up, drop_off=sound.drop_off)
    return _first(replace(claim, ambulance=where), ambulance=why)


# --- days --------------------------------------------------------------------------------------------------------


def ends_before_it_begins(claim: Claim) -> Claim:
    day = claim.service_lines[0].service_date
    assert day is not None
    return _first(claim, service_date_to=day - timedelta(days=1))


def able_before_disabled(claim: Claim) -> Claim:
    return replace(claim, disability_from=date(2026, 2, 1), disability_to=date(2026, 1, 1))


def discharged_before_admitted(claim: Claim) -> Claim | None:
    if claim.admission_date is None:
        return None
    return replace(claim, discharge_date=claim.admission_date - timedelta(days=1))


def served_tomorrow(claim: Claim) -> Claim:
    return _first(claim, service_date=TODAY + timedelta(days=1), service_date_to=None)


def served_before_birth(claim: Claim) -> Claim | None:
    last = max(line.service_date for line in claim.service_lines if line.service_date)
    return put(claim, place(claim, "@patient.birth_date"), last + timedelta(days=1)) if last < TODAY else None


def admitted_after_service(claim: Claim) -> Claim | None:
    """A line elsewhere, such as the emergency room, may come before; every other may not."""
    dated = [line for line in claim.service_lines if line.service_date]
    inside = [
        line for line in dated if (line.place_of_service or claim.place_of_service) in {"21", "51", "61"}
    ]
    first = min(line.service_date for line in inside or dated if line.service_date)
    if first >= TODAY:
        return None
    return replace(claim, admission_date=first + timedelta(days=1), discharge_date=None)


def inpatient_without_admission(claim: Claim) -> Claim:
    return replace(claim, place_of_service="21", admission_date=None, discharge_date=None)


def accident_without_day(claim: Claim) -> Claim:
    return replace(
        claim, related_causes=("OA",), accident_date=None, accident_state=None, accident_country=None
    )


def auto_accident_nowhere(claim: Claim) -> Claim:
    causes: dict[str, Any] = {"related_causes": ("AA",), "accident_state": None, "accident_country": None}
    return replace(claim, **causes, accident_date=date(2015, 1, 1))


def accident_of_no_kind(claim: Claim) -> Claim:
    return replace(
        claim, related_causes=(), accident_date=date(2015, 1, 1), accident_state=None, accident_country=None
    )


# --- services ----------------------------------------------------------------------------------------------------


def minutes_of_a_visit(claim: Claim) -> Claim:
    return _first(claim, procedure="99213", procedure_type="HC", unit_type="MJ")


def units_of_anesthesia(claim: Claim) -> Claim:
    return _first(claim, procedure="00142", procedure_type="HC", unit_type="UN")


def _with_drug(claim: Claim, **changes: Any) -> Claim:
    whole = Drug(ndc="00026063512", quantity=Decimal(1), unit="ML")
    return _first(claim, drug=replace(whole, **changes))


def short_ndc(claim: Claim) -> Claim:
    return _with_drug(claim, ndc="0002606351")


def drug_without_unit(claim: Claim) -> Claim:
    return _with_drug(claim, unit=None)


def drug_without_quantity(claim: Claim) -> Claim:
    return _with_drug(claim, quantity=None)


def drug_of_no_amount(claim: Claim) -> Claim:
    return _with_drug(claim, quantity=Decimal(0))


def drug_in_spoons(claim: Claim) -> Claim:
    return _with_drug(claim, unit="CC")


def original_with_a_payers_number(claim: Claim) -> Claim:
    return replace(claim, frequency="1", payer_control_number="ICN1")


def replacement_of_nothing(claim: Claim) -> Claim:
    return replace(claim, frequency="7", payer_control_number=None)


def void_of_nothing(claim: Claim) -> Claim:
    return replace(claim, frequency="8", payer_control_number=None)
