"""Claims rejected days after they were dropped come back to be mended, each in the format it was dropped in."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway import failpoints
from gateway.claims import batch
from gateway.claims.intake import rejected, take_in
from gateway.claims.intake.rejected import give_back_rejected
from gateway.mapping.compile import load_map
from gateway.model.lifecycle import ClaimState
from gateway.ops.reports import masking
from gateway.responses import sort
from gateway.store import findings, views
from gateway.store.schema import receipt
from gateway.x12.check import check_x12
from tests.drops import FORMATS
from tests.mailroom import envelope, group
from tests.office import record
from tests.trade import Trade

FIELD = {
    "jsonl": "service_lines[1].procedure",
    "json": "service_lines[1].procedure",
    "csv": "service_lines.procedure",
    "837": "SV101-2",
}
"""How each sender knows the procedure of the second line."""


def segments_of(file: str) -> list[str]:
    return file.split("~")


def position(file: str, start: str, after: str) -> int:
    """Return the place in its set (ST = 1) of the first segment that begins with *start* behind *after*."""
    segments = segments_of(file)
    begins = next(i for i, s in enumerate(segments) if s.startswith(after))
    return next(i for i, s in enumerate(segments) if i > begins and s.startswith(start)) - 1


def reject_by_999(trade: Trade) -> None:
    (file,) = trade.arrived()
    at = position(file, "SV1*HC:87880", "CLM*ACC-2*")
    trade.put_out_999(file, "R", f"IK3*SV1*{at}*2400*8", "CTX*CLM01:ACC-2", "IK4*1:2*234*7*87880")


def answer_277ca(trade: Trade, role: str) -> None:
    (file,) = trade.arrived()
    reference = next(s for s in segments_of(file) if s.startswith("BHT*")).split("*")[3]
    trade.put_out(
        envelope(
            group(
                "HN", "005010X214",
                [
                    "BHT*0085*08*X1*20240115*1015*TH", "HL*1**20*1", f"NM1*{role}*2*EXAMPLE*****PI*EXH01", "TRN*1*RCPT1",
                    "DTP*050*D8*20240115", "DTP*009*D8*20240115", "HL*2*1*21*1", "NM1*41*2*ROE*****46*SUB100",
                    f"TRN*2*{reference}", "STC*A1:19:PR*20240115*WQ*165.5", "HL*3*2*19*1",
                    "NM1*85*2*ROE CLINIC*****XX*1098765435", "TRN*1*0", "STC*A1:19:PR**WQ*165.5", "HL*4*3*PT",
                    "NM1*QC*1*POE*PAULA****MI*MBR00002", "TRN*2*ACC-2", "STC*A7:562:82*20240115*U*165.5",
                    "DTP*472*D8*20260110", "SVC*HC:87880*40", "STC*A7:454*20240115*U*40", "REF*FJ*L2B",
                ],
            ),
        )
    )  # fmt: skip


WAYS: dict[str, Callable[[Trade], None]] = {
    "999": reject_by_999,
    "277CA of the clearinghouse": lambda trade: answer_277ca(trade, "AY"),
    "277CA of the payer": lambda trade: answer_277ca(trade, "PR"),
}


def dropped(trade: Trade, form: str, *numbers: int) -> bytes:
    data = FORMATS[form]([record(n) for n in numbers])
    (trade.site.outbound / f"week.{form}").write_bytes(data)
    assert take_in(trade.site).ready == len(numbers)
    trade.send()
    return data


def back(trade: Trade) -> list[Path]:
    """Return the records that came back, without their reasons."""
    folder = trade.site.outbound / "rejected"
    return sorted(p for p in folder.glob("*") if ".reasons." not in p.name) if folder.exists() else []


def reasons(path: Path) -> list[dict[str, str]]:
    with path.with_name(f"{path.name.rpartition('.')[0]}.reasons.csv").open() as sheet:
        return list(csv.DictReader(sheet))


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_claim_rejected_later_comes_back_mended_and_dropped_it_goes_out(
    tmp_path: Path, form: str, way: str
) -> None:
    trade = Trade(tmp_path)
    dropped(trade, form, 1, 2, 3)
    WAYS[way](trade)
    trade.fetch()

    (file,) = back(trade)
    assert file.suffix == f".{form}"
    text = file.read_text()
    assert "ACC-2" in text
    assert "ACC-1" not in text
    assert "ACC-3" not in text
    claim = trade.claim("ACC-2")
    said = {line["column"]: line for line in reasons(file)}
    line = said[FIELD[form]]
    assert (line["file"], line["row"], line["claim"]) == (f"week.{form}", str(claim.row), claim.id)
    assert (line["field"], line["severity"], line["outcome"]) == (
        "service_lines[1].procedure",
        "error",
        "rejected",
    )
    assert "service line 2, procedure" in line["sentence"]
    assert line["x12"].startswith("2400/SV1")
    page = file.with_name(f"{file.name.rpartition('.')[0]}.reasons.txt").read_text()
    assert file.name in page
    assert "gateway resubmit" in page
    if way != "999":
        assert any(one["field"] == "rendering_provider.npi" for one in said.values())

    file.write_text(text.replace("87880", "87881"))
    file.rename(trade.site.outbound / file.name)
    assert take_in(trade.site).ready == 1
    mended = trade.claim("ACC-2")
    assert (mended.id, mended.version, mended.state) == (claim.id, claim.version + 1, ClaimState.READY)
    trade.send()
    assert "87881" in trade.arrived()[-1]
    assert give_back_rejected(trade.site) == []


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_dropped_again_as_it_is_nothing_goes_and_the_verb_is_named(tmp_path: Path, form: str) -> None:
    trade = Trade(tmp_path)
    dropped(trade, form, 2)
    answer_277ca(trade, "PR")
    trade.fetch()
    (file,) = back(trade)
    file.rename(trade.site.outbound / file.name)
    report = take_in(trade.site)
    assert (report.ready, report.held, report.refused) == (0, 0, 1)
    again = next(path for path in back(trade) if path.name.startswith(report.ids[0]))
    (line,) = (one for one in reasons(again) if one["severity"] == "error")
    claim = trade.claim("ACC-2")
    assert line["code"] == "D-DUP-REJECTED"
    assert f"gateway resubmit {claim.id}" in line["sentence"]
    assert (claim.version, claim.state) == (1, ClaimState.REJECTED)
    batch.resubmit(trade.site, [claim.id], reason="the payer mended its file", actor="pat")
    trade.send()
    assert trade.numbers_arrived() == ["ACC-2", "ACC-2"]


def test_an_837_that_came_back_is_sound_and_names_the_segment(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    data = dropped(trade, "837", 1, 2, 3).decode()
    reject_by_999(trade)
    trade.fetch()
    (file,) = back(trade)
    assert check_x12(file.read_bytes()).clean
    (line,) = reasons(file)
    at = position(data, "SV1*HC:87880", "CLM*ACC-2*")
    assert line["line"] == f"1/1/1/{at}"


def test_a_crash_and_a_reread_give_back_once(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    dropped(trade, "jsonl", 1, 2)
    reject_by_999(trade)
    failpoints.arm(rejected.AFTER_WRITE, "raise")
    with pytest.raises(OSError, match="failpoint"):
        trade.fetch()
    failpoints.disarm()
    before = {path.name: path.read_bytes() for path in (trade.site.outbound / "rejected").iterdir()}
    trade.close()
    trade.open()
    assert len(give_back_rejected(trade.site)) == 1
    folder = trade.site.outbound / "rejected"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    for path in folder.iterdir():
        path.unlink()
    with trade.site.store.read() as tx:
        receipts = list(tx.execute(select(receipt.c.id)).scalars())
    for receipt_id in receipts:
        sort.reread(trade.site, receipt_id, "pat")
    assert give_back_rejected(trade.site) == []
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "jsonl", "837"])
def test_a_claim_that_the_check_withholds_comes_back_with_its_field(tmp_path: Path, form: str) -> None:
    """An overlay puts a field where the guide wants two letters: what the check finds is that field's, at its place."""
    overlay = {"2010BA/N4": "N4*{address.city}*{address.line2}*{address.zip}"}
    trade = Trade(tmp_path)
    trade.site = replace(trade.site, claim_map=lambda _partner: load_map("837p", overlay=overlay))
    made = [record(n) for n in (1, 2)]
    for one, second in zip(made, ("IL", "APARTMENT 12"), strict=True):
        one["subscriber"] = {
            **one["subscriber"], "address": {**one["subscriber"]["address"], "line2": second}
        }  # fmt: skip
    (trade.site.outbound / f"week.{form}").write_bytes(FORMATS[form](made))
    assert take_in(trade.site).ready == 2
    report = trade.send()
    assert (report.claims, report.withheld) == (1, 1)
    assert len(give_back_rejected(trade.site)) == 1

    (file,) = back(trade)
    line = reasons(file)[0]
    assert line["field"] == "subscriber.address.line2"
    assert line["column"] == ("N302" if form == "837" else "subscriber.address.line2")
    assert line["row"] == str(trade.claim("ACC-2").row)
    assert "/N4@" in line["x12"]
    text = file.read_text()
    assert "ACC-1" not in text
    file.write_text(text.replace("APARTMENT 12", "IL"))
    file.rename(trade.site.outbound / file.name)
    assert take_in(trade.site).ready == 1
    assert trade.send().claims == 1


