"""The commands that need no installation: convert, check, read, schema, maps (what other programs rely on)."""

import csv
import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.model.codec import to_json
from gateway.ops.cli import main, state
from gateway.x12.reader import read_x12
from tests.drops import as_x12
from tests.mailroom import envelope, group
from tests.office import record
from tests.unit.test_sort import ack_277ca, ack_999, era
from tests.x12files import file_837p, position_of

CLAIM: dict[str, Any] = {
    "patient_control_number": "PCN0001",
    "charge": "185.50",
    "billing_provider": {
        "name": "Elm Street Clinic", "npi": "1098765435", "tax_id": "37-1234567", "taxonomy": "207Q00000X",
        "address": {"line1": "100 Elm St", "city": "Springfield", "state": "IL", "zip": "62701-1234"},
    },
    "subscriber": {
        "last_name": "Roe", "first_name": "Richard", "member_id": "MBR000111", "birth_date": "1970-05-04", "sex": "M",
        "address": {"line1": "12 Oak Ave", "city": "Springfield", "state": "IL", "zip": "62702"},
    },
    "payer": {"name": "Example Health Plan", "id": "60054"},
    "diagnoses": ["J02.9"],
    "service_lines": [
        {"procedure": "99213", "charge": "125.50", "units": "1", "service_date": "2024-01-10", "diagnosis_pointers": [1]},
        {"procedure": "87880", "charge": "60.00", "units": "1", "service_date": "2024-01-10", "diagnosis_pointers": [1]},
    ],
}  # fmt: skip


