"""The traps of writing 837s, one test each: through `gateway convert`, `gateway check`, a file dropped and sent."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from pydantic import ValidationError

from gateway.claims import batch
from gateway.claims.edits import EditContext, prepare
from gateway.clock import MovableClock
from gateway.errors import ConnectionLost
from gateway.exchange import deliver, reconcile
from gateway.mapping.compile import load_map
from gateway.mapping.read import read_claims
from gateway.mapping.write import write_claims
from gateway.model.claim import Claim
from gateway.model.findings import Severity, errors_in
from gateway.model.lifecycle import TransmissionState
from gateway.model.submission import SetHeader
from gateway.store import findings, transmissions
from gateway.x12.characters import fold
from gateway.x12.separators import Separators
from tests import strategies
from tests.drops import as_x12
from tests.golden.every_field import everything
from tests.mailroom import envelope
from tests.office import lines, record
from tests.sites import partner_of, settings_of
from tests.trade import Trade
from tests.unit.test_cli_files import Said, gateway  # noqa: F401  a fixture
from tests.wires import Faulty

HEADER: SetHeader = strategies.HEADER
PLAIN = Separators("*", ":", "~", "^")


def line(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a sound record with changes to one of its lines; the charge follows the lines."""
    made = record(1)
    made["service_lines"] = [dict(one) for one in made["service_lines"]]
    made["service_lines"][number] |= changes
    total = sum(Decimal(str(one["charge"])) for one in made["service_lines"])
    return {**made, "charge": str(total)}


def deep(path: str, value: Any) -> dict[str, Any]:
    """Return a sound record with *value* at *path*, such as ``subscriber.address.line1``."""
    made: dict[str, Any] = json.loads(json.dumps(record(1)))
    *above, last = path.split(".")
    part = made
    for name in above:
        part = part.setdefault(name, {})
    part[last] = value
    return made


class Converted:
    """What `gateway convert` made of records: the segments of the file, if any, and (code, element) of the findings."""

    def __init__(self, said: Said, path: Path, told: Path) -> None:
        self.code, self.err = said.code, said.err
        self.text = path.read_text("latin-1") if path.exists() else ""
        self.segments = self.text.split("~")[:-1]
        found = [json.loads(one) for one in told.read_text().splitlines()] if told.exists() else []
        self.findings = [(f["code"], f["element"]) for f in found]
        self.errors = [f["code"] for f in found if f["severity"] == "error"]
        self.messages = {f["element"]: f["message"] for f in found}

    def __getitem__(self, start: str) -> str:
        """Return the only segment that starts so."""
        (found,) = self.all(start)
        return found

    def all(self, start: str) -> list[str]:
        return [one for one in self.segments if one.startswith(start)]


@pytest.fixture
def convert(tmp_path: Path, gateway: Callable[..., Said]) -> Callable[..., Converted]:  # noqa: F811
    def run(*records: dict[str, Any] | str | bytes, name: str = "in.jsonl") -> Converted:
        out, told, source = tmp_path / "OUT.837", tmp_path / "told.jsonl", tmp_path / name
        out.unlink(missing_ok=True)
        told.unlink(missing_ok=True)
        if len(records) == 1 and isinstance(records[0], bytes):
            source.write_bytes(records[0])
        else:
            source.write_text(lines(records))
        return Converted(gateway("convert", source, "-o", out, "--findings", told), out, told)

    return run


@pytest.fixture
def trade(tmp_path: Path) -> Trade:
    return Trade(tmp_path)


Convert = Callable[..., Converted]


def refused(convert: Convert, made: dict[str, Any]) -> list[str]:
    """Convert a record that must not be written; return the codes of its errors."""
    said = convert(made)
    assert (said.code, said.text) == (1, "")
    return said.errors


