"""Spelling put right before anything is judged: hyphens, dots, blanks, letter case, doubles (TRAP-34, 35, 36, 50).

What a claim says is never changed, only how it is written; whatever was changed is a finding of severity info.
"""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gateway.claims.edits.switches import is_off
from gateway.claims.edits.walk import in_us
from gateway.model.claim import (
    Address,
    Adjustment,
    Attachment,
    BillingProvider,
    Claim,
    Contact,
    ContractInfo,
    Drug,
    LineAdjudication,
    OtherPayer,
    OtherSubscriber,
    Patient,
    Payer,
    PayToPlan,
    Provider,
    Reference,
    ServiceLine,
    Subscriber,
)
from gateway.model.findings import Finding, Severity
from gateway.model.matching import loose_name
from gateway.settings import Partner

SPELLING = "IN-SPELLING"
"""The code of a finding that only says how something is written now."""

_Respell = Callable[[str], str]

_NOT_DIGIT = re.compile(r"[^0-9]")
_SEPARATORS = re.compile(r"[\s.-]")
_NDC_PARTS = re.compile(r"(\d{4,5})-(\d{3,4})-(\d{1,2})\Z")


def _upper(text: str) -> str:
    return text.upper()


def _joined(text: str) -> str:
    """Take out blanks, hyphens and dots: ``37-1234567`` -> ``371234567``."""
    return _SEPARATORS.sub("", text)


def _joined_upper(text: str) -> str:
    return _joined(text).upper()


def _phone(text: str) -> str:
    """Return the digits of a phone number, without the country's 1."""
    digits = _NOT_DIGIT.sub("", text)
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits or text


def _ndc(text: str) -> str:
    """Bring a hyphenated NDC into 5-4-2 form; ten digits without hyphens stay, since nobody can tell (2.14)."""
    parts = _NDC_PARTS.match(text.strip())
    if parts is None:
        return _joined(text)
    labeler, product, package = parts.groups()
    if len(labeler) + len(product) + len(package) < 10:
        return _joined(text)
    return labeler.zfill(5) + product.zfill(4) + package.zfill(2)


_CODES: dict[str, _Respell] = {"npi": _joined, "taxonomy": _joined_upper}

_TABLE: dict[type, dict[str, _Respell]] = {
    Claim: {
        "patient_control_number": _upper,
        "payer_sequence": _upper,
        "claim_filing_indicator": _upper,
        "assignment": _upper,
        "benefits_assigned": _upper,
        "release_of_information": _upper,
        "patient_signature_source": _upper,
        "diagnosis_type": _joined_upper,
        "diagnoses": _joined_upper,
        "anesthesia_procedures": _joined_upper,
        "condition_codes": _upper,
        "medicare_crossover": _upper,
        "related_causes": _upper,
        "accident_state": _upper,
        "accident_country": _upper,
        "clia_number": _joined_upper,
        "note_type": _upper,
    },
    BillingProvider: {
        **_CODES,
        "tax_id": _joined,
        "tax_id_type": _upper,
        "contact_phone": _phone,
        "contact_fax": _phone,
        "currency": _upper,
    },
    Provider: _CODES,
    Payer: {"id_type": _upper},
    Subscriber: {"member_id": _joined_upper, "sex": _upper, "insurance_type": _upper, "ssn": _joined},
    Patient: {"sex": _upper, "relationship": _upper, "ssn": _joined},
    Address: {"state": _upper, "country": _upper, "country_subdivision": _upper},
    Reference: {"qualifier": _upper},
    ServiceLine: {
        "procedure": _joined_upper,
        "procedure_type": _upper,
        "modifiers": _joined_upper,
        "unit_type": _upper,
        "clia_number": _joined_upper,
        "referring_clia_number": _joined_upper,
        "note_type": _upper,
    },
    Drug: {"ndc": _ndc, "unit": _upper, "id_type": _upper},
    **{key: {"type": _upper, "transmission": _upper} for key in (Attachment, ContractInfo)},
    Contact: {"phone": _phone, "fax": _phone},
    PayToPlan: {"tax_id": _joined, "id_type": _upper},
    OtherPayer: {
        "payer_sequence": _upper,
        "relationship": _upper,
        "claim_filing_indicator": _upper,
        "benefits_assigned": _upper,
        "release_of_information": _upper,
        "patient_signature_source": _upper,
        "adjustment_indicator": _upper,
    },
    OtherSubscriber: {"member_id": _joined_upper, "ssn": _joined},
    LineAdjudication: {"procedure": _joined_upper, "procedure_type": _upper, "modifiers": _joined_upper},
    Adjustment: {"group": _upper, "reason": _upper},
}


