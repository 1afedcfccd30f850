"""Which loop each segment of a transaction set stands in, where a guide is at hand, and what that loop is called."""

from dataclasses import dataclass

from gateway.mapping.walk import Instance, Walker
from gateway.ops.seeing import codes
from gateway.x12.guide import Guide, GuideSegment

_OPENED_BY = {
    "CLM": "claim", "CLP": "claim", "SVC": "service line", "LX": "service line", "SBR": "other payer", "SVD": "decision of another payer",
    "LIN": "drug", "LQ": "form", "AK2": "answered set", "IK3": "faulty segment", "IK4": "faulty element", "AK3": "faulty segment",
    "AK4": "faulty element", "TRN": "trace", "INS": "member", "HD": "coverage", "EB": "benefit", "EQ": "inquiry", "UM": "service",
    "RMR": "remittance for", "ENT": "entity", "COB": "other coverage", "DSB": "disability", "STC": "status", "PLA": "provider",
    "LUI": "language",
}  # fmt: skip
_LEVELS = {
    "19": "provider",
    "20": "source",
    "21": "receiver",
    "22": "subscriber",
    "23": "patient",
    "PT": "patient",
}
_BY_ID = {"2000A": {"837": "billing provider level"}, "2000": {"835": "group of claims"}}
_MOST_OPEN = 1000
"""So many segments of a loop without its first segment are remembered, to tell when the loop begins anew."""


@dataclass(frozen=True, slots=True)
class Loop:
    """One occurrence of a loop: *number* counts it within the loop around it."""

    id: str
    name: str
    number: int
    serial: int
    """Tells it from every other occurrence in the set."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment stands: the loops around it, outermost first, and what the guide says of the segment itself."""

    path: tuple[Loop, ...] = ()
    segment: GuideSegment | None = None


class Layout:
    """A walk through one transaction set; it keeps nothing of what it has left behind."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._tags = frozenset(segment.id for segment in guide.by_order.values())
        self._walker = Walker(guide, opened=self._opened, closed=_forget)
        self._loops: list[tuple[Instance, Loop]] = []
        self._serial = 0
        self._elements: list[str] = []

    def knows(self, tag: str) -> bool:
        """Tell whether the guide has a segment *tag* anywhere."""
        return tag in self._tags

    def place(self, elements: list[str], position: int, component: str) -> Place:
        """Return where a segment stands; what the guide does not know stays where the last one was."""
        if not self.knows(elements[0]):
            return Place(self._path())
        self._elements = elements
        at, order = self._walker.step(elements, position, component)
        if not at.implicit or len(at.segments) > _MOST_OPEN:
            at.segments.clear()
        return Place(self._path(), self._guide.by_order.get(order))

    def _path(self) -> tuple[Loop, ...]:
        around = set()
        at: Instance | None = self._walker.at
        while at is not None:
            around.add(id(at))
            at = at.parent
        self._loops = [(instance, loop) for instance, loop in self._loops if id(instance) in around]
        return tuple(loop for _, loop in self._loops)

    def _opened(self, instance: Instance) -> None:
        if instance.loop.wrapper:
            return
        self._serial += 1
        loop = Loop(instance.loop.id, self._name(instance), instance.number, self._serial)
        self._path()
        self._loops.append((instance, loop))

    def _name(self, instance: Instance) -> str:
        loop, elements = instance.loop, self._elements
        opener = loop.opener
        tag = opener.id if opener is not None else ""
        known = _BY_ID.get(loop.id, {}).get(self._guide.set_id)
        if known:
            return known
        said = elements[opener.qualifier or 1] if opener and elements[0] == tag and len(elements) > 1 else ""
        if tag == "HL":
            level = (
                elements[3]
                if elements[0] == "HL" and len(elements) > 3
                else next(iter(opener.codes), "")
                if opener
                else ""
            )
            return f"{_LEVELS[level]} level" if level in _LEVELS else "level"
        if tag in {"NM1", "N1"}:
            return codes.meaning("entity", said) or "party"
        return _OPENED_BY.get(tag, "")


def _forget(instance: Instance) -> None:
    """Let go of what a loop that is closed held, so that a long file needs no more memory than a short one."""
    instance.segments.clear()
    instance.children.clear()
    if instance.parent is not None:
        instance.parent.children.clear()
