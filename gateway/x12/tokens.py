"""Bytes to raw segments, in constant memory: the inner loop of the reader (TRAP-04 .. TRAP-07, TRAP-24)."""

from collections.abc import Iterator
from typing import BinaryIO

from gateway.x12.separators import Separators
from gateway.x12.sniff import BLANKS

CHUNK_BYTES = 64 * 1024
_BATCH = 256
"""Segments cut off the buffer at a time: enough to be quick, few enough that small interchanges cost little."""

_BLANKS = BLANKS.decode("latin-1")
_MARGIN = " \t\r\n\v\f"
_LINE_ENDS = str.maketrans("", "", "\r\n")
_BOM = "\xef\xbb\xbf"


class TokenStream:
    """A file as text that is cut into segments with the separators of whichever interchange is being read.

    Bytes become characters as latin-1, which never fails and keeps every byte (TRAP-23). *offset* answers
    where in the file, in bytes, the next character of the buffer stands.
    """

    def __init__(self, source: BinaryIO, *, segment_bytes: int) -> None:
        self._source = source
        self._limit = segment_bytes
        self._buffer = ""
        self._start = 0
        self._batch: list[str] = []
        self._index = 0
        self._tail = ""
        self._at_end = False
        self.wrapped = False
        self.empty_segments = 0
        self.too_long = False
        self.leftover = ""

    def head(self, size: int) -> str:
        """Return up to *size* characters from the present place without consuming them."""
        while len(self._buffer) < size and self._fill():
            pass
        return self._buffer[:size]

    @property
    def offset(self) -> int:
        """Return the byte offset of the present place, valid between interchanges."""
        return self._start

    def skip(self, count: int) -> None:
        """Consume *count* characters."""
        self._buffer = self._buffer[count:]
        self._start += count

    def skip_blanks(self) -> bool:
        """Consume blanks, line ends, NUL, Ctrl-Z and a BOM; return False at the end of the file."""
        while True:
            kept = self._buffer.lstrip(_BLANKS)
            self._start += len(self._buffer) - len(kept)
            self._buffer = kept
            if len(kept) < len(_BOM):
                if self._fill():
                    continue
                return bool(kept)
            if not kept.startswith(_BOM):
                return True
            self.skip(len(_BOM))

    def segments(self, separators: Separators) -> Iterator[list[str]]:
        """Yield raw segments (tag first) until the file ends; between two of them `rewind` gives the rest back.

        At the end of the file *leftover* holds text that no terminator closed. When a segment is longer than the
        limit, *too_long* is set and nothing more comes.
        """
        element, terminator, by_line = separators.element, separators.segment, separators.ends_lines
        if by_line:
            terminator = "\n"
        self.wrapped, self.empty_segments, self.too_long, self.leftover = False, 0, False, ""
        while True:
            text = self._buffer.replace("\r", "\n") if by_line else self._buffer
            batch = text.split(terminator, _BATCH)
            self._tail = batch.pop()
            self._batch, self._index = batch, -1
            if batch and max(map(len, batch)) > self._limit:
                self.too_long = True
                return
            for self._index, part in enumerate(batch):
                segment = part.lstrip(_MARGIN)
                if not segment:
                    self.empty_segments += not by_line
                    continue
                if not by_line and ("\n" in segment or "\r" in segment):
                    segment = segment.translate(_LINE_ENDS)
                    self.wrapped = True
                yield segment.split(element)
            self._start += sum(map(len, batch)) + len(batch)
            self._batch, self._index = [], -1
            self._buffer = self._tail
            if len(batch) == _BATCH:
                continue
            if len(self._buffer) > self._limit:
                self.too_long = True
                return
            if not self._fill():
                self.leftover = self._buffer.strip(_BLANKS)
                self._start += len(self._buffer)
                self._buffer = ""
                return

    def rewind(self, terminator: str, *, again: bool) -> None:
        """Put what follows the last yielded segment back into the buffer; *again* puts that segment back too."""
        if not self._batch:
            return
        first = self._index if again else self._index + 1
        gone = self._batch[:first]
        self._start += sum(map(len, gone)) + len(gone)
        joint = "\n" if terminator in "\r\n" else terminator
        self._buffer = joint.join([*self._batch[first:], self._tail])
        self._batch, self._index = [], -1

    def close(self) -> None:
        """Forget the rest of the file: it cannot be read."""
        self._buffer, self._batch, self._tail, self._at_end = "", [], "", True

    def _fill(self) -> bool:
        if self._at_end:
            return False
        data = self._source.read(CHUNK_BYTES)
        if not data:
            self._at_end = True
            return False
        self._buffer += data.decode("latin-1")
        return True