def normalise(claim: Claim, profile: Partner | None = None) -> tuple[Claim, list[Finding]]:
    """Return *claim* in the spelling that X12 wants, and what was changed; doing it twice changes nothing more.

    What only repeats the billing provider is left out, unless *profile* has switched the rule against that off (D16).
    """
    changed: list[Finding] = []
    number = claim.patient_control_number

    def note(code: str, path: str, message: str) -> None:
        changed.append(
            Finding(code=code, severity=Severity.INFO, message=message, element=path, claim=number)
        )

    claim = _respelled(
        claim, "", note, frozenset({"member_id"}) if is_off(profile, "P-MEMBER-ID") else frozenset()
    )
    claim = _without_double_diagnoses(claim, note)
    if not is_off(profile, "P-RENDERING"):
        claim = _without_repeated_providers(claim, note)
    if not is_off(profile, "P-FACILITY"):
        claim = _without_own_place(claim, note)
    return _with_plain_lines(claim, note), changed


_Note = Callable[[str, str, str], None]


def _respelled(record: Any, path: str, note: _Note, left: frozenset[str]) -> Any:
    """Return *record* in its proper spelling, the fields named in *left* as they are."""
    table = _TABLE.get(type(record), {})
    changes: dict[str, Any] = {}
    for f in dataclasses.fields(record):
        value = getattr(record, f.name)
        if value is None or value == ():
            continue
        respell = None if f.name in left else table.get(f.name)
        new, where = _respelled_value(value, f"{path}{f.name}", respell, note, left)
        if new is not value:
            changes[f.name] = new
            if where:
                note(
                    SPELLING,
                    where,
                    f"{f.name.replace('_', ' ')} is written without blanks, dots and hyphens, in capitals",
                )
    if isinstance(record, Address) and record.zip and in_us(record):
        joined = _joined(record.zip)
        if joined != record.zip:
            changes["zip"] = joined
            note(SPELLING, f"{path}zip", "zip is written without the hyphen")
    if isinstance(record, Address) and (record.country or "").upper() in {"US", "USA"}:
        changes["country"] = None
        note(SPELLING, f"{path}country", "within the US no country is written")
    return replace(record, **changes) if changes else record


def _respelled_value(
    value: Any, path: str, respell: _Respell | None, note: _Note, left: frozenset[str]
) -> tuple[Any, str | None]:
    """Return the new value (the same object where nothing changes) and where a spelling was changed."""
    if dataclasses.is_dataclass(value):
        return _respelled(value, f"{path}.", note, left), None
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        parts = tuple(_respelled(part, f"{path}[{i}].", note, left) for i, part in enumerate(value))
        return (value if all(a is b for a, b in zip(parts, value, strict=True)) else parts), None
    if respell is None:
        return value, None
    new = tuple(map(respell, value)) if isinstance(value, tuple) else respell(value)
    return (value, None) if new == value else (new, path)


