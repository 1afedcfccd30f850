"""Corrected and void claims: which may go, under which of the payer's numbers, and what becomes of the account."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.claims import batch
from gateway.claims.correct import correct, void
from gateway.claims.intake import take_in
from gateway.claims.register import register
from gateway.errors import Refused, UsageError
from gateway.model.lifecycle import ClaimState
from gateway.store import alarms, figures, findings, ledger, queue, views
from tests.drops import FORMATS
from tests.office import record
from tests.payer import Payer, clp
from tests.trade import Trade

DEARER = record(1, charge="175.50")
DEARER["service_lines"] = [DEARER["service_lines"][0], {**DEARER["service_lines"][1], "charge": "50.00"}]
PAID = clp("ACC-1", "1", "165.5", "100", "CO*45*45.5", "PR*1*20")
TAKEN_BACK = clp("ACC-1", "22", "-165.5", "-100", "CO*45*-45.5", "PR*1*-20")


class Shop:
    """An office with one claim sent, and its payer."""

    def __init__(self, root: Path, **profile: Any) -> None:
        self.trade = Trade(root, **profile)
        self.payer = Payer(self.trade)
        assert self.trade.drop(record(1)).ready == 1
        self.trade.send()

    @property
    def id(self) -> str:
        return self.trade.claim("ACC-1").id

    def state(self) -> ClaimState:
        return self.trade.claim("ACC-1").state

    def drop(self, **changes: Any) -> list[str]:
        """Drop a record; return the sentences with which it was refused, none where it was taken."""
        report = self.trade.drop(record(1, **changes))
        found = self.trade.site.outbound / "rejected" / f"{report.ids[0]}.reasons.jsonl"
        if not report.refused:
            return []
        lines = [json.loads(line) for line in found.read_text().splitlines()]
        return [f"{f['code']}: {f['message']}" for line in lines for f in line["findings"]]

    def sent(self) -> str:
        """Send what is ready and return the newest file at the payer."""
        assert self.trade.send().claims == 1
        return self.trade.arrived()[-1]

    def account(self) -> tuple[str, ...]:
        """Return charge, paid, adjusted, patient and open, and prove the books."""
        with self.trade.site.store.read() as tx:
            ledger.check_books(tx)
            found = ledger.claim_account(tx, self.id)
        return tuple(str(v) for v in (found.charge, found.paid, found.adjusted, found.patient, found.open))

    def correct(self, content: dict[str, Any], **more: Any) -> Any:
        data = (json.dumps(content) + "\n").encode()
        return correct(self.trade.site, self.id, data, name="mended.jsonl", actor="user:pat", **more)

    def void(self, **more: Any) -> Any:
        return void(self.trade.site, self.id, reason="wrong patient", actor="user:pat", **more)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_replacement_waits_for_the_payers_answer_unless_it_brings_the_number(shop: Shop) -> None:
    (said, *_) = shop.drop(frequency="7", note="corrected")
    assert said.startswith("P-FREQ: ")
    assert "wait for the payer's answer" in said
    assert shop.drop(frequency="7", note="corrected", payer_control_number="ICN1") == []
    assert "CLM*ACC-1*165.5***11:B:7*" in (file := shop.sent())
    assert "REF*F8*ICN1~" in file


def test_the_number_is_filled_in_from_the_277ca(shop: Shop) -> None:
    shop.payer.accept("ACC-1", "ICN-1K")
    assert shop.drop(frequency="7", note="corrected") == []
    assert "REF*F8*ICN-1K~" in shop.sent()


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_the_number_of_the_remittance_is_filled_in_whatever_the_format(tmp_path: Path, form: str) -> None:
    shop = Shop(tmp_path)
    shop.payer.accept("ACC-1", "ICN-1K")
    shop.payer.pay(clp("ACC-1", "1", "165.5", "165.5", icn="ICN-07"), amount="165.5")
    (shop.trade.site.outbound / f"week.{form}").write_bytes(
        FORMATS[form]([record(1, frequency="7", note="new")])
    )
    assert take_in(shop.trade.site).ready == 1
    assert "REF*F8*ICN-07~" in shop.sent()


def test_where_the_numbers_differ_the_records_stands_and_both_are_named(shop: Shop) -> None:
    shop.payer.accept("ACC-1", "ICN1")
    assert shop.drop(frequency="8", payer_control_number="ICN2") == []
    assert "REF*F8*ICN2~" in shop.sent()
    with shop.trade.site.store.read() as tx:
        (said,) = [f for f in findings.of(tx, shop.id) if f.code == "P-F8"]
    assert "ICN1" in said.message
    assert "ICN2" in said.message


def test_none_known_and_none_given_says_where_to_look(shop: Shop) -> None:
    shop.payer.accept("ACC-1")
    (said, *_) = shop.drop(frequency="8")
    assert "payer's portal" in said
    assert shop.state() is ClaimState.ACCEPTED


def test_what_the_payer_rejected_is_sent_anew_not_replaced(shop: Shop) -> None:
    shop.payer.accept("ACC-1", category="A7")
    (said, *_) = shop.drop(frequency="7", payer_control_number="ICN1")
    assert "send it with frequency 1" in said
    with pytest.raises(Refused, match="gateway hold"):
        shop.void()


def test_another_claims_number_opens_no_second_receivable(shop: Shop) -> None:
    shop.payer.accept("ACC-1", "ICN1")
    report = shop.trade.drop(record(2, frequency="7", payer_control_number="icn-1"))
    assert report.refused == 1
    text = (shop.trade.site.outbound / "rejected" / f"{report.ids[0]}.reasons.txt").read_text()
    assert shop.id in text
    assert "under ACC-1" in text
    assert shop.trade.drop(record(2, frequency="7", payer_control_number="ICN9")).ready == 1, (
        "from before our time"
    )


def test_a_replacement_goes_to_the_payer_that_has_the_claim(shop: Shop) -> None:
    shop.payer.accept("ACC-1", "ICN1")
    (said, *_) = shop.drop(
        frequency="7", payer_control_number="ICN1", payer={"id": "87726", "name": "Second Plan"}
    )
    assert "went to payer 60054" in said


def test_one_correction_at_a_time(shop: Shop) -> None:
    shop.payer.accept("ACC-1", "ICN1")
    assert shop.drop(frequency="7", note="one") == []
    (said, *_) = shop.drop(frequency="7", note="two")
    assert "waits to be sent" in said
    shop.sent()
    (said, *_) = shop.drop(frequency="8")
    assert "unanswered" in said
    shop.payer.accept("ACC-1", "ICN2")
    assert shop.drop(frequency="7", note="two") == []
    assert "REF*F8*ICN2~" in shop.sent()


def test_a_rejected_replacement_is_mended_and_the_account_keeps_its_charge(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    assert shop.account() == ("165.50", "100.00", "45.50", "20.00", "0.00")
    shop.correct(DEARER)
    assert shop.account()[0] == "165.50", "nothing is booked before it is sealed"
    shop.sent()
    assert shop.account() == ("175.50", "100.00", "45.50", "20.00", "10.00")
    shop.payer.accept("ACC-1", category="A7")
    assert (shop.state(), shop.account()[0]) == (ClaimState.REJECTED, "175.50")
    shop.correct(DEARER | {"note": "mended"})
    assert "REF*F8*ICN1~" in shop.sent()
    assert shop.account()[0] == "175.50"


def test_a_rejected_replacement_is_given_up_by_saying_what_the_payer_has(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    shop.correct(DEARER)
    shop.sent()
    shop.payer.accept("ACC-1", category="A7")
    assert shop.correct(record(1)).fate.value == "ready"
    shop.sent()
    assert shop.account()[0] == "165.50"


def test_a_mended_charge_that_is_held_changes_no_account(shop: Shop) -> None:
    shop.payer.accept("ACC-1", category="A7")
    assert shop.drop(charge="170.00") == [], "held by the edits: the lines do not add up to it"
    assert (shop.trade.claim("ACC-1").holds, shop.account()[0]) == (("edit",), "165.50")
    assert shop.drop(**DEARER) == []
    assert shop.account()[0] == "165.50"
    shop.sent()
    assert shop.account()[0] == "175.50"


@pytest.mark.parametrize("voided", [False, True])
def test_what_the_previous_system_sent_is_replaced_and_voided_on_the_same_account(
    tmp_path: Path, voided: bool
) -> None:
    shop = Shop(tmp_path)
    old, on = record(2), date(2026, 1, 20)
    said = (
        {"frequency": "8"}
        if voided
        else {"charge": "175.50", "frequency": "7", "service_lines": DEARER["service_lines"]}
    )
    for content in (old, old | said | {"payer_control_number": "OLD1"}):
        data = (json.dumps(content) + "\n").encode()
        made = register(shop.trade.site, data, name="old.jsonl", sent_on=on, actor="pat")
        assert (made.registered, made.refused) == (1, 0), made.findings
    claim_id = shop.trade.claim("ACC-2").id
    with shop.trade.site.store.read() as tx:
        ledger.check_books(tx)
        assert str(ledger.claim_account(tx, claim_id).charge) == ("0.00" if voided else "175.50")
    assert shop.trade.drop(old | {"frequency": "8", "payer_control_number": "OLD1"}).refused == 1, (
        "unanswered yet"
    )


def test_a_rejected_void_gives_the_charge_back(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    shop.void()
    assert "CLM*ACC-1*165.5***11:B:8*" in shop.sent()
    assert shop.account() == ("0.00", "100.00", "45.50", "20.00", "-165.50")
    shop.payer.accept("ACC-1", category="A3")
    assert shop.account() == ("165.50", "100.00", "45.50", "20.00", "0.00")
    batch.resubmit(shop.trade.site, [shop.id], reason="they were wrong", actor="pat")
    shop.sent()
    shop.payer.pay(TAKEN_BACK, clp("ALIEN", "1", "100", "100", icn="X"), amount="0")
    assert shop.account() == ("0.00", "0.00", "0.00", "0.00", "0.00")
    assert shop.state() is ClaimState.VOIDED


def test_paid_corrected_paid_anew_voided_and_taken_back(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    shop.correct(DEARER)
    shop.sent()
    corrected = clp("ACC-1", "1", "175.5", "110", "CO*45*45.5", "PR*1*20", icn="ICN2", frequency="7")
    shop.payer.pay(corrected, TAKEN_BACK, amount="10")
    assert shop.account() == ("175.50", "110.00", "45.50", "20.00", "0.00")
    assert shop.state() is ClaimState.PAID
    shop.void()
    assert "REF*F8*ICN2~" in shop.sent()
    assert shop.account() == ("0.00", "110.00", "45.50", "20.00", "-175.50"), (
        "what is still with us is a credit"
    )
    shop.payer.accept("ACC-1", "ICN3")
    assert shop.state() is ClaimState.VOIDED
    back = clp("ACC-1", "22", "-175.5", "-110", "CO*45*-45.5", "PR*1*-20", icn="ICN2", frequency="8")
    shop.payer.pay(back, clp("ALIEN", "1", "110", "110", icn="X"), amount="0")
    assert shop.account() == ("0.00",) * 5
    assert shop.state() is ClaimState.VOIDED
    with shop.trade.site.store.read() as tx:
        assert figures.claim_states(tx) == {"voided": 1}
        assert views.show(tx, shop.id)["state"] == "voided"
    assert "voided" in shop.drop(frequency="7", payer_control_number="ICN2", note="late")[0]
    assert "voided" in shop.drop(note="again")[0]
    with pytest.raises(Refused, match="voided"):
        shop.void()
    assert shop.trade.drop(DEARER | {"patient_control_number": "ACC-1B"}).ready == 1, (
        "billed anew under another number"
    )
    lines = (path.read_text() for path in shop.trade.site.inbound.glob("claim_status_*.jsonl"))
    told = [json.loads(line) for text in lines for line in text.splitlines()]
    states = [(one["state"], one.get("outcome")) for one in told if one["claim"] == shop.id]
    assert {("reversed", "reversal"), ("paid", "paid"), ("voided", None), ("voided", "reversal")} <= set(
        states
    )


def test_a_late_answer_to_the_original_finds_the_original(shop: Shop) -> None:
    shop.payer.accept("ACC-1", "ICN1")
    shop.correct(DEARER)
    shop.sent()
    shop.payer.pay(PAID, amount="100")
    assert shop.account() == ("175.50", "100.00", "45.50", "20.00", "10.00")
    assert shop.state() is ClaimState.SENT, "the replacement is still unanswered"
    corrected = clp("ACC-1", "1", "175.5", "110", "CO*45*45.5", "PR*1*20", icn="ICN2")
    shop.payer.pay(TAKEN_BACK, corrected, amount="10")
    assert (shop.state(), shop.account()[1]) == (ClaimState.PAID, "110.00")


def test_same_charge_the_correction_answers_the_replacement(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    shop.correct(record(1, note="corrected"))
    shop.sent()
    shop.payer.pay(
        TAKEN_BACK, clp("ACC-1", "1", "165.5", "120", "CO*45*25.5", "PR*1*20", icn="ICN1"), amount="20"
    )
    assert (shop.state(), shop.account()[1]) == (ClaimState.PAID, "120.00")


def test_a_void_answered_by_a_payment_is_a_matter_for_a_person(shop: Shop) -> None:
    shop.payer.accept("ACC-1", "ICN1")
    shop.void()
    shop.sent()
    shop.payer.pay(clp("ACC-1", "4", "165.5", "0", "CO*16*165.5", icn="ICN9", frequency="8"), amount="0")
    with shop.trade.site.store.read() as tx:
        kinds = [item.kind for item in queue.items(tx, shop.trade.site.settings, tx.now())]
    assert kinds == ["unmatched"]
    assert shop.state() is ClaimState.SENT


def test_nobody_chases_what_was_replaced_or_voided(tmp_path: Path) -> None:
    shop = Shop(tmp_path, replies={"ack_999": False, "clearinghouse_277ca": False})
    shop.payer.accept("ACC-1", "ICN1")

    def silent() -> list[str]:
        site = shop.trade.site
        with site.store.read() as tx:
            later = tx.now() + timedelta(days=400)
            return [one.rule for one in alarms.silent(tx, "north", site.partner("north"), later)]

    assert "no-remittance" in silent()
    shop.void()
    shop.sent()
    assert "no-remittance" not in silent(), "the void is asked for now, not the claim"
    assert "no-payer-277ca" in silent()
    shop.payer.accept("ACC-1")
    assert shop.state() is ClaimState.VOIDED
    assert not {"no-remittance", "no-payer-277ca"} & set(silent())


def test_the_next_payer_is_billed_for_what_was_corrected(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    shop.correct(DEARER)
    shop.sent()
    corrected = clp("ACC-1", "1", "175.5", "110", "CO*45*45.5", "PR*1*20", icn="ICN2", frequency="7")
    shop.payer.pay(TAKEN_BACK, corrected, amount="10")
    secondary = DEARER | {"payer": {"id": "87726", "name": "Second Plan"}, "payer_sequence": "S"}
    assert shop.trade.drop(secondary).ready == 1
    shop.sent()
    assert shop.account()[0] == "175.50"
    with pytest.raises(Refused, match="--payer"):
        shop.void()
    assert shop.void(payer="60054", dry_run=True).payer_control_number == "ICN2"
    shop.payer.accept("ACC-1", "SEC1")
    shop.void(payer="87726")
    shop.sent()
    shop.payer.accept("ACC-1")
    assert shop.account()[0] == "175.50", "the first payer's claim stands"
    assert shop.state() is ClaimState.ACCEPTED
    with shop.trade.site.store.read() as tx:
        assert figures.claim_states(tx) == {"accepted": 1}
        assert views.show(tx, shop.id)["state"] == "accepted"


def test_correct_shows_what_differs_and_a_dry_run_keeps_nothing(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    made = shop.correct(DEARER, dry_run=True)
    changes = {c.path: (c.before, c.after) for c in made.changes}
    assert changes == {
        "charge": ("165.50", "175.50"),
        "frequency": ("1", "7"),
        "payer_control_number": (None, "ICN1"),
        "service_lines[1].charge": ("40.00", "50.00"),
    }
    assert (made.money, made.fate) == (Decimal("10.00"), None)
    assert shop.trade.claim("ACC-1").version == 1
    assert shop.correct(DEARER).fate.value == "ready"
    assert shop.trade.claim("ACC-1").version == 2


def test_a_correction_that_fails_the_edits_is_held_and_says_why(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    made = shop.correct(record(1, charge="1.00"))
    assert made.fate.value == "held"
    assert any(f.severity.value == "error" for f in made.findings)
    assert shop.trade.send().claims == 0
    assert shop.account()[0] == "165.50"
    assert shop.correct(DEARER).fate.value == "ready"


def test_what_correct_refuses(shop: Shop) -> None:
    with pytest.raises(Refused, match="wait for the payer's answer"):
        shop.correct(DEARER)
    shop.payer.pay(PAID, amount="100")
    with pytest.raises(Refused, match="nothing to correct"):
        shop.correct(record(1))
    with pytest.raises(Refused, match="patient control number"):
        shop.correct(record(2))
    with pytest.raises(Refused, match="gateway void"):
        shop.correct(record(1, frequency="8"))
    with pytest.raises(UsageError, match="2 claims"):
        correct(
            shop.trade.site, shop.id, (json.dumps(record(1)) + "\n" + json.dumps(record(2))).encode(), name="two.jsonl",
            actor="pat",
        )  # fmt: skip
    with pytest.raises(UsageError, match="charge"):
        shop.correct(record(1, charge="a lot"))
    assert shop.trade.claim("ACC-1").version == 1


def test_a_claim_may_be_corrected_back_to_what_it_was(shop: Shop) -> None:
    shop.payer.pay(PAID, amount="100")
    for content in (DEARER, record(1, note="as first"), DEARER):
        assert shop.correct(content, number="ICN1").fate.value == "ready"
        shop.sent()
        shop.payer.accept("ACC-1")
