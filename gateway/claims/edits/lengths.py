"""How long each text of a claim may be, and which of them are identifiers (domain.md 2.15, data element lengths)."""

from gateway.model.claim import (
    Address,
    Adjustment,
    Ambulance,
    AmbulanceDropOff,
    Attachment,
    BillingProvider,
    Claim,
    Contact,
    ContractInfo,
    Drug,
    Form,
    FormAnswer,
    LineAdjudication,
    LineRepricing,
    OtherPayer,
    OtherPayerProvider,
    OtherSubscriber,
    OutpatientAdjudication,
    Patient,
    Payer,
    PayerNumber,
    PayToPlan,
    Provider,
    PurchasedService,
    Reference,
    Repricing,
    ServiceLine,
    SpinalManipulation,
    Subscriber,
)

_PERSON = {"last_name": (1, 60), "first_name": (1, 35), "middle_name": (1, 25), "suffix": (1, 10)}
_PROVIDER = {"name": (1, 60), "first_name": (1, 35), "middle_name": (1, 25), "suffix": (1, 10)}
_REPRICING = {"organization_id": (1, 50), "group_code": (1, 50)}
_NUMBER = (1, 50)
"""REF02."""

LENGTHS: dict[type, dict[str, tuple[int, int]]] = {
    Claim: {
        **dict.fromkeys(
            (
                "payer_control_number", "prior_authorization", "referral_number", "clia_number",
                "mammography_certification", "medical_record_number", "repriced_claim_number", "adjusted_repriced_claim_number",
                "investigational_device", "demonstration_project", "care_plan_oversight",
            ),
            _NUMBER,
        ),
        "note": (1, 80),
        "file_information": (1, 80),
        "anesthesia_procedures": (1, 30),
        "condition_codes": (1, 30),
    },
    BillingProvider: {
        **_PROVIDER,
        "contact_name": (1, 60),
        "contact_phone_extension": (1, 256),
        "contact_fax": (1, 256),
        "contact_email": (1, 256),
        "currency": (3, 3),
    },
    Provider: _PROVIDER,
    Contact: {"name": (1, 60), "phone": (1, 256), "phone_extension": (1, 256), "fax": (1, 256), "email": (1, 256)},
    PayToPlan: {"name": (1, 60), "id": (2, 80), "tax_id": (9, 9)},
    Payer: {"name": (1, 60), "id": (2, 80)},
    Subscriber: {
        **_PERSON,
        "member_id": (2, 80),
        "group_number": (1, 50),
        "group_name": (1, 60),
        "ssn": (9, 9),
        "property_casualty_claim_number": _NUMBER,
    },
    Patient: {**_PERSON, "member_id": _NUMBER, "ssn": (9, 9), "property_casualty_claim_number": _NUMBER},
    Address: {
        "line1": (1, 55),
        "line2": (1, 55),
        "city": (2, 30),
        "zip": (3, 15),
        "country_subdivision": (1, 3),
    },
    Reference: {"qualifier": (2, 3), "id": _NUMBER, "payer": _NUMBER},
    ServiceLine: {
        "procedure": (1, 48),
        "description": (1, 80),
        "line_control_number": (1, 30),
        **dict.fromkeys(
            (
                "prior_authorization", "referral_number", "clia_number", "mammography_certification",
                "referring_clia_number", "immunization_batch", "repriced_line_number", "adjusted_repriced_line_number",
            ),
            _NUMBER,
        ),
        "note": (1, 80),
        "third_party_note": (1, 80),
        "file_information": (1, 80),
    },
    Drug: {"ndc": (1, 48), "prescription_number": _NUMBER, "compound_link": _NUMBER},
    Attachment: {"control_number": (2, 80)},
    ContractInfo: {"code": (1, 50), "version": (1, 30)},
    Repricing: _REPRICING,
    LineRepricing: {**_REPRICING, "procedure": (1, 48)},
    Ambulance: {"round_trip_purpose": (1, 80), "stretcher_purpose": (1, 80)},
    AmbulanceDropOff: {"name": (1, 60)},
    SpinalManipulation: {"description": (1, 80), "further_description": (1, 80)},
    PayerNumber: {"id": _NUMBER, "payer": _NUMBER},
    PurchasedService: {"provider_id": (1, 50)},
    Form: {"id": (1, 30)},
    FormAnswer: {"question": (1, 20), "text": (1, 50)},
    OtherPayer: {
        "group_number": (1, 50),
        "group_name": (1, 60),
        "payer_control_number": _NUMBER,
        "prior_authorization": _NUMBER,
        "referral_number": _NUMBER,
    },
    OtherSubscriber: {**_PERSON, "member_id": (2, 80), "ssn": (9, 9)},
    OtherPayerProvider: {},
    OutpatientAdjudication: {"remarks": (1, 50)},
    LineAdjudication: {"payer_id": (2, 80), "procedure": (1, 48), "description": (1, 80)},
    Adjustment: {"reason": (1, 5)},
}  # fmt: skip
"""Fewest and most characters of each text, as it is written; of each item where the field is a list."""

IDENTIFIERS = frozenset(
    {
        "payer_control_number", "prior_authorization", "referral_number", "mammography_certification",
        "medical_record_number", "id", "member_id", "group_number", "line_control_number", "prescription_number",
        "repriced_claim_number", "adjusted_repriced_claim_number", "investigational_device", "demonstration_project",
        "care_plan_oversight", "repriced_line_number", "adjusted_repriced_line_number", "immunization_batch",
        "property_casualty_claim_number", "control_number", "organization_id", "provider_id", "compound_link", "payer",
        "payer_id",
    }
)  # fmt: skip
"""Texts that mean something else once a character of them is replaced."""