def test_trap_25_money_is_decimal_and_sums_are_exact(convert: Convert) -> None:
    made = line()
    made["service_lines"] = [
        {**made["service_lines"][1], "charge": 0.1, "line_control_number": f"L{n}"} for n in range(3)
    ]
    raw = json.dumps({**made, "charge": 0.3})
    assert '"charge": 0.1,' in raw
    said = convert(raw)
    assert said.errors == []
    assert said["CLM*"].split("*")[2] == "0.3"
    assert [one.split("*")[2] for one in said.all("SV1*")] == ["0.1"] * 3
    assert refused(convert, {**made, "charge": "0.30000000000000004"}) == ["IN-AMOUNT"]
    assert refused(convert, {**made, "charge": "0.31"}) == ["P-SUM"]


def test_trap_26_numbers_have_one_spelling(convert: Convert) -> None:
    made = record(1)
    first, second = made["service_lines"]
    three = [
        {**first, "charge": "125.50"},
        {**second, "charge": 1e2},
        {**second, "charge": "5.00", "line_control_number": "X"},
    ]
    said = convert({**made, "service_lines": three, "charge": "230.50", "patient_paid": "0.00"})
    assert said.errors == []
    assert [one.split("*")[2] for one in said.all("SV1*")] == ["125.5", "100", "5"]
    assert (said["CLM*"].split("*")[2], said["AMT*F5"]) == ("230.5", "AMT*F5*0")
    for odd in ("+125.50", "1E+2", "-0", "1,125.50", "125.505"):
        written = convert(line(charge=odd) if "," not in odd else {**record(1), "charge": odd})
        sent = [one.split("*")[2] for one in written.all("SV1*")[:1]]
        assert (written.errors and not sent) or sent[0] in {"125.5", "100", "0"}, odd


def test_trap_27_a_separator_in_a_text_is_never_emitted(convert: Convert) -> None:
    said = convert(deep("note", "seen*twice:on ~Monday\nand^Tuesday|>again"))
    assert said["NTE*"] == "NTE*ADD*SEEN TWICE ON MONDAY AND TUESDAY AGAIN"
    assert ("P-CHARS-TEXT", "note") in said.findings
    assert not {"^", "|", ">"} & set("".join(said.segments[1:])) and "\n" not in said.text
    assert refused(convert, deep("subscriber.member_id", "MBR*00001")) == ["P-CHARS"]


def test_trap_28_letters_are_folded_and_that_is_told_once(convert: Convert, trade: Trade) -> None:
    made = deep("subscriber.last_name", "Núñez")
    made["subscriber"]["first_name"] = "Anne\tMarie"
    made["payer"]["name"] = "\u201cHealth\u201d of O\u2019Fallon"
    said = convert(made)
    assert said["NM1*IL"].startswith("NM1*IL*1*NUNEZ*ANNE MARIE*")
    assert said["NM1*PR"].startswith('NM1*PR*2*"HEALTH" OF O\'FALLON*')
    told = [element for code, element in said.findings if code in {"IN-FOLD", "P-CHARS-TEXT"}]
    assert sorted(told) == ["payer.name", "subscriber.first_name", "subscriber.last_name"]
    assert said.messages["subscriber.last_name"] == '"Núñez" goes out as "NUNEZ"'
    assert trade.drop(made).ready == 1
    with trade.site.store.read() as tx:
        kept = findings.of(tx, trade.claim("ACC-1").id)
    assert {f.severity for f in kept} <= {Severity.INFO, Severity.WARNING}
    assert [f.element for f in kept if f.code == "IN-FOLD"] == ["subscriber.last_name", "payer.name"]
    (spelt,) = [f for f in kept if f.code == "IN-SPELLING"]
    assert spelt.element is not None
    places = spelt.element.split(", ")
    assert len(places) == len(set(places))
    assert {"subscriber.address.city", "billing_provider.tax_id", "diagnoses"} <= set(places)
    assert not set(told) & set(places)