def _without_double_diagnoses(claim: Claim, note: _Note) -> Claim:
    """Take out repeated diagnoses and let the pointers point at the one that is left (TRAP-35, 36)."""
    kept = tuple(dict.fromkeys(claim.diagnoses))
    if kept == claim.diagnoses:
        return claim
    moved = {old: kept.index(code) + 1 for old, code in enumerate(claim.diagnoses, start=1)}
    lines = tuple(
        replace(
            line,
            diagnosis_pointers=tuple(dict.fromkeys(moved.get(p, p) for p in line.diagnosis_pointers)),
        )
        if _all_resolve(line, claim)
        else line
        for line in claim.service_lines
    )
    note("P-DX-DUP", "diagnoses", "a diagnosis stood there twice; one was left out, and the pointers follow")
    return replace(claim, diagnoses=kept, service_lines=lines)


def _all_resolve(line: ServiceLine, claim: Claim) -> bool:
    """Tell whether every pointer points somewhere; a line whose pointers do not is left for the edit to judge."""
    return all(1 <= pointer <= len(claim.diagnoses) for pointer in line.diagnosis_pointers)


def _without_repeated_providers(claim: Claim, note: _Note) -> Claim:
    """Leave out who is named a second time: the guide wants a provider only where it differs (2.17 item 14)."""
    lines = []
    for index, line in enumerate(claim.service_lines):
        if line.rendering_provider is not None and line.rendering_provider == claim.rendering_provider:
            note(
                "P-RENDERING",
                f"service_lines[{index}].rendering_provider",
                "the line's rendering provider is the claim's; left out on the line",
            )
            lines.append(replace(line, rendering_provider=None))
        else:
            lines.append(line)
    if any(a is not b for a, b in zip(lines, claim.service_lines, strict=True)):
        claim = replace(claim, service_lines=tuple(lines))
    if claim.rendering_provider is not None and is_repeat(claim.rendering_provider, claim.billing_provider):
        others = [line for line in claim.service_lines if line.rendering_provider is not None]
        if not others:
            note(
                "P-RENDERING",
                "rendering_provider",
                "the rendering provider is the billing provider; left out, as the guide demands",
            )
            claim = replace(claim, rendering_provider=None)
    return claim


def _without_own_place(claim: Claim, note: _Note) -> Claim:
    """Leave out a service facility that is where the billing provider is (2.17 item 13, D18)."""
    if claim.service_facility is not None and is_same_place(claim.service_facility, claim.billing_provider):
        note(
            "P-FACILITY",
            "service_facility",
            "the service facility is the billing provider's own address; left out, as the guide demands",
        )
        claim = replace(claim, service_facility=None)
    return claim


def is_repeat(provider: Provider, billing: BillingProvider) -> bool:
    """Tell whether *provider* says nothing that the billing provider does not say."""
    return (
        provider.npi is not None
        and provider.npi == billing.npi
        and provider.taxonomy in {None, billing.taxonomy}
        and not provider.references
    )


def is_same_place(facility: Provider, billing: BillingProvider) -> bool:
    """Tell whether the facility is where the billing provider is: same street and ZIP, no NPI of its own (D18)."""
    if facility.address is None or billing.address is None or facility.references:
        return False
    here, there = facility.address, billing.address
    return (
        _street(here) == _street(there) != ""
        and (here.zip or "")[:5] == (there.zip or "")[:5]
        and facility.npi in {None, billing.npi}
    )


def _street(address: Address) -> str:
    return loose_name((address.line1 or "") + (address.line2 or ""))


def _with_plain_lines(claim: Claim, note: _Note) -> Claim:
    """Leave out on a line what only repeats the claim or itself: the place of service, a last day like the first."""
    lines = []
    for index, line in enumerate(claim.service_lines):
        changes: dict[str, Any] = {}
        if line.place_of_service is not None and line.place_of_service == claim.place_of_service:
            changes["place_of_service"] = None
        if line.service_date_to is not None and line.service_date_to == line.service_date:
            changes["service_date_to"] = None
        for name in changes:
            note(
                SPELLING,
                f"service_lines[{index}].{name}",
                f"{name.replace('_', ' ')} repeats what is said already",
            )
        lines.append(replace(line, **changes) if changes else line)
    if all(a is b for a, b in zip(lines, claim.service_lines, strict=True)):
        return claim
    return replace(claim, service_lines=tuple(lines))
