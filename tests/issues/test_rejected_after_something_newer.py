"""A rejection that comes after something newer was sealed: the account and its second count still agree."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.model.lifecycle import SubmissionState as S
from gateway.settings import Settings
from gateway.store import claims, submissions
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.desk import Desk, money


@pytest.fixture
def desk(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Desk:
    return Desk(store, settings, archive, tmp_path)


def version(desk: Desk, claim: str, **changes: object) -> str:
    with desk.store.write("mend") as tx:
        newest = claims.get(tx, claim).version_id
        made = claims.new_version(tx, claim, replace(claims.content(tx, newest), **changes))
        tx.audit(claim)
    return made


def move(desk: Desk, submission: str, state: S) -> None:
    with desk.store.write("answer") as tx:
        submissions.move(tx, submission, state)
        tx.audit(submission)


def newest(desk: Desk, claim: str) -> str:
    with desk.store.read() as tx:
        return submissions.of_claim(tx, claim)[-1].id


def test_a_void_is_rejected_after_a_replacement_went_out(desk: Desk) -> None:
    claim = desk.claim("PCN1", 100)
    move(desk, newest(desk, claim), S.PAID)
    void = desk.submit(claim, version(desk, claim, frequency="8"), frequency="8")
    move(desk, void, S.PAYER_ACCEPTED)
    desk.submit(claim, version(desk, claim, frequency="7", charge=money(70)), frequency="7")
    desk.check()
    move(desk, void, S.PAYER_REJECTED)
    desk.check()
    assert desk.account(claim)["charge"] == Decimal("70.00")


def test_the_original_is_rejected_after_the_next_payer_was_billed_another_charge(desk: Desk) -> None:
    claim = desk.claim("PCN1", 100)
    original = newest(desk, claim)
    desk.submit(
        claim, version(desk, claim, payer_sequence="S", charge=money(90)), payer="87726", sequence="S"
    )
    desk.check()
    assert desk.account(claim)["charge"] == Decimal("100.00")
    move(desk, original, S.PAYER_REJECTED)
    desk.check()
    assert desk.account(claim)["charge"] == Decimal("90.00")