def test_trap_28_a_partner_who_wants_letter_case_gets_it(tmp_path: Path) -> None:
    trade = Trade(tmp_path, text={"upper_case": False})
    trade.drop(deep("subscriber.last_name", "Núñez"))
    trade.send()
    assert "NM1*IL*1*Nunez*Paula*" in trade.arrived()[0]
    with trade.site.store.read() as tx:
        kept = findings.of(tx, trade.claim("ACC-1").id)
    assert [(f.code, f.element) for f in kept if f.code == "IN-FOLD"] == [("IN-FOLD", "subscriber.last_name")]
    (spelt,) = [f for f in kept if f.code == "IN-SPELLING"]
    assert "city" not in (spelt.element or "")


def test_trap_29_nothing_ends_in_a_separator(convert: Convert) -> None:
    said = convert(record(1), record(2))
    assert said.errors == [] and len(said.all("CLM*")) == 2
    assert said.all("LX*") == ["LX*1", "LX*2"] * 2
    assert not [one for one in said.segments[1:] if re.search(r"[*:](\*|\Z)", one) and one[-1] in "*:"]
    assert not [one for one in said.segments[1:] if re.search(r":\*|:\Z|\*\Z", one)]


def test_trap_30_account_numbers_that_payers_cannot_return(convert: Convert, trade: Trade) -> None:
    assert refused(convert, {**record(1), "patient_control_number": "A" * 21}) == ["P-PCN"]
    assert convert({**record(1), "patient_control_number": "A" * 20}).errors == []
    trade.drop(record(1))
    trade.send()
    again = trade.drop({**record(2), "patient_control_number": "ACC-1"})
    assert (again.ready, again.refused) == (0, 1)


def test_trap_31_frequency_and_the_payers_number_go_together(convert: Convert) -> None:
    for frequency in ("7", "8"):
        assert refused(convert, {**record(1), "frequency": frequency}) == ["P-FREQ"]
        said = convert({**record(1), "frequency": frequency, "payer_control_number": "ICN77"})
        assert said["REF*F8"] == "REF*F8*ICN77"
    assert refused(convert, {**record(1), "payer_control_number": "ICN77"}) == ["P-FREQ"]


def dependent(relationship: str = "19") -> dict[str, Any]:
    made = record(1)
    own = {name: made["subscriber"][name] for name in ("birth_date", "sex", "address")}
    kept = {name: made["subscriber"][name] for name in ("last_name", "first_name", "member_id")}
    child = {"last_name": "Poe", "first_name": "Peter", "relationship": relationship, **own}
    return {**made, "subscriber": kept, "patient": child}


def test_trap_32_a_dependent_is_never_the_subscriber_too(convert: Convert) -> None:
    assert "P-HIER" in refused(convert, dependent("18"))
    said = convert(dependent())
    assert said["SBR*"].split("*")[2] == ""
    assert (said["PAT*"], said.all("HL*")) == ("PAT*19", ["HL*1**20*1", "HL*2*1*22*1", "HL*3*2*23*0"])
    own = convert(record(1))
    assert (own["SBR*"].split("*")[2], own.all("PAT*"), own.all("HL*23")) == ("18", [], [])


def test_trap_33_hl04_is_right_and_checked(
    convert: Convert,
    tmp_path: Path,
    gateway: Callable[..., Said],  # noqa: F811
) -> None:
    said = convert(dependent(), record(2))
    assert [one.split("*")[4] for one in said.all("HL*")] == ["1", "1", "0", "0"]
    for right, wrong in (("*22*1~", "*22*0~"), ("*23*0~", "*23*1~"), ("*20*1~", "*20*0~")):
        assert right in said.text
        spoilt = tmp_path / "spoilt.837"
        spoilt.write_text(said.text.replace(right, wrong, 1))
        checked = gateway("check", spoilt)
        assert checked.code == 1 and "HL04" in checked.err


