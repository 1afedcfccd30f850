"""What the books must come to when a story is told, worked out from the story alone and read from the database by plain SQL.

Shares no code with the gateway. Amounts are whole cents, as SQLite keeps them.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.era_draws import Billed, Story
from tests.eras import SECOND, Answer


@dataclass(frozen=True)
class Account:
    """One claim's money."""

    charge: int
    paid: int
    adjusted: int
    patient: int
    open: int


def expected(claim: Billed, said: list[Answer]) -> Account:
    """Return a claim's account when everything *said* of it is posted, whatever the order (domain.md 4.9, 4.10, 4.15)."""
    standing = [a for a in said if a.status != "22"]
    for back in (a for a in said if a.status == "22"):
        standing.remove(
            next(
                a
                for a in standing
                if (a.payer, a.control, a.charge, a.paid) == (back.payer, back.control, -back.charge, -back.paid)
            )
        )  # fmt: skip
    first = [a for a in standing if a.payer != SECOND]
    paid = sum(a.paid for a in first)
    adjusted, patient = sum(map(given_up, first)), sum(a.total("PR") for a in first)
    left = claim.charge - paid - adjusted - patient
    for later in (a for a in standing if a.payer == SECOND):
        rest = left + patient - later.paid - later.total("PR")
        written_off = rest if 0 <= rest <= later.total("CO", "45") else 0
        paid, adjusted, patient = paid + later.paid, adjusted + written_off, later.total("PR")
        left = rest - written_off
    return Account(claim.charge, paid, adjusted, patient, left)


def given_up(answer: Answer) -> int:
    """Return what the first payer's contract gives up: CO-45, less what the parts of an unbundled line are paid (4.10)."""
    parts = sum(
        c for one in answer.services if not one.charge for g, r, c in one.cas if (g, r) == ("OA", "94")
    )
    return answer.total("CO", "45") + parts * (-1 if answer.status == "22" else 1)


def judge(database: Path, story: Story, claims: Mapping[str, str]) -> None:
    """Assert that the books at *database* are those of *story*; *claims* are the gateway's ids by the story's keys."""
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        _sets(db, story)
        _claims(db, story, claims)
        _whole(db, story)
    finally:
        db.close()


def _sets(db: sqlite3.Connection, story: Story) -> None:
    """Per set: sum(CLP04) - sum(PLB) = BPR02 = the debit to clearing; and each is posted once."""
    rows = db.execute(
        "select r.trace_number, r.amount, coalesce(sum(l.amount), 0) from remittance r "
        "left join journal_entry e on e.remittance = r.id left join journal_line l on l.entry = e.id "
        "and l.account like 'clearing:%' where r.state = 'posted' group by r.id"
    ).fetchall()
    wanted = Counter(
        (era.trace, sum(a.paid for a in era.answers) - sum(p.amount for p in era.plbs)) for era in story.eras
    )
    assert Counter((trace, amount) for trace, amount, _ in rows) == wanted, "each set posted once"
    assert [r for r in rows if r[1] != r[2]] == [], "clearing got BPR02"
    held = db.execute(
        "select state, reason from remittance where state not in ('posted', 'duplicate')"
    ).fetchall()
    assert held == []


def _claims(db: sqlite3.Connection, story: Story, claims: Mapping[str, str]) -> None:
    """Per claim: charge = paid + adjusted + patient + open, and each of them what the payers said."""
    for claim in story.claims:
        said = story.of(claim.key)
        rows = dict(
            db.execute(
                "select account, sum(amount) from journal_line where claim = ? group by account",
                (claims[claim.key],),
            ).fetchall()
        )
        found = Account(
            charge=-rows.pop("revenue", 0),
            adjusted=rows.pop("adjustment:contractual", 0),
            patient=rows.pop("receivable:patient", 0),
            open=rows.pop("receivable:payer", 0),
            paid=sum(rows.values()),
        )
        assert all(name == "suspense" or name.startswith("clearing:") for name in rows), rows
        assert found.charge == found.paid + found.adjusted + found.patient + found.open
        assert found == expected(claim, said), claim.key


def _whole(db: sqlite3.Connection, story: Story) -> None:
    """All accounts together: nothing but strangers' money in suspense, PLB by code, and nothing out of nothing."""
    of = dict(db.execute("select account, sum(amount) from journal_line group by account").fetchall())
    assert sum(of.values()) == 0
    assert of.get("suspense", 0) == -sum(a.paid for era in story.eras for a in era.answers if a.owner is None)
    provider: Counter[str] = Counter()
    for name, amount in of.items():
        if name.startswith("provider:"):
            provider[name.split(":")[3]] += amount
    wanted: Counter[str] = Counter()
    for plb in (p for era in story.eras for p in era.plbs):
        wanted[plb.code] += plb.amount
    assert {k: v for k, v in provider.items() if v} == {k: v for k, v in wanted.items() if v}
    waiting = db.execute("select count(*) from claim_payment where state = 'suspense'").fetchone()[0]
    assert waiting == sum(a.owner is None for era in story.eras for a in era.answers)
