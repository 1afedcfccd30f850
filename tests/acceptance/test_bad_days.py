"""Every bad day of the field: a clear message that says what to do, nothing lost, nothing sent that should not be.

Each day has a sound claim beside the trouble, and ends with the same questions: did it go out, once, and nothing else?
do the books balance and does the audit chain hold? does the queue name the matter, and does its command resolve it?
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.claims.intake.csv_rows import csv_columns
from gateway.exchange import retrying
from gateway.ops import synthetic
from gateway.store.queue import QueueItem
from tests.acceptance.house import House, command_of, house, rows, run, typed

GOOD = 100
"""The number of the sound claim that goes its way on every bad day."""


@pytest.fixture(autouse=True)
def _no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "_sleep", lambda _seconds: None)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[House]:
    """An installation with the partner north, judged at the end of the day."""
    with house(tmp_path, names=("north",)) as one:
        one.open()
        yield one
        one.books_and_chain_hold()


@pytest.fixture
def both(tmp_path: Path) -> Iterator[House]:
    """An installation with the partners north and south, judged at the end of the day."""
    with house(tmp_path) as one:
        one.open()
        yield one
        one.books_and_chain_hold()


def reasons(made: House) -> list[dict[str, object]]:
    """Return all that stands in outbound/rejected/ about records: row, outcome, findings."""
    lines = [
        line
        for path in sorted(made.rejected.glob("*.reasons.jsonl"))
        for line in path.read_text().splitlines()
    ]
    return [json.loads(line) for line in lines]


def codes(made: House) -> set[str]:
    """Return the codes of the errors given back to the biller; each has a sentence."""
    found = [finding for row in reasons(made) for finding in row["findings"]]  # type: ignore[attr-defined]
    assert all(" " in finding["message"] for finding in found)
    return {finding["code"] for finding in found if finding["severity"] == "error"}


def given_back(made: House) -> list[Path]:
    """Return the files to mend."""
    return [path for path in sorted(made.rejected.glob("F-*")) if ".reasons." not in path.name]


def arrived(made: House, *numbers: str, partner: str = "north") -> None:
    """Assert that exactly these claims came to the clearinghouse, once each."""
    made.sandbox.work_off()
    assert sorted(made.sent()[partner]) == sorted(numbers)


def only(items: list[QueueItem]) -> QueueItem:
    assert len(items) == 1, items
    return items[0]


def record_text(made: House, number: int = 1, word: str = "PAY") -> str:
    return json.dumps(made.claim(number, word), ensure_ascii=False)


# -- what billing systems drop


def workbook() -> bytes:
    """Return the smallest thing that is an Excel file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return made.getvalue()


