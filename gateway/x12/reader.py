"""X12 files, read as a stream: interchanges, groups, transaction sets, TA1 (domain.md 1 and 9.1).

Nothing here knows what a segment means beyond the envelope. Whatever is wrong with an envelope becomes a finding of
the interchange or the set it belongs to; only bytes that cannot be taken for an interchange at all raise.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from gateway.errors import X12Error
from gateway.model.findings import Finding, error, warning
from gateway.x12.headers import (
    GroupHeader,
    InterchangeHeader,
    ReadLimits,
    Ta1Segment,
    agreement,
    element,
    group_header,
    interchange_header,
    same_number,
)
from gateway.x12.separators import HEAD_BYTES, FoundIsa, discover, stands_exactly
from gateway.x12.sniff import looks_like_x12, refusal
from gateway.x12.tokens import CHUNK_BYTES, TokenStream
from gateway.x12.transaction_set import TAG, Feed, TransactionSet, Witness

__all__ = [
    "GroupHeader",
    "Interchange",
    "InterchangeHeader",
    "ReadLimits",
    "Ta1Segment",
    "TransactionSet",
    "Witness",
    "looks_like_x12",
    "read_x12",
]

_SERVICE = frozenset(
    {
        "ISB",
        "ISE",
        "TA3",
        "S1A",
        "S1S",
        "S1E",
        "S2A",
        "S2S",
        "S2E",
        "S3A",
        "S3S",
        "S3E",
        "S4A",
        "S4S",
        "S4E",
        "SVA",
    }
)
"""Delivery and security segments that the standard allows in envelopes; they carry no business."""


class Interchange:
    """One ISA..IEA: its header at once (*isa* as it came), its parts as they are asked for.

    *findings* and *intact* (IEA present, groups and numbers agree) are complete when `parts` is exhausted; until
    then *intact* is None. Faults inside a transaction set are that set's own, except when the file ends there.
    """

    def __init__(
        self,
        found: FoundIsa,
        tokens: TokenStream,
        *,
        ordinal: int,
        file: str | None,
        limits: ReadLimits,
        witness: Witness | None = None,
    ) -> None:
        self.header = interchange_header(found, ordinal)
        self.isa = found.elements
        self.findings: list[Finding] = []
        self.intact: bool | None = None
        self._feed = Feed(self.header, tokens, file=file, limits=limits, witness=witness)
        self._stream = tokens
        self._sound = True
        self._group: GroupHeader | None = None
        self._groups = 0
        self._sets = 0
        self._strange: set[str] = set()
        self._iterator = self._read()
        self._look_at_header(found)

    def parts(self) -> Iterator[TransactionSet | Ta1Segment]:
        """Yield transaction sets and TA1 segments in order; going on reads the rest of the previous set."""
        return self._iterator

    def _look_at_header(self, found: FoundIsa) -> None:
        if not found.exact:
            self._warn(
                "ENV-ISA-WIDTH", "The ISA segment does not have its fixed width of 106 characters.", "ISA"
            )
        if found.note:
            self._warn("ENV-ISA-REPETITION", found.note, "ISA")
        if not re.fullmatch(r"[0-9]{9}", self.header.control_number):
            self._warn("ENV-ISA-CONTROL", "ISA13 is not a number of nine digits.", "ISA")
        if self.header.usage not in {"T", "P"}:
            self._warn("ENV-ISA-USAGE", "ISA15 says neither T (test) nor P (production).", "ISA")
        self._isa_wrapped = found.wrapped

    def _read(self) -> Iterator[TransactionSet | Ta1Segment]:
        while (segment := self._feed.next()) is not None:
            tag = segment[0]
            if tag == "ST":
                self._sets += 1
                part = TransactionSet(self._feed, self._group, segment, self._sets)
                yield part
                for _ in part.segments():
                    pass
            elif tag == "TA1":
                if self._group is not None:
                    self._fault("ENV-TA1-PLACE", "A TA1 stands inside a functional group.", "TA1")
                yield Ta1Segment(segment)
            elif tag == "GS":
                self._leave_group("GS")
                self._enter_group(segment)
            elif tag == "GE":
                self._close_group(segment)
            elif tag == "IEA":
                self._leave_group("IEA")
                self._close(segment)
                return
            elif tag == "ISA":
                self._leave_group("ISA")
                self._stream.rewind(self.header.separators.segment, again=True)
                self._fault(
                    "ENV-IEA-MISSING", "The next ISA follows, but this interchange has no IEA.", "ISA"
                )
                self._finish()
                return
            else:
                self._step_over(tag)
        self._at_end()

    def _step_over(self, tag: str) -> None:
        known = tag in _SERVICE
        self._sound = self._sound and known
        if tag in self._strange or len(self._strange) >= 20:
            return
        self._strange.add(tag)
        speak = self._warn if known else self._fault
        message = "A segment stands outside every transaction set and is not read."
        speak("ENV-SEGMENT-PLACE", message, tag if TAG.match(tag) else None)

    def _enter_group(self, segment: list[str]) -> None:
        self._groups += 1
        self._sets = 0
        self._group = group_header(segment, self._groups)
        if len(segment) != 9:
            self._warn("ENV-GS", "GS does not have its eight elements.", "GS")

    def _leave_group(self, follower: str) -> None:
        if self._group is not None:
            self._fault("ENV-GE-MISSING", f"The functional group has no GE: {follower} follows.", follower)
            self._group = None

    def _close_group(self, segment: list[str]) -> None:
        if self._group is None:
            self._fault("ENV-GS-MISSING", "A GE closes a functional group that no GS opened.", "GE")
            return
        if not same_number(element(segment, 1), str(self._sets)):
            message = f"GE01 does not count the transaction sets: there are {self._sets}."
            self._fault("ENV-GE-COUNT", message, "GE")
        self._compare("ENV-GE-CONTROL", "GE02 is not written like GS06.", self._group.control_number, segment)
        self._group = None

    def _close(self, segment: list[str]) -> None:
        if not same_number(element(segment, 1), str(self._groups)):
            message = f"IEA01 does not count the functional groups: there are {self._groups}."
            self._fault("ENV-IEA-COUNT", message, "IEA")
        message = "IEA02 is not written like ISA13."
        self._compare("ENV-IEA-CONTROL", message, self.header.control_number, segment)
        self._stream.rewind(self.header.separators.segment, again=False)
        self._finish()

    def _at_end(self) -> None:
        """Judge a file that ended before an IEA with its terminator came."""
        last = self._stream.leftover.split(self.header.separators.element)
        unended = last[0] == "IEA" and self._group is None and not self._stream.too_long
        if unended and element(last, 2) == self.header.control_number:
            self._warn("ENV-IEA-TERMINATOR", "The last segment has no terminator.", "IEA")
            self._close(last)
            return
        self._fault(*self._feed.end_of_file(), None)
        self._finish()

    def _finish(self) -> None:
        if self._stream.wrapped or self._isa_wrapped:
            self._warn("ENV-WRAP", "Line ends stood inside segments; they were taken out.", None)
        if self._feed.folded:
            self._warn("ENV-SEGMENT-CASE", "Segment ids in lower case were read as capitals.", None)
        if self._stream.empty_segments:
            self._warn("ENV-EMPTY-SEGMENT", "Empty segments (two terminators in a row) were skipped.", None)
        self.intact = self._sound

    def _compare(self, code: str, message: str, opened: str, segment: list[str]) -> None:
        agrees = agreement(opened, element(segment, 2))
        if agrees is True:
            self._warn(code, message, segment[0])
        elif agrees is False:
            self._fault(code, message, segment[0])

    def _warn(self, code: str, message: str, segment: str | None) -> None:
        self.findings.append(warning(code, message, file=self._feed.file, segment=segment))

    def _fault(self, code: str, message: str, segment: str | None) -> None:
        self._sound = False
        self.findings.append(error(code, message, file=self._feed.file, segment=segment))


def read_x12(
    source: BinaryIO,
    *,
    file: str | None = None,
    limits: ReadLimits | None = None,
    first: int = 1,
    witness: Witness | None = None,
) -> Iterator[Interchange]:
    """Yield the interchanges of *source* one by one; going on reads the rest of the previous one.

    A UTF-8 BOM, blanks, NUL and Ctrl-Z around interchanges are ignored (TRAP-07). Lines of other text before the
    first ISA are skipped with ENV-LEADING-TEXT when an ISA of the exact form starts a line within the first
    64 KiB; after an interchange nothing is skipped (TRAP-01). *file* goes into the findings; *first* is the ordinal of
    the first interchange. *witness* is shown every raw segment after an interchange's ISA before it is judged, those
    outside transaction sets included, and last what no terminator closed.

    Raises:
        X12Error: what stands at this place is no interchange (ENV-EMPTY, ENV-NO-ISA, ENV-ZIP, ENV-ISA-BROKEN,
            ENV-TRAILING ...), with the byte offset. Interchanges yielded before stay good (TRAP-12).

    """
    limits = limits or ReadLimits()
    tokens = TokenStream(source, segment_bytes=limits.segment_bytes)
    skipped = skip_to_first_isa(tokens)
    ordinal = first - 1
    while tokens.skip_blanks():
        ordinal += 1
        head = tokens.head(HEAD_BYTES)
        if not looks_like_x12(head[:4].encode("latin-1")):
            raise X12Error(
                "ENV-TRAILING",
                "Text that is not X12 follows the last interchange of the file. Look at it and ask the sender.",
                offset=tokens.offset,
            )
        found = discover(head, offset=tokens.offset)
        tokens.skip(found.width)
        interchange = Interchange(found, tokens, ordinal=ordinal, file=file, limits=limits, witness=witness)
        if skipped and ordinal == first:
            interchange.findings.append(
                warning("ENV-LEADING-TEXT", "Text before the first ISA was skipped.", file=file)
            )
        yield interchange
        for _ in interchange.parts():
            pass


def skip_to_first_isa(tokens: TokenStream) -> bool:
    """Go to the first ISA; return whether text before it was skipped.

    Raises:
        X12Error: the file opens no interchange.

    """
    head = tokens.head(CHUNK_BYTES)
    raw = head.encode("latin-1")
    if looks_like_x12(raw):
        return False
    if len(raw.strip()) == 0 and tokens.skip_blanks():
        return skip_to_first_isa(tokens)
    code, message = refusal(raw)
    if code == "ENV-NOT-X12":
        for match in re.finditer(r"^ISA", head, re.MULTILINE):
            if stands_exactly(head[match.start() :]):
                tokens.skip(match.start())
                return True
    raise X12Error(code, message, offset=0)
