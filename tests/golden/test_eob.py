"""What `gateway eob` prints, held as pages that a person can read: tests/golden/eob/.

``GATEWAY_WRITE_GOLDENS=1 pytest tests/golden/test_eob.py`` writes them anew, to be read before they are kept.
"""

import os
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import MovableClock
from gateway.errors import BooksBroken, NotFound, UsageError
from gateway.model.codesets import CodeRow, CodeSet
from gateway.model.remittance import Party, RemittanceAmount, RemittanceReference
from gateway.ops.reports import eob
from gateway.ops.reports.eob_html import as_html
from gateway.ops.reports.eob_parts import PARTS, Document
from gateway.ops.reports.eob_text import WIDTH, as_text
from gateway.settings import Settings
from gateway.store import claim_payments, codes
from gateway.store.archive import Archive
from gateway.store.codes import Release
from gateway.store.db import Store
from tests.desk import Desk, clp, line, money, plb, remittance

GOLDENS = Path(__file__).parent / "eob"
_ID = re.compile(r"\b([CMP])-[0-9A-HJKMNP-TV-Z]{10}\b")
JAN10 = date(2024, 1, 10)


@pytest.fixture
def clock() -> MovableClock:
    """The same day in every run."""
    return MovableClock(datetime(2024, 2, 1, 12, tzinfo=UTC))


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def explained(desk: Desk, identifier: str, *, reveal: bool = True) -> Document:
    with desk.store.read() as tx:
        return eob.explain(desk.site, tx, identifier, reveal=reveal)


def named(text: str) -> str:
    """Give every opaque id a name that is the same in every run: C-1, M-1, P-1 in order of appearance."""
    seen: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        count = sum(known.startswith(found[1]) for known in seen) + 1
        return seen.setdefault(found[0], f"{found[1]}-{count:0>10}")

    return _ID.sub(name, text)


def hold(name: str, text: str) -> None:
    path = GOLDENS / name
    if os.environ.get("GATEWAY_WRITE_GOLDENS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def interest(amount: str) -> tuple[RemittanceAmount, ...]:
    return (RemittanceAmount(qualifier="I", amount=money(amount)),)


def said(desk: Desk) -> tuple[str, str]:
    """Post three answers to one claim: paid, taken back, and paid otherwise; return the claim and the last remittance."""
    claim = desk.claim("PCN0100", "185.50", member="MBR000111")
    lines = (
        line("99213", "125.5", 75, "CO-45 25.5, PR-3 25", modifiers=("25",), units=money(1), service_date=JAN10,
             amounts=(RemittanceAmount(qualifier="B6", amount=money(100)),), remarks=("N30",)),
        line("87880", 60, 40, "CO-45 20", units=money(1), service_date=JAN10),
    )  # fmt: skip
    first = clp("PCN0100", "185.5", 115, control="ICN4000", service_lines=lines, amounts=interest("2.5"),
                patient_last_name="ROE", patient_first_name="RICHARD", member_id="MBR000111")  # fmt: skip
    desk.post(remittance(first, trace_number="EFT0001111", plbs=[plb("L6", "-2.5")]))
    desk.site.clock.advance(timedelta(days=30))
    turned = tuple(
        line(one.procedure, -one.charge, -one.paid, modifiers=one.modifiers, service_date=JAN10)
        for one in lines
    )
    undone = tuple(
        type(back)(**{**as_fields(back), "adjustments": tuple(minus(a) for a in one.adjustments)})
        for back, one in zip(turned, lines, strict=True)
    )
    reversal = clp("PCN0100", "-185.5", -115, control="ICN4000", status="22", service_lines=undone,
                   member_id="MBR000111")  # fmt: skip
    corrected = (
        line("99213", "125.5", 60, "CO-45 25.5, PR-1 25, PR-2 15", modifiers=("25",), units=money(1), service_date=JAN10),
        line("87880", 60, 0, "CO-97 60", units=money(1), service_date=JAN10, remarks=("M15",)),
    )  # fmt: skip
    again = clp("PCN0100", "185.5", 60, control="ICN4000A", service_lines=corrected, member_id="MBR000111",
                remarks=("MA01",))  # fmt: skip
    other = clp("PCN0999", 300, 240, "CO-45 30, PR-1 30", control="ICN9", patient_last_name="LOE")
    result = desk.post(
        remittance(again, reversal, other, trace_number="EFT0002222", plbs=[plb("WO", "42.5", "ICN3999")])
    )
    assert result.claims == {"posted": 2, "suspense": 1}
    return claim, result.remittance_id


def as_fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).__dataclass_fields__}


def minus(adjustment: Any) -> Any:
    return type(adjustment)(**{**as_fields(adjustment), "amount": -adjustment.amount})


def describe(desk: Desk) -> None:
    """Load descriptions of our own for two codes, as an office loads the published ones."""
    for code_set, code, text in (
        (CodeSet.CARC, "45", "Words the office loaded for 45"),
        (CodeSet.RARC, "N30", "Words for N30 <&>"),
    ):
        with desk.store.write("codes") as tx:
            row = CodeRow(code=code, description=text)
            release = Release(
                code_set=code_set, effective=date(2020, 1, 1), codes=1, source="test", layout="csv", sha256="0" * 64,
                loaded_by="pat", loaded_at=tx.now(),
            )  # fmt: skip
            codes.add_release(tx, release, [row], advance=lambda *_: None)
            tx.audit(subject=None)


