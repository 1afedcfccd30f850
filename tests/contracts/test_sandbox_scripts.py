"""Every script of the sandbox, played through the gateway: what posts, with which figures, and what waits, and why.

All scripts go out at once, as on a bad day; what is odd or wrong about one must not touch another. The books are proved
after every step.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.sandbox.scripts import SCRIPTS, Script
from gateway.store import lines, plb
from tests.payers import Payers, claim

PAID = ("paid", "165.50", "109.20", "33.10", "23.20", "0.00")
"""State, charge, paid, adjusted, patient and open of a claim that is paid as script PAY."""

UNTOUCHED = ("accepted", "165.50", "0.00", "0.00", "0.00", "165.50")
DENIED = ("denied", *UNTOUCHED[1:])
REJECTED = ("rejected", *UNTOUCHED[1:])

ACCOUNTS: dict[Script, tuple[str, ...]] = {
    Script.FULL: ("paid", "165.50", "165.50", "0.00", "0.00", "0.00"),
    Script.PART: ("partly_paid", "165.50", "28.80", "8.00", "3.20", "125.50"),
    Script.ZERO: ("zero_paid", "165.50", "0.00", "33.10", "132.40", "0.00"),
    # an incentive is no contractual pair: what is paid beyond the charge is for a person to look at
    Script.BONU: ("in_review", "165.50", "114.20", "33.10", "23.20", "-5.00"),
    Script.DENY: DENIED,
    Script.DENC: DENIED,
    Script.DENP: ("denied", "165.50", "0.00", "0.00", "165.50", "0.00"),
    Script.DUPL: DENIED,
    Script.CAPI: ("zero_paid", *UNTOUCHED[1:]),
    Script.PRED: UNTOUCHED,
    Script.FORW: UNTOUCHED,
    Script.R999: REJECTED,
    Script.RCHA: REJECTED,
    Script.RPAY: REJECTED,
    Script.MUTE: ("sent", *UNTOUCHED[1:]),
    Script.LOST: UNTOUCHED,
    Script.CHRG: UNTOUCHED,
    Script.UCOD: ("partly_paid", "165.50", "109.20", "0.00", "23.20", "33.10"),
    Script.XOVR: ("paid", "165.50", "122.40", "33.10", "10.00", "0.00"),
    # the reversal is of another amount: neither it nor what follows is posted
    Script.REVD: ("paid", "165.50", "165.50", "0.00", "0.00", "0.00"),
    Script.INTA: UNTOUCHED,
    Script.OFFC: UNTOUCHED,
    Script.OFCL: UNTOUCHED,
    Script.OFLN: UNTOUCHED,
    Script.OMIT: UNTOUCHED,
    Script.BARE: UNTOUCHED,
    Script.NEGA: UNTOUCHED,
    Script.ZTRC: DENIED,
    Script.FLIP: UNTOUCHED,
    Script.USTA: UNTOUCHED,
}
"""Where a script leaves its claim elsewhere than `PAID`."""

HELD = {
    "ERA-B4": {Script.INTA: "110.29", Script.OFFC: "109.21", Script.NEGA: "0.00"},
    "ERA-B2": {Script.OFCL: "109.21", Script.BARE: "0.00"},
    "ERA-B1": {Script.OFLN: "109.20"},
    "ERA-B3": {Script.OMIT: "109.20"},
    "ERA-PRENOTE": {Script.PREN: "0.00"},
    "ERA-PAYEE": {Script.MISR: "64.00"},
    "ERA-USAGE": {Script.FLIP: "109.20"},
    "ENV-TRUNCATED, ERA-B4, ERA-INCOMPLETE": {Script.CUTF: "109.20"},
    "ERA-DUP": {Script.ALTR: "109.20"},
}
"""Remittances held, by reason: whose script asked for it, and its amount."""

SUSPENSE = {
    ("paid", "109.20"): [Script.CHRG, Script.USTA, Script.REVD],
    ("paid", "64.00"): [Script.UNKN],
    ("reversal", "-64.00"): [Script.REVU],
    ("reversal", "-164.50"): [Script.REVD],
    ("reversal", "-165.50"): [Script.REV2],
}
"""Claim payments in suspense, by class and amount."""

ALONE = {Script.R999, Script.SECA, Script.SECB}
"""R999 takes its whole set along; a later payer's claim says what the first has paid: both have tests of their own."""