def test_trap_34_boxes_zips_and_punctuation(convert: Convert) -> None:
    for box in ("PO Box 12", "P.O. Box 12", "Post Office Box 12"):
        assert refused(convert, deep("billing_provider.address.line1", box)) == ["P-BP-03"]
    assert refused(convert, deep("billing_provider.address.zip", "62701")) == ["P-BP-04"]
    made = line(drug={"ndc": "0002-6063-51", "quantity": "1", "unit": "ML"})
    made["billing_provider"] = {
        **made["billing_provider"],
        "contact_name": "Ann",
        "contact_phone": "(555) 555-0100",
    }
    said = convert(made)
    assert said.errors == []
    assert said.all("N4*")[0] == "N4*SPRINGFIELD*IL*627010001"
    assert (said["REF*EI"], said["LIN*"]) == ("REF*EI*123456789", "LIN**N4*00002606351")
    assert said["HI*"] == "HI*ABK:J0190*ABF:R509"
    assert "PER*IC*ANN*TE*5555550100" in said.segments
    assert {code for code, _ in said.findings} == {"IN-SPELLING"}


def test_trap_35_twelve_diagnoses_and_none_twice(convert: Convert) -> None:
    many = [f"R{number}" for number in range(10, 23)]
    assert refused(convert, {**record(1), "diagnoses": many}) == ["P-DX"]
    assert convert({**record(1), "diagnoses": many[:12]}).errors == []
    said = convert({**record(1), "diagnoses": ["J01.90", "j0190", "R50.9"]})
    assert said["HI*"] == "HI*ABK:J0190*ABF:R509"
    assert ("P-DX-DUP", "diagnoses") in said.findings


def test_trap_36_pointers_still_mean_the_same_codes(convert: Convert) -> None:
    made = line(diagnosis_pointers=[3, 1])
    made["service_lines"][1]["diagnosis_pointers"] = [2, 4]
    codes = ["J01.90", "J01.90", "R50.9", "I10"]
    said = convert({**made, "diagnoses": codes})
    written = [part.split(":")[1] for part in said["HI*"].split("*")[1:]]
    assert written == ["J0190", "R509", "I10"]
    pointed = [[written[int(one) - 1] for one in sv1.split("*")[7].split(":")] for sv1 in said.all("SV1*")]
    assert pointed == [["R509", "J0190"], ["J0190", "I10"]]
    assert "P-PTR" in refused(convert, line(diagnosis_pointers=[3]))


def test_trap_37_more_than_fifty_lines_are_never_cut(convert: Convert) -> None:
    made = record(1)

    def of(count: int) -> dict[str, Any]:
        many = [{**made["service_lines"][1], "line_control_number": f"L{n}"} for n in range(count)]
        return {**made, "service_lines": many, "charge": str(40 * count)}

    assert refused(convert, of(51)) == ["P-LINES"]
    assert len(convert(of(50)).all("SV1*")) == 50


def test_trap_38_minutes_for_anesthesia_only(convert: Convert) -> None:
    assert refused(convert, line(unit_type="MJ")) == ["P-LINE-MJ"]
    assert refused(convert, line(procedure="00142", modifiers=[])) == ["P-LINE-MJ"]
    said = convert(line(procedure="00142", modifiers=[], unit_type="MJ", units="45"))
    assert said.all("SV1*")[0] == "SV1*HC:00142*125.5*MJ*45***1:2"


INSTITUTIONAL = b"005010X223A2"
DENTAL = b"005010X224A2"


def other_837(version: bytes, old: bytes, new: bytes) -> bytes:
    """Return a drop of another kind of claim, with its own kind of line."""
    data = as_x12([record(1)]).replace(b"005010X222A1", version)
    assert old in data
    return data.replace(old, new, 1)


