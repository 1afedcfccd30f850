"""The list of edits: each has a type, a place that exists and examples that hold; partners switch what may be switched."""

import re
from dataclasses import replace

import pytest

from gateway.claims.edits import EDITS, Edit, run_edits, severity_of, switch_faults
from gateway.claims.edits.rules import SNIP
from gateway.claims.edits.sample import CONTEXT, changed
from gateway.mapping.compile import load_map
from gateway.model.findings import Severity
from gateway.settings import Partner, Switch
from tests.sites import partner_of

PLACE = re.compile(
    r"([0-9]{4}[A-Z]{0,2}) ([A-Z][A-Z0-9]{1,2}?)(?:\*([A-Z0-9]{1,3})|([0-9]{2}(?:-[0-9])?))?\Z"
)
each_edit = pytest.mark.parametrize("edit", EDITS, ids=[edit.rule for edit in EDITS])


def codes(edit: Edit, changes: object) -> set[str]:
    return {f.code for f in run_edits(changed(changes), context=CONTEXT)}  # type: ignore[arg-type]


def test_the_sample_is_sound() -> None:
    assert run_edits(changed({}), context=CONTEXT) == []


@each_edit
def test_the_bad_example_is_caught_by_this_edit_and_the_good_one_by_none(edit: Edit) -> None:
    assert edit.rule in codes(edit, edit.bad)
    assert codes(edit, edit.good) == set()


@each_edit
def test_an_edit_says_what_it_is(edit: Edit) -> None:
    assert edit.snip in SNIP
    assert edit.text
    assert edit.check.__doc__


def test_rules_are_unique() -> None:
    assert len({edit.rule for edit in EDITS}) == len(EDITS)


@pytest.fixture(scope="module")
def rows() -> dict[str, str]:
    """Every loop of the claim map with its rows."""
    return {loop.id: "\n".join(row.row.text for row in loop.rows) for loop in load_map("837p").bound.every()}


@each_edit
def test_an_edits_place_is_one_of_the_claim_format(edit: Edit, rows: dict[str, str]) -> None:
    for place in edit.place.split(", "):
        if place == "every element":
            continue
        found = PLACE.match(place)
        assert found, place
        loop, segment, qualifier, _ = found.groups()
        if segment == "LX":
            continue  # the engine's own
        wanted = (
            rf"^{segment}\*([A-Z0-9]+\|)*{qualifier}|^{segment}\*\{{[a-z_]+:[A-Z0-9|]*{qualifier}"
            if qualifier
            else rf"^{segment}\b"
        )
        assert re.search(wanted, rows[loop], re.MULTILINE), place


SWITCHABLE = [edit for edit in EDITS if edit.why_fixed is None]


@pytest.mark.parametrize("edit", SWITCHABLE, ids=[edit.rule for edit in SWITCHABLE])
def test_a_partner_switches_its_own_edit_and_no_other(edit: Edit) -> None:
    bad = changed(edit.bad)
    before = run_edits(bad, context=CONTEXT)
    for switch in Switch:
        said = {edit.rule: switch}
        assert list(switch_faults(said)) == []
        profile = Partner.model_validate(partner_of(edits=said))
        found = run_edits(bad, context=replace(CONTEXT, profile=profile))
        assert {f for f in found if f.code != edit.rule} == {f for f in before if f.code != edit.rule}
        weights = {f.severity for f in found if f.code == edit.rule}
        assert weights == (set() if switch is Switch.OFF else {Severity(switch.value)})
        assert severity_of(edit, said) is (None if switch is Switch.OFF else Severity(switch.value))


FIXED = [edit for edit in EDITS if edit.why_fixed is not None]


@pytest.mark.parametrize("edit", FIXED, ids=[edit.rule for edit in FIXED])
def test_what_is_an_error_everywhere_is_switched_for_nobody(edit: Edit) -> None:
    assert edit.snip <= 4
    for switch in (Switch.WARNING, Switch.OFF):
        ((rule, why),) = switch_faults({edit.rule: switch})
        assert rule == edit.rule
        assert f"SNIP type {edit.snip}" in why
    assert list(switch_faults({edit.rule: Switch.ERROR})) == []


def test_an_error_of_syntax_or_balance_is_never_relaxable() -> None:
    assert [
        e.rule for e in EDITS if e.snip in {1, 3} and e.severity is Severity.ERROR and not e.why_fixed
    ] == []


def test_an_unknown_rule_is_told_with_the_nearest_one() -> None:
    ((rule, why),) = switch_faults({"P-FREQQ": Switch.OFF})
    assert (rule, why) == ("P-FREQQ", "no such edit, perhaps P-FREQ; the list: gateway edits")
