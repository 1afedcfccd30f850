"""Dropped files: taken in once, given back with every reason, never half, never twice."""

import csv
import io
import json
import os
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway import failpoints
from gateway.claims.intake import recover_intake, take_in
from gateway.claims.intake.csv_rows import csv_columns
from gateway.clock import MovableClock
from gateway.model.lifecycle import ClaimState
from gateway.ops.synthetic import as_csv
from gateway.settings import Limits
from gateway.store import anchors, claims, findings, holds
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import audit_event, claim_version, intake_file, refused_record
from tests.office import BILLING, Office, lines, record
from tests.sites import settings_of

POINTS = sorted(name for name in failpoints.NAMES if name.startswith("intake."))


def rows(office: Office, table: Any) -> list[Any]:
    with office.site.store.read() as tx:
        return list(tx.execute(select(table)).mappings())


def mend(office: Office, file_id: str, old: str, new: str) -> None:
    """Do what a biller does: correct what came back and drop it again."""
    (came_back,) = [p for p in office.rejected.glob(f"{file_id}.*") if "reasons" not in p.name]
    came_back.write_text(came_back.read_text().replace(old, new))
    came_back.rename(office.site.outbound / came_back.name)


def test_good_records_become_ready_claims(office: Office) -> None:
    report = office.take_records(record(1), record(2, payer={"id": "87726", "name": "Other Plan"}))
    assert (report.files, report.records, report.ready, report.held, report.refused) == (1, 2, 2, 0, 0)
    assert (office.claim("ACC-1").state, office.claim("ACC-1").partner) == (ClaimState.READY, "north")
    assert office.claim("ACC-2").partner == "south"
    assert list(office.site.outbound.iterdir()) == []
    assert [p.name for p in (office.site.state / "intake").iterdir()] == []


def test_the_bytes_are_archived_and_the_name_is_sealed(office: Office) -> None:
    text = lines([record(1)])
    (file_id,) = office.take("CANARY-ROE.jsonl", text).ids
    (row,) = rows(office, intake_file)
    assert office.site.archive.get(row["blob"]) == text.encode()
    assert (row["id"], row["state"], row["format"], row["records"]) == (file_id, "done", "jsonl", 1)
    assert b"CANARY" not in row["name_sealed"]


def test_what_goes_in_is_audited(office: Office) -> None:
    (file_id,) = office.take_records(record(1), record(2)).ids
    events = [r for r in rows(office, audit_event) if r["subject"] == file_id]
    assert [r["kind"] for r in events] == ["intake", "records", "intake_done"]
    assert office.claim("ACC-1").id in events[1]["facts"]
    assert "ACC-1" not in "".join(r["facts"] for r in events)
    assert anchors.verify_chain(office.site.store, office.site.state).fault is None


def test_bad_records_come_back_and_good_ones_go_on(office: Office) -> None:
    report = office.take_records(record(1), "{oops", record(3, chargee="1"), record(4))
    assert (report.records, report.ready, report.refused) == (4, 2, 2)
    (file_id,) = report.ids
    back = (office.rejected / f"{file_id}.jsonl").read_text().splitlines()
    assert back[0] == "{oops"
    assert json.loads(back[1]) == record(3, chargee="1")
    assert len(back) == 2
    reasons = office.reasons(file_id)
    assert [(r["row"], r["outcome"], r["patient_control_number"]) for r in reasons] == [
        (2, "refused", None),
        (3, "refused", "ACC-3"),
    ]
    assert {f["file"] for r in reasons for f in r["findings"]} == {"monday.jsonl"}
    page = (office.rejected / f"{file_id}.reasons.txt").read_text()
    assert "monday.jsonl" in page
    assert "did you mean charge?" in page
    assert f"{file_id}.jsonl" in page
    assert [(r["row"], r["code"]) for r in rows(office, refused_record)] == [
        (2, "IN-JSON"),
        (3, "IN-UNKNOWN"),
    ]


def test_the_page_of_reasons_tells_what_to_mend_and_nothing_else(office: Office) -> None:
    """That names go out in capitals is kept with the claim; beside a real error it only hides it."""
    sender = {"last_name": "Núñez-Roe"}
    office.take_records(record(1))
    (file_id,) = office.take_records(
        record(1, subscriber={**record(1)["subscriber"], **sender}, charge="999.00"), record(2), record(1)
    ).ids
    page = (office.rejected / f"{file_id}.reasons.txt").read_text()
    assert page.startswith("monday.jsonl\nOf 3 records, 2 were refused; the other goes on.\n")
    assert page.endswith("]\n")
    assert "[P-SUM]" in page
    assert "[D-DUP-CONTENT]" in page
    assert "(info)" not in page
    assert "IN-SPELLING" in (office.rejected / f"{file_id}.reasons.csv").read_text()