def turned_away(convert: Convert, trade: Trade, data: bytes, words: str) -> None:
    """A file of claims that this version does not send is refused in words, by both doors, and nothing goes out."""
    said = convert(data, name="in.837")
    assert (said.code, said.text) == (1, "")
    assert [words in message for message in said.messages.values()] == [True]
    (trade.site.outbound / "monday.837").write_bytes(data)
    from gateway.claims.intake import take_in

    report = take_in(trade.site)
    assert (report.ready, report.held, report.refused) == (0, 0, 1)
    (file_id,) = report.ids
    assert words in (trade.site.outbound / "rejected" / f"{file_id}.reasons.txt").read_text()


def test_trap_39_institutional_claims_are_turned_away(convert: Convert, trade: Trade) -> None:
    revenue = other_837(INSTITUTIONAL, b"SV1*HC:99213:25*125.5*UN*1", b"SV2*120**125.5*DA*1")
    turned_away(convert, trade, revenue, "institutional claims (837I)")
    assert refused(convert, line(revenue_code="120")) == ["IN-UNKNOWN"]


def test_trap_40_dental_claims_are_turned_away(convert: Convert, trade: Trade) -> None:
    surfaces = other_837(DENTAL, b"SV1*HC:99213:25*125.5*UN*1", b"SV3*AD:D2392*125.5")
    turned_away(convert, trade, surfaces, "dental claims (837D)")
    assert refused(convert, line(procedure="D2392", modifiers=[])) == ["P-LINE-PROC"]
    assert refused(convert, line(tooth_surfaces="MOD")) == ["IN-UNKNOWN"]


def test_trap_41_predeterminations_are_turned_away(convert: Convert, trade: Trade) -> None:
    asked = other_837(b"005010X291", b"DTP*472*D8*20260110~", b"")
    turned_away(convert, trade, asked, "predeterminations")
    assert refused(convert, line(service_date=None)) == ["P-LINE-DATE"]


def second_payer(claim_adjustment: str = "20", paid: str = "100") -> dict[str, Any]:
    """Return the worked example of coordination of benefits: 200 billed, 100 paid by the first payer."""
    made = record(1)
    lines_of = [
        {**made["service_lines"][0], "charge": "150"},
        {**made["service_lines"][1], "charge": "50"},
    ]
    decided = [("90", [("CO", "45", "35"), ("PR", "2", "25")]), ("30", [("CO", "45", "20")])]
    for one, (amount, said) in zip(lines_of, decided, strict=True):
        adjustments = [{"group": g, "reason": r, "amount": a} for g, r, a in said]
        one["adjudications"] = [
            {"payer_id": "FP001", "paid": amount, "procedure": one["procedure"], "units": "1", "paid_on": "2026-01-20",
             "adjustments": adjustments}
        ]  # fmt: skip
    other = {
        "payer": {"name": "First Plan", "id": "FP001"},
        "subscriber": {"last_name": "Poe", "first_name": "Paul", "member_id": "OTH333"},
        "relationship": "18",
        "payer_sequence": "P",
        "claim_filing_indicator": "CI",
        "paid": paid,
        "adjustments": [{"group": "PR", "reason": "3", "amount": claim_adjustment}],
    }
    return {
        **made,
        "charge": "200",
        "service_lines": lines_of,
        "payer_sequence": "S",
        "other_payers": [other],
    }


def test_trap_42_what_other_payers_decided_adds_up_to_the_cent(convert: Convert) -> None:
    said = convert(second_payer())
    assert said.errors == []
    assert (said["AMT*D*"], [one.split("*")[2] for one in said.all("SVD*")]) == ("AMT*D*100", ["90", "30"])
    for wrong in (second_payer("20.01"), second_payer(paid="99.99")):
        assert {code[:4] for code in refused(convert, wrong)} == {"COB-"}
    by_share = second_payer()
    by_share["service_lines"][0]["adjudications"][0]["adjustments"][1]["amount"] = "24.99"
    assert "COB-1" in refused(convert, by_share)


