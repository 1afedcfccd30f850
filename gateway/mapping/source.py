"""Python source in the making, as the map compiler writes it."""

from dataclasses import dataclass, field
from typing import Any

from gateway.mapping.language import When


@dataclass
class Source:
    """Lines of Python with an indentation, and the constants they use."""

    tracked: bool
    lines: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    depth: int = 1
    names: int = 0

    def add(self, line: str) -> None:
        """Add a line at the present indentation."""
        self.lines.append("    " * self.depth + line)

    def name(self, prefix: str) -> str:
        """Return a variable name that is not in use."""
        self.names += 1
        return f"{prefix}{self.names}"

    def constant(self, value: Any) -> str:
        """Return the name under which the source finds *value*."""
        name = f"K{len(self.constants)}"
        self.constants[name] = value
        return name


def fetch(source: Source, name: str, record: str, path: tuple[str, ...]) -> None:
    """Assign the value at *path* of *record* to *name*, None when a record on the way is missing."""
    source.add(f"{name} = {record}.{path[0]}")
    for part in path[1:]:
        source.add(f"{name} = {name}.{part} if {name} is not None else None")


def condition(when: When, record: str) -> str:
    """Return the expression of a row's condition."""
    value = record
    for part in when.path:
        value = f"{value}.{part}"
    if not when.values:
        return f"not {value}" if when.negated else f"{value}"
    return f"{value} {'not in' if when.negated else 'in'} {when.values!r}"