def test_records_on_one_line_are_told_by_their_count(office: Office) -> None:
    (file_id,) = office.take("one-line.json", json.dumps([record(1), record(2, charge="1.00")])).ids
    page = (office.rejected / f"{file_id}.reasons.txt").read_text()
    assert "Of 2 records, 1 is held; the other goes on." in page
    assert "\nRecord 2 (line 1), account ACC-2: held as C-" in page


def test_a_mended_file_just_works(office: Office) -> None:
    (file_id,) = office.take_records(record(1), record(2, chargee="1"), record(3)).ids
    mend(office, file_id, '"chargee": "1"', '"note": "mended"')
    report = take_in(office.site)
    assert (report.records, report.ready) == (1, 1)
    assert office.claim("ACC-2").state is ClaimState.READY


def test_refused_rows_of_a_sheet_come_back_as_a_sheet(office: Office) -> None:
    text = as_csv([record(1), record(2), record(3)], csv_columns())
    header, *body = list(csv.reader(io.StringIO(text)))
    body[3][header.index("service_lines.charge")] = "4O.00"
    out = io.StringIO()
    csv.writer(out).writerows([header, *body])
    report = office.take("week.csv", out.getvalue())
    assert (report.ready, report.refused) == (2, 1)
    (file_id,) = report.ids
    back = list(csv.reader(io.StringIO((office.rejected / f"{file_id}.csv").read_text())))
    assert back == [header, body[2], body[3]]
    (reason,) = office.reasons(file_id)
    assert [(f["line"], f["element"]) for f in reason["findings"]] == [(5, "service_lines.charge")]
    mend(office, file_id, "4O.00", "40.00")
    assert take_in(office.site).ready == 1


def test_refused_records_of_an_array_come_back_as_an_array(office: Office) -> None:
    array = json.dumps([record(1), record(2, x=1), record(3, charge="x")])
    (file_id,) = office.take("week.json", array).ids
    back = json.loads((office.rejected / f"{file_id}.json").read_text())
    assert back == [record(2, x=1), record(3, charge="x")]
    assert office.claim("ACC-1").row == 1


@pytest.mark.parametrize(
    ("name", "content", "code", "extension"),
    [
        ("a.jsonl", b"", "IN-FILE-EMPTY", "bin"),
        ("a.xlsx", b"PK\x03\x04zip", "ENV-ZIP", "xlsx"),
        ("a.xls", b"\xd0\xcf\x11\xe0xls", "IN-BINARY", "xls"),
        ("a.json", b'[{"a": 1}', "IN-JSON", "json"),
        ("a.csv", b"payer\n1\n", "IN-CSV-COLUMN", "csv"),
        ("a.837", b"ISA*00*", "ENV-ISA-BROKEN", "837"),
        ("a.O'Dell", b"<html>", "IN-FORMAT", "bin"),
        ("letter", b"dear all", "IN-FORMAT", "bin"),
    ],
)
def test_an_unreadable_file_comes_back_as_it_was(
    office: Office, name: str, content: bytes, code: str, extension: str
) -> None:
    report = office.take(name, content)
    assert (report.files, report.records, report.unreadable) == (1, 0, 1)
    (file_id,) = report.ids
    extension = "jsonl" if name == "a.jsonl" and content else extension
    back = next(p for p in office.rejected.iterdir() if "reasons" not in p.name)
    assert back.read_bytes() == content
    assert back.suffix == f".{extension}" or name == "a.jsonl"
    assert code in office.codes(file_id)
    assert "Nothing of this file was taken in" in (office.rejected / f"{file_id}.reasons.txt").read_text()
    (row,) = rows(office, intake_file)
    assert (row["state"], row["refused"]) == ("unreadable", 0)
    assert office.site.archive.get(row["blob"]) == content


def test_a_file_beyond_the_limit_is_sent_away_unread(office: Office) -> None:
    office.site = replace(
        office.site, settings=office.site.settings.model_copy(update={"limits": Limits(intake_file_bytes=10)})
    )
    report = office.take_records(record(1))
    (file_id,) = report.ids
    assert report.unreadable == 1
    assert (office.rejected / f"{file_id}.jsonl").read_text() == lines([record(1)])
    assert office.codes(file_id) == ["IN-FILE-SIZE"]
    assert list((office.site.state / "intake").iterdir()) == []