def test_trap_43_adjustments_of_one_group_are_one_segment(convert: Convert) -> None:
    made = second_payer()
    made["other_payers"][0]["adjustments"] = [
        {"group": "PR", "reason": "3", "amount": "12"},
        {"group": "CO", "reason": "A2", "amount": "1"},
        {"group": "PR", "reason": "1", "amount": "7"},
    ]
    said = convert(made)
    assert said.errors == []
    head = said.segments[: said.segments.index("LX*1")]
    assert [one for one in head if one.startswith("CAS*")] == ["CAS*PR*3*12**1*7", "CAS*CO*A2*1"]


def test_trap_44_what_the_first_payer_left_to_the_patient_is_not_what_the_patient_paid(
    convert: Convert,
) -> None:
    assert convert(second_payer()).all("AMT*F5") == []
    said = convert({**second_payer(), "patient_paid": "10"})
    assert (said["AMT*F5"], said["CAS*PR*3"], said["AMT*D*"]) == ("AMT*F5*10", "CAS*PR*3*20", "AMT*D*100")


def paid_by_835(number: str, status: str) -> str:
    from tests.mailroom import group
    from tests.unit.test_sort import era

    said = [
        one.replace(f"CLP*{number}*1*", f"CLP*{number}*{status}*").replace("20240110", "20260110")
        for one in era(number)
    ]
    said = ["NM1*QC*1*POE*PAULA****MI*MBR00001" if one.startswith("NM1*QC") else one for one in said]
    return envelope(group("HP", "005010X221A1", said))


def one_line() -> dict[str, Any]:
    return {**record(1), "charge": "125.50", "service_lines": record(1)["service_lines"][:1]}


def test_trap_45_a_claim_that_crossed_over_is_not_sent_by_us_too(trade: Trade) -> None:
    trade.drop(one_line())
    trade.send()
    trade.put_out(paid_by_835("ACC-1", "19"))
    trade.fetch()
    second = {
        **one_line(),
        "payer": {"id": "87726", "name": "Second Plan"},
        "payer_sequence": "S",
    }
    report = trade.drop(second)
    assert (report.ready, report.held, report.refused) == (0, 1, 0)
    claim = trade.claim("ACC-1")
    assert "duplicate" in claim.holds
    with trade.site.store.read() as tx:
        assert "D-CROSSOVER" in {f.code for f in findings.of(tx, claim.id)}
    trade.send()
    assert trade.numbers_arrived() == ["ACC-1"]
    batch.release_claim(trade.site, claim.id, reason="the second payer never got it", actor="user:pat")
    trade.send()
    assert trade.numbers_arrived() == ["ACC-1", "ACC-1"]


def test_trap_46_who_submits_and_who_receives_is_never_left_open(trade: Trade) -> None:
    for wrong in ({"name": ""}, {"contact_phone": None}, {"contact_phone": "555"}):
        said = {"name": "ROE CLINIC", "contact_phone": "5555550100", **wrong}
        with pytest.raises(ValidationError):
            settings_of(submitter={k: v for k, v in said.items() if v is not None})
    for wrong in ({"submitter_id": ""}, {"receiver_id": ""}, {"receiver_name": ""}):
        with pytest.raises(ValidationError):
            settings_of(partner={"north": partner_of(**wrong)})
    trade.drop(record(1))
    trade.send()
    (sent,) = trade.arrived()
    assert "~NM1*41*2*ROE CLINIC*****46*ROE01~" in sent
    assert "~NM1*40*2*POE CLEARINGHOUSE*****46*NORTH01~" in sent
    assert "~NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*60054~" in sent


