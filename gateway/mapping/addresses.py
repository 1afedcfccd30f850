"""How a field is named: a path as a biller names it, an address as the map names the element that says it.

A path is ``service_lines[1].procedure``; an address is ``2400/SV1/SV101-2`` (the row, as overlays name it, then the element).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ELEMENT = re.compile(r"([A-Z][A-Z0-9]{1,2}?)([0-9]{2})(?:-([0-9]{1,2}))?\Z")
"""An element as X12 people name it, such as ``SV101-2``: segment, element, component."""

_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Address:
    """An element of the transaction: *row* as overlays name it (``2400/SV1``), *component* 0 where it is simple."""

    loop: str
    row: str
    segment: str
    element: int
    component: int = 0

    @property
    def name(self) -> str:
        """Return the element as X12 people name it, such as ``SV101-2``."""
        return f"{self.segment}{self.element:02d}" + (f"-{self.component}" if self.component else "")

    @property
    def text(self) -> str:
        """Return the whole address, such as ``2400/SV1/SV101-2``."""
        return f"{self.row}/{self.name}"


def template(path: str) -> str:
    """Return *path* without the indices."""
    return _INDEX.sub("", path)


def with_indices(path: str, near: str) -> str:
    """Return *path* with the indices of *near*, as far as both go the same way."""
    said = near.split(".")
    names = path.split(".")
    for number, name in enumerate(names):
        if number >= len(said) or template(said[number]) != name:
            break
        names[number] = said[number]
    return ".".join(names)


def in_words(path: str) -> str:
    """Say a path as a person reads it: ``service line 2, procedure``."""
    said = []
    for part in path.split("."):
        name, _, index = part.partition("[")
        words = name.replace("_", " ")
        if index:
            words = f"{_one(words)} {int(index.rstrip(']')) + 1}"
        said.append(words)
    return ", ".join(said)


def _one(words: str) -> str:
    irregular = {"diagnoses": "diagnosis"}
    return irregular.get(words, words.removesuffix("s"))


def join(record: str, names: Iterable[str]) -> str:
    """Return the path of what *names* lead to inside *record*, the empty path being the record itself."""
    return ".".join([*([record] if record else []), *names])


def common_part(paths: list[str]) -> str:
    """Return the part of the record that all *paths* belong to."""
    if not paths:
        return ""
    if len(set(paths)) == 1:
        return paths[0]
    names = [path.split(".") for path in paths]
    same = []
    for parts in zip(*names, strict=False):
        if len(set(parts)) > 1:
            break
        same.append(parts[0])
    return ".".join(same)


def element_at(elements: Sequence[str], position: int) -> str:
    """Return the element at *position*, empty where the segment ends before."""
    return elements[position] if position < len(elements) else ""


def value_at(elements: Sequence[str], element: int, component: int = 0, *, separator: str = ":") -> str:
    """Return what a segment says at an element or component, empty where it ends before."""
    said = element_at(elements, element)
    return element_at(said.split(separator), component - 1) if component else said