def test_a_claim_that_fails_an_edit_is_held_and_told(office: Office) -> None:
    report = office.take_records(record(1), record(2, charge="165.51"))
    assert (report.ready, report.held, report.refused) == (1, 1, 0)
    held = office.claim("ACC-2")
    assert (held.state, held.holds) == (ClaimState.HELD, ("edit",))
    with office.site.store.read() as tx:
        fault, spelt = findings.of(tx, held.id)
    assert (fault.code, fault.file, fault.line, fault.element) == ("P-SUM", "monday.jsonl", 2, "charge")
    assert (spelt.code, spelt.severity) == ("IN-SPELLING", "info")
    (file_id,) = report.ids
    (reason,) = office.reasons(file_id)
    assert (reason["outcome"], reason["claim"], reason["row"]) == ("held", held.id, 2)
    assert (office.rejected / f"{file_id}.jsonl").read_text() == lines([record(2, charge="165.51")])


def test_a_held_claim_of_a_sheet_is_told_by_line_and_column(office: Office) -> None:
    bad = record(2)
    bad["service_lines"] = [bad["service_lines"][0], {**bad["service_lines"][1], "diagnosis_pointers": [7]}]
    (file_id,) = office.take("week.csv", as_csv([record(1), bad], csv_columns())).ids
    (reason,) = office.reasons(file_id)
    assert [(f["code"], f["line"], f["element"]) for f in reason["findings"]] == [
        ("P-PTR", 5, "service_lines.diagnosis_pointers")
    ]
    assert reason["findings"][0]["field"].startswith("service_lines[1].diagnosis_pointers")
    assert reason["findings"][0]["x12"] == "2400/SV1/SV107-1"
    with (office.rejected / f"{file_id}.reasons.csv").open() as sheet:
        (said,) = csv.DictReader(sheet)
    assert (said["file"], said["row"], said["line"], said["column"], said["code"], said["severity"]) == (
        "week.csv",
        "4",
        "5",
        "service_lines.diagnosis_pointers",
        "P-PTR",
        "error",
    )


def test_a_held_claim_is_mended_by_dropping_it_again(office: Office) -> None:
    office.take_records(record(1, charge="165.51"))
    held = office.claim()
    assert office.take_records(record(1, charge="1.00")).held == 1
    report = office.take_records(record(1))
    assert (report.ready, report.refused) == (1, 0)
    mended = office.claim()
    assert (mended.id, mended.version, mended.state) == (held.id, 3, ClaimState.READY)
    with office.site.store.read() as tx:
        assert claims.content(tx, mended.version_id).charge == mended.charge


def test_a_persons_hold_outlives_a_mended_version(office: Office) -> None:
    office.take_records(record(1))
    with office.site.store.write("hold", actor="user:pat") as tx:
        holds.place(tx, office.claim().id, "user", "wait")
        tx.audit()
    report = office.take_records(record(1, note="better"))
    assert report.held == 1
    assert (office.claim().version, office.claim().holds) == (2, ("user",))


def test_an_unroutable_claim_is_held_with_the_way_out(office: Office) -> None:
    report = office.take_records(record(1, payer={"id": "99999", "name": "Elsewhere"}))
    held = office.claim()
    assert (report.held, held.holds, held.partner) == (1, ("unroutable",), None)
    assert office.codes(report.ids[0]) == ["ROUTE-PAYER"]


def test_the_folder_decides_the_partner(office: Office) -> None:
    office.drop("south/week.jsonl", lines([record(1, payer={"id": "99999", "name": "Elsewhere"})]))
    assert take_in(office.site).ready == 1
    assert office.claim().partner == "south"
    assert list((office.site.outbound / "south").iterdir()) == []


def test_files_in_a_folder_of_nobody_stay_and_are_counted(office: Office) -> None:
    office.drop("nroth/week.jsonl", lines([record(1)]))
    report = take_in(office.site)
    assert (report.files, report.strangers) == (0, 1)
    assert (office.site.outbound / "nroth" / "week.jsonl").exists()


def test_a_claim_for_somebody_else_is_held(office: Office) -> None:
    other = {**BILLING, "npi": "1444987659", "tax_id": "98-7654321"}
    report = office.take_records(record(1, billing_provider=other))
    assert office.codes(report.ids[0]) == ["ROUTE-ENTITY"]
    assert office.claim().holds == ("unroutable",)


def test_our_tax_id_is_enough_to_be_ours(office: Office) -> None:
    assert office.take_records(record(1, billing_provider={**BILLING, "npi": "1444987659"})).ready == 1


