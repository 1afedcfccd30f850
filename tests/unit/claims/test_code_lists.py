"""The edits' short code lists are those of the guide, at every place where the claim's map writes the field."""

from gateway.claims.edits.code_lists import CODES
from gateway.mapping.bind import BoundRow
from gateway.mapping.compile import load_map
from gateway.mapping.fields import fields_of
from gateway.model.claim import (
    Attachment,
    BillingProvider,
    Claim,
    OtherPayer,
)
from gateway.x12.guide import GuideElement

MAP = load_map("837p")

OTHERWISE = {
    # The record says which edition in words; the map's function makes the qualifiers ABK, ABF, BK, BF of it.
    (Claim, "diagnosis_type"): {"ABK", "BK"},
    # References: the guide's codes for these stand in its text, not in its list for the element.
    (Claim, "medicare_crossover"): set(),
    (Claim, "service_authorization_exception"): set(),
    (OtherPayer, "adjustment_indicator"): set(),
}
"""Where the guide's list is not the field's."""

ALSO_OURS = {
    # A line's certificate (PWK*CT) begins like the attachment before it and is written by that row.
    (Attachment, "transmission"): {"AB", "AD", "AF", "AG", "NS"},
}


def owner(path: str) -> tuple[type, str]:
    """Return the record that holds the field at *path*, and the field's name there."""
    *names, last = path.split(".")
    kind: type = Claim
    for name in names:
        kind = fields_of(kind)[name].base
    return kind, last


def codes_at(row: BoundRow, element: int, component: int) -> frozenset[str]:
    found: GuideElement | None = next((e for e in row.segment.elements if e.position == element), None)
    if found is not None and component:
        found = next((c for c in found.components if c.position == component), found)
    return found.codes if found else frozenset()


def guide_lists() -> dict[tuple[type, str], set[str]]:
    """Return for each field of the record every code that the guide has at any place where the map writes it."""
    rows = [row for loops in MAP.by_id.values() for loop in loops for row in loop.rows if row.writes]
    found: dict[tuple[type, str], set[str]] = {}
    for row in rows:
        for path in MAP.places.said_by(row.address):
            for place in MAP.places.all_of(path):
                if place.row == row.address:
                    allowed = found.setdefault(owner(path), set())
                    allowed |= codes_at(row, place.element, place.component)
    return found


def test_the_code_lists_are_the_guides() -> None:
    guide = guide_lists()
    wrong = {}
    for kind, fields in CODES.items():
        for name, ours in fields.items():
            key = (kind, name)
            theirs = guide[key]
            if key in OTHERWISE:
                assert theirs == OTHERWISE[key], key
            elif key == (BillingProvider, "tax_id_type"):
                assert ours <= theirs  # the row's address is shared with the provider's licence numbers
            elif ours - ALSO_OURS.get(key, set()) != theirs:
                wrong[key] = (sorted(ours - theirs), sorted(theirs - ours))
    assert wrong == {}
