"""The expression of a segment's text: elements and components joined, what is empty at the end left off."""

from dataclasses import dataclass
from typing import Any

from gateway.mapping.bind import BoundRow
from gateway.mapping.fields import FieldType
from gateway.mapping.language import Const, Hole


@dataclass
class Value:
    """A hole's value in the generated code: the variable, whether it is data, the words for findings."""

    name: str
    hole: Hole
    kind: FieldType
    position: int
    component: int

    @property
    def data(self) -> bool:
        """Tell whether having this value is reason to write a segment that may be left out."""
        return not self.kind.preset and self.hole.fixed is None


def text_of(row: BoundRow, values: dict[int, Value]) -> str:
    """Return the expression of the segment's text."""
    pieces: list[str] = [repr(row.row.tag)]
    elements = row.row.elements
    for index, element in enumerate(elements):
        if len(element) == 1:
            part = element[0]
            place = row.segment.element(index + 1)
            if isinstance(part, Hole) and part.spread and place is not None and place.components:
                pieces.append(f'":".join({values[id(part)].name})')
            elif isinstance(part, Hole) and part.spread:
                pad = index < len(elements) - 1
                name = values[id(part)].name
                pieces.append(f"*({name} + PAD)[:{part.spread}]" if pad else f"*{name}")
            elif isinstance(part, Hole):
                pieces.append(
                    _paired(row, values[id(part)].name, index, values, values[id(part)].kind.preset)
                )
            elif isinstance(part, Const):
                pieces.append(_paired(row, repr(part.text), index, values, True))
            else:
                pieces.append("''")
        else:
            pieces.append(_composite(element, values))
    return f'"*".join(({", ".join(pieces)},)).rstrip("*")'


def _paired(row: BoundRow, said: str, index: int, values: dict[int, Value], given: bool) -> str:
    """Return *said*; what is *given* (a constant, a default) and paired with the next element goes with that one."""
    elements = row.row.elements
    after = elements[index + 1] if index + 1 < len(elements) else ()
    tells = row.segment.qualifier == index + 1
    if (
        given
        and not tells
        and index + 1 in row.segment.pairs
        and len(after) == 1
        and isinstance(after[0], Hole)
    ):
        return f"({said} if {values[id(after[0])].name} else '')"
    return said


def _composite(element: tuple[Any, ...], values: dict[int, Value]) -> str:
    pieces = []
    for index, part in enumerate(element):
        if isinstance(part, Hole) and part.spread:
            name = values[id(part)].name
            pieces.append(f"*({name} + PAD)[:{part.spread}]" if index < len(element) - 1 else f"*{name}")
        elif isinstance(part, Hole):
            pieces.append(values[id(part)].name)
        else:
            pieces.append(repr(part.text) if isinstance(part, Const) else "''")
    said = f'":".join(({", ".join(pieces)},)).rstrip(":")'
    holes = [values[id(part)].name for part in element if isinstance(part, Hole)]
    if holes and any(isinstance(part, Const) for part in element):
        return f"({said} if {' or '.join(holes)} else '')"
    return said