def test_trap_47_a_timeout_is_asked_about_and_never_numbered_anew(tmp_path: Path) -> None:
    trade = Trade(tmp_path)
    wire = Faulty(trade.site.partner("north"))
    trade.site = replace(trade.site, transport=lambda _name: wire)
    trade.drop(record(1))
    batch.send_ready(trade.site, "north")
    wire.after["rename"] = [ConnectionLost("rename", "cut", maybe_done=True)]
    with pytest.raises(ConnectionLost):
        deliver.deliver_due(trade.site, "north")
    (held,) = _transmissions(trade)
    assert held.state is TransmissionState.UNCERTAIN
    assert batch.send_ready(trade.site, "north").claims == 0
    deliver.deliver_due(trade.site, "north")
    trade.put_out(envelope(ta1=[f"TA1*{held.isa13:09d}*240115*0930*A*000"]))
    assert isinstance(trade.clock, MovableClock)
    trade.clock.advance(timedelta(minutes=30))
    reconcile.reconcile(trade.site, "north")
    trade.fetch()
    (sure,) = _transmissions(trade)
    assert (sure.isa13, sure.sha256) == (held.isa13, held.sha256)
    assert sure.state in {TransmissionState.DELIVERED, TransmissionState.RECEIVED}
    assert len(trade.arrived()) == 1


def _transmissions(trade: Trade) -> list[transmissions.Transmission]:
    from sqlalchemy import select

    from gateway.store.schema import transmission

    with trade.site.store.read() as tx:
        ids = tx.execute(select(transmission.c.id).order_by(transmission.c.id)).scalars()
        return [transmissions.get(tx, one) for one in list(ids)]


