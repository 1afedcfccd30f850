"""Every answer names the dropped file, the record in it, and of an 837 the place: what the billing system keys on."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.claims.intake import take_in
from tests.drops import FORMATS
from tests.mailroom import envelope, group
from tests.office import record
from tests.trade import Trade

RECORDS = [record(1, claim_key="VENDOR-1"), record(2, claim_key="VENDOR-2")]


def told(trade: Trade) -> list[dict[str, Any]]:
    """Return every line of claim status written for the billing system, in order."""
    files = sorted(trade.site.inbound.glob("claim_status_*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def drop(trade: Trade, form: str) -> None:
    (trade.site.outbound / f"week.{form}").write_bytes(FORMATS[form](RECORDS))
    assert take_in(trade.site).ready == 2


def remittance(number: str, claim: str) -> str:
    """Return an 835 that pays *claim* in full."""
    paid = [
        "BPR*I*165.5*C*CHK************20260201", f"TRN*1*{number}*1512345678", "N1*PR*EXAMPLE HEALTH PLAN",
        "N1*PE*ROE CLINIC*XX*1098765435", "LX*1", f"CLP*{claim}*1*165.5*165.5**CI*ICN{number}", "NM1*QC*1*POE*PAULA",
        "SVC*HC:99213:25*125.5*125.5", "DTM*472*20260110", "SVC*HC:87880*40*40", "DTM*472*20260110",
    ]  # fmt: skip
    return envelope(group("HP", "005010X221A1", paid, number=int(number)), number=int(number))


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_rejection_and_a_payment_name_file_record_and_place(tmp_path: Path, form: str) -> None:
    trade = Trade(tmp_path)
    drop(trade, form)
    trade.send()
    (file,) = trade.arrived()
    position = file.split("~").index(next(s for s in file.split("~") if s.startswith("CLM*ACC-2*"))) - 1
    trade.put_out_999(file, "R", f"IK3*CLM*{position}**8", "CTX*CLM01:ACC-2", "IK4*2*782*1")
    trade.fetch()
    trade.send()
    trade.put_out(remittance("7", "ACC-1"))
    trade.fetch()

    lines = {(one["patient_control_number"], one["state"]): one for one in told(trade)}
    rejected, paid = lines["ACC-2", "rejected"], lines["ACC-1", "paid"]
    rows = [trade.claim(f"ACC-{n}").row for n in (1, 2)]
    assert [(one["file"], one["row"], one["claim_key"]) for one in (paid, rejected)] == [
        (f"week.{form}", rows[0], "VENDOR-1"),
        (f"week.{form}", rows[1], "VENDOR-2"),
    ]
    if form != "837":
        assert (rejected["place"], paid["place"]) == (None, None)
        line = rows[1]
        if form == "json":
            before = FORMATS[form](RECORDS).decode().partition('"ACC-2"')[0]
            line = before[: before.rindex("{")].count("\n") + 1
        assert [(f["field"], f["line"], f["element"]) for f in rejected["findings"]] == [
            ("charge", line, "charge")
        ]
        assert {f["x12"] for f in rejected["findings"]} == {f"2300/CLM@{position}/CLM02"}
        return
    dropped = FORMATS[form](RECORDS).decode().split("~")
    for one in (paid, rejected):
        interchange, a_group, one_set, segment = map(int, one["place"].split("/"))
        assert (interchange, a_group, one_set) == (1, 1, 1)
        assert dropped[segment + 1].startswith(f"CLM*{one['patient_control_number']}*")
    (said,) = rejected["findings"]
    assert (said["field"], said["element"], said["place"]) == ("charge", "CLM02", rejected["place"])
    assert f"/{said['line']}" in rejected["place"]


def test_what_is_sent_bears_our_claim_id_where_the_sender_had_its_own(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    drop(trade, "837")
    trade.send()
    (file,) = trade.arrived()
    assert "VENDOR" not in file
    assert f"REF*D9*{trade.claim('ACC-1').id}~" in file
