"""What a view of stored things may show without ``--reveal`` (law 11): what stands encrypted is hidden but for this list.

The list names what is safe, so that a new field of a record is hidden until somebody decides: codes, days of service,
amounts, our own ids, and who the payer and the providers are - never who the patient is.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from gateway.model.claim import Claim
from gateway.model.remittance_parts import InpatientFacts, OutpatientFacts
from gateway.store.views import Sealed

MASK = "***"

_PARTY = frozenset({"name", "entity_type", "npi", "taxonomy", "id", "id_type"})

SHOWN: Mapping[str, frozenset[str] | None] = {
    **dict.fromkeys(
        (
            "charge", "paid", "amount", "quantity", "units", "unit_type", "procedure", "procedure_type", "modifiers",
            "revenue_code", "submitted_procedure", "submitted_modifiers", "submitted_units", "service_date",
            "service_date_to", "statement_from", "statement_to", "received_date", "diagnoses", "diagnosis_type",
            "diagnosis_pointers", "place_of_service", "facility_code", "frequency", "payer_sequence",
            "claim_filing_indicator", "provider_signature", "assignment", "benefits_assigned", "release_of_information",
            "emergency", "epsdt", "family_planning", "special_program", "delay_reason", "related_causes", "note_type",
            "status_code", "patient_responsibility", "patient_paid", "group", "reason", "qualifier", "remarks",
            "position", "rendering_npi", "crossover_payer", "code", "severity", "row", "line", "segment", "loop",
            "category", "entity", "action", "outcome", "submitted_procedure_type", "drug_reject_codes", "member_id_type",
            "diagnosis_related_group", "drg_weight", "discharge_fraction", "crossover_payer_id", "crossover_payer_id_type",
            "priority_payer", "priority_payer_id", "priority_payer_id_type",
        ),
    ),
    "inpatient": frozenset(field.name for field in fields(InpatientFacts)),
    "outpatient": frozenset(field.name for field in fields(OutpatientFacts)),
    **dict.fromkeys(("service_lines", "adjustments", "amounts", "quantities", "findings"), None),
    **dict.fromkeys(
        (
            "payer", "billing_provider", "rendering_provider", "referring_provider", "supervising_provider",
            "service_facility",
        ),
        _PARTY,
    ),
}  # fmt: skip
"""Field -> None: shown, and what is inside is looked at by this same list; or the names shown inside."""

_X12_PLACE = re.compile(r"[A-Z][A-Z0-9]{1,2}([0-9]{2}(-[0-9]{1,2})?)?")
_FIRST_NAME_OF_PATH = re.compile(r"[a-z_]+")
_RECORD_FIELDS = frozenset(field.name for field in fields(Claim))


def opened(value: Any, *, reveal: bool) -> Any:
    """Return *value* with every `Sealed` part in the clear, or with all in it hidden that may tell who a person is."""
    if isinstance(value, Sealed):
        return value.value if reveal else hidden(value.value)
    if isinstance(value, Mapping):
        return {name: _member(name, part, reveal=reveal) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [opened(part, reveal=reveal) for part in value]
    return value


def _member(name: str, part: Any, *, reveal: bool) -> Any:
    if name in {"element", "field"} and isinstance(part, Sealed) and _names_a_place(part.value):
        return part.value
    return opened(part, reveal=reveal)


def _names_a_place(element: Any) -> bool:
    """Tell whether *element* is a place of X12 or of our record, and not a heading that somebody made up."""
    if not isinstance(element, str):
        return False
    first = _FIRST_NAME_OF_PATH.match(element)
    return bool(_X12_PLACE.fullmatch(element)) or (first is not None and first.group() in _RECORD_FIELDS)


def shows_path(path: str) -> bool:
    """Tell whether the field at *path* of a claim (``service_lines[1].procedure``) may be shown to anybody."""
    names = [name.partition("[")[0] for name in path.split(".")]
    for index, name in enumerate(names):
        if name not in SHOWN:
            return False
        inside = SHOWN[name]
        if inside is not None and index + 1 < len(names):
            return names[index + 1] in inside
    return True


def hidden(value: Any) -> Any:
    """Hide everything in *value* that is not on the list of what is safe."""
    if isinstance(value, Mapping):
        return {name: _shown_or_hidden(name, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(part) for part in value]
    return value if value is None or isinstance(value, bool) else MASK


def _shown_or_hidden(name: str, part: Any) -> Any:
    if name not in SHOWN:
        return hidden(part)
    inside = SHOWN[name]
    if inside is not None and isinstance(part, Mapping):
        return {key: content if key in inside else hidden(content) for key, content in part.items()}
    if isinstance(part, Mapping):
        return hidden(part)
    if isinstance(part, list | tuple):
        return [hidden(one) if isinstance(one, Mapping) else one for one in part]
    return part
