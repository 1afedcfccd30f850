"""`gateway denials`, `plb`, `note`, `release` and `reread --also-dismissed` as a person types them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import open_site
from gateway.model.remittance import Party
from tests.acceptance.test_commands import gateway
from tests.acceptance.test_register_command import config  # noqa: F401  a fixture
from tests.desk import Desk, clp, line, money, plb, remittance

Typed = Callable[..., Any]


@pytest.fixture
def typed(config: Path) -> Typed:  # noqa: F811
    """Type a command in an installation where two claims were denied and a debt is carried forward."""
    site = open_site(config)
    desk = Desk(site.store, site.settings, site.archive, site.root)
    desk.claim("OWN0001", 100)
    desk.claim("OWN0002", 200)
    desk.post(
        remittance(
            clp("OWN0001", 100, 0, "CO-197 100", control="SECRET7"),
            clp(
                "OWN0002",
                200,
                80,
                control="SECRET8",
                service_lines=(line("99213", 100, 80, "CO-45 20"), line("97010", 100, 0, "PR-204 100")),
            ),
            plbs=[plb("WO", 30, "SECRET9"), plb("FB", -10, "EFT1"), plb("L6", "-2.5")],
            trace_number="EFT1",
        )
    )
    held = replace(
        remittance(clp("X", 50, 50, control="SECRET1"), trace_number="EFT2"), payment_amount=money(51)
    )
    desk.post(held)
    desk.post(
        replace(held, trace_number="EFT3", payee=Party(name="POE CLINIC", id_type="XX", id="1555123458"))
    )
    site.store.close()

    def run(*words: str) -> Any:
        return gateway(*words, config=config)

    return run


def test_denials_are_listed_with_what_can_be_done(typed: Typed) -> None:
    said = typed("denials")
    assert said.code == 1
    assert "CO-197 100.00 (denial)" in said.out
    assert "or appeal; never bill the patient" in said.out
    assert "line 2 97010" in said.out
    assert "the patient may be billed; or correct it" in said.out
    assert "OWN000" not in said.out
    assert "SECRET" not in said.out
    assert said.out.rstrip().endswith("2  200.00")
    rows = typed("denials", "--json").lines
    assert [(r["kind"], r["class"], r["amount"], r["line"]) for r in rows[:-1]] == [
        ("denial", "denied", "100.00", None),
        ("denial", "denied", "100.00", 2),
    ]
    assert rows[0]["reasons"] == [{"pair": "CO-197", "class": "denial", "amount": "100.00"}]
    assert (rows[-1]["count"], rows[-1]["amount"]) == (2, "200.00")


def test_denials_are_narrowed_down(typed: Typed) -> None:
    assert typed("denials", "--reason", "PR-204", "--json").lines[-1]["count"] == 1
    assert typed("denials", "--payer", "example", "--json").lines[-1]["count"] == 2
    nothing = typed("denials", "--older-than", "30d")
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing is denied or in review" in nothing.err
    wrong = typed("denials", "--older-than", "a month")
    assert wrong.code == 2
    assert "give a number of days" in wrong.err


def test_a_denial_is_noted_and_closed(typed: Typed) -> None:
    payment = typed("denials", "--json").lines[0]["claim_payment"]
    assert typed("note", payment, "--reason", "appeal sent").code == 0
    assert "appeal sent" in typed("denials").out
    assert typed("release", payment, "--reason", "lost the appeal").code == 0
    left = typed("denials", "--json").lines
    assert [r["line"] for r in left[:-1]] == [2]
    shown = typed("show", payment, "--json").lines[0]
    assert [(n["kind"], n["reason"]) for n in shown["notes"]] == [
        ("worked", "appeal sent"),
        ("closed", "lost the appeal"),
    ]
    again = typed("release", payment, "--reason", "again")
    assert again.code != 0
    assert "not on the list of denials" in again.err
    assert typed("note", payment, "--reason", " ").code == 2
    assert typed("ledger").code == 0


def test_provider_adjustments_are_listed_shown_and_closed(typed: Typed) -> None:
    listed = typed("plb")
    assert listed.code == 0
    assert "SECRET" not in listed.out
    rows = {r["code"]: r for r in typed("plb", "--json").lines}
    assert {code: (r["balance"], r["open"]) for code, r in rows.items()} == {
        "WO": ("-30.00", True),
        "FB": ("10.00", True),
        "L6": ("2.50", False),
    }
    assert rows["WO"]["reference"] == "***"
    withheld = rows["WO"]["id"]
    assert "SECRET9" not in typed("plb", withheld).out
    assert "SECRET9" in typed("plb", withheld, "--reveal").out
    assert "reveal" in typed("log", "--kind", "reveal").out
    of_remittance = typed("plb", rows["WO"]["movements"][0]["remittance"], "--json").lines
    assert len(of_remittance) == 3
    assert typed("note", withheld, "--reason", "asked").code == 0
    assert typed("release", withheld, "--reason", "our refund").code == 0
    assert [r["code"] for r in typed("plb", "--open", "--json").lines] == ["FB"]
    assert "closed by" in typed("plb", withheld).out
    assert typed("plb", "A-2222222222").code != 0
    assert "gateway plb" in typed("show", withheld).err
    assert typed("plb", "C-7K3F9Q2MXR").code == 2


def test_credits_are_listed_noted_and_closed(config: Path) -> None:  # noqa: F811
    """A bonus beyond the charge: on the list at once, in the queue after `credit_days`, off both by one command."""
    site = open_site(config)
    desk = Desk(site.store, site.settings, site.archive, site.root)
    claim = desk.claim("OWN0001", 100)
    desk.post(remittance(clp("OWN0001", 100, 80, "CO-45 25, CO-144 -5", control="SECRET7")))
    site.store.close()

    def typed(*words: str) -> Any:
        return gateway(*words, config=config)

    listed = typed("credits")
    assert listed.code == 1
    assert "5.00 more stands on the claim than it charges, by payments of EXAMPLE HEALTH PLAN" in listed.out
    assert "OWN000" not in listed.out
    assert "SECRET" not in listed.out
    one, total = typed("credits", "--json").lines
    assert (one["kind"], one["claim"], one["to_payers"], one["account"]["open"]) == (
        "credit",
        claim,
        "5.00",
        "-5.00",
    )
    assert (total["count"], total["to_payers"], total["to_patients"]) == (1, "5.00", "0.00")
    assert typed("queue").code == 0
    config.write_text(config.read_text() + "\n[follow_up]\ncredit_days = 0\n")
    (item,) = typed("queue", "--json").lines
    assert (item["what"], item["id"]) == ("credit", claim)
    assert item["command"].endswith(f"gateway release {claim} --credit --reason TEXT")
    assert typed("note", claim, "--reason", "asked the payer").code == 0
    assert "asked the payer" in typed("credits").out
    assert typed("release", claim, "--reason", "a bonus").code != 0, "no hold is on it"
    assert typed("release", claim, "--credit", "--reason", "a bonus, kept").code == 0
    assert (typed("queue").code, typed("credits").code) == (0, 0)
    assert "a bonus, kept" in typed("show", claim).out
    assert "stands with no credit" in typed("release", claim, "--credit", "--reason", "again").err
    assert typed("release", "A-2222222222", "--credit", "--reason", "x").code == 2
    assert typed("ledger").code == 0


def test_what_was_dealt_with_is_put_back_only_when_asked_for(typed: Typed) -> None:
    held = [r for r in typed("queue", "--json").lines if r["what"] == "quarantined"]
    assert len(held) == 2
    for row in held:
        assert typed("release", row["id"], "--reason", "booked by hand").code == 0
    assert [r for r in typed("queue", "--json").lines if r["what"] == "quarantined"] == []
    refused = typed("release", held[0]["id"], "--reason", "again")
    assert "taken out of the queue by" in refused.err