def test_trap_48_two_workers_never_take_the_same_number(tmp_path: Path) -> None:
    one = Trade(tmp_path, batching={"claims_per_set": 1, "sets_per_file": 1})
    one.drop(*(record(number) for number in range(1, 9)))
    other = Trade(tmp_path, one.clock, batching={"claims_per_set": 1, "sets_per_file": 1})
    together = threading.Barrier(2)
    faults: list[Exception] = []

    def work(trade: Trade) -> None:
        together.wait()
        try:
            batch.send_ready(trade.site, "north")
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)

    workers = [threading.Thread(target=work, args=(trade,)) for trade in (one, other)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    deliver.deliver_due(one.site, "north")
    numbers = [re.search(r"\*00501\*(\d{9})\*", text) for text in one.arrived()]
    assert len({found[1] for found in numbers if found}) == 8
    assert sorted(one.numbers_arrived()) == sorted(f"ACC-{n}" for n in range(1, 9))
    other.close()


@pytest.mark.parametrize("moment", ["2026-05-02T04:59", "2026-05-02T05:01"])
def test_trap_49_one_zone_for_every_date_of_the_file(tmp_path: Path, moment: str) -> None:
    # The submitter is in Chicago: 23:59 of the first, 00:01 of the second of May.
    clock = MovableClock(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    trade = Trade(tmp_path, clock, schedule={"time_zone": "Asia/Tokyo"})
    trade.drop(record(1))
    trade.send()
    (text,) = trade.arrived()
    isa, gs = text[:106].split("*"), text.split("GS*")[1].split("*")
    bht = text.split("BHT*")[1].split("*")
    day, time = ("20260501", "2359") if moment.endswith("59") else ("20260502", "0001")
    assert (isa[9], isa[10]) == (day[2:], time)
    assert (gs[3], gs[4][:4]) == (bht[3], bht[4]) == (day, time)


def test_trap_50_member_ids_are_put_into_their_spelling(convert: Convert) -> None:
    made = deep("subscriber.member_id", "1eg4-te5-mk 73")
    said = convert({**made, "claim_filing_indicator": "MB"})
    assert said["NM1*IL"].endswith("*MI*1EG4TE5MK73")
    assert said.errors == []
    assert any(code == "IN-SPELLING" and "subscriber.member_id" in (e or "") for code, e in said.findings)


# --- nothing is lost without a word


MAP = load_map("837p")
CONTEXT = EditContext(today=datetime(2026, 11, 2, tzinfo=UTC).date())


def texts(part: Any, path: str = "") -> dict[str, str]:
    """Return every text in a record by its path; residue is raw segments and has its own law."""
    found: dict[str, str] = {}
    for item in fields(part):
        value, here = getattr(part, item.name), f"{path}{item.name}"
        if item.name == "residue":
            continue
        if isinstance(value, str) and value:
            found[here] = value
        elif is_dataclass(value):
            found |= texts(value, f"{here}.")
        elif isinstance(value, tuple):
            for index, one in enumerate(value):
                if isinstance(one, str):
                    found[f"{here}[{index}]"] = one
                elif is_dataclass(one):
                    found |= texts(one, f"{here}[{index}].")
    return found


KIND_OF_WHAT_IS_NOT_SAID = re.compile(r"note_type|pay_to_entity_type|repricing\.(procedure|unit)_type")
"""Kinds of something that may be absent: without it X12 does not say its kind either."""
FIXED_BY_THE_ROLE = re.compile(r"other_payers\[\d\]\.\w+_(provider|facility)\.entity_type")
NEVER_SENT = {"claim_key"}


def unsaid(claim: Claim, *, at: str | None = None) -> set[str]:
    """Return the paths of texts that neither come back from X12 nor are spoken of by any finding.

    A claim with an error where *at* points does not go out, so that nothing of it is lost.
    """
    proper, said = prepare(claim, context=CONTEXT)
    if at in {f.element for f in errors_in(said)}:
        return set()
    written = write_claims(MAP, HEADER, [proper])
    if errors_in(written.findings[0]):
        return set()  # it does not go out, and the biller is told
    segments = (segment.split("*") for segment in written.segments)
    (back,) = [one.record for one in read_claims(MAP, segments, PLAIN)]
    assert isinstance(back, Claim)
    came = texts(back)
    wanted = {path: fold(text) for path, text in texts(proper).items()}
    # Some texts have another place in X12 than in the record; a text counts as said wherever it stands.
    lost = Counter(wanted.values()) - Counter(came.values())
    told = {f.element for f in said if f.element}
    return {
        path
        for path, text in wanted.items()
        if came.get(path) != text
        and text in lost
        and path not in NEVER_SENT
        and not KIND_OF_WHAT_IS_NOT_SAID.search(path)
        and not FIXED_BY_THE_ROLE.fullmatch(path)
        and not any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in told)
    }


@examples(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.claims())
def test_every_text_comes_back_or_is_spoken_of(claim: Claim) -> None:
    assert unsaid(claim) == set()


def spoilt(part: Any, path: str, odd: Callable[[str], str]) -> Any:
    """Return *part* with the text at *path* made *odd*."""
    name, _, rest = path.partition(".")
    found = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", name)
    assert found is not None
    value = getattr(part, found[1])
    if found[2] is not None:
        items = list(value)
        at = int(found[2])
        items[at] = spoilt(items[at], rest, odd) if rest else odd(items[at])
        return replace(part, **{found[1]: tuple(items)})
    return replace(part, **{found[1]: spoilt(value, rest, odd) if rest else odd(value)})


@pytest.mark.parametrize(
    "odd",
    [
        lambda text: text + "X" * 300,
        lambda _text: "\u4e2d\u6587",
        lambda text: f"{text}*~:Z",
        lambda text: f"{text}\u00e9",
    ],
    ids=["long", "foreign", "separators", "accent"],
)
def test_no_text_of_any_field_is_cut_or_emptied_without_a_word(odd: Callable[[str], str]) -> None:
    whole = prepare(everything(), context=CONTEXT)[0]
    silent: list[str] = []
    for path in texts(whole):
        silent += [f"{path}: {lost}" for lost in sorted(unsaid(spoilt(whole, path, odd), at=path))]
    assert silent == []


def test_every_trap_of_envelopes_and_of_837s_has_its_test() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_traps_*.py")
    )
    there = {int(number) for number in re.findall(r"^def test_trap_(\d\d)_", source, re.MULTILINE)}
    assert there >= set(range(1, 51))