def test_paid_taken_back_and_corrected(desk: Desk):
    claim, _ = said(desk)
    describe(desk)
    document = explained(desk, claim)
    hold("claim.txt", named(as_text(document)))
    hold("claim.html", named(as_html(document)))


def test_whole_remittance(desk: Desk):
    _, remittance_id = said(desk)
    document = explained(desk, remittance_id)
    hold("remittance.txt", named(as_text(document)))
    assert document.payment is not None
    assert document.payment.amount == money(60 - 115 + 240) - money("42.5")


def test_every_cent_is_there(desk: Desk):
    claim, remittance_id = said(desk)
    for identifier in (claim, remittance_id):
        for one in explained(desk, identifier).explanations:
            for answer in one.answers:
                assert sum(answer.parts.values()) == answer.charge
                assert {n: sum(row.parts[n] for row in answer.rows) for n in PARTS} == answer.parts
    last = explained(desk, claim).explanations[0]
    now = last.account[-1].after
    assert (now.charge, now.paid, now.adjusted, now.patient, now.open) == tuple(
        map(Decimal, ("185.50", "60", "25.50", "40", "60"))
    )
    assert [a.interest for a in last.answers] == [Decimal("2.5"), 0, 0]
    assert [(a.parts["deductible"], a.parts["coinsurance"], a.parts["copay"]) for a in last.answers] == [
        (0, 0, 25), (0, 0, -25), (25, 15, 0)
    ]  # fmt: skip
    assert last.answers[1].notes[0].startswith(f"takes back {last.answers[0].payment}")


def test_masked_unless_revealed(desk: Desk):
    claim, remittance_id = said(desk)
    for identifier in (claim, remittance_id):
        for written in (as_text, as_html):
            masked = written(explained(desk, identifier, reveal=False))
            for secret in ("ROE, RICHARD", "LOE", "PCN0100", "PCN0999", "MBR000111", "ICN4000", "ICN3999"):
                assert secret not in masked
            assert "***" in masked


def test_html_is_well_formed_and_escaped(desk: Desk):
    said_claim = desk.claim("PCN<1>", 100, name=("<script>ROE", 'RI"CH'))
    desk.post(remittance(clp("PCN<1>", 100, 90, "CO-45 10", member_id="MBR000111")))
    text = as_html(explained(desk, said_claim))
    assert "<script" not in text
    assert "&lt;script&gt;ROE" in text
    parser = _Balanced()
    parser.feed(text)
    assert parser.open == []


class _Balanced(HTMLParser):
    """Fails where a tag is closed that was not the last one opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_secondary_payer(desk: Desk):
    """Domain.md 4.15, style a: 35 more is paid, nothing more written off, 10 left with the patient."""
    claim = desk.claim("PCN0002", 200)
    desk.post(
        remittance(clp("PCN0002", 200, 100, "CO-45 55, PR-2 45", member_id="MBR000111"), trace_number="E1")
    )
    with desk.store.read() as tx:
        version = eob.claims.get(tx, claim).version_id
    desk.submit(claim, version, payer="87726", sequence="S")
    second = clp("PCN0002", 200, 35, "OA-23 155, PR-3 10", status="2", control="ICN77", member_id="MBR000111")
    payer = Party(name="POE MUTUAL", references=(RemittanceReference(qualifier="2U", id="87726"),))
    desk.post(remittance(second, trace_number="E2", originator="1999999999", payer=payer))
    document = explained(desk, claim)
    hold("secondary.txt", named(as_text(document)))
    now = document.explanations[0].account[-1].after
    assert (now.paid, now.adjusted, now.patient, now.open) == (135, 55, 10, 0)


def test_suspense_matched_and_unexplained(desk: Desk):
    result = desk.post(remittance(clp("PCN0005", 100, 80, "CO-45 5, PR-1 15", control="ICN5")))
    with desk.store.read() as tx:
        (waiting,) = claim_payments.in_suspense(tx)
    before = explained(desk, waiting.id).explanations[0]
    assert (before.claim, before.account) == (None, [])
    assert "suspense" in before.answers[0].booked
    claim = desk.claim("PCN0006", 100)
    desk.match(waiting.id, claim)
    (after,) = explained(desk, result.remittance_id).explanations
    assert after.claim == claim
    assert after.account[-1].after == explained(desk, claim).explanations[0].account[-1].after
    assert "a person said whose payment it is" in after.answers[0].notes


def test_books_that_do_not_add_up_are_not_explained(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    claim, _ = said(desk)
    monkeypatch.setattr(eob.statement, "told", lambda *_: {})
    with pytest.raises(BooksBroken, match="was told"):
        explained(desk, claim)


def test_only_what_can_be_explained(desk: Desk):
    with pytest.raises(UsageError, match="give a claim"):
        explained(desk, desk.receipt())
    with pytest.raises(NotFound):
        explained(desk, "C-7K3F9Q2MXR")
    unanswered = desk.claim("PCN0009", 50)
    text = as_text(explained(desk, unanswered))
    assert "No payer has answered yet." in text
    assert "charge 50.00 = paid 0.00 + contract 0.00 + patient 0.00 + open 50.00" in text


def test_text_fits_the_page(desk: Desk):
    claim, remittance_id = said(desk)
    for identifier in (claim, remittance_id):
        assert max(map(len, as_text(explained(desk, identifier)).splitlines())) <= WIDTH