def damaged_files(made: House) -> dict[str, tuple[str, bytes, str]]:
    """Return file name, bytes and the expected code, by what is wrong."""
    one, two = record_text(made, 1), record_text(made, 2)
    sheet = synthetic.as_csv([made.claim(1)], csv_columns())
    return {
        "malformed": ("a.jsonl", b'{"patient_control_number": "X1", "charge": }\n', "IN-JSON"),
        "truncated line": ("a.jsonl", one.encode()[: len(one) // 2], "IN-JSON"),
        "truncated array": ("a.json", f"[{one}, {two[:200]}".encode(), "IN-JSON"),
        "empty": ("a.jsonl", b"", "IN-FILE-EMPTY"),
        "blank": ("a.csv", b"\n \n", "IN-FILE-EMPTY"),
        "header only": ("a.csv", sheet.splitlines()[0].encode() + b"\n", "IN-FILE-EMPTY"),
        "binary": ("a.jsonl", bytes(range(256)) * 20, "IN-BINARY"),
        "workbook": ("a.csv", workbook(), "ENV-ZIP"),
        "damaged archive": ("a.zip", workbook()[:60], "ENV-ZIP"),
        "broken UTF-16": ("a.jsonl", "\ufeff".encode("utf-16-le") + b"\x00\xd8{", "IN-ENCODING"),
        "UTF-16 without a mark": ("a.jsonl", one.encode("utf-16-le"), "IN-BINARY"),
        "a torn X12 file": ("a.837", b"ISA*00*          *00*", "ENV-ISA-BROKEN"),
        "unknown column": ("a.csv", sheet.replace("charge", "chrage", 1).encode(), "IN-CSV-COLUMN"),
        "unknown field": ("a.jsonl", one.replace('"charge"', '"chrage"', 1).encode(), "IN-UNKNOWN"),
        "not a claim": ("a.jsonl", b'5\n"text"\n', "IN-TYPE"),
    }


@pytest.mark.parametrize("fault", [
    "malformed", "truncated line", "truncated array", "empty", "blank", "header only", "binary", "workbook",
    "damaged archive", "broken UTF-16", "UTF-16 without a mark", "a torn X12 file", "unknown column", "unknown field", "not a claim",
])  # fmt: skip
def test_a_damaged_drop_comes_back_with_reasons_and_the_next_file_goes_on(made: House, fault: str) -> None:
    name, data, code = damaged_files(made)[fault]
    made.drop(name, data)
    made.drop("good.jsonl", [made.claim(GOOD)])
    report = made.pass_()
    assert report.exit_code == 1
    assert report.troubles == []
    assert code in codes(made), reasons(made)
    assert [path for path in made.outbound.iterdir() if path.is_file()] == [], (
        "nothing is left lying, nothing is looped"
    )
    back = b"".join(path.read_bytes() for path in given_back(made))
    if fault in {"malformed", "truncated line", "unknown field"}:
        assert back.strip() == data.strip()
    elif code != "IN-FILE-EMPTY":
        assert back == data, "the file comes back as it was"
    arrived(made, "NO000100")
    (text,) = (path.read_text() for path in made.rejected.glob("*.reasons.txt"))
    assert name in text
    assert code in text


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("intake_file_bytes = 2000", "IN-FILE-SIZE"),
        ("intake_record_bytes = 1500", "IN-RECORD-SIZE"),
        ("intake_records = 1", "IN-RECORDS"),
    ],
)
def test_too_much_of_anything_is_refused_by_its_limits_name(tmp_path: Path, limit: str, code: str) -> None:
    with house(tmp_path, top=f"[limits]\n{limit}\n") as made:
        made.open()
        padded = made.claim(1)
        padded["service_lines"] *= 1 if code == "IN-RECORDS" else 9
        padded["charge"] = str(sum(Decimal(line["charge"]) for line in padded["service_lines"]))
        made.drop(
            "a.jsonl",
            [padded, made.claim(2)] if code != "IN-FILE-SIZE" else [padded, made.claim(2), made.claim(3)],
        )
        made.drop("good.jsonl", [made.claim(GOOD, "MUTE")])
        assert made.pass_().exit_code == 1
        assert code in codes(made), reasons(made)
        said = json.dumps(reasons(made))
        assert f"limits.{limit.split(maxsplit=1)[0]}" in said, "the limit's name, so that it can be raised"
        made.sandbox.work_off()
        assert "NO000100" in made.sent()["north"]
        made.books_and_chain_hold()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("extension", ["jsonl", "csv"])
def test_other_encodings_are_read_and_said(made: House, encoding: str, extension: str) -> None:
    record = made.claim(1)
    record["subscriber"] = {**record["subscriber"], "last_name": "Núñez"}
    text = synthetic.as_jsonl([record]) if extension == "jsonl" else synthetic.as_csv([record], csv_columns())
    made.drop(f"a.{extension}", text.encode(encoding))
    report = made.pass_()
    assert (report.taken_in, report.attention) == (1, 0)
    (sent,) = (made.server.folder / "north/inbound").glob("*.837")
    assert b"*NUNEZ*" in sent.read_bytes()
    warned = rows(made.root, "select code from finding where code = 'IN-ENCODING'")
    assert bool(warned) == (encoding != "utf-8-sig")
    arrived(made, "NO000001")


def test_the_same_claim_number_twice_in_one_file_and_across_files(made: House) -> None:
    other = made.claim(1, "DENY")  # another patient's claim under the number of the first
    made.drop("a.jsonl", [made.claim(1), made.claim(2), other])
    made.pass_()
    assert codes(made) == {"P-PCN-OPEN"}
    made.drop("b.jsonl", [made.claim(2, "DENY"), made.claim(3)])
    made.pass_()
    assert codes(made) == {"P-PCN-OPEN"}
    made.drop("a-again.jsonl", [made.claim(1), made.claim(2)])
    made.pass_()
    assert codes(made) == {"P-PCN-OPEN", "D-DUP-CONTENT"}
    assert all(re.search(r"C-[2-9A-Z]{10}", json.dumps(row)) for row in reasons(made)), (
        "each names the claim in the way"
    )
    arrived(made, "NO000001", "NO000002", "NO000003")
    assert len(set(made.sent()["north"])) == 3