def test_the_same_content_is_refused_however_it_is_written(office: Office) -> None:
    office.take_records(record(1))
    report = office.take_records(record(1, charge=165.5))
    assert report.refused == 1
    assert office.codes(report.ids[0]) == ["D-DUP-CONTENT"]
    again = office.take("week.csv", as_csv([record(1)], csv_columns()))
    assert office.codes(again.ids[0]) == ["D-DUP-CONTENT"]
    assert len(office.claims("ACC-1")) == 1


def test_a_double_in_one_file_is_refused(office: Office) -> None:
    report = office.take_records(record(1), record(2), record(1))
    assert (report.ready, report.refused) == (2, 1)


def test_a_held_claim_dropped_again_unmended_is_a_duplicate(office: Office) -> None:
    office.take_records(record(1, charge="1.00"))
    assert office.codes(office.take_records(record(1, charge="1.00")).ids[0])[0] == "D-DUP-CONTENT"


def test_a_number_in_use_is_refused_with_what_to_do(office: Office) -> None:
    office.take_records(record(1))
    report = office.take_records(record(1, note="other"))
    assert office.codes(report.ids[0]) == ["P-PCN-OPEN"]
    assert f"gateway hold {office.claim().id}" in json.dumps(office.reasons(report.ids[0]))


def test_the_same_services_under_another_number_are_refused(office: Office) -> None:
    office.take_records(record(1))
    twin = record(1, patient_control_number="ACC-77", note="again")
    assert office.codes(office.take_records(twin).ids[0]) == ["D-DUP-SERVICE"]
    for one in twin["service_lines"]:
        one["modifiers"] = ["76"]
    assert office.take_records(twin).ready == 1


def test_a_file_of_refused_claims_may_come_back(office: Office) -> None:
    office.take_records(record(1))
    for _ in range(2):
        assert office.take_records(record(1)).refused == 1
    assert len(rows(office, intake_file)) == 3


def test_replacing_what_was_never_taken_is_refused(office: Office) -> None:
    office.take_records(record(1, charge="1.00"))
    report = office.take_records(record(1, frequency="7", payer_control_number="ICN1"))
    assert office.codes(report.ids[0]) == ["P-FREQ"]


def test_a_replacement_of_a_claim_from_before_the_gateway_is_a_claim(office: Office) -> None:
    assert office.take_records(record(1, frequency="7", payer_control_number="ICN1")).ready == 1


def test_a_defect_in_one_record_stops_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.claims.intake import accept

    sound = accept.prepare

    def breaks(claim: Any, *, context: Any) -> Any:
        if claim.patient_control_number == "ACC-2":
            raise KeyError("oops")
        return sound(claim, context=context)

    monkeypatch.setattr(accept, "prepare", breaks)
    report = office.take_records(record(1), record(2), record(3))
    assert (report.ready, report.refused) == (2, 1)
    assert office.codes(report.ids[0]) == ["IN-DEFECT"]


@pytest.mark.parametrize(
    "name", [".hidden.jsonl", "a.jsonl.tmp", "a.part", "a.filepart", "a.jsonl~", ".a.swp", "a.TMP"]
)
def test_temporary_names_are_left_alone(office: Office, name: str) -> None:
    assert office.take(name, lines([record(1)])).files == 0
    assert (office.site.outbound / name).exists()


