"""The remittance's map says whatever the guide lets be said, both ways: every segment, every element in use, every code."""

from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mapping.bind import BoundRow
from gateway.mapping.compile import load_map
from gateway.mapping.groups import to_levels
from gateway.mapping.language import Const, Hole
from gateway.mapping.read import read_record
from gateway.mapping.remittance_functions import REMITTANCE_FUNCTIONS
from gateway.mapping.values import plain_text
from gateway.mapping.write import write_record
from gateway.model.remittance import Party, Remittance, RemittanceClaim, RemittanceLine
from gateway.model.remittance_parts import BankAccount, RemittanceContact
from gateway.x12.check import check_x12
from gateway.x12.guide import GuideSegment, load_guide
from gateway.x12.separators import Separators
from tests.mailroom import envelope, group
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

    swapped = replace(
        FULL,
        payer=replace(FULL.payer, address=FULL.payee.address),
        payee=replace(FULL.payee, address=FULL.payer.address),
    )
    for one in (FULL, swapped):  # a state and a part of another country exclude each other
        MAP.track_own(to_levels(one), take, _deaf, plain_text)
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


KEPT = replace(
    FULL,
    payer_account=BankAccount(bank_id_type="01", bank_id="0025", account_type="DA", account="6789"),
    payee_account=BankAccount(bank_id_type="01", bank_id="0111", account_type="SG", account="4321"),
)
"""What reading keeps of it."""


def without_positions(remittance: Remittance) -> Remittance:
    return replace(remittance, claims=tuple(replace(c, position=None) for c in remittance.claims))


def test_everything_written_is_read_again_but_for_the_numbers_of_accounts() -> None:
    out = write_record(MAP, FULL, upper=False)
    assert out.findings == ((),)
    got, codes, residue = read([text.split("*") for text in out.segments])
    assert (codes, residue) == ((), 0)
    assert without_positions(got) == KEPT


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


def test_pyx12_finds_no_fault_in_it() -> None:
    """The map could be wrong both ways at once; its oracle is not ours."""
    segments = write_record(MAP, FULL).segments
    verdict = check_x12(envelope(group("HP", "005010X221A1", segments)).encode())
    assert verdict.findings == ()


NUMBERS = RemittanceContact(
    role="CX", name="DESK", phone="8005550101", fax="8005550102", email="a@example.com"
)


def test_the_numbers_of_a_contact_stand_where_the_guide_has_room() -> None:
    whole = replace(NUMBERS, phone_extension="7", url="example.com")
    business, technical = (
        REMITTANCE_FUNCTIONS["business_contacts"],
        REMITTANCE_FUNCTIONS["technical_contacts"],
    )
    assert business.write is not None and technical.write is not None
    assert business.write(((NUMBERS,),), plain_text) == [
        ["DESK", "TE", "8005550101", "FX", "8005550102"],
        ["", "EM", "a@example.com"],
    ]
    assert business.write(((whole,),), plain_text) == [
        ["DESK", "FX", "8005550102", "TE", "8005550101", "EX", "7"],
        ["", "EM", "a@example.com", "UR", "example.com"],
    ]
    assert technical.write(((replace(whole, role="BL"),),), plain_text) == [
        ["DESK", "TE", "8005550101", "EX", "7", "EM", "a@example.com"],
        ["", "UR", "example.com", "FX", "8005550102"],
    ]


class Part(NamedTuple):
    """A field that may be absent, of which record."""

    record: type
    field: str


def optional(record: type) -> list[Part]:
    return [
        Part(record, f.name)
        for f in fields(record)
        if f.default is not MISSING and f.name not in {"claims", "position"}
    ]


PARTS = [*optional(Remittance), *optional(RemittanceClaim), *optional(RemittanceLine), *optional(Party)]
HANGING = {
    # Says nothing alone: written only with what it is about.
    "member_id": ("member_id_type",),
    "crossover_payer_id": ("crossover_payer_id_type",),
    "crossover_payer_id_type": ("crossover_payer_id",),
    "priority_payer_id": ("priority_payer_id_type",),
    "priority_payer_id_type": ("priority_payer_id",),
    "id": ("id_type",),
    "service_date": ("service_date_to",),
    "submitted_procedure": ("submitted_procedure_type", "submitted_modifiers", "submitted_description"),
    "submitted_procedure_type": (),
    "groups": (),
    "inpatient": ("remarks",),
}


def without(record: Any, dropped: set[Part]) -> Any:
    """Return *record* without the fields dropped, and what hangs on them, all the way down."""
    names = {part.field for part in dropped if part.record is type(record)}
    names |= {hanging for name in names for hanging in HANGING.get(name, ())}
    changes: dict[str, Any] = {}
    for f in fields(record):
        value = getattr(record, f.name)
        if f.name in names:
            changes[f.name] = f.default
        elif is_dataclass(value):
            changes[f.name] = without(value, dropped)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            changes[f.name] = tuple(without(one, dropped) for one in value)
    return replace(record, **changes)


@given(dropped=st.sets(st.sampled_from(PARTS), max_size=12))
@settings(max_examples=50, deadline=None)
def test_whatever_a_payer_leaves_out_the_rest_is_read_as_it_was_written(dropped: set[Part]) -> None:
    dropped -= {Part(RemittanceLine, "procedure_type"), Part(RemittanceLine, "submitted_procedure_type")}
    said = without(KEPT, dropped)
    got, codes, residue = read([text.split("*") for text in write_record(MAP, said, upper=False).segments])
    if Part(RemittanceClaim, "group") in dropped or Part(Remittance, "groups") in dropped:
        got, said = (
            replace(one, groups=(), claims=tuple(replace(c, group=None) for c in one.claims))
            for one in (got, said)
        )
    if Part(RemittanceClaim, "member_id") in dropped:  # the insured's stands in for the patient's
        said = replace(
            said,
            claims=tuple(
                replace(c, member_id=c.subscriber.id if c.subscriber else None) for c in said.claims
            ),
        )
    assert (codes, residue) == ((), 0)
    assert without_positions(got) == said