def test_what_a_999_only_remarks_on_is_kept_with_its_claim(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    dropped(trade, "csv", 1, 2)
    (file,) = trade.arrived()
    at = position(file, "NM1*82", "CLM*ACC-2*")
    said = [f"IK3*NM1*{at}*2310B*8", "IK4*3*1035*6"]
    trade.put_out_999(file, "A", *said)
    answer = trade.partner / "out" / f"answer{trade._files}.x12"
    answer.write_text(answer.read_text().replace("IK5*A", "IK5*E*5"))
    trade.fetch()
    assert back(trade) == []
    claim = trade.claim("ACC-2")
    with trade.site.store.read() as tx:
        (kept,) = [f for f in findings.of(tx, claim.id) if f.code.startswith("999")]
    assert (kept.severity, kept.field, kept.element, kept.line) == (
        "warning", "rendering_provider.name", "rendering_provider.name", claim.row,
    )  # fmt: skip
    assert "remarks" in kept.message
    files = sorted(trade.site.inbound.glob("claim_status_*.jsonl"))
    rows: list[dict[str, Any]] = [
        json.loads(line) for path in files for line in path.read_text().splitlines()
    ]
    (row,) = (one for one in rows if one["claim"] == claim.id)
    assert [(f["field"], f["row"], f["severity"]) for f in row["findings"]] == [
        ("rendering_provider.name", claim.row, "warning")
    ]


def test_show_says_where_and_what_to_do_next(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    dropped(trade, "csv", 1, 2)
    answer_277ca(trade, "PR")
    trade.fetch()
    claim = trade.claim("ACC-2")
    with trade.site.store.read() as tx:
        seen = masking.opened(views.show(tx, claim.id), reveal=False)
    said = {f["code"]: f for f in seen["findings"]}
    assert said["277CA-A7-562"]["field"] == "rendering_provider.npi"
    line = said["277CA-A7-454"]
    assert (line["element"], line["field"], line["x12"]) == (
        "service_lines.procedure", "service_lines[1].procedure", "2400/SV1/SV101-2",
    )  # fmt: skip
    assert line["line"] == claim.row + 1
    assert line["message"] == masking.MASK
    (step,) = seen["next"]
    assert f"gateway resubmit {claim.id}" in step
    assert "drop it again" in step


def test_a_missing_segment_names_the_part_of_the_record(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    dropped(trade, "jsonl", 1, 2)
    (file,) = trade.arrived()
    at = position(file, "DTP*472", "CLM*ACC-2*")
    trade.put_out_999(file, "R", f"IK3*DTP*{at + 1}*2400*3", "CTX*CLM01:ACC-2")
    trade.fetch()
    (path,) = back(trade)
    (line,) = reasons(path)
    assert line["field"].startswith("service_lines[0]")
    assert "missing" in line["sentence"]