def test_a_file_whose_claims_were_all_refused_may_come_back(made: House) -> None:
    bad = synthetic.spoiled(made.claim(1), "field")
    made.drop("a.jsonl", [bad])
    made.pass_()
    made.drop("a.jsonl", [bad])
    made.pass_()
    assert len(given_back(made)) == 2
    made.drop("a.jsonl", [made.claim(1)])
    assert made.pass_().exit_code == 0
    arrived(made, "NO000001")


@pytest.mark.parametrize("fault", ["npi", "total", "date", "pointer"])
def test_wrong_totals_dates_and_npis_are_held_or_refused_and_go_out_once_mended(
    made: House, fault: str
) -> None:
    made.drop("a.jsonl", [synthetic.spoiled(made.claim(1), fault), made.claim(GOOD)])
    assert made.pass_().exit_code == 1
    assert len(codes(made)) >= 1
    arrived(made, "NO000100")
    waiting = made.queue()
    if waiting:
        item = only(waiting)
        assert item.kind == "held"
        assert any(code in item.why for code in codes(made))
        code, _, said = made.typed("release", item.id, "--reason", "looks fine to me")
        assert code == 2, "a claim that fails the edits does not go out for the asking"
        assert "mend the record" in said
    made.drop("a-mended.jsonl", [made.claim(1)])
    assert made.pass_().exit_code == 0
    assert made.queue() == []
    arrived(made, "NO000100", "NO000001")


def test_a_record_given_back_is_mended_in_place_and_dropped_again(made: House) -> None:
    made.drop("a.jsonl", [synthetic.spoiled(made.claim(1), "field"), made.claim(GOOD)])
    made.pass_()
    (back,) = given_back(made)
    made.drop("mended.jsonl", back.read_text().replace('"pattient"', '"note"').replace('"?"', "null"))
    assert made.pass_().exit_code == 0, reasons(made)
    arrived(made, "NO000001", "NO000100")


def test_a_claim_for_a_payer_that_nobody_serves_waits_until_somebody_does(made: House) -> None:
    made.drop("a.jsonl", [made.claim(1, payer={"id": "NOBODY", "name": "Unheard Of"}), made.claim(GOOD)])
    made.pass_()
    arrived(made, "NO000100")
    item = only(made.queue())
    assert "payer" in item.command
    code, _, said = made.typed("release", item.id, "--reason", "now")
    assert code == 2
    assert "config.toml" in said
    made.reopen(change=lambda text: text.replace('payers = ["EXH01"]', 'payers = ["EXH01", "NOBODY"]'))
    made.resolve(item)
    made.pass_()
    arrived(made, "NO000100", "NO000001")
    assert made.queue() == []


def test_a_folder_that_bears_no_partners_name_is_told_and_left_alone(made: House) -> None:
    made.drop("nroth/a.jsonl", [made.claim(1)])
    made.drop("good.jsonl", [made.claim(GOOD)])
    assert made.pass_().exit_code == 1
    assert (made.outbound / "nroth/a.jsonl").exists()
    code, out, _ = made.typed("doctor")
    assert code == 1
    assert "no partner's name" in out
    arrived(made, "NO000100")


# -- config.toml


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "quiet_polls = 1",
            "quiet_polls = 1\nquiet_pols = 2",
            "partner.north.download.quiet_pols: unknown key",
        ),
        ("[submitter]", "[submiter]", "submiter: unknown key"),
        (
            'environment = "test"\nsub',
            'environment = "production"\nsub',
            "partner north is a production profile",
        ),
        ("gateway.key", "another.key", "key: secret file:"),
        ('mode = "rename"', "", "partner.north.upload: mode is missing"),
    ],
)
def test_a_wrong_configuration_is_one_line_with_the_key(made: House, old: str, new: str, says: str) -> None:
    made.drop("a.jsonl", [made.claim(1)])
    made.reopen()
    made.config.write_text(made.config.read_text().replace(old, new, 1))
    for words in (("run", "--once"), ("status",)):
        code, _, said = made.typed(*words)
        assert (code, said.count("\n")) == (2, 1), said
        assert says in said
    assert (made.outbound / "a.jsonl").exists(), "nothing was begun"


