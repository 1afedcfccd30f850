"""The claim's map says whatever the guide lets be said: every segment, every element in use, every code."""

from gateway.mapping.bind import BoundRow, flat
from gateway.mapping.compile import load_map
from gateway.mapping.language import Const, Hole
from gateway.x12.guide import GuideElement, GuideSegment, load_guide

MAP = load_map("837p")
GUIDE = load_guide("005010X222A1")
ENGINE = {"HL", "LX"}

NO_ROW = {
    # Begins like the attachment before it (PWK*CT), and is written and read by that row.
    ("2400", "PWK", "CT"),
}
CODES_LEFT_OUT = {
    # The submitter's EDI access number: a number of the wire, not of a person to call.
    ("1000A", "PER", frozenset({"ED"})),
}


def rows_of(segment: GuideSegment) -> list[BoundRow]:
    return [
        row for loop in MAP.by_id[segment.loop] for row in loop.rows if row.segment.order == segment.order
    ]


def in_use(elements: tuple[GuideElement, ...]) -> list[tuple[int, int, GuideElement]]:
    """Return (position, component or 0, element) of what the guide uses."""
    found = []
    for element in elements:
        if element.usage == "N":
            continue
        if element.components:
            found += [(element.position, c.position, c) for c in element.components if c.usage != "N"]
        else:
            found.append((element.position, 0, element))
    return found


def said_by(row: BoundRow) -> dict[tuple[int, int], Const | Hole]:
    """Return what stands at each place of the row; a list stands at each place that it reaches."""
    found: dict[tuple[int, int], Const | Hole] = {}
    for position, component, part in flat(row):
        reach = part.spread if isinstance(part, Hole) and part.spread else 1
        for step in range(reach):
            composite = row.composite(position) and (component or reach > 1)
            found[(position, (component or 1) + step) if composite else (position + step, 0)] = part
    return found


def test_every_segment_of_the_guide_has_a_row() -> None:
    missing = {
        (segment.loop, segment.id, "|".join(sorted(segment.codes)) if segment.qualifier else "")
        for segment in GUIDE.by_order.values()
        if segment.id not in ENGINE and segment.usage != "N" and not rows_of(segment)
    }
    assert missing == NO_ROW


def test_every_element_that_the_guide_uses_has_its_place() -> None:
    missing = []
    for segment in GUIDE.by_order.values():
        rows = rows_of(segment)
        if not rows or any(row.function is not None for row in rows):
            continue  # what a function says is tested with the function
        said: set[tuple[int, int]] = set()
        for row in rows:
            said |= said_by(row).keys()
        missing += [
            (segment.loop, segment.id, position, component)
            for position, component, _ in in_use(segment.elements)
            if (position, component) not in said
        ]
    assert missing == []


def test_every_code_of_the_guide_can_be_said() -> None:
    missing = []
    for segment in GUIDE.by_order.values():
        rows = rows_of(segment)
        for position, component, element in in_use(segment.elements):
            said: set[str] = set()
            free = False
            for row in rows:
                part = said_by(row).get((position, component))
                if isinstance(part, Const):
                    said |= set(part.text.split("|"))
                elif isinstance(part, Hole) and (part.fixed or part.codes or part.table):
                    said |= {part.fixed} if part.fixed else part.codes | {code for _, code in part.table}
                else:
                    free = True  # a plain hole, a format that says Y, N or 0, or a function
            if rows and not free and not element.codes <= said:
                missing.append((segment.loop, segment.id, position, element.codes - said))
    assert missing == []


def test_the_header_says_what_the_guide_lets_it() -> None:
    """The one thing left out of it is left out knowingly."""
    contact = next(s for s in GUIDE.loops["1000A"].segments if s.id == "PER")
    place = contact.element(3)
    assert place is not None
    assert {("1000A", "PER", place.codes - {"TE", "FX", "EM"})} == CODES_LEFT_OUT