TOGETHER = sorted(set(Script) - ALONE)


def number_of(script: Script) -> str:
    return f"00{script.value}-ABCD"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Payers]:
    office = Payers(tmp_path_factory.mktemp("payers"))
    office.play(*(claim(n, s.value, pcn=number_of(s)) for n, s in enumerate(TOGETHER, start=1)))
    yield office
    office.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Payers]:
    made = Payers(tmp_path)
    yield made
    made.close()


def standing(office: Payers, number: str) -> tuple[str, ...]:
    return (office.claim(number).state.value, *office.account(number))


@pytest.mark.parametrize("script", TOGETHER)
def test_where_a_script_leaves_its_claim(played: Payers, script: Script) -> None:
    assert standing(played, number_of(script)) == ACCOUNTS.get(script, PAID), SCRIPTS[script]


LINE_SCRIPTS = {
    Script.SPLT: {},
    Script.UNBN: {},
    Script.UNIT: {},
    Script.NO6R: {},
    Script.CUT6: {},
    Script.LX6R: {},
    Script.NMOD: {},
    Script.LUMP: {(): ("109.20", "33.10", "23.20")},
    Script.BNDL: {(1,): ("109.20", "33.10", "23.20"), (2,): ("0.00", "0.00", "0.00")},
}
BY_LINE = {(1,): ("80.40", "25.10", "20.00"), (2,): ("28.80", "8.00", "3.20")}
"""Paid, adjusted and patient of each line that was billed, however the payer named it."""


@pytest.mark.parametrize("script", LINE_SCRIPTS)
def test_what_each_line_that_was_billed_comes_to(played: Payers, script: Script) -> None:
    with played.site.store.read() as tx:
        accounts = lines.accounts_of_claim(tx, played.claim(number_of(script)).id)
    said = {a.claim_lines: tuple(f"{x:.2f}" for x in (a.paid, a.contractual, a.patient)) for a in accounts}
    assert said == (LINE_SCRIPTS[script] or BY_LINE)


def test_what_is_held_and_why(played: Payers) -> None:
    held = Counter(
        (str(reason).partition(" M-")[0], amount)
        for state, reason, amount in played.remittances()
        if state == "quarantined"
    )
    assert held == Counter((why, amount) for why, whose in HELD.items() for amount in whose.values())
    duplicates = [amount for state, _, amount in played.remittances() if state == "duplicate"]
    assert duplicates == ["109.20"]  # TWIN's second file
    waiting = Counter(kind for kind, _ in played.waiting())
    # beside the remittances the file that was cut
    assert waiting["quarantined"] == sum(held.values()) + 1


def test_what_is_in_suspense(played: Payers) -> None:
    parked = Counter((class_, paid) for state, class_, paid in played.payments() if state == "suspense")
    assert parked == Counter({what: len(whose) for what, whose in SUSPENSE.items()})
    assert Counter(kind for kind, _ in played.waiting())["unmatched"] == sum(parked.values())
    noted = Counter(class_ for state, class_, _ in played.payments() if state == "noted")
    assert noted == {"predetermination": 1, "forwarded": 1}


def test_who_else_waits(played: Payers) -> None:
    others = Counter(kind for kind, _ in played.waiting() if kind not in {"quarantined", "unmatched"})
    assert others == {"rejected": 2, "silent": 1}  # RCHA and RPAY; MUTE


def test_taking_in_everything_again_changes_nothing(played: Payers) -> None:
    before = [standing(played, number_of(s)) for s in TOGETHER], played.remittances(), played.payments()
    sent = played.root.parent / "clearinghouse" / "partner" / ".sandbox" / "sent"
    for path in sorted(sent.iterdir()):
        (played.partner / "outbound" / f"AGAIN_{path.name}").write_bytes(path.read_bytes())
    played.fetch()
    played.prove()
    assert (
        [standing(played, number_of(s)) for s in TOGETHER],
        played.remittances(),
        played.payments(),
    ) == before


