"""What can be broken in a sound claim, one rule-bearing element at a time, and which edit must catch it.

A mutation changes the claim at JSON paths; it does not apply to a claim that has nothing there. `ALSO` names what else
must speak by necessity, with the reason: where a broken element makes a second rule untrue, both are right.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from gateway.model.claim import Claim, Residue
from tests.breaks import (
    TODAY,
    able_before_disabled,
    accident_of_no_kind,
    accident_without_day,
    admitted_after_service,
    at_home_in_canada,
    at_the_billing_address,
    auto_accident_nowhere,
    billing_provider_renders,
    canadian_in_a_us_state,
    cent_more,
    contact_without_phone,
    discharged_before_admitted,
    drug_in_spoons,
    drug_of_no_amount,
    drug_without_quantity,
    drug_without_unit,
    ends_before_it_begins,
    facility_at_home,
    fifty_one_lines,
    first_diagnosis_again,
    group_refers,
    icd9_too_late,
    icd10_too_early,
    inpatient_without_admission,
    line_repeats_the_claims_provider,
    minutes_of_a_visit,
    nameless_person_bills,
    negative_line,
    no_billing_number,
    no_diagnosis,
    no_lines,
    nothing_asked,
    one_line_twice,
    organisation_with_first_name,
    original_with_a_payers_number,
    person_as_facility,
    pointer_into_nothing,
    replacement_of_nothing,
    self_as_dependent,
    served_before_birth,
    served_tomorrow,
    short_ndc,
    strange_medicare_number,
    thirteen_diagnoses,
    transported_for_no_reason,
    units_of_anesthesia,
    void_of_nothing,
    where_on_the_claim_why_on_its_line,
    young_medicare,
)
from tests.claims import BILLING
from tests.paths import Absent, get, place, put

Change = Mapping[str, Any]
"""JSON path -> new value, or a function of the old one; ``@patient`` is whoever the patient is, ``*`` the last line."""
Break = Change | Callable[[Claim], Claim | None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to break a claim: *rule* must catch it *at* a path (a pattern; None for one of the changed paths)."""

    rule: str
    broken: Break
    at: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the rule and what is broken."""
        if callable(self.broken):
            return f"{self.rule} {self.broken.__name__}"
        return f"{self.rule} {' '.join(self.broken)}"

    def on(self, claim: Claim) -> Claim | None:
        """Return the broken claim, None where the claim has not what is broken."""
        if callable(self.broken):
            return self.broken(claim)
        try:
            for path, new in self.broken.items():
                where = place(claim, path)
                old = get(claim, where)
                if not callable(new) and new == old:
                    return None
                claim = put(claim, where, new(old) if callable(new) else new)
        except Absent:
            return None
        return claim

    def places(self, claim: Claim) -> str:
        """Return the pattern of the paths that the finding may name."""
        if self.at is not None:
            return place(claim, self.at)
        assert not callable(self.broken), f"{self.name}: say where"
        return "|".join(re.escape(place(claim, path)) + r"(\[\d+\])?" for path in self.broken)


def said(value: Any) -> Any:
    """Return *value* as a function for `Change` that applies only where something stands already."""

    def change(old: Any) -> Any:
        if old is None or old == ():
            raise Absent
        return value(old) if callable(value) else value

    return change


CHARGE_IS_SUM = {"P-SUM": "the claim's charge is no longer the sum of its lines"}
DECIDED = {
    "COB-1": "what another payer decided adds up to the charge that the line had",
    "COB-3": "what another payer decided adds up to the charge that the claim had",
}
DEAD = {"P-DATE-DEATH": "the death is then before that day"}
AFTERWARDS = {"P-DATE-DISCHARGE": "services are then after that discharge"}
COPY = {
    "P-CHARS-TEXT": "a text that is said a second time has its separators again",
    "P-NPI-NONE": "a provider who is named a second time has no NPI there either",
}
LINES = r"service_lines\[0\]\."

NO_LINE_RENDERS = {
    "P-RENDERING": "without the line whose provider differs, the claim's repeats the billing provider"
}
PAID_MORE = {"P-PAID": "the charge of other lines is below what the patient paid"}
OF_OTHER_UNITS = {"P-OB-UNITS": "obstetric units belong to minutes of anesthesia"}
OF_THE_SUBSCRIBER = {
    "P-SBR02": "the text says of the subscriber's relationship what it said before, or nothing"
}
NOT_THE_PATIENT = {
    "P-DMG": "the subscriber is the patient now",
    "P-DATE-BIRTH": "the subscriber is the patient now",
}


def beside(loop: str, text: str) -> tuple[Residue, ...]:
    """Return text beside the record, in place of nothing."""
    return (Residue(loop=loop, segments=(text,)),)


def in_place(loop: str, text: str) -> tuple[Residue, ...]:
    """Return text that is written in place of the segment of its kind."""
    return (Residue(loop=loop, segments=(text,), replaces=text.partition("*")[0]),)


ORIGINAL: Change = {"frequency": lambda _: "1", "payer_control_number": lambda _: None}
"""Codes of a void are not judged: it repeats what the payer has."""

MUTATIONS: tuple[Mutation, ...] = (
    Mutation("P-SUM", {"charge": cent_more}, also=DECIDED),
    Mutation("P-SUM", {"service_lines[*].charge": cent_more}, at="charge", also=DECIDED),
    Mutation("P-NEGATIVE", {"patient_paid": Decimal("-1.00")}),
    Mutation("P-NEGATIVE", negative_line, at=rf"charge|{LINES}charge"),
    Mutation("P-ZERO", nothing_asked, at="charge"),
    Mutation("P-BP-01", no_billing_number, at=r"billing_provider\.npi"),
    Mutation("P-BP-02", nameless_person_bills, at=r"billing_provider\.first_name"),
    Mutation("P-BP-02", organisation_with_first_name, at=r"billing_provider\.first_name"),
    Mutation("P-BP-02", {"billing_provider.entity_type": "X"}),
    Mutation("P-BP-03", {"billing_provider.address.line1": "P.O. Box 12"}),
    Mutation("P-BP-03", {"billing_provider.address.line2": "PMB 321"}),
    Mutation("P-BP-04", {"billing_provider.address.zip": "62701"}),
    Mutation("P-BP-04", {"service_facility.address.zip": "62701"}),
    Mutation("P-BP-05", {"billing_provider.address": None}),
    Mutation("P-BP-06", {"billing_provider.tax_id": None}),
    Mutation("P-BP-06", {"billing_provider.tax_id": "111111111"}),
    Mutation("P-BP-06", {"billing_provider.tax_id": "12345678"}),
    Mutation("P-BP-07", {"billing_provider.taxonomy": None}),
    Mutation("P-BP-08", {"billing_provider.contact_phone": said("555")}),
    Mutation("P-BP-08", contact_without_phone, at=r"billing_provider\.contact_phone"),
    Mutation("P-ENTITY", group_refers, at=r"referring_provider\.entity_type"),
    Mutation("P-ENTITY", person_as_facility, at=r"service_facility\.entity_type"),
    Mutation("P-STATE", canadian_in_a_us_state, at=r"@patient\.address\.state"),
    Mutation("P-STATE", {"accident_state": said("XX")}),
    Mutation("P-HIER", self_as_dependent, at=r"patient\.relationship"),
    Mutation("P-HIER", {"patient.relationship": "99"}),
    Mutation("P-DMG", {"@patient.birth_date": None}),
    Mutation("P-DMG", {"@patient.sex": None}),
    Mutation("P-DMG", {"@patient.sex": "X"}),
    Mutation("P-DMG", {"@patient.address": None}),
    Mutation("P-MEMBER", {"subscriber.member_id": None}),
    Mutation("P-MBI", strange_medicare_number, at=r"subscriber\.member_id"),
    Mutation("P-SBR01", {"payer_sequence": "Z"}),
    Mutation("P-SBR05", {"subscriber.insurance_type": "99"}),
    Mutation("P-SBR05", young_medicare, at=r"subscriber\.insurance_type"),
    Mutation("P-SBR09", {"claim_filing_indicator": "09"}),
    Mutation("P-SBR09", {"claim_filing_indicator": None}),
    Mutation("P-SBR09-MA", {"claim_filing_indicator": "MA"}),
    Mutation("P-FACILITY", {"service_facility.address": said(None)}),
    Mutation("P-FACILITY", at_the_billing_address, at="service_facility", also=COPY),
    Mutation("P-FACILITY", facility_at_home, at="service_facility"),
    Mutation("P-RENDERING", billing_provider_renders, at="rendering_provider", also=COPY),
    Mutation("P-RENDERING", line_repeats_the_claims_provider, at=f"{LINES}rendering_provider", also=COPY),
    Mutation("P-PCN", {"patient_control_number": "A" * 21}),
    Mutation("P-PCN", {"patient_control_number": "A*1"}),
    Mutation("P-PCN-SIGNS", {"patient_control_number": "A_1"}),
    Mutation("P-PCN-ZERO", {"patient_control_number": "01"}),
    Mutation("P-FREQ", {"frequency": "6"}),
    Mutation("P-FREQ", original_with_a_payers_number, at="payer_control_number"),
    Mutation("P-FREQ", replacement_of_nothing, at="payer_control_number"),
    Mutation("P-FREQ", void_of_nothing, at="payer_control_number"),
    Mutation("P-6R", one_line_twice, at=r"service_lines\[\d+\]\.line_control_number", also=COPY | DECIDED),
    Mutation("P-NDC", short_ndc, at=rf"{LINES}drug\.ndc"),
    Mutation("P-CTP", drug_without_unit, at=rf"{LINES}drug\.unit"),
    Mutation("P-CTP", drug_without_quantity, at=rf"{LINES}drug\.quantity"),
    Mutation("P-CTP", drug_of_no_amount, at=rf"{LINES}drug\.quantity"),
    Mutation("P-CODE", drug_in_spoons, at=rf"{LINES}drug\.unit"),
    Mutation("P-CLIA", {"clia_number": "14X0000000"}),
    Mutation("P-CLIA", {"service_lines[*].clia_number": "14X0000000"}),
    Mutation("P-DX", no_diagnosis, at="diagnoses"),
    Mutation("P-DX", thirteen_diagnoses, at="diagnoses"),
    Mutation("P-DX-DUP", first_diagnosis_again, at=r"diagnoses\[\d+\]"),
    Mutation("P-DX-SHAPE", {"diagnoses[0]": "J01.90"}),
    Mutation("P-DX-SHAPE", {"diagnoses[0]": "ZZZ99"}),
    Mutation("P-CODE", {"diagnosis_type": "ICD11"}),
    Mutation("P-DX-ERA", icd10_too_early, at="diagnosis_type"),
    Mutation("P-DX-ERA", icd9_too_late, at="diagnosis_type"),
    Mutation("P-PTR", pointer_into_nothing, at=f"{LINES}diagnosis_pointers"),
    Mutation("P-PTR", {"service_lines[*].diagnosis_pointers": ()}),
    Mutation("P-PTR", {"service_lines[*].diagnosis_pointers": (0,)}),
    Mutation("P-PTR", {"service_lines[*].diagnosis_pointers": (1, 1)}),
    Mutation("P-PTR", {"service_lines[*].diagnosis_pointers": (1, 1, 1, 1, 1)}),
    Mutation("P-LINES", no_lines, at="service_lines", also=CHARGE_IS_SUM | NO_LINE_RENDERS),
    Mutation("P-LINES", fifty_one_lines, at="service_lines", also=COPY | PAID_MORE),
    Mutation("P-LINE-DATE", {"service_lines[*].service_date": None}),
    Mutation("P-LINE-UNITS", {"service_lines[*].units": Decimal(0)}),
    Mutation("P-LINE-PROC", {"service_lines[*].procedure": "D0120"}),
    Mutation("P-LINE-PROC", {"service_lines[*].procedure": "9921"}),
    Mutation("P-CODE", {"service_lines[*].procedure_type": "AD"}),
    Mutation("P-LINE-MOD", {"service_lines[*].modifiers": ("25", "25")}),
    Mutation("P-LINE-MOD", {"service_lines[*].modifiers": ("2",)}),
    Mutation("P-LINE-MOD", {"service_lines[*].modifiers": ("25", "59", "RT", "76", "LT")}),
    Mutation("P-LINE-MJ", minutes_of_a_visit, at=f"{LINES}unit_type"),
    Mutation("P-LINE-MJ", units_of_anesthesia, at=f"{LINES}unit_type", also=OF_OTHER_UNITS),
    Mutation("P-CODE", {"service_lines[*].unit_type": "F2"}, also=OF_OTHER_UNITS),
    Mutation("P-POS", {"place_of_service": "00"}),
    Mutation("P-POS", {"service_lines[*].place_of_service": "1"}),
    Mutation("P-POS-LIST", {**ORIGINAL, "place_of_service": "98"}, at="place_of_service"),
    Mutation(
        "P-POS-LIST",
        {**ORIGINAL, "service_lines[*].place_of_service": "98"},
        at=r"service_lines\[\d+\]\.place_of_service",
    ),
    Mutation("P-DATE-ORDER", ends_before_it_begins, at=f"{LINES}service_date_to"),
    Mutation("P-DATE-ORDER", able_before_disabled, at="disability_to"),
    Mutation("P-DATE-ORDER", discharged_before_admitted, at="discharge_date", also=AFTERWARDS),
    Mutation("P-DATE-FUTURE", served_tomorrow, at=f"{LINES}service_date", also=DEAD | AFTERWARDS),
    Mutation("P-DATE-FUTURE", {"@patient.birth_date": TODAY + timedelta(days=1)}, also=DEAD),
    Mutation("P-DATE-BIRTH", served_before_birth, at=r"service_lines\[\d+\]\.service_date(_to)?", also=DEAD),
    Mutation("P-DATE-BIRTH", {"@patient.birth_date": date(1880, 1, 1)}),
    Mutation("P-DATE-ACCIDENT", accident_without_day, at="accident_date"),
    Mutation("P-DATE-ACCIDENT", auto_accident_nowhere, at="accident_state"),
    Mutation("P-DATE-ACCIDENT", accident_of_no_kind, at="related_causes"),
    Mutation("P-DATE-ADMISSION", admitted_after_service, at="admission_date"),
    Mutation("P-DATE-ADMISSION", inpatient_without_admission, at="admission_date"),
    Mutation("P-AMBULANCE", transported_for_no_reason, at=r"ambulance\.reason"),
    Mutation("P-BESIDE", {"residue": beside("2300", "DTP*434*D8*20260110")}),
    Mutation("P-BESIDE", {"residue": beside("2320", "DMG*D8*19800517*F")}),
    Mutation("P-BESIDE", {"residue": beside("9999", "REF*EA*1")}),
    Mutation("P-BESIDE", {"residue": beside("2000B", "SBR*S******ZZ**CI")}, also=OF_THE_SUBSCRIBER),
    Mutation("P-BESIDE", {"residue": beside("2310B", "NM1*82*1*ROE****X*1")}),
    Mutation("P-BESIDE", {"residue": beside("2300", "HI*ABK*J0190")}),
    Mutation("P-BESIDE", {"residue": beside("2010AA", "REF*EI*123456789")}),
    Mutation("P-BESIDE", {"residue": (Residue(loop="2010AA", segments=(), replaces="NM1*85*2"),)}),
    Mutation(
        "P-SBR02",
        {"patient": None, "residue": in_place("2000B", "SBR*P********CI")},
        at=r"residue\[0\]",
        also=NOT_THE_PATIENT,
    ),
    Mutation(
        "P-SBR02",
        {"patient.last_name": "LOE", "residue": in_place("2000B", "SBR*P*18*******CI")},
        at=r"residue\[0\]",
    ),
    Mutation("P-CODE", {"assignment": "X"}),
    Mutation("P-CODE", {"benefits_assigned": "X"}),
    Mutation("P-CODE", {"release_of_information": "N"}),
    Mutation("P-CODE", {"patient_signature_source": "B"}),
    Mutation("P-CODE", {"delay_reason": "12"}),
    Mutation("P-CODE", {"special_program": "01"}),
    Mutation("P-CODE", {"note_type": "XXX"}),
    Mutation("P-CODE", {"related_causes": ("EM", "ZZ")}),
    Mutation("P-CODE", {"payer.id_type": "ZZ"}),
    Mutation("P-CODE", {"billing_provider.tax_id_type": "XX"}),
    Mutation("P-CODE", {"subscriber.entity_type": "X"}),
)

NEUTRAL: tuple[Break, ...] = (
    where_on_the_claim_why_on_its_line,
    at_home_in_canada,
    {"patient_control_number": "B-2026-0007"},
    {"subscriber.insurance_type": None, "claim_filing_indicator": "MC"},
    {"place_of_service": "22"},
    {"provider_signature": lambda said: not said},
    {"assignment": "C"},
    {"benefits_assigned": "W"},
    {"release_of_information": "I"},
    {"patient_signature_source": "P"},
    {"delay_reason": "15"},
    {"special_program": "09"},
    {"note": "seen by appointment"},
    {"note_type": "CER"},
    {"onset_date": date(2015, 6, 1)},
    {"lmp_date": date(2015, 6, 1), "@patient.sex": lambda _: "F"},
    {"patient_paid": Decimal("0.01")},
    {"prior_authorization": "AUTH 7"},
    {"medical_record_number": "MRN/7"},
    {"clia_number": "99D9999999"},
    {"@patient.sex": "U"},
    {"@patient.birth_date": date(1950, 2, 28)},
    {"@patient.first_name": "NUNEZ"},
    {"@patient.address": BILLING.address},
    {"@patient.address.line2": "APT 4"},
    {"patient.relationship": "G8"},
    {"subscriber.suffix": "JR"},
    {"subscriber.group_number": "GRP-9", "subscriber.group_name": lambda _: None},
    {"payer.name": "OTHER HEALTH PLAN"},
    {"payer.id": "98765"},
    {"payer.id_type": "XV"},
    {"payer.address": said(None)},
    {"billing_provider.npi": "1234567893"},
    {"billing_provider.tax_id": "987654321"},
    {"billing_provider.tax_id_type": "SY"},
    {"billing_provider.taxonomy": "363LF0000X"},
    {"billing_provider.address.line1": "1 BOXWOOD CT"},
    {"billing_provider.address.zip": "606010002"},
    {"billing_provider.pay_to_address": said(replace(BILLING.address, line1="PO BOX 12", zip="62701"))},
    {"billing_provider.references": ()},
    {"rendering_provider": None},
    {"referring_provider": lambda _: None, "primary_care_provider": lambda _: None},
    {"supervising_provider": None},
    {"primary_care_provider": None},
    {"service_facility": None},
    {"rendering_provider.taxonomy": said("363L00000X")},
    {"referring_provider.references": ()},
    {"service_facility.npi": said(None)},
    {"service_lines[*].place_of_service": "19"},
    {"service_lines[*].emergency": True},
    {"service_lines[*].description": "VISIT"},
    {"service_lines[*].line_control_number": "LINE-77"},
    {"service_lines[*].modifiers": ("76",)},
    {"service_lines[*].diagnosis_pointers": (1,)},
    {"service_lines[*].units": Decimal("1.5")},
    {"service_lines[*].service_date_to": None},
    {"service_lines[*].note": "left side"},
    {"service_lines[*].drug": None},
    {"attachments": ()},
    {"residue": (Residue(loop="2310A", segments=("NM1*DN*1*ROE*RITA****XX*1098765435", "REF*G2*A1")),)},
    {"residue": (Residue(loop="2010AA", segments=("PER*IC*PAT ROE*TE*5555550100",)),)},
    {"file_information": ()},
    {"condition_codes": ()},
)
"""Other values that are as right as the ones they replace: nothing may speak."""
