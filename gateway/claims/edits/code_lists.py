"""The short code lists of the claim format itself, how many of a thing it holds, and whose numbers it knows (domain.md 2).

Code sets that others keep and change (diagnoses, procedures, places of service ...) are not here.
"""

from gateway.model.claim import (
    Adjustment,
    Ambulance,
    AmbulanceCertification,
    Attachment,
    BillingProvider,
    Claim,
    ContractInfo,
    Dme,
    Drug,
    EpsdtReferral,
    Form,
    FormAnswer,
    LineAdjudication,
    LineRepricing,
    Measurement,
    OtherPayer,
    OtherPayerProvider,
    OtherSubscriber,
    OutpatientAdjudication,
    Payer,
    PayToPlan,
    Repricing,
    ServiceLine,
    SpinalManipulation,
    Subscriber,
    VisionCondition,
)


def _of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENTITY, _YNW, _PAYER_ID, _MEMBER_ID = _of("1 2"), _of("N W Y"), _of("PI XV"), _of("II MI")
_PROCEDURE_TYPES, _UNITS = _of("ER HC IV WK"), _of("MJ UN")
_REPRICING = {
    "method": _of("00 01 02 03 04 05 07 08 09 10 11 12 13 14"),
    "reject_reason": _of("T1 T2 T3 T4 T5 T6"),
    "policy_compliance": _of("1 2 3 4 5"),
    "exception": _of("1 2 3 4 5 6"),
}

CODES: dict[type, dict[str, frozenset[str]]] = {
    Claim: {
        "assignment": _of("A B C"),
        "benefits_assigned": _YNW,
        "release_of_information": _of("I Y"),
        "patient_signature_source": _of("P"),
        "related_causes": _of("AA EM OA"),
        "delay_reason": _of("1 2 3 4 5 6 7 8 9 10 11 15"),
        "special_program": _of("02 03 05 09"),
        "note_type": _of("ADD CER DCP DGN TPO"),
        "diagnosis_type": _of("ICD10 ICD9"),
        "medicare_crossover": _of("N Y"),
        "service_authorization_exception": _of("1 2 3 4 5 6 7"),
    },
    Payer: {"id_type": _PAYER_ID},
    PayToPlan: {"id_type": _PAYER_ID},
    BillingProvider: {"tax_id_type": _of("EI SY"), "pay_to_entity_type": _ENTITY},
    Subscriber: {"entity_type": _ENTITY, "member_id_type": _MEMBER_ID},
    OtherSubscriber: {"entity_type": _ENTITY, "member_id_type": _MEMBER_ID},
    OtherPayerProvider: {"entity_type": _ENTITY},
    OtherPayer: {
        "payer_sequence": _of("A B C D E F G H P S T U"),
        "relationship": _of("01 18 19 20 21 39 40 53 G8"),
        "benefits_assigned": _YNW,
        "release_of_information": _of("I Y"),
        "patient_signature_source": _of("P"),
        "adjustment_indicator": _of("Y"),
    },
    Adjustment: {"group": _of("CO CR OA PI PR")},
    LineAdjudication: {"procedure_type": _PROCEDURE_TYPES},
    ServiceLine: {"procedure_type": _PROCEDURE_TYPES, "unit_type": _UNITS, "note_type": _of("ADD DCP")},
    Attachment: {
        "type": _of(
            "03 04 05 06 07 08 09 10 11 13 15 21 A3 A4 AM AS B2 B3 B4 BR BS BT CB CK CT D2 DA DB DG DJ DS EB HC HR "
            "I5 IR LA M1 MT NN OB OC OD OE OX OZ P4 P5 PE PN PO PQ PY PZ RB RR RT RX SG V5 XP"
        ),
        "transmission": _of("AA AB AD AF AG BM EL EM FT FX NS"),
    },
    ContractInfo: {"type": _of("01 02 03 04 05 06 09")},
    Repricing: _REPRICING,
    LineRepricing: {
        **_REPRICING,
        "method": _REPRICING["method"] | {"06"},
        "procedure_type": _PROCEDURE_TYPES,
        "unit_type": _UNITS,
    },
    Ambulance: {"reason": _of("A B C D E")},
    AmbulanceCertification: {"codes": _of("01 04 05 06 07 08 09 12")},
    SpinalManipulation: {"condition": _of("A C D E F G M")},
    VisionCondition: {"category": _of("E1 E2 E3"), "codes": _of("L1 L2 L3 L4 L5")},
    EpsdtReferral: {"codes": _of("AV NU S2 ST")},
    Dme: {"rental_frequency": _of("1 4 6"), "certification_type": _of("I R S"), "conditions": _of("38 ZV")},
    Drug: {"unit": _of("F2 GR ME ML UN"), "id_type": _of("EN EO HI N4 ON UK UP")},
    Measurement: {"kind": _of("OG TR"), "test": _of("HT R1 R2 R3 R4")},
    Form: {"type": _of("AS UT")},
    FormAnswer: {"answer": _YNW},
}
"""What a field may say; each item where the field is a list. A test holds it to the claim map and the guide."""

