"""The remittance's map says whatever the guide lets be said, both ways: every segment, every element in use, every code."""

from dataclasses import replace

from gateway.mapping.bind import BoundRow
from gateway.mapping.compile import load_map
from gateway.mapping.groups import to_levels
from gateway.mapping.language import Const, Hole
from gateway.mapping.read import read_record
from gateway.mapping.values import plain_text
from gateway.mapping.write import write_record
from gateway.model.remittance import Remittance
from gateway.model.remittance_parts import BankAccount
from gateway.x12.guide import GuideSegment, load_guide
from gateway.x12.separators import Separators
from tests.remittances import FULL
from tests.unit.mapping.test_guide_coverage import in_use, said_by

MAP = load_map("835")
GUIDE = load_guide("005010X221A1")
SEPARATORS = Separators("*", ":", "~", "^")


def rows_of(segment: GuideSegment) -> list[BoundRow]:
    return [
        row
        for loop in MAP.by_id.get(segment.loop, ())
        for row in loop.rows
        if row.segment.order == segment.order
    ]


def _deaf(*_: object) -> None:
    """Take no findings: `write_record` is asked for them below."""


def written() -> dict[int, list[list[str]]]:
    """Return the segments of the full remittance by their order in the guide."""
    found: dict[int, list[list[str]]] = {}

    def take(item: tuple[str, object, int, str, str]) -> None:
        found.setdefault(item[2], []).append(item[4].split("*"))

    MAP.track_own(to_levels(FULL), take, _deaf, plain_text)
    return found


def value(segment: list[str], position: int, component: int) -> str:
    said = segment[position] if position < len(segment) else ""
    parts = said.split(":")
    return (parts[component - 1] if component <= len(parts) else "") if component else said


def test_every_segment_of_the_guide_is_written() -> None:
    assert [s.id for s in GUIDE.by_order.values() if s.order not in written()] == []


def test_every_element_that_the_guide_uses_is_written() -> None:
    """All of them: nothing is left out. What LX says is the engine's, which numbers the groups."""
    said = written()
    places = [
        (segment, position, component)
        for segment in GUIDE.by_order.values()
        for position, component, _ in in_use(segment.elements)
    ]
    missing = [
        (segment.loop, segment.id, position, component)
        for segment, position, component in places
        if not any(value(one, position, component) for one in said[segment.order])
    ]
    assert (missing, len(places)) == ([], 319)


def test_every_code_of_the_guide_can_be_said() -> None:
    missing = []
    for segment in GUIDE.by_order.values():
        rows = rows_of(segment)
        for position, component, element in in_use(segment.elements):
            said: set[str] = set()
            free = not rows or any(row.function is not None for row in rows)
            for row in rows:
                part = said_by(row).get((position, component))
                if isinstance(part, Const):
                    said |= set(part.text.split("|"))
                elif isinstance(part, Hole) and part.codes:
                    said |= part.codes
                elif part is not None:
                    free = True
            if not free and not element.codes <= said:
                missing.append((segment.loop, segment.id, position, element.codes - said))
    assert missing == []


def read(segments: list[list[str]]) -> tuple[Remittance, tuple[str, ...], int]:
    got = read_record(MAP, segments, SEPARATORS)
    assert isinstance(got.record, Remittance)
    return got.record, tuple(f.code for f in got.findings), got.residue


def without_positions(remittance: Remittance) -> Remittance:
    return replace(remittance, claims=tuple(replace(c, position=None) for c in remittance.claims))


def test_everything_written_is_read_again_but_for_the_numbers_of_accounts() -> None:
    out = write_record(MAP, FULL, upper=False)
    assert out.findings == ((),)
    got, codes, residue = read([text.split("*") for text in out.segments])
    assert (codes, residue) == ((), 0)
    kept = replace(
        FULL,
        payer_account=BankAccount(bank_id_type="01", bank_id="0025", account_type="DA", account="6789"),
        payee_account=BankAccount(bank_id_type="01", bank_id="0111", account_type="SG", account="4321"),
    )
    assert without_positions(got) == kept


def test_what_no_field_takes_is_kept_beside_the_record_it_stands_with() -> None:
    segments = [text.split("*") for text in write_record(MAP, FULL, upper=False).segments]
    line = next(n for n, one in enumerate(segments) if one[0] == "LQ")
    claim = next(n for n, one in enumerate(segments) if one[0] == "CLP")
    segments[line:line] = [["K3", "A:B"], ["REF", "6R", "L2"]]
    segments[claim + 1 : claim + 1] = [["NTE", "ADD", "X"]]
    segments[1:1] = [["BPR", "I", "1", "C", "ACH", "", "01", "111000025", "DA", "123456789"]]
    got, codes, residue = read(segments)
    assert got.residue == ("BPR*I*1*C*ACH**01*0025*DA*6789",)
    assert got.claims[0].residue == ("NTE*ADD*X",)
    assert got.claims[0].service_lines[0].residue == ("K3*A:B", "REF*6R*L2")
    assert (residue, set(codes)) == (4, {"READ-RESIDUE"})
    assert got.payment_amount == FULL.payment_amount
    assert "123456789" not in repr(got) and "111000025" not in repr(got)
