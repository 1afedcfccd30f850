"""A sound claim of any shape passes every edit; what is broken in it is caught by the right edit and by no stranger."""

import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from gateway.claims.edits import EDITS, run_edits
from gateway.claims.edits.lengths import LENGTHS
from gateway.claims.edits.sample import CONTEXT as EXAMPLES
from gateway.claims.edits.sample import changed
from gateway.model.claim import Claim
from gateway.model.findings import Finding, Severity
from tests.mutations import MUTATIONS, NEUTRAL, Mutation
from tests.mutations_everywhere import everywhere
from tests.paths import leaves
from tests.sound import CONTEXT, UNUSUAL, pool, sound_claims

EVERYWHERE = frozenset(
    {
        "P-LENGTH", "P-FOLD", "P-CHARS", "P-CHARS-TEXT", "P-NPI", "P-NPI-NONE", "P-TAXONOMY", "P-ENTITY", "P-ADDRESS",
        "P-QUANTITY", "P-CENTS", "P-AMOUNT", "P-DATE-FUTURE", "P-NO-PLACE", "P-STATE",
    }
)  # fmt: skip
"""Rules that are tried on every element they are about."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sound_claims())
def test_a_sound_claim_of_any_shape_passes_every_edit(claim: Claim) -> None:
    found = run_edits(claim, context=CONTEXT)
    assert {f.code for f in found} <= UNUSUAL, found
    assert all(f.severity is Severity.WARNING for f in found)


def test_a_claim_that_says_everything_passes_every_edit() -> None:
    for claim in pool()[:2]:
        assert {f.code for f in run_edits(claim, context=CONTEXT)} <= UNUSUAL


def new_findings(claim: Claim, broken: Claim) -> list[Finding]:
    """Return what the edits say of the broken claim and did not say of the sound one."""
    before = {(f.code, f.element) for f in run_edits(claim, context=CONTEXT)}
    return [f for f in run_edits(broken, context=CONTEXT) if (f.code, f.element) not in before]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.name for mutation in MUTATIONS])
def test_what_is_broken_is_caught_by_its_edit_and_by_no_stranger(mutation: Mutation) -> None:
    tried = 0
    for claim in pool():
        broken = mutation.on(claim)
        if broken is None:
            continue
        tried += 1
        found = new_findings(claim, broken)
        assert mutation.rule in {f.code for f in found}
        assert {f.code for f in found} <= {mutation.rule, *mutation.also}
        mine = [f for f in found if f.code == mutation.rule]
        assert all(re.fullmatch(mutation.places(claim), f.element or "") for f in mine), [
            f.element for f in mine
        ]
    assert tried, "no shape of the pool has what is broken"


def test_every_element_is_judged_wherever_it_stands() -> None:
    """On the claims that say everything, every element of every kind; on the drawn ones, a few."""
    seen: Counter[str] = Counter()
    for number, claim in enumerate(pool()):
        before = {(f.code, f.element) for f in run_edits(claim, context=CONTEXT)}
        for mutation in list(everywhere(claim))[:: 29 if number > 1 else 1]:
            broken = mutation.on(claim)
            told_before = any(
                code == mutation.rule and re.fullmatch(mutation.places(claim), place or "")
                for code, place in before
            )
            if broken is None or told_before:
                continue
            seen[mutation.rule] += 1
            found = [f for f in run_edits(broken, context=CONTEXT) if (f.code, f.element) not in before]
            codes = {f.code for f in found}
            assert mutation.rule in codes, mutation.name
            assert codes <= {mutation.rule, *mutation.also}, (mutation.name, codes)
            mine = [f.element or "" for f in found if f.code == mutation.rule]
            assert all(re.fullmatch(mutation.places(claim), place) for place in mine), (mutation.name, mine)
    assert set(seen) == EVERYWHERE


def test_the_pool_says_everything_that_has_a_limit() -> None:
    limited = {(kind, name) for kind, names in LENGTHS.items() for name in names}
    assert limited <= {(kind, name) for claim in pool() for _, kind, name, _ in leaves(claim)}


def test_every_edit_is_broken_here() -> None:
    """By the list, everywhere, or at least by its own bad example, which no stranger may judge either."""
    known = {mutation.rule for mutation in MUTATIONS} | EVERYWHERE
    for edit in EDITS:
        if edit.rule in known:
            continue
        found = {f.code for f in run_edits(changed(edit.bad), context=EXAMPLES)}
        assert found == {edit.rule}, f"{edit.rule} needs a mutation of its own in tests/mutations.py"


@pytest.mark.parametrize("number", range(len(NEUTRAL)), ids=[Mutation("", change).name for change in NEUTRAL])
def test_another_value_that_is_right_makes_no_edit_speak(number: int) -> None:
    tried = 0
    for claim in pool():
        other = Mutation("", NEUTRAL[number]).on(claim)
        if other is not None:
            tried += 1
            assert {f.code for f in new_findings(claim, other)} <= UNUSUAL
    assert tried
