"""What every format of a dropped file must do, whichever it is; a new format joins `tests.drops.FORMATS`."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from gateway.claims.edits import normalise
from gateway.claims.intake import take_in
from gateway.mapping.canonical import canonical
from gateway.model.claim import Claim
from gateway.model.lifecycle import ClaimState
from gateway.store import claims, findings
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.drops import FORMATS, claims_of
from tests.office import Office, record
from tests.sites import settings_of

DEPENDENT = {
    "subscriber": {"last_name": "Poe", "first_name": "Paula", "member_id": "MBR00003"},
    "patient": {
        "last_name": "Poe",
        "first_name": "Niño",
        "relationship": "19",
        "birth_date": "2015-02-03",
        "sex": "M",
        "address": {"line1": "12 Oak Ave", "city": "Springfield", "state": "IL", "zip": "62702"},
    },
}
WEEK = [record(1), record(2, medical_record_number="chart 7"), record(3, **DEPENDENT), record(4)]


@pytest.fixture(params=sorted(FORMATS))
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def office(tmp_path: Path, store: Store, archive: Archive) -> Office:
    return Office(tmp_path, settings_of(intake_quiet_seconds=0), store, archive)


def take(office: Office, form: str, records: Sequence[dict[str, Any]]) -> Any:
    return office.take(f"week.{form}", FORMATS[form](records))


def content(office: Office, number: str) -> Claim:
    with office.site.store.read() as tx:
        return claims.content(tx, office.claim(number).version_id)


def spoilt(charge: str) -> dict[str, Any]:
    """Return record 2 with a line that makes its total *charge*."""
    made = record(2, charge=charge)
    first, second = made["service_lines"]
    made["service_lines"] = [{**first, "charge": "125.75"}, second]
    return made


def came_back(office: Office, file_id: str) -> Path:
    (found,) = [p for p in office.rejected.glob(f"{file_id}.*") if "reasons" not in p.name]
    return found


def test_the_claims_are_those_of_the_records(office: Office, form: str) -> None:
    report = take(office, form, WEEK)
    assert (report.records, report.ready, report.held, report.refused) == (4, 4, 0, 0)
    for one, wanted in zip(WEEK, claims_of(WEEK), strict=True):
        stored = content(office, one["patient_control_number"])
        assert canonical(stored) == canonical(normalise(wanted)[0])


def test_rows_tell_the_records_apart(office: Office, form: str) -> None:
    (file_id,) = take(office, form, WEEK).ids
    stored = [office.claim(one["patient_control_number"]) for one in WEEK]
    rows = [one.row for one in stored]
    assert rows == sorted(set(rows))  # type: ignore[type-var]
    assert {one.intake_file for one in stored} == {file_id}


def test_one_bad_record_is_refused_alone(office: Office, form: str) -> None:
    data = FORMATS[form]([record(1), spoilt("165.75"), record(3)])
    assert data.count(b"165.75") == (2 if form == "csv" else 1)
    report = office.take(f"week.{form}", data.replace(b"165.75", b"16S.75"))
    assert (report.records, report.ready, report.refused) == (3, 2, 1)
    (file_id,) = report.ids
    (reason,) = office.reasons(file_id)
    assert (reason["file"], reason["outcome"]) == (f"week.{form}", "refused")
    assert reason["row"] is not None
    assert [f["file"] for f in reason["findings"]] == [f"week.{form}"] * len(reason["findings"])
    assert all(f["line"] for f in reason["findings"])
    page = (office.rejected / f"{file_id}.reasons.txt").read_text()
    assert f"{file_id}.{form}" in page
    assert office.claims("ACC-2") == []


def test_what_came_back_is_of_the_same_format_and_can_be_mended(office: Office, form: str) -> None:
    data = FORMATS[form]([record(1), spoilt("165.75"), record(3)]).replace(b"165.75", b"16S.75")
    (file_id,) = office.take(f"week.{form}", data).ids
    path = came_back(office, file_id)
    assert path.suffix == f".{form}"
    assert b"ACC-1" not in path.read_bytes()
    assert b"ACC-3" not in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"16S.75", b"165.75"))
    path.rename(office.site.outbound / path.name)
    report = take_in(office.site)
    assert (report.records, report.ready, report.refused) == (1, 1, 0)
    assert office.claim("ACC-2").state is ClaimState.READY


def test_what_came_back_unmended_comes_back_the_same(office: Office, form: str) -> None:
    data = FORMATS[form]([record(1), spoilt("165.75")]).replace(b"165.75", b"16S.75")
    (file_id,) = office.take(f"week.{form}", data).ids
    path = came_back(office, file_id)
    before = path.read_bytes()
    path.rename(office.site.outbound / path.name)
    (again,) = take_in(office.site).ids
    assert came_back(office, again).read_bytes() == before


def test_a_claim_that_fails_an_edit_is_held_and_told_by_row(office: Office, form: str) -> None:
    report = take(office, form, [record(1), record(2, charge="165.51")])
    assert (report.ready, report.held, report.refused) == (1, 1, 0)
    held = office.claim("ACC-2")
    (reason,) = office.reasons(report.ids[0])
    assert (reason["row"], reason["claim"], reason["patient_control_number"]) == (held.row, held.id, "ACC-2")
    with office.site.store.read() as tx:
        said = findings.of(tx, held.id)
    assert "P-SUM" in {f.code for f in said}
    assert {f.file for f in said} == {f"week.{form}"}


def test_a_mended_record_is_a_new_version_of_the_held_claim(office: Office, form: str) -> None:
    take(office, form, [record(1, charge="165.51")])
    held = office.claim("ACC-1")
    assert take(office, form, [record(1)]).ready == 1
    assert (office.claim("ACC-1").id, office.claim("ACC-1").version) == (held.id, 2)


@pytest.mark.parametrize(("first", "second"), list(permutations(sorted(FORMATS), 2)))
def test_a_claim_dropped_again_in_another_format_is_known(office: Office, first: str, second: str) -> None:
    take(office, first, WEEK)
    report = take(office, second, WEEK)
    assert (report.records, report.refused) == (4, 4)
    assert set(office.codes(report.ids[0])) == {"D-DUP-CONTENT"}
    assert came_back(office, report.ids[0]).suffix == f".{second}"


def test_the_same_file_again_is_refused_claim_by_claim(office: Office, form: str) -> None:
    data = FORMATS[form](WEEK)
    office.take(f"week.{form}", data)
    assert office.take(f"week.{form}", data).refused == 4


def test_the_folder_decides_the_partner(office: Office, form: str) -> None:
    office.drop(f"south/week.{form}", FORMATS[form](WEEK))
    assert take_in(office.site).ready == 4
    assert {office.claim(f"ACC-{n}").partner for n in range(1, 5)} == {"south"}


def test_the_senders_own_id_of_a_claim_is_kept(office: Office, form: str) -> None:
    take(office, form, [record(1, claim_key="VENDOR-77")])
    assert content(office, "ACC-1").claim_key == "VENDOR-77"