NOT_VOIDED = {
    # refused by us: the payer has never taken the claim in, or has not answered
    Script.RCHA: REJECTED,
    Script.RPAY: REJECTED,
    Script.MUTE: ACCOUNTS[Script.MUTE],
    # refused by the payer: as the script says; under the number that its own correction has taken the place of
    Script.NVOD: ("rejected", *PAID[1:]),
    Script.REVD: ("rejected", *ACCOUNTS[Script.REVD][1:]),
    # the second payer's payment stays
    Script.XOVR: ("voided", "0.00", "13.20", "0.00", "-13.20", "0.00"),
}


def test_a_void_takes_back_whatever_was_posted(office: Payers) -> None:
    """Whatever a payer made of a claim, its reversal leaves nothing of it on the account."""
    claims = [claim(n, s.value, pcn=number_of(s)) for n, s in enumerate(TOGETHER, start=1)]
    office.play(*claims)
    office.play(*({**one, "frequency": "8"} for one in claims))
    nothing = ("voided", *["0.00"] * 5)
    left = {s: standing(office, number_of(s)) for s in TOGETHER}
    assert {
        s: (left[s], NOT_VOIDED.get(s, nothing)) for s in TOGETHER if left[s] != NOT_VOIDED.get(s, nothing)
    } == {}


# -- what takes its whole set along, or comes after a first payer


def test_a_rejected_set(office: Payers) -> None:
    office.play(claim(1, "R999", pcn="ONE"))
    assert standing(office, "ONE") == REJECTED
    assert office.remittances() == []


@pytest.mark.parametrize("word", ["SECA", "SECB"])
def test_both_styles_of_a_later_payer_leave_the_same(office: Payers, word: str) -> None:
    """The first payer paid 109.20, wrote off 33.10 and left 23.20; the second pays that less a copay of 10.00."""
    earlier = {"payer": {"id": "87726", "name": "First Health Plan"}, "payer_sequence": "P", "paid": "109.20"}
    made = claim(1, word, pcn="LATER")
    prior = [("80.40", "25.10", "3", "20.00"), ("28.80", "8.00", "2", "3.20")]
    served = [
        {
            **line,
            "adjudications": [
                {
                    "payer_id": "87726",
                    "paid": paid,
                    "procedure": line["procedure"],
                    "modifiers": line.get("modifiers", []),
                    "units": "1",
                    "paid_on": "2026-01-25",
                    "adjustments": [
                        {"group": "CO", "reason": "45", "amount": given_up},
                        {"group": "PR", "reason": reason, "amount": left},
                    ],
                }
            ],
        }
        for line, (paid, given_up, reason, left) in zip(made["service_lines"], prior, strict=True)
    ]
    insured = {"last_name": "Poe", "first_name": "Paula", "member_id": "FIRST0001"}
    office.play(
        {
            **made,
            "payer_sequence": "S",
            "other_payers": [{**earlier, "subscriber": insured, "claim_filing_indicator": "CI"}],
            "service_lines": served,
        }
    )
    [(state, reason, amount)] = office.remittances()
    assert (state, reason, amount) == ("posted", None, "13.20")
    assert [p[:2] for p in office.payments()] == [("posted", "paid")]
    # OA-23 is nobody's write-off: nothing may be given up on top of what the first payer's answer will say
    assert office.account("LATER") == ("165.50", "13.20", "0.00", "10.00", "142.30")


# -- stories of several payments


def later(office: Payers, number: int, word: str) -> None:
    """Send one more claim, and wait until it is paid: its payment takes what is owed."""
    office.play(claim(number, word, pcn=f"NEXT{number}"))


def accounts(office: Payers) -> list[tuple[str, str, str, bool]]:
    """Return code, opening, balance of every account between payer and payee, and whether it is open (`gateway plb`)."""
    with office.site.store.read() as tx:
        return sorted((a.code, f"{a.opening:.2f}", f"{a.balance:.2f}", a.is_open) for a in plb.accounts(tx))


def amounts(office: Payers) -> list[str]:
    assert {state for state, _, _ in office.remittances()} == {"posted"}
    return [amount for _, _, amount in office.remittances()]


def test_an_overpayment_that_is_left_for_now_and_collected_later(office: Payers) -> None:
    office.play(claim(1, "WODL", pcn="WODL"), claim(2, "REFD", pcn="REFD"))
    assert standing(office, "WODL") == standing(office, "REFD") == PAID
    assert accounts(office) == [("WO", "56.30", "56.30", True)] * 2
    later(office, 3, "FULL")
    assert amounts(office) == ["331.00", "0.00", "109.20"]
    # what was collected is cleared; what the payee says it has sent back is compared with what it did send
    assert accounts(office) == [("72", "56.30", "56.30", True), *[("WO", "56.30", "0.00", False)] * 2]


