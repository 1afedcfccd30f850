"""The whole round trip on a real SFTP server, its figures held against a count that shares no code with it."""

import csv
import json
import re
import tomllib
from collections import defaultdict
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from gateway.ops.demo import PARTNERS, Served, loopback, play
from gateway.sandbox.accounts import create_account
from tests.acceptance.independent import figures as count
from tests.acceptance.independent import interchanges
from tests.sshd import running_sshd


@contextmanager
def openssh(directory: Path):
    """Put the mailboxes on OpenSSH's sshd."""
    with running_sshd(directory / "sshd") as server:
        logins = {}
        house = server.folder / "accounts"
        for name in PARTNERS:
            account = server.account(name, folders=("inbound", "outbound"))
            create_account(house, name)
            account.key.chmod(0o600)
            logins[name] = (
                f'port = {server.port}\nusername = "{account.username}"\nprivate_key = "file:{account.key}"'
            )
        yield Served(house, server.host_key, logins)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("sandbox", id="sandbox"),
        pytest.param("openssh", id="openssh", marks=pytest.mark.sshd),
        pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
    ],
)
def played(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    said = []
    database = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        database = server.new_database()
        request.addfinalizer(lambda: server.drop(database))
    serve = openssh if request.param == "openssh" else loopback
    report = play(folder / "demo", count=160, say=said.append, serve=serve, database=database)
    return folder / "demo", report, said


def test_books_and_chain_hold(played):
    _folder, report, said = played
    assert report.ok, report.text
    assert "ledger balances: yes" in report.text
    assert "audit chain: ok" in report.text
    assert not any("Error" in line or "defect" in line for line in said), said


def test_every_outcome_comes_up(played):
    _folder, report, _said = played
    figures = report.figures
    states = figures["states"]
    for state in ("paid", "partly_paid", "zero_paid", "denied", "rejected", "voided"):
        assert states.get(state, 0) > 0, (state, states)
    assert figures["refused"] > 0
    assert figures["rejected_by_999"] > 0
    assert figures["rejected_by_277ca"] > 0
    assert figures["silent"] > 0
    assert (figures["replacements"], figures["voids"], figures["payments_reversed"]) == (1, 1, 2)


def test_what_the_office_mended_corrected_and_voided_came_out_as_it_should(played):
    """By the account number: what the claim bills, and what the last 835 left paid, by hand from the script book."""
    folder, _report, _said = played
    root = folder / "installation"
    told = {}
    for path in sorted(
        (root / "inbound").glob("claim_status_*.jsonl"), key=lambda path: path.stat().st_mtime_ns
    ):
        for line in path.read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            told.setdefault(one["patient_control_number"], []).append(one["state"])
    mended, corrected, voided = told["NO930001"], told["NO930002"], told["NO930003"]
    assert mended.index("rejected") < mended.index("paid")
    assert corrected.count("paid") == 2
    assert corrected[-1] == "paid"
    assert voided[0] != voided[-1] == "voided"


def test_an_837_was_dropped_and_its_bad_claim_came_back_as_one(played):
    folder, _report, _said = played
    root = folder / "installation"
    (back,) = (root / "outbound" / "rejected").glob("*.837")
    (interchange,) = [segments for _component, segments in interchanges(back.read_text())]
    assert [s[2] for s in interchange if s[0] == "CLM"] == ["1O0"]
    told = [
        json.loads(line)
        for path in sorted((root / "inbound").glob("claim_status_*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    by_837 = [one for one in told if one["file"] == "monday.837"]
    assert {one["state"] for one in by_837} >= {"accepted", "paid"}
    assert all(one["place"] and one["claim_key"] == f"ELM{one['patient_control_number']}" for one in by_837)


def test_figures_agree_with_an_independent_count(played):
    folder, report, _said = played
    figures, money = report.figures, report.figures["money"]
    sent = sorted((folder).rglob(".sandbox/received"))
    assert len(sent) == len(PARTNERS)
    counted = count(sent, [folder / "installation" / "inbound" / "raw"])
    assert counted["lines_add_up"]
    assert counted["control_numbers_unique"]
    assert counted["interchanges"] == figures["transmissions"]
    assert counted["claims_sent"] == figures["sent"]
    assert counted["remittances_posted"] == figures["remittances_posted"]
    assert counted["billed"] == money["billed"]
    assert counted["paid"] == money["paid"]
    assert counted["contractual"] == money["contractual"]
    assert counted["patient"] == money["patient"]
    assert counted["suspense"] == money["suspense"]
    assert counted["open"] == money["open"]
    assert counted["replacements"] == figures["replacements"]
    assert counted["voids"] == figures["voids"]
    assert counted["amended_by_number"]
    assert counted["reversed"] == figures["payments_reversed"]
    with (folder / "bank.csv").open(encoding="utf-8", newline="") as file:
        banked = sum(Decimal(row["Amount"]) for row in csv.DictReader(file))
    assert counted["sent_by_payers"] == banked == money["deposited"] > 0
    assert counted["received"] == money["received"]
    assert money["not_deposited"] == 0
    assert money["deposits_open"] == counted["sent_by_payers"] - counted["received"]
    assert counted["sent_again_after_a_rejected_set"] == figures["sent_again_by_itself"] > 0
    assert money["billed"] == sum(
        money[name] for name in ("paid", "contractual", "other_adjustments", "patient", "open")
    )


def test_the_story_is_told_day_by_day(played):
    """What the demo says on the way, in its order."""
    folder, _report, said = played
    counted = count(sorted(folder.rglob(".sandbox/received")), [folder / "installation" / "inbound" / "raw"])
    rejected = counted["claims_in_rejected_sets"]
    told = [" ".join(line.split()) for line in said]
    wanted = [
        "day 0 office --> gateway 3 files dropped",
        "office <-- gateway of ",
        "gateway --> partners ",
        f"gateway <-- partners 999: a set of {rejected} claims rejected",
        f"gateway --> partners the {rejected - 1} others again, by themselves",
        "gateway <-- partners 277CA of the clearinghouses: ",
        "office <-- gateway ",
        "day 1 gateway <-- partners 277CA of the payers: ",
        "office <-- gateway ",
        "office --> gateway a record from outbound/rejected/, its member id put right",
        "gateway --> partners 1 claim",
        "day 14 gateway <-- partners ",
        "day 15 gateway <-- partners 1 835: ",
        "office --> gateway gateway correct C-... corrected.json: ",
        "office --> gateway gateway void C-... ",
        "gateway --> partners 1 replacement and 1 void",
        "day 16 gateway <-- partners 277CA of the payers: 2 accepted",
        "day 29 gateway <-- partners 1 835: 57.41 paid, 1 claim decided, 2 reversed",
        "office --> gateway gateway deposit load bank.csv: the bank has ",
    ]
    found = iter(told)
    missing = [each for each in wanted if not any(line.startswith(each) for line in found)]
    assert not missing, (missing, told)


def test_no_claim_went_twice_alive(played):
    folder, _report, _said = played
    config = tomllib.loads((folder / "installation" / "config.toml").read_text(encoding="utf-8"))
    url = config.get("database", f"sqlite:///{folder}/installation/state/gateway.db")
    engine = create_engine(url)
    with engine.connect() as database:
        doubled = database.execute(
            text(
                "select claim, count(*) from submission where state not in"
                " ('withdrawn','set_rejected','interchange_rejected','clearinghouse_rejected','payer_rejected')"
                " group by claim, payer, frequency having count(*) > 1"
            )
        ).fetchall()
    engine.dispose()
    assert doubled == []


def test_exports_carry_every_posted_cent(played):
    folder, report, _said = played
    money = report.figures["money"]
    seen, sums = set(), defaultdict(Decimal)
    for path in sorted((folder / "installation" / "inbound").glob("payments_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert row["posting_id"] not in seen
                seen.add(row["posting_id"])
                sums[row["disposition"]] += Decimal(row["amount"])
    assert seen
    assert sums["money"] == money["received"]
    assert sums["contractual"] == money["contractual"]
    assert sums["patient"] == money["patient"]


def test_nobody_shows_in_logs_names_or_tables(played):
    """Law 11 and 12: names, PCN, member ids and the dropped files' names stay out of logs, paths and plain columns."""
    folder, _report, _said = played
    root = folder / "installation"
    canaries = [
        re.compile(pattern)
        for pattern in (
            rb"NO\d{6}", rb"SU\d{6}", rb"(PAY|PART|DENY|ZERO|RCHA|RPAY|MUTE|R999)\d{7}", rb"monday", rb"Oak Ave",
            rb"N\xc3\xba\xc3\xb1ez", rb"NUNEZ", rb"VAN DOE", rb"19[4-9]\d-\d\d-\d\dT?$",
        )
    ]  # fmt: skip
    log = (root / "gateway.log").read_bytes()
    assert log.count(b"\n") > 10
    for canary in canaries:
        assert not canary.search(log), canary
    for path in root.rglob("*"):
        for canary in canaries:
            assert not canary.search(path.name.encode()), (path.name, canary)
    for path in (root / "state").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for canary in canaries[:-1]:
                assert not canary.search(data), (path.name, canary)
