"""The rarer shapes of a claim: each a strategy of the fields that it fills, valid by the guide."""

from datetime import date

from hypothesis import strategies as st

from gateway.model.claim import (
    Attachment,
    Contact,
    EpsdtReferral,
    Measurement,
    Provider,
    PurchasedService,
    SpinalManipulation,
)
from tests.draws import NPIS, addresses, amounts, codes, days, digits, maybe, names
from tests.part_draws import (
    Shape,
    adjudications,
    ambulances,
    attachments,
    by_payer,
    contacts,
    contracts,
    equipment,
    forms,
    line_persons,
    line_repricings,
    numbers,
    one,
    other_payers,
    payer_numbers,
    persons,
    phones,
    plans,
    repricings,
    some,
    visions,
)

texts = some(names(60), 3)
PROVIDER_SHAPES: dict[str, Shape] = {
    "plan": one("pay_to_plan", plans()),
    "currency": one("currency", st.just("CAD")),
    "contact": st.fixed_dictionaries(
        {
            "contact_name": maybe(names(60)),
            "contact_phone": digits(10),
            "contact_phone_extension": maybe(digits(4)),
            "contact_fax": maybe(digits(10)),
            "contact_email": maybe(st.just("B@EXAMPLE.COM")),
        }
    ),
    "pay-to": st.fixed_dictionaries(
        {"pay_to_address": addresses(), "pay_to_entity_type": maybe(st.sampled_from("12"))}
    ),
}
PATIENT_SHAPES: dict[str, Shape] = {
    "death": one("death_date", st.dates(date(2020, 1, 1), date(2026, 1, 1))),
    "weight": one("weight", numbers("400", 1)),
    "pregnant": one("pregnant", st.booleans()),
    "property and casualty": st.fixed_dictionaries(
        {"property_casualty_claim_number": codes(20), "contact": maybe(phones())}
    ),
}
CLAIM_SHAPES: dict[str, Shape] = {
    "dates": st.fixed_dictionaries(
        dict.fromkeys(
            (
                "acute_manifestation_date",
                "prescription_date",
                "assumed_care_date",
                "relinquished_care_date",
                "first_contact_date",
                "repricer_received_date",
            ),
            maybe(days),
        )
    ),
    "attachments": one("attachments", some(attachments, 10)),
    "contract": one("contract", contracts),
    "numbers": st.fixed_dictionaries(
        dict.fromkeys(
            (
                "service_authorization_exception",
                "repriced_claim_number",
                "adjusted_repriced_claim_number",
                "investigational_device",
                "demonstration_project",
                "care_plan_oversight",
            ),
            maybe(codes(20)),
        )
    ),
    "crossover": one("medicare_crossover", st.sampled_from("YN")),
    "file information": one("file_information", texts),
    "ambulance": one("ambulance", ambulances),
    "spinal": one(
        "spinal_manipulation",
        st.builds(
            SpinalManipulation,
            condition=st.sampled_from("ACDEFGM"),
            description=maybe(names(80)),
            further_description=maybe(names(80)),
        ),
    ),
    "vision": one("vision_conditions", some(visions, 3)),
    "homebound": one("homebound", st.booleans()),
    "epsdt": one(
        "epsdt_referral",
        st.builds(
            EpsdtReferral, given=st.booleans(), codes=some(st.sampled_from(("AV", "NU", "S2", "ST")), 3)
        ),
    ),
    "anesthesia": one("anesthesia_procedures", some(digits(5), 2)),
    "conditions": one("condition_codes", some(codes(2, 2), 24)),
    "repricing": one("repricing", repricings),
    "primary care": one("primary_care_provider", persons("0B", "1G", "G2")),
    "other payers": one("other_payers", some(other_payers(), 3)),
}
LINE_SHAPES: dict[str, Shape] = {
    "dates": st.fixed_dictionaries(
        dict.fromkeys(
            (
                "prescription_date",
                "recertification_date",
                "begin_therapy_date",
                "last_certification_date",
                "last_seen_date",
                "hemoglobin_test_date",
                "creatinine_test_date",
                "shipped_date",
                "last_xray_date",
                "initial_treatment_date",
            ),
            maybe(days),
        )
    ),
    "attachments": one(
        "attachments",
        some(
            attachments
            | st.builds(
                Attachment, type=st.just("CT"), transmission=st.sampled_from(("AB", "AD", "AF", "AG", "NS"))
            ),
            10,
        ),
    ),
    "equipment": one("dme", equipment),
    "ambulance": one("ambulance", ambulances),
    "counts": st.fixed_dictionaries(
        {"ambulance_patients": maybe(numbers("9", 0)), "obstetric_units": maybe(numbers("9", 0))}
    ),
    "exempt": one("copay_exempt", st.booleans()),
    "hospice": one("hospice_employee", st.booleans()),
    "measurements": one(
        "measurements",
        some(
            st.builds(
                Measurement,
                kind=st.sampled_from(("OG", "TR")),
                test=st.sampled_from(("HT", "R1", "R2", "R3", "R4")),
                value=numbers("99", 1),
            ),
            5,
        ),
    ),
    "contract": one("contract", contracts),
    "numbers": st.fixed_dictionaries(
        dict.fromkeys(
            (
                "repriced_line_number",
                "adjusted_repriced_line_number",
                "mammography_certification",
                "referring_clia_number",
                "immunization_batch",
            ),
            maybe(codes(20)),
        )
    ),
    "payers' numbers": st.fixed_dictionaries(
        {
            "payer_prior_authorizations": some(payer_numbers, 4),
            "payer_referral_numbers": some(payer_numbers, 4),
        }
    ),
    "money": st.fixed_dictionaries({"sales_tax": maybe(amounts()), "postage": maybe(amounts())}),
    "file information": one("file_information", texts),
    "notes": st.fixed_dictionaries(
        {"note_type": st.sampled_from(("ADD", "DCP")), "third_party_note": maybe(names(80))}
    ),
    "purchased": st.fixed_dictionaries(
        {
            "purchased_service": st.builds(PurchasedService, provider_id=codes(20), charge=amounts()),
            "purchased_service_provider": st.builds(
                Provider,
                entity_type=st.sampled_from("12"),
                npi=maybe(st.sampled_from(NPIS)),
                references=by_payer("0B", "1G", "G2"),
            ),
        }
    ),
    "repricing": one("repricing", line_repricings),
    "facility": one(
        "service_facility",
        st.builds(
            Provider,
            name=names(60),
            npi=maybe(st.sampled_from(NPIS)),
            address=addresses(nine=True),
            references=by_payer("G2", "LU").map(lambda found: found[:3]),
        ),
    ),
    "supervising": one("supervising_provider", line_persons("0B", "1G", "G2", "LU")),
    "ordering": one(
        "ordering_provider",
        st.builds(
            Provider,
            entity_type=st.just("1"),
            name=names(60),
            first_name=maybe(names(35)),
            address=maybe(addresses()),
            contact=maybe(
                contacts().map(
                    lambda c: c if not (c.phone_extension and c.fax and c.email) else Contact(phone=c.phone)
                )
            ),
            references=by_payer("0B", "1G", "G2"),
        ),
    ),
    "referring": one("referring_provider", line_persons("0B", "1G", "G2")),
    "primary care": one("primary_care_provider", line_persons("0B", "1G", "G2")),
    "adjudications": one("adjudications", some(adjudications, 3)),
    "forms": one("forms", some(forms, 2)),
}