def test_a_debt_over_several_remittances_comes_to_nothing_in_the_end(office: Payers) -> None:
    office.play(claim(1, "DEBT", pcn="DEBT"))
    assert accounts(office) == [("FB", "390.80", "390.80", True), ("WO", "-500.00", "-500.00", True)]
    for number in (2, 3, 4):
        later(office, number, "FULL")
    assert amounts(office) == ["0.00", "0.00", "0.00", "105.70"]
    carried = [("FB", amount, "0.00", False) for amount in ("225.30", "390.80", "59.80")]
    assert accounts(office) == [*carried, ("WO", "-500.00", "-500.00", True)]


def test_what_else_a_payer_gives_and_takes(office: Payers) -> None:
    office.play(
        *(claim(n, word, pcn=word) for n, word in enumerate(("PLBS", "RECO", "CAPI", "INTL"), start=1))
    )
    assert accounts(office) == [
        ("CS", "3.00", "3.00", True), ("CT", "100.00", "100.00", False), ("IR", "-2.00", "-2.00", False),
        ("L6", "2.50", "2.50", False), ("LE", "-1.00", "-1.00", False), ("LS", "4.00", "4.00", False),
        ("WO", "-5.00", "-5.00", True),
    ]  # fmt: skip


def test_interest_goes_back_with_the_claim_that_earned_it(office: Payers) -> None:
    made = claim(1, "INTR", pcn="INTR")
    office.play(made)
    assert accounts(office) == [("L6", "1.09", "1.09", False)]
    office.play({**made, "frequency": "8", "payer_control_number": "SB00000100100001"})
    assert [p[1:] for p in office.payments()] == [("paid", "109.20"), ("reversal", "-109.20")]
    assert accounts(office) == [("FB", "110.29", "110.29", True), ("L6", "1.09", "0.00", False)]
    assert office.account("INTR")[1] == "0.00"


def test_a_notice_that_comes_again_otherwise_says_nothing_twice(office: Payers) -> None:
    """Notices without money may share a trace number, so the second one posts: its claim is told to be answered already."""
    made = claim(1, "ALTR", pcn="ALTR")
    small = [{**made["service_lines"][0], "charge": "20.00"}]
    office.play({**made, "charge": "20.00", "service_lines": small})
    assert office.remittances() == [("posted", None, "0.00")] * 2
    assert office.payments() == [("posted", "patient", "0.00"), ("suspense", "review", "0.00")]
    assert standing(office, "ALTR") == ("zero_paid", "20.00", "0.00", "4.00", "16.00", "0.00")


def test_notices_with_one_trace_number_post_once_each(office: Payers) -> None:
    office.play(claim(1, "ZTRC", pcn="ONE"), claim(2, "ZTRC", pcn="TWO"))
    later(office, 3, "ZTRC")
    assert [state for state, _, _ in office.remittances()] == ["posted"] * 3
    assert {standing(office, n)[0] for n in ("ONE", "TWO", "NEXT3")} == {"denied"}


def test_a_replacement_of_what_was_split(office: Payers) -> None:
    made = claim(1, "SPLT", pcn="SPLT")
    office.play(made)
    office.play({**made, "frequency": "7", "payer_control_number": "SB00000100100001"})
    assert standing(office, "SPLT") == PAID
    assert Counter(p[1] for p in office.payments()) == {"paid": 4, "reversal": 2}


def test_late_and_early_answers_change_no_state_backwards(office: Payers) -> None:
    office.drop(claim(1, "LATE", pcn="LATE"), claim(2, "SWAP", pcn="SWAP"))
    office.send()
    seen = []
    for wait in (
        timedelta(),
        timedelta(minutes=16),
        timedelta(days=1),
        timedelta(days=13),
        timedelta(days=7),
    ):
        office.clock.advance(wait)
        office.sandbox.work_off()
        office.fetch()
        seen.append((standing(office, "LATE")[0], standing(office, "SWAP")[0]))
    assert seen[1:] == [
        ("sent", "accepted"),
        ("sent", "accepted"),
        ("paid", "paid"),
        ("paid", "paid"),
    ]
