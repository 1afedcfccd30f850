"""What differs between two versions of a claim is told, all of it and nothing else."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings

from gateway.claims.difference import Change, charge_difference, differences
from gateway.model.claim import Claim, ServiceLine
from gateway.ops.reports.masking import MASK
from gateway.ops.reports.versions import shown
from tests.claims import claim as make
from tests.strategies import claims

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(claims(), claims())
def test_nothing_differs_only_between_equals(one: Claim, other: Claim) -> None:
    assert differences(one, replace(one, claim_key="another")) == []
    told = differences(one, other)
    assert (told == []) == (replace(one, claim_key=None) == replace(other, claim_key=None))
    assert all(change.before != change.after and change.what for change in told)


@QUICK
@given(claims())
def test_one_changed_field_is_one_change_at_its_path(one: Claim) -> None:
    (last := len(one.service_lines) - 1, line := one.service_lines[-1])
    dearer = replace(line, charge=line.charge + 1)
    mended = replace(one, service_lines=(*one.service_lines[:-1], dearer), patient_paid=Decimal("1.5"))
    paths = {change.path: change.after for change in differences(one, mended)}
    assert paths.pop(f"service_lines[{last}].charge") == f"{line.charge + 1:.2f}"
    assert set(paths) <= {"patient_paid"}


def lines(*procedures: str) -> tuple[ServiceLine, ...]:
    return tuple(
        ServiceLine(procedure=p, charge=Decimal(n * 10), units=Decimal(1), service_date=date(2024, 1, 10))
        for n, p in enumerate(procedures, start=1)
    )


def test_a_line_taken_out_changes_no_other_line() -> None:
    before = make(1, service_lines=lines("99213", "87880", "36415"))
    after = replace(before, service_lines=(before.service_lines[0], before.service_lines[2]))
    told = differences(before, after)
    assert {change.path.partition(".")[0] for change in told} == {"service_lines[1]"}
    assert {change.path.partition(".")[2]: change.before for change in told}["procedure"] == "87880"
    assert all(change.after is None for change in told)
    assert all(change.before is None for change in differences(after, before))


def test_an_order_that_changed_is_told_as_such() -> None:
    before = make(1, service_lines=lines("99213", "87880"))
    after = replace(before, service_lines=before.service_lines[::-1])
    (told,) = differences(before, after)
    assert (told.path, told.before, told.after) == ("service_lines", "1 2", "2 1")


def test_money_a_void_asks_for_nothing() -> None:
    before = make(1)
    assert charge_difference(before, replace(before, charge=before.charge + 5, frequency="7")) == 5
    assert charge_difference(before, replace(before, frequency="8")) == -before.charge


def test_who_a_person_is_stays_masked_and_what_was_done_is_shown() -> None:
    def seen(path: str, *, reveal: bool = False) -> str | None:
        change = Change(path=path, what="x", before="A", after=None)
        assert shown(change, reveal=reveal)["after"] is None
        return shown(change, reveal=reveal)["before"]

    hidden = (
        "subscriber.last_name",
        "subscriber.member_id",
        "patient.address.line1",
        "note",
        "payer_control_number",
    )
    assert {seen(path) for path in hidden} == {MASK}
    assert {seen(path, reveal=True) for path in hidden} == {"A"}
    open_to_see = (
        "charge",
        "service_lines[2].procedure",
        "service_lines[0].modifiers",
        "diagnoses",
        "payer.id",
    )
    assert {seen(path) for path in open_to_see} == {"A"}