def test_folders_links_and_what_came_back_are_left_alone(office: Office, tmp_path: Path) -> None:
    office.drop("rejected/F-2222222222.jsonl", lines([record(1)]))
    (tmp_path / "elsewhere.jsonl").write_text(lines([record(2)]))
    (office.site.outbound / "link.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    os.mkfifo(office.site.outbound / "pipe.jsonl")
    assert take_in(office.site).files == 0
    assert (tmp_path / "elsewhere.jsonl").exists()


@pytest.fixture
def patient_office(tmp_path: Path, store: Store, archive: Archive) -> Office:
    return Office(tmp_path, settings_of(intake_quiet_seconds=5), store, archive)


def test_a_fresh_file_is_left_until_it_is_quiet(patient_office: Office, clock: MovableClock) -> None:
    path = patient_office.drop("a.jsonl", lines([record(1)]))
    assert take_in(patient_office.site).files == 0
    clock.advance(timedelta(seconds=3))
    path.write_text(lines([record(1), record(2)]))
    os.utime(path, (clock.now().timestamp(),) * 2)
    assert take_in(patient_office.site).files == 0
    clock.advance(timedelta(seconds=3))
    assert take_in(patient_office.site).files == 0
    clock.advance(timedelta(seconds=3))
    assert take_in(patient_office.site).records == 2


def test_a_file_dated_in_the_future_is_taken_once_it_stays_the_same(
    patient_office: Office, clock: MovableClock
) -> None:
    path = patient_office.drop("a.jsonl", lines([record(1)]))
    os.utime(path, (time.time() + 86_400,) * 2)
    assert take_in(patient_office.site).files == 0
    clock.advance(timedelta(seconds=6))
    assert take_in(patient_office.site).files == 1


def test_a_single_run_waits_for_a_fresh_file(tmp_path: Path, store: Store, archive: Archive) -> None:
    office = Office(tmp_path, settings_of(intake_quiet_seconds=0.2), store, archive)
    office.drop("a.jsonl", lines([record(1)]))
    assert take_in(office.site, wait=True).files == 1


def test_no_name_and_no_number_stands_in_a_file_name_or_log(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    canary = record(1, patient_control_number="ZZCANARY1")
    canary["subscriber"]["last_name"] = "ZZCANARY"
    office.take("ZZCANARY.jsonl", lines([canary, {**canary, "charge": "ZZCANARY"}, "ZZCANARY"]))
    names = [p.name for p in office.site.root.rglob("*") if p.is_file() or p.is_dir()]
    assert not [name for name in names if "ZZCANARY" in name]
    output = capsys.readouterr()
    assert "ZZCANARY" not in output.out + output.err


def standing(office: Office) -> tuple[set[tuple[str, int]], set[tuple[int, str]]]:
    """What an installation must hold after the file of the crash test, however often it crashed."""
    with office.site.store.read() as tx:
        taken = {
            (office_claim.state.value, row)
            for row, claim_id in tx.execute(select(claim_version.c.row, claim_version.c.claim))
            for office_claim in [claims.get(tx, claim_id)]
        }
        versions = list(tx.execute(select(claim_version.c.row)).scalars())
    assert len(versions) == len(set(versions))
    return taken, {(r["row"], r["code"]) for r in rows(office, refused_record)}


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("point", POINTS)
def test_a_failure_at_any_step_loses_nothing_and_doubles_nothing(
    office: Office, point: str, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.claims.intake import take

    monkeypatch.setattr(take, "RECORDS_PER_STEP", 2)
    office.drop("a.jsonl", lines([record(1), record(2, charge="1.00"), "{oops", record(1), record(5)]))
    failpoints.arm(point, "raise")
    with pytest.raises(OSError, match="failpoint"):
        take_in(office.site)
    if again:
        failpoints.arm(point, "raise")
        with suppress(OSError):  # some steps are not taken a second time
            recover_intake(office.site)
    failpoints.disarm()
    recover_intake(office.site)
    take_in(office.site)
    assert standing(office) == (
        {("ready", 1), ("held", 2), ("ready", 5)},
        {(3, "IN-JSON"), (4, "D-DUP-CONTENT")},
    )
    (file,) = rows(office, intake_file)
    assert (file["state"], file["records"], file["accepted"], file["held"], file["refused"]) == (
        "done",
        5,
        2,
        1,
        2,
    )
    back = (office.rejected / f"{file['id']}.jsonl").read_text().splitlines()
    assert back == [json.dumps(record(2, charge="1.00")), "{oops", json.dumps(record(1))]
    assert [(r["row"], r["outcome"]) for r in office.reasons(file["id"])] == [
        (2, "held"), (3, "refused"), (4, "refused"),
    ]  # fmt: skip
    assert list((office.site.state / "intake").iterdir()) == []
    assert [p.name for p in office.site.outbound.iterdir()] == ["rejected"]
    assert anchors.verify_chain(office.site.store, office.site.state).fault is None


def test_a_file_noted_but_gone_from_the_disk_is_finished_from_the_archive(office: Office) -> None:
    failpoints.arm("intake.after_row", "raise")
    with pytest.raises(OSError, match="failpoint"):
        office.take_records(record(1))
    for path in (office.site.state / "intake").iterdir():
        path.unlink()
    assert recover_intake(office.site).ready == 1


def test_one_broken_file_does_not_stop_the_others(office: Office) -> None:
    office.drop("a.jsonl", lines([record(1)]))
    office.drop("b.jsonl", lines([record(2)]))
    failpoints.arm("intake.after_archive", "raise")
    with pytest.raises(OSError, match="failpoint"):
        take_in(office.site)
    assert len(office.claims("ACC-1")) + len(office.claims("ACC-2")) == 1
