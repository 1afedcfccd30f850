"""Which row of the map wrote which segment of a claim: the answer to "why does the file say this?"."""

from dataclasses import dataclass

from gateway.mapping.compile import CompiledMap
from gateway.mapping.residue import Item
from gateway.mapping.values import text_writer
from gateway.mapping.write import number_levels
from gateway.model.claim import Claim


@dataclass(frozen=True, slots=True)
class Explained:
    """One written segment: its text, the address of its row, the row as the map says it, and its service line."""

    segment: str
    loop: str
    address: str
    row: str | None
    service_line: int | None


def explain_claim(map: CompiledMap, claim: Claim, *, upper: bool = True) -> list[Explained]:  # noqa: A002
    """Return every segment that *map* writes for *claim*, with the row it comes from; residue is not among them.

    HL counts as if the claim stood alone; *row* is None where the engine writes (HL, LX).
    """
    items: list[Item] = []
    text = text_writer(upper=upper)
    for write in (map.track_shared, map.track_own):
        write(claim, items.append, _silent, text)
    texts = number_levels([item[4] for item in items])
    rows = {(row.address, row.segment.order): row.row.text for loop in map.bound.every() for row in loop.rows}
    return [
        Explained(said, loop, address, rows.get((address, order)), line)
        for said, (loop, (line, _), order, address, _) in zip(texts, items, strict=True)
    ]


def _silent(*_: object) -> None:
    """Take no findings: whoever asks why has them already."""