COUNTS: dict[type, dict[str, tuple[int, int]]] = {
    Claim: {
        "related_causes": (0, 2), "attachments": (0, 10), "file_information": (0, 10), "vision_conditions": (0, 3),
        "anesthesia_procedures": (0, 2), "condition_codes": (0, 24), "other_payers": (0, 10),
    },
    ServiceLine: {
        "attachments": (0, 10), "file_information": (0, 10), "measurements": (0, 5), "adjudications": (0, 15),
        "payer_prior_authorizations": (0, 4), "payer_referral_numbers": (0, 4),
    },
    Ambulance: {"certifications": (0, 3)},
    AmbulanceCertification: {"codes": (1, 5)},
    VisionCondition: {"codes": (1, 5)},
    EpsdtReferral: {"codes": (1, 3)},
    Dme: {"conditions": (0, 2)},
    OtherPayerProvider: {"references": (1, 3)},
    OutpatientAdjudication: {"remarks": (0, 5)},
    LineAdjudication: {"modifiers": (0, 4)},
    Form: {"answers": (1, 99)},
}  # fmt: skip
"""Fewest and most of what a list may hold, where that is not an edit of its own."""

_PERSON = (_of("0B 1G G2"), 3)
_RENDERING = (_of("0B 1G G2 LU"), 4)
REFERENCES: dict[str, tuple[frozenset[str], int]] = {
    "billing_provider.references": (_of("0B 1G"), 2),
    "billing_provider.payer_references": (_of("G2 LU"), 2),
    "billing_provider.pay_to_plan.references": (_of("2U FY NF"), 1),
    "payer.references": (_of("2U EI FY NF"), 3),
    "rendering_provider.references": _RENDERING,
    "referring_provider.references": _PERSON,
    "primary_care_provider.references": _PERSON,
    "supervising_provider.references": _RENDERING,
    "service_facility.references": (_of("0B G2 LU"), 3),
    "service_lines.rendering_provider.references": (_of("0B 1G G2 LU"), 20),
    "service_lines.purchased_service_provider.references": (_of("0B 1G G2"), 20),
    "service_lines.service_facility.references": (_of("G2 LU"), 3),
    "service_lines.supervising_provider.references": (_of("0B 1G G2 LU"), 20),
    "service_lines.ordering_provider.references": (_of("0B 1G G2"), 20),
    "service_lines.referring_provider.references": (_of("0B 1G G2"), 20),
    "service_lines.primary_care_provider.references": (_of("0B 1G G2"), 20),
    "other_payers.payer.references": (_of("2U EI FY NF"), 2),
    "other_payers.referring_provider.references": _PERSON,
    "other_payers.primary_care_provider.references": _PERSON,
    "other_payers.rendering_provider.references": (_of("0B 1G G2 LU"), 3),
    "other_payers.supervising_provider.references": (_of("0B 1G G2 LU"), 3),
    "other_payers.service_facility.references": (_of("0B G2 LU"), 3),
    "other_payers.billing_provider.references": (_of("G2 LU"), 2),
}
"""Path without indices -> the qualifiers of further identifiers that are known there, and how many there may be."""