class Said:
    """What one call of the command line did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    monkeypatch.delenv("GATEWAY_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(state, "config", None)

    def run(*args: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["gateway", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            main.run()
        captured = capsys.readouterr()
        return Said(int(left.value.code or 0), captured.out, captured.err)

    return run


def drop(path: Path, *claims: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in claims), encoding="utf-8")
    return path


def claim(**changes: Any) -> dict[str, Any]:
    return {**CLAIM, **changes}


# --- read


def test_read_answers(gateway: Any, tmp_path: Path) -> None:
    data = envelope(
        ack_999("101", "R"),
        group("HN", "005010X214", ack_277ca("B1", "PCN1", "A7:562:82"), number=2),
        ta1=["TA1*000000101*240115*0930*R*006"],
    )
    (tmp_path / "in.x12").write_text(data)
    said = gateway("read", "in.x12")
    assert said.code == 0
    ta1, ack, ca = said.lines
    assert {line["schema_version"] for line in said.lines} == {"1"}
    assert (ta1["kind"], ta1["interchange_control_number"], ta1["status"], ta1["note_code"]) == (
        "ta1", "000000101", "R", "006",
    )  # fmt: skip
    assert ta1["source"] == {
        "file": "in.x12", "interchange": "000000001", "group": None, "set": None, "position": None,
    }  # fmt: skip
    assert (ack["kind"], ack["group_control_number"], ack["functional_id"], ack["group_status"]) == (
        "999", "101", "HC", "R",
    )  # fmt: skip
    assert (ack["sets_included"], ack["sets_received"], ack["sets_accepted"]) == (1, 1, 1)
    assert ack["sets"][0]["set_control_number"] == "0001"
    assert ack["source"]["set"] == "0001"
    assert (ca["kind"], ca["batch_reference"]) == ("277ca", "B1")
    assert ca["responder"] == {"role": "payer", "name": "EXAMPLE HEALTH PLAN", "id": "EXH01"}
    [one] = ca["claims"]
    assert (one["patient_control_number"], one["outcome"], one["charge"]) == ("PCN1", "rejected", "125.50")
    [status] = one["statuses"]
    assert {k: status[k] for k in ("category", "code", "entity", "action")} == {
        "category": "A7", "code": "562", "entity": "82", "action": "WQ",
    }  # fmt: skip


def test_read_remittance(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "in.835").write_text(envelope(group("HP", "005010X221A1", era("PCN1"))))
    said = gateway("read", "in.835")
    [found] = said.lines
    assert said.code == 0
    assert found["kind"] == "remittance"
    assert (found["payment_method"], found["payment_amount"], found["payment_date"], found["trace_number"]) == (
        "ACH", "100.00", "2024-01-26", "EFT1",
    )  # fmt: skip
    assert (found["balanced"], found["imbalances"], found["provider_adjustments"]) == (True, [], [])
    [one] = found["claims"]
    assert (one["patient_control_number"], one["status_code"], one["charge"], one["paid"]) == (
        "PCN1", "1", "125.50", "100.00",
    )  # fmt: skip
    assert (one["patient_responsibility"], one["payer_control_number"], one["adjustments"]) == (
        "0.00",
        "ICN1",
        [],
    )
    [line] = one["service_lines"]
    assert (line["procedure"], line["modifiers"], line["units"], line["line_control_number"]) == (
        "99213", [], "1", None,
    )  # fmt: skip
    assert line["adjustments"] == [{"group": "CO", "reason": "45", "amount": "25.50", "quantity": None}]


def test_an_imbalance_is_data(gateway: Any, tmp_path: Path) -> None:
    text = envelope(group("HP", "005010X221A1", era("PCN1"))).replace("*100*C*ACH", "*101*C*ACH")
    (tmp_path / "in.835").write_text(text)
    said = gateway("read", "in.835")
    assert said.code == 0
    [found] = said.lines
    assert found["balanced"] is False
    [item] = found["imbalances"]
    assert (item["level"], item["claim"], item["expected"], item["found"]) == (
        "transaction", None, "100.00", "101.00",
    )  # fmt: skip


def test_read_patient_share_that_differs_only_warns(gateway: Any, tmp_path: Path) -> None:
    text = envelope(group("HP", "005010X221A1", era("PCN1"))).replace("*125.5*100*0*12*", "*125.5*100*5*12*")
    (tmp_path / "in.835").write_text(text)
    said = gateway("read", "in.835")
    assert said.code == 0
    assert (said.lines[0]["balanced"], said.lines[0]["imbalances"]) == (True, [])
    assert "ERA-B5" in said.err


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "ENV-EMPTY"),
        (b"<html></html>", "ENV-HTML"),
        (bytes(range(256)), "ENV-BINARY"),
        ("ISA*00*".encode("utf-16"), "ENV-UTF16"),
        (b"hello", "ENV-NOT-X12"),
    ],
)
@pytest.mark.parametrize("command", ["read", "check"])
def test_unusable_input_is_one_clear_line(
    gateway: Any, tmp_path: Path, command: str, content: bytes, word: str
) -> None:
    (tmp_path / "bad").write_bytes(content)
    said = gateway(command, "bad")
    assert said.code == 2
    assert said.out == ""
    [line] = said.err.splitlines()
    assert line.startswith("gateway: bad: ")
    assert word in line


@pytest.mark.parametrize("command", ["read", "check"])
def test_missing_files_and_folders(gateway: Any, tmp_path: Path, command: str) -> None:
    for name, word in (("nowhere", "no such file"), (".", "a folder")):
        said = gateway(command, name)
        assert (said.code, said.out) == (2, "")
        assert word in said.err


def test_one_bad_file_does_not_stop_the_next(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"hello")
    (tmp_path / "good").write_text(envelope(ack_999("101")))
    said = gateway("read", "bad", "good")
    assert said.code == 2
    assert [line["kind"] for line in said.lines] == ["999"]


def test_a_broken_set_is_read_and_told(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "in").write_text(envelope(ack_999("101")).replace("SE*6*", "SE*9*"))
    said = gateway("read", "in", "--findings", "found.jsonl")
    assert said.code == 1
    assert [line["kind"] for line in said.lines] == ["999"]
    [finding] = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    assert finding["code"] == "ENV-SE-COUNT"
    assert set(finding) == {
        "code", "severity", "file", "line", "segment", "element", "loop", "claim", "field", "x12", "message",
    }  # fmt: skip


def test_a_set_of_another_kind_is_not_passed_over_in_silence(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "in").write_text(envelope(group("HB", "005010X279A1", ["BHT*0022*11*1*20240115*0930"])))
    said = gateway("read", "in")
    assert (said.code, said.out) == (1, "")
    assert "READ-OTHER" in said.err


# --- convert and check


def test_convert_writes_a_clean_test_file(gateway: Any, tmp_path: Path) -> None:
    drop(tmp_path / "claims.jsonl", claim(), claim(patient_control_number="PCN0002"))
    said = gateway("convert", "claims.jsonl", "-o", "out.837")
    assert said.code == 0, said.err
    data = (tmp_path / "out.837").read_bytes()
    [interchange] = list(read_x12(io.BytesIO(data)))
    assert (interchange.header.usage, interchange.header.control_number) == ("T", "000000001")
    assert (tmp_path / "out.837").stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob(".*")) == []
    said = gateway("check", "out.837")
    assert (said.code, said.err) == (0, "")
    assert "accepted" in said.out


def test_convert_takes_what_read_prints(gateway: Any, tmp_path: Path) -> None:
    drop(tmp_path / "claims.jsonl", claim())
    gateway("convert", "claims.jsonl", "-o", "one.837")
    printed = gateway("read", "one.837")
    assert [line["kind"] for line in printed.lines] == ["claim"]
    (tmp_path / "again.jsonl").write_text(printed.out)
    assert gateway("convert", "again.jsonl", "-o", "two.837").code == 0
    again = gateway("read", "two.837")
    for line in (*printed.lines, *again.lines):
        line.pop("source")
    assert [{**x, "source": None} for x in printed.lines] == [{**x, "source": None} for x in again.lines]


def test_convert_json_and_csv(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text(json.dumps([claim()]))
    assert gateway("convert", "claims.json", "-o", "a.837").code == 0
    template = gateway("schema", "claim", "--csv")
    columns = next(csv.reader(io.StringIO(template.out)))
    assert "patient_control_number" in columns
    assert "service_lines" not in columns


def test_convert_leaves_faulty_claims_out(gateway: Any, tmp_path: Path) -> None:
    wrong = claim(patient_control_number="PCN0002", charge="1.00")
    broken = {"patient_control_number": "PCN0003"}
    drop(tmp_path / "claims.jsonl", claim(), wrong, broken)
    said = gateway("convert", "claims.jsonl", "-o", "out.837", "--findings", "found.jsonl")
    assert said.code == 1
    assert "1 claim written, 2 left out" in said.err
    found = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    errors = [f for f in found if f["severity"] == "error"]
    assert {f["line"] for f in errors} == {2, 3}
    assert {f["file"] for f in errors} == {"claims.jsonl"}
    assert [c["patient_control_number"] for c in gateway("read", "out.837").lines] == ["PCN0001"]


def test_keep_invalid_writes_what_can_be_said(gateway: Any, tmp_path: Path) -> None:
    drop(tmp_path / "claims.jsonl", claim(charge="1.00"), claim(patient_control_number="PCN0002"))
    said = gateway("convert", "claims.jsonl", "--keep-invalid", "-o", "out.837")
    assert said.code == 1
    assert "2 claims written" in said.err
    [interchange] = list(read_x12(io.BytesIO((tmp_path / "out.837").read_bytes())))
    assert interchange.header.usage == "T"
    assert gateway("check", "out.837").code == 1


def test_convert_without_a_good_claim_writes_nothing(gateway: Any, tmp_path: Path) -> None:
    drop(tmp_path / "claims.jsonl", claim(charge="1.00"))
    (tmp_path / "out.837").write_text("what was there before")
    said = gateway("convert", "claims.jsonl", "-o", "out.837")
    assert said.code == 1
    assert "no file was written" in said.err
    assert (tmp_path / "out.837").read_text() == "what was there before"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", 2),
        (bytes(range(256)) * 4, 2),
        (b"PK\x03\x04" + bytes(50), 2),
        (b"{not json\n", 1),
        (json.dumps(CLAIM).encode("utf-16"), 0),
        (b"\xef\xbb\xbf" + json.dumps(CLAIM).encode(), 0),
        (json.dumps(CLAIM, ensure_ascii=False).replace("Elm Street", "Núñez Street").encode("cp1252"), 0),
    ],
    ids=["empty", "binary", "zip", "broken json", "utf-16", "bom", "cp1252"],
)
def test_convert_input_of_every_sort(gateway: Any, tmp_path: Path, content: bytes, code: int) -> None:
    (tmp_path / "claims.jsonl").write_bytes(content)
    said = gateway("convert", "claims.jsonl", "-o", "out.837")
    assert said.code == code, said.err
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert (tmp_path / "out.837").exists() == (code == 0)


def test_convert_with_a_partner_needs_a_configuration(gateway: Any, tmp_path: Path) -> None:
    drop(tmp_path / "claims.jsonl", claim())
    said = gateway("convert", "claims.jsonl", "--partner", "north", "-o", "out.837")
    assert said.code == 2
    assert "gateway init" in said.err


CONFIG = """
environment = "production"
key = "env:NOWHERE"
[submitter]
name = "ROE CLINIC"
contact_phone = "5555550100"
[[billing_entity]]
name = "ROE CLINIC"
npi = "1098765435"
tax_id = "371234567"
[partner.north]
environment = "production"
submitter_id = "SUB100"
receiver_name = "NORTH CLEARING"
receiver_id = "NORTH01"
send_folder = "in"
folder = { path = "north" }
envelope = { sender_id = "SUB100", receiver_id = "NORTH01" }
upload = { mode = "direct" }
download = { folders = ["out"] }
"""


def test_convert_never_writes_production(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    drop(tmp_path / "claims.jsonl", claim())
    said = gateway("convert", "claims.jsonl", "--partner", "north", "-o", "out.837")
    assert said.code == 0, said.err
    [interchange] = list(read_x12(io.BytesIO((tmp_path / "out.837").read_bytes())))
    assert (interchange.header.usage, interchange.header.sender, interchange.header.receiver) == (
        "T", "SUB100", "NORTH01",
    )  # fmt: skip
    said = gateway("convert", "claims.jsonl", "--partner", "east", "-o", "out.837")
    assert said.code == 2
    assert "north" in said.err


def test_convert_into_a_folder_that_is_not_there(gateway: Any, tmp_path: Path) -> None:
    drop(tmp_path / "claims.jsonl", claim())
    said = gateway("convert", "claims.jsonl", "-o", "nowhere/out.837")
    assert said.code == 2
    assert "cannot be written" in said.err


def test_check_as_json(gateway: Any, tmp_path: Path) -> None:
    drop(tmp_path / "claims.jsonl", claim(charge="1.00"))
    gateway("convert", "claims.jsonl", "--keep-invalid", "-o", "out.837")
    said = gateway("check", "out.837", "--json")
    assert said.code == 1
    [verdict] = said.lines
    assert (verdict["kind"], verdict["accepted"], verdict["source"]) == ("check", False, {"file": "out.837"})
    assert verdict["sets"][0]["accepted"] is False
    assert any(f["claim"] == "PCN0001" and f["code"] == "P-SUM" for f in verdict["findings"])


# --- schema and maps


def test_schema(gateway: Any) -> None:
    said = gateway("schema", "claim")
    assert said.code == 0
    schema = json.loads(said.out)
    assert "patient_control_number" in schema["properties"]


def test_maps_check(gateway: Any) -> None:
    said = gateway("maps", "check", "--json")
    assert said.code == 0
    assert {line["map"] for line in said.lines} >= {"837p", "835", "277ca", "999", "ta1"}


def test_maps_check_names_a_bad_overlay(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    overlay = tmp_path / "maps" / "partners" / "north"
    overlay.mkdir(parents=True)
    (overlay / "837p.toml").write_text('[set]\n"2010BB/REF*XX" = "REF*XX*{nothing}"\n')
    said = gateway("maps", "check")
    assert said.code == 2
    assert "north" in said.out + said.err


def test_every_command_has_an_example(gateway: Any) -> None:
    for command in (("read",), ("check",), ("convert",), ("schema", "claim"), ("maps", "check")):
        said = gateway(*command, "--help")
        assert said.code == 0
        assert "Example: gateway" in said.out


def test_records_keep_their_exact_digits() -> None:
    from decimal import Decimal

    from tests.desk import clp, remittance

    item = remittance(clp("P", "10.005", "10.005"))
    assert to_json(item)["claims"][0]["charge"] == "10.005"
    assert to_json(replace(item, payment_amount=Decimal(5)))["payment_amount"] == "5.00"


def test_a_record_in_a_file_is_explained_without_an_installation(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "claims.jsonl").write_text(
        f"{json.dumps({**CLAIM, 'patient_control_number': 'OTHER'})}\n{json.dumps(CLAIM)}\n"
    )
    said = gateway("explain", "claims.jsonl", "2010BA/NM103", "--row", 2)
    assert said.code == 0
    assert "***" in said.out
    assert "ROE" not in said.out
    said = gateway("explain", "claims.jsonl", "2010BA/NM103", "--row", 2, "--reveal")
    assert "folded" in said.out
    assert "record     Roe" in said.out
    assert "came from  row 2" in said.out
    [one] = gateway("explain", "claims.jsonl", "CLM01", "--row", 1, "--reveal", "--json").lines
    assert (one["text"], one["fields"][0]["path"]) == ("OTHER", "patient_control_number")
    respelled = gateway("explain", "claims.jsonl", "HI01-2", "--reveal")
    assert "spelled as the edits want it" in respelled.out
    assert gateway("explain", "claims.jsonl", "--row", 9).code == 2


def test_a_cell_of_a_sheet_is_named(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "claims.jsonl").write_text(json.dumps(CLAIM) + "\n")
    flat = {
        "patient_control_number": "PCN0001", "charge": "60.00", "payer.id": "60054", "payer.name": "Example Health Plan",
        **{f"billing_provider.{name}": CLAIM["billing_provider"][name] for name in ("name", "npi", "tax_id", "taxonomy")},
        **{f"billing_provider.address.{name}": value for name, value in CLAIM["billing_provider"]["address"].items()},
        **{f"subscriber.{name}": CLAIM["subscriber"][name] for name in ("last_name", "first_name", "member_id", "birth_date", "sex")},
        **{f"subscriber.address.{name}": value for name, value in CLAIM["subscriber"]["address"].items()},
        "diagnoses": "J02.9", "service_lines.procedure": "87880", "service_lines.charge": "60.00", "service_lines.units": "1",
        "service_lines.service_date": "2024-01-10", "service_lines.diagnosis_pointers": "1",
    }  # fmt: skip
    with (tmp_path / "claims.csv").open("w", newline="") as out:
        sheet = csv.DictWriter(out, fieldnames=list(flat))
        sheet.writeheader()
        sheet.writerow(flat)
    said = gateway("explain", "claims.csv", "2400[1]/SV101-2")
    assert said.code == 0, said.err
    assert "came from  row 2, service_lines.procedure" in said.out


def test_an_element_of_a_dropped_837_is_found_again_in_it(gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "claims.837").write_bytes(file_837p())
    said = gateway("explain", "claims.837", "CLM05-3", "--row", 2)
    assert f"row 2: CLM05-3 in loop 2300, segment {position_of('CLM', 2)} of set 0001" in said.out
    lacking = gateway("explain", "claims.837", "2310A/NM1")
    assert lacking.code == 1
    assert "referring_provider is empty" in lacking.out


def test_what_the_check_says_of_a_read_837_is_told_at_the_segment_of_its_claim(
    gateway: Any, tmp_path: Path
) -> None:
    """Rows and segments of one file beside each other would send the biller to the wrong line."""
    whole = as_x12([record(1), record(2)]).decode()
    before, _, after = whole.rpartition("HI*")
    text = re.sub(
        r"SE\*(\d+)\*", lambda found: f"SE*{int(found[1]) + 1}*", f"{before}REF*ZZ*STRANGE~HI*{after}"
    )
    (tmp_path / "old.837").write_text(text)
    said = gateway("convert", "old.837", "-o", "new.837")
    at = text.partition("ST*837")[2].partition("CLM*ACC-2*")[0].count("~") + 1
    told = {line.split(":")[1] for line in said.err.splitlines() if "999-IK3" in line or "P-BESIDE" in line}
    assert (said.code, told) == (1, {str(at)})
