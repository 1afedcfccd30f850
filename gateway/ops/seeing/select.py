"""Which segments of a described file are wanted: one position, one set, one loop, one claim with who it is about."""

from dataclasses import dataclass, field

from gateway.model.findings import Finding
from gateway.ops.seeing.describe import Seen, Take

_HEAD_MOST = 500
"""So many segments before a claim are kept as its head; a sound file has a few dozen."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted; None: whatever it is.

    *position* counts from ST = 1; *set* is ST02, with or without its leading zeros; *loop* a loop's id, with what is
    below it; *claim* counts the file's claims from 1.
    """

    position: int | None = None
    set: str | None = None
    loop: str | None = None
    claim: int | None = None

    @property
    def all(self) -> bool:
        """Tell whether nothing is left out."""
        return self == Wanted()

    def has(self, seen: Seen) -> bool:
        """Tell whether a segment is wanted, its claim aside."""
        if self.set is not None and not _same(self.set, seen.set):
            return False
        if self.position is not None and seen.position != self.position:
            return False
        return self.loop is None or any(loop.id == self.loop for loop in seen.loops)


def _same(wanted: str, number: str | None) -> bool:
    return number is not None and (
        number == wanted or (wanted.isdigit() and number.isdigit() and int(number) == int(wanted))
    )


@dataclass
class Selection:
    """Hands on what is wanted; findings go with the segment they follow."""

    wanted: Wanted
    take: Take
    found: int = 0
    masked: bool = False
    _head: list[Seen] = field(default_factory=list)
    _patient_at: int = 0
    _told: int | None = None
    _last: bool = False

    def __call__(self, item: Seen | Finding) -> None:
        """Take a segment or a finding."""
        if isinstance(item, Finding):
            if self.wanted.all or self._last:
                self.take(item)
            return
        if self.wanted.claim is None:
            self._pass_on(item)
        else:
            self._look_for_claim(item, self.wanted.claim)

    def _pass_on(self, seen: Seen) -> None:
        self._last = self.wanted.has(seen)
        if self._last:
            self.found += 1
            self.masked = self.masked or any(part.masked for part in seen.parts)
            self.take(seen)

    def _look_for_claim(self, seen: Seen, number: int) -> None:
        if seen.tag == "HL" or seen.position in {None, 1}:
            self._begin_head(seen)
        if seen.claim is None and seen.position is not None and len(self._head) < _HEAD_MOST:
            self._head.append(seen)
        self._last = False
        if seen.claim == number:
            if self._told != number:
                self._told = number
                for one in self._head:
                    self._pass_on(one)
            self._pass_on(seen)

    def _begin_head(self, seen: Seen) -> None:
        """Begin what stands before a claim anew; a patient's level adds to the insured's."""
        level = next((part.value for part in seen.parts if part.ref == "HL03"), "")
        if level == "23":
            del self._head[self._patient_at or len(self._head) :]
            self._patient_at = len(self._head)
        else:
            self._head.clear()
            self._patient_at = 0
