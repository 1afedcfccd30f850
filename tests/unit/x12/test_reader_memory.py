"""The reader holds a little of the file at a time, however long the file and its lines are (TRAP-24)."""

import io
import tracemalloc

from gateway.x12.reader import TransactionSet, read_x12
from tests.x12files import SEGMENTS_837P

BODY = ("~".join(SEGMENTS_837P) + "~").encode()
HEAD = (
    b"ISA*00*          *00*          *ZZ*SUBMITTER1     *ZZ*PAYERHUB       *260115*0930*^*00501*000000101*0*T*:~"
    b"GS*HC*SUBMITTER1*PAYERHUB*20260115*0930*101*X*005010X222A1~"
)


class Endless(io.RawIOBase):
    """A single-line file that is made up while it is read: *sets* transaction sets in one interchange."""

    def __init__(self, sets: int) -> None:
        self._left = sets
        self._buffer = bytearray(HEAD)
        self._sets = sets
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        while len(self._buffer) < size and self._left >= 0:
            if self._left == 0:
                self._buffer += f"GE*{self._sets}*101~IEA*1*000000101~".encode()
            else:
                number = self._sets - self._left + 1
                self._buffer += f"ST*837*{number:06d}*005010X222A1~".encode() + BODY
                self._buffer += f"SE*{len(SEGMENTS_837P) + 2}*{number:06d}~".encode()
            self._left -= 1
        chunk = bytes(self._buffer[:size])
        del self._buffer[:size]
        self.size += len(chunk)
        return chunk


def peak_of(sets: int) -> tuple[int, int]:
    """Return bytes read and the most memory used meanwhile."""
    source = Endless(sets)
    tracemalloc.start()
    try:
        segments = 0
        for interchange in read_x12(source):
            for part in interchange.parts():
                assert isinstance(part, TransactionSet)
                segments += sum(1 for _ in part.segments())
            assert interchange.intact is True
        assert segments == sets * len(SEGMENTS_837P)
        return source.size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file():
    small_size, small_peak = peak_of(100)
    large_size, large_peak = peak_of(2500)
    assert large_size > 2_500_000 > small_size * 20
    assert large_peak < small_peak * 1.5
    assert large_peak < 2_000_000


def test_memory_does_not_grow_with_a_file_that_has_no_terminator():
    class OneLine(Endless):
        def read(self, size: int = -1) -> bytes:
            if self.size == 0:
                self.size += 1
                return HEAD
            self.size += size
            return b"X" * size if self.size < 20_000_000 else b""

    tracemalloc.start()
    try:
        (interchange,) = read_x12(OneLine(0))
        assert "ENV-SEGMENT-LONG" in [finding.code for finding in interchange.findings]
        assert interchange.intact is False
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
