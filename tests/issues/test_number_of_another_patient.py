"""A patient control number that is in use by another patient's claim: the one that waits to be mended is not replaced by it."""

from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from gateway.store import claims
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.office import BILLING, Office, record
from tests.sites import settings_of

HOUSE = [
    {"name": "ROE CLINIC", "npi": "1098765435", "tax_id": "123456789"},
    {"name": "POE CLINIC", "npi": "1555123458", "tax_id": "987654321"},
]
POE_CLINIC = {**BILLING, "name": "Poe Clinic", "npi": "1555123458", "tax_id": "98-7654321"}


@pytest.fixture
def settings() -> Settings:
    """Return settings of a house with two clinics, each of which numbers its claims from 1."""
    return settings_of(billing_entity=HOUSE).model_copy(update={"intake_quiet_seconds": 0})


@pytest.fixture
def office(tmp_path: Path, settings: Settings, store: Store, archive: Archive) -> Office:
    """Return an office in which one claim waits to be mended."""
    office = Office(tmp_path, settings, store, archive)
    assert office.take_records(spoilt()).held == 1
    return office


def spoilt(**changes: Any) -> dict[str, Any]:
    """Return a record with a diagnosis that is none."""
    return record(1, diagnoses=["J01.90", "R50.9", "XX"], **changes)


def person(**changes: Any) -> dict[str, Any]:
    """Return the record's patient, changed."""
    return {"subscriber": {**record(1)["subscriber"], **changes}}


SOMEBODY = person(last_name="Roe", first_name="Rick", birth_date="1955-01-01", member_id="MBR77777")


@pytest.mark.parametrize(
    "changes",
    [
        SOMEBODY,
        {**SOMEBODY, "billing_provider": POE_CLINIC},
        {**SOMEBODY, "payer": {"id": "87726", "name": "Second Plan"}, "payer_sequence": "S"},
    ],
    ids=["of the same clinic", "of another clinic", "for another payer"],
)
def test_another_patients_claim_is_refused_and_the_first_one_still_waits(
    office: Office, changes: dict[str, Any]
) -> None:
    before = office.claim()
    report = office.take_records(record(1, **changes))
    assert (report.refused, report.ready) == (1, 0)
    assert office.codes(report.ids[0]) == ["P-PCN-OPEN"]
    assert before.id in str(office.reasons(report.ids[0]))
    assert office.claim() == before


@pytest.mark.parametrize(
    "changes",
    [
        {},
        person(last_name="Roe", member_id="MBR77777"),
        person(last_name="Roe", birth_date="1955-01-01"),
        person(member_id="MBR77777", birth_date="1955-01-01"),
        {"billing_provider": POE_CLINIC},
    ],
    ids=["mended", "name and member id", "name and birth date", "member id and birth date", "clinic"],
)
def test_what_is_mended_is_the_same_claim(office: Office, changes: dict[str, Any]) -> None:
    before = office.claim()
    assert office.take_records(record(1, **changes)).ready == 1
    assert office.claim().id == before.id
    with office.site.store.read() as tx:
        assert claims.get(tx, before.id).version == before.version + 1