def test_a_missing_password_stops_one_partner_and_names_the_key(both: House) -> None:
    word = both.base / "north.password"
    word.rename(both.base / "elsewhere")
    both.drop("a.jsonl", [both.claim(1), both.claim(2, partner="south")])
    report = both.pass_()
    assert report.exit_code == 1
    assert str(report.troubles[0]).startswith("north: ConfigError: sftp.password: secret file:")
    code, _, said = both.typed("partner", "test", "north")
    assert code == 2
    assert "sftp.password" in said
    item = only(both.queue())
    assert (item.id, "sftp.password" in item.why) == ("north", True)
    (both.base / "elsewhere").rename(word)
    both.resolve(item)
    assert both.pass_().exit_code == 0
    both.sandbox.work_off()
    assert both.sent() == {"north": ["NO000001"], "south": ["SO000002"]}
    assert both.queue() == []


# -- partners


def test_a_partner_that_is_down_delays_nobody_and_gets_its_file_later(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.ports = {"north": 1}
        made.configure()
        made.open()
        made.drop("a.jsonl", [made.claim(1), made.claim(2, partner="south")])
        report = made.pass_()
        assert report.exit_code == 3
        assert {trouble.part for trouble in report.troubles} == {"north"}
        assert made.queue() == [], "being down for a moment is nothing for a person"
        made.sandbox.work_off()
        assert made.sent() == {"north": [], "south": ["SO000002"]}
        made.ports = {}
        made.reopen()
        made.clock.advance(timedelta(minutes=2))
        assert made.pass_().exit_code == 0
        arrived(made, "NO000001")
        made.books_and_chain_hold()


def test_a_refused_login_pauses_the_partner_and_is_not_tried_again(both: House) -> None:
    both.server.refuse_logins = True
    both.drop("a.jsonl", [both.claim(1)])
    report = both.pass_()
    assert report.exit_code == 1
    assert any(trouble.error == "AuthRefused" for trouble in report.troubles)
    failed = rows(
        both.root, "select count(*) from audit_event where kind = 'contact_failed' and subject = 'north'"
    )
    assert failed == [(1,)], "one login in a pass: accounts lock"
    both.clock.advance(timedelta(hours=12))
    both.pass_()
    failed = rows(
        both.root, "select count(*) from audit_event where kind = 'contact_failed' and subject = 'north'"
    )
    assert failed == [(1,)], "and none after it"
    items = {item.id: item for item in both.queue()}
    assert set(items) == {"north", "south"}
    assert "refuses our login" in items["north"].why
    both.server.behave()
    for item in items.values():
        both.resolve(item)
    assert both.pass_().exit_code == 0
    assert both.queue() == []
    arrived(both, "NO000001")


def test_a_changed_host_key_is_refused_until_a_person_trusts_it(made: House) -> None:
    made.server.change_host_key()
    made.drop("a.jsonl", [made.claim(1)])
    report = made.pass_()
    assert report.exit_code == 1
    assert any(trouble.error == "HostKeyRefused" for trouble in report.troubles)
    assert made.server.logins == 0, "nobody who is not known gets our password"
    item = only(made.queue())
    assert made.server.fingerprint() in item.why
    assert "gateway partner trust" in item.why
    code, _, said = made.typed("partner", "trust", "north", "--yes")
    assert code == 0
    assert f"{made.server.fingerprint()} (NOT pinned)" in said
    assert "restart" in said
    trusted = made.config.read_text()
    made.reopen(change=lambda _: trusted)
    made.resolve(item)
    assert made.pass_().exit_code == 0
    arrived(made, "NO000001")


def test_a_full_disk_at_the_partner_leaves_nothing_there_and_ends_with_a_person(made: House) -> None:
    made.server.disk_full_after = 100
    made.drop("a.jsonl", [made.claim(1)])
    report = made.pass_()
    assert report.exit_code == 3, "it is tried again"
    assert [*(made.server.folder / "north/inbound").iterdir()] == [], "no part of it is left there"
    for _ in range(6):
        made.clock.advance(timedelta(hours=5))
        made.pass_()
    item = only([item for item in made.queue() if item.id.startswith("T-")])
    assert item.kind == "held"
    made.server.behave()
    made.resolve(item)
    made.pass_()
    arrived(made, "NO000001")
    assert made.queue() == []


def test_an_uncertain_delivery_is_settled_by_a_person(made: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to the rename was lost, and when we look the file is gone: taken, or never there?"""
    made.server.cut_after = {"rename"}
    made.drop("a.jsonl", [made.claim(1)])
    with monkeypatch.context() as patch:
        patch.setattr(
            "gateway.exchange.reconcile.reconcile", lambda *_: 0
        )  # nobody looks before the file is gone
        assert made.pass_().exit_code == 3
    (taken,) = (made.server.folder / "north/inbound").glob("*.837")
    kept = taken.read_bytes()
    assert rows(made.root, "select state from transmission") == [("uncertain",)]
    taken.unlink()
    for _ in range(3):
        made.clock.advance(timedelta(hours=1))
        made.pass_()
    item = only(made.queue())
    assert item.kind == "uncertain"
    assert rows(made.root, "select count(*) from attempt") == [(1,)], "never sent again blindly"
    command = item.command.replace("--delivered|", "")
    made.resolve(
        QueueItem(**{**{f: getattr(item, f) for f in item.__dataclass_fields__}, "command": command})
    )
    made.pass_()
    (again,) = (made.server.folder / "north/inbound").glob("*.837")
    assert again.read_bytes() == kept, "the same bytes under the same numbers"
    arrived(made, "NO000001")
    assert made.queue() == []


def test_silence_is_named_and_the_file_can_be_sent_again(made: House) -> None:
    made.drop("a.jsonl", [made.claim(1)])
    made.pass_()
    made.clock.advance(timedelta(hours=5))
    item = only(made.queue())
    assert item.kind == "silent"
    made.resolve(item, choose="retransmit")
    made.pass_()
    arrived(made, "NO000001")
    made.settle()
    assert made.queue() == []
    assert made.states() == {"NO000001": made.states()["NO000001"]}


# -- what partners send


def paid(made: House, *claims: dict[str, object]) -> None:
    """Drop claims and let the clearinghouse answer everything."""
    made.drop("claims.jsonl", list(claims))
    made.settle()


def raw_copies(made: House, partner: str = "north") -> list[bytes]:
    return [path.read_bytes() for path in sorted((made.root / "inbound/raw" / partner).glob("R-*"))]


def money(made: House) -> list[tuple[object, ...]]:
    return rows(made.root, "select account, sum(amount) from journal_line group by account order by account")


def test_garbage_is_kept_passed_on_and_quarantined(made: House) -> None:
    name = made.sandbox.drop_garbage("north")
    made.drop("good.jsonl", [made.claim(GOOD)])
    made.settle()
    data = (made.server.folder / "north/outbound" / name).read_bytes()
    assert data in raw_copies(made), "what came in reaches inbound/raw whatever we think of it"
    item = only(made.queue())
    assert (item.kind, item.id[:2]) == ("quarantined", "R-")
    assert made.typed("show", item.id)[0] == 0
    made.resolve(item, choose="release")
    assert made.queue() == []
    assert made.states()["NO000100"] in {"paid", "zero_paid"}


def test_an_empty_file_is_left_where_it_is_until_it_is_put_out_again(made: House) -> None:
    made.sandbox.drop_empty("north", name="ANSWER.835")
    made.drop("good.jsonl", [made.claim(GOOD)])
    made.settle()
    item = only(made.queue())
    assert "RCV-EMPTY" in item.why
    assert raw_copies(made).count(b"") == 0
    assert made.states()["NO000100"] in {"paid", "zero_paid"}
    (made.server.folder / "north/outbound/ANSWER.835").unlink()
    made.pass_()
    assert made.queue() == []


def test_a_file_beyond_the_limit_is_fetched_once_the_limit_is_raised(made: House) -> None:
    limited = "intake_quiet_seconds = 0\n[limits]\nreceipt_bytes = 5000"
    made.reopen(change=lambda text: text.replace("intake_quiet_seconds = 0", limited))
    made.sandbox.drop_garbage("north", data=b"x" * 6000)
    made.drop("good.jsonl", [made.claim(GOOD)])
    made.settle()
    item = only(made.queue())
    assert "limits.receipt_bytes" in item.why
    assert made.states()["NO000100"] in {"paid", "zero_paid"}
    made.reopen()
    made.pass_()
    made.pass_()
    assert b"x" * 6000 in raw_copies(made)


def test_a_page_of_html_is_no_answer(made: House) -> None:
    page = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>\n"
    made.sandbox.publish("north", "REMIT.835", page)
    made.drop("good.jsonl", [made.claim(GOOD)])
    made.settle()
    assert page in raw_copies(made)
    assert rows(made.root, "select count(*) from finding where code in ('ENV-HTML')") == [(1,)]
    assert made.states()["NO000100"] in {"paid", "zero_paid"}
    item = only(made.queue())
    assert "ENV-HTML" in item.why
    made.resolve(item, choose="release")
    assert made.queue() == []


def test_a_truncated_835_posts_nothing_and_the_whole_one_posts_later(made: House) -> None:
    made.drop("claims.jsonl", [made.claim(1, "FULL"), made.claim(2, "FULL")])
    for _ in range(20):  # everything but the payment
        made.pass_()
        made.sandbox.work_off()
        made.clock.advance(timedelta(hours=13))
        if rows(made.root, "select count(*) from acknowledgement where kind = '277CA'")[0][0] >= 4:
            break
    made.clock.advance(timedelta(days=14))
    made.sandbox.work_off()
    name, whole = made.sandbox.last_published("north") or ("", b"")
    assert b"~ST*835*" in whole
    (made.server.folder / "north/outbound" / name).write_bytes(whole[: len(whole) * 2 // 3])
    before = money(made)
    assert made.pass_().attention
    assert money(made) == before, "not a cent of half a remittance"
    items = made.queue()
    assert {item.kind for item in items} == {"quarantined"}
    (made.server.folder / "north/outbound" / name).write_bytes(whole)
    made.settle()
    assert set(made.states().values()) == {"paid"}
    for item in items:
        made.typed(*_release(item))
    assert made.queue() == [], [item.command for item in made.queue()]


def _release(item: QueueItem) -> list[str]:
    return ["release", item.id, "--reason", "the whole file came"]


def test_the_same_835_again_posts_nothing_under_whatever_name_and_layout(made: House) -> None:
    paid(made, made.claim(1, "FULL"))
    before, copies = money(made), len(raw_copies(made))
    assert made.sandbox.repeat_last("north")
    made.settle()
    assert (money(made), len(raw_copies(made))) == (before, copies), "the same bytes are one receipt"
    _, whole = made.sandbox.last_published("north") or ("", b"")
    made.sandbox.publish("north", "OTHER.835", whole.replace(b"~", b"~\r\n"))
    made.settle()
    assert money(made) == before
    assert len(raw_copies(made)) == copies + 1
    assert rows(made.root, "select state, count(*) from remittance group by state order by state") == [
        ("duplicate", 1), ("posted", 1),
    ]  # fmt: skip
    assert made.queue() == []


def test_a_payment_for_somebody_else_is_not_posted(made: House) -> None:
    paid(made, made.claim(1, "FULL"))
    before = money(made)
    made.sandbox.drop_foreign("north")
    made.settle()
    assert money(made) == before
    item = only(made.queue())
    assert "ERA-PAYEE" in item.why
    assert made.typed("show", item.id)[0] == 0
    payee = rows(made.root, "select payee_id from remittance where state = 'quarantined'")[0][0]
    npi = re.sub(r"\D", "", str(payee))[-10:]
    entity = f'[[billing_entity]]\nname = "Ours After All"\nnpi = "{npi}"\ntax_id = "998877665"\n\n[logging]'
    assert payee.startswith("XX:"), payee
    made.reopen(change=lambda text: text.replace("[logging]", entity))
    made.resolve(item, choose="reread")
    assert made.states()["NO000001"] == "paid"
    assert {item.kind for item in made.queue()} <= {"unmatched"}, (
        "posted now: what nobody sent waits in suspense"
    )


def test_an_835_that_is_off_by_a_cent_is_held_whole_and_the_others_post(made: House) -> None:
    paid(made, made.claim(1, "OFFC"), made.claim(2, "FULL"))
    assert made.states()["NO000002"] == "paid"
    assert made.states()["NO000001"] not in {"paid", "partly_paid", "zero_paid"}
    item = only([item for item in made.queue() if item.kind == "quarantined"])
    assert "ERA-B" in item.why
    code, out, _ = made.typed("show", item.id)
    assert code == 0
    assert "0.01" in out, "the difference to the cent"
    code, out, _ = made.typed(*command_of(item, choose="reread"))
    assert (code, "1 of it still for a person" in out) == (1, True), (
        "reading again changes nothing, and says so"
    )
    assert only([one for one in made.queue() if one.kind == "quarantined"]).id == item.id
    made.resolve(item, choose="release")
    assert [one for one in made.queue() if one.kind == "quarantined"] == []


def test_a_payment_for_an_unknown_claim_waits_in_suspense_and_is_matched_by_command(made: House) -> None:
    paid(made, made.claim(1, "UNKN"), made.claim(2, "FULL"))
    assert made.states()["NO000002"] == "paid", "the remittance posts whole all the same"
    item = only(made.queue())
    assert (item.kind, item.id[:2]) == ("unmatched", "P-")
    code, _, said = made.typed("match", item.id, "C-2222222222")
    assert code == 2
    assert said.count("\n") == 1
    ((claim_id,),) = rows(
        made.root,
        "select c.id from claim c join claim_payment p on p.claim = c.id where p.state = 'posted' order by c.id limit 1",
    )
    suspense = "select coalesce(sum(amount), 0) from journal_line where account = 'suspense'"
    assert rows(made.root, suspense)[0][0] != 0
    made.resolve(item, choose="match", **{"C-ID": claim_id})
    assert rows(made.root, suspense)[0][0] == 0
    assert made.queue() == []
    made.pass_()
    code, _, said = made.typed("match", item.id, claim_id)
    assert code == 2, "not twice"
    assert "not in suspense" in said


@pytest.mark.parametrize("word", ["R999", "RCHA", "RPAY"])
def test_a_rejected_claim_is_named_and_goes_again_by_the_queues_command(made: House, word: str) -> None:
    paid(made, made.claim(1, word), made.claim(GOOD, "FULL"))
    assert made.states()["NO000100"] == "paid", "the innocent goes round again"
    item = only(made.queue())
    assert item.kind == "rejected"
    made.resolve(item, choose="resubmit")
    assert made.queue() == []
    made.pass_()
    made.sandbox.work_off()
    assert made.sent()["north"].count("NO000001") == 2, "again, under new numbers"
    numbers = rows(made.root, "select count(distinct isa13), count(*) from transmission")
    assert len(set(numbers[0])) == 1


def test_answers_for_files_we_never_sent_wait_for_a_person(made: House) -> None:
    paid(made, made.claim(1, "FULL"))
    answers = [(p.name, p.read_bytes()) for p in (made.server.folder / "north/.sandbox/sent").iterdir()]
    name, data = next((n, d) for n, d in answers if b"~ST*999*" in d)
    stranger = re.sub(rb"AK1\*HC\*\d+", b"AK1*HC*987654", data)
    assert stranger != data
    made.sandbox.publish("north", f"X{name}", stranger)
    made.settle()
    item = only(made.queue())
    assert (item.kind, "nothing that we sent" in item.why) == ("unmatched", True)
    made.resolve(item, choose="release")
    assert made.queue() == []


def test_answers_addressed_to_somebody_else_are_not_applied(made: House) -> None:
    made.drop("a.jsonl", [made.claim(1)])
    made.pass_()
    made.sandbox.work_off()
    (answer,) = (made.server.folder / "north/outbound").iterdir()
    data = answer.read_bytes()
    answer.unlink()
    made.sandbox.publish(
        "north",
        "THEIRS.999",
        data.replace(b"ELMST01        ", b"OTHERS         ").replace(b"ELMST01", b"OTHERS"),
    )
    made.pass_()
    item = only(made.queue())
    assert "RCV-NOT-OURS" in item.why
    assert made.states() == {"NO000001": "sent"}
    made.resolve(item, choose="release")
    made.sandbox.publish("north", "OURS.999", data)
    made.settle()
    assert made.states()["NO000001"] != "sent"


# -- as processes


def test_the_command_line_says_a_bad_day_in_one_line(tmp_path: Path) -> None:
    with house(tmp_path, names=("north",)) as made:
        made.config.write_text(made.config.read_text() + "\nsurprise = 1\n")
        done = run(made.config, "run")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "surprise" in done.stderr
        assert "Traceback" not in done.stderr
        assert typed("--config", str(made.base / "nowhere"), "queue")[0] == 2
