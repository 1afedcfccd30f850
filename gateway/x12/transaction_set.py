"""One transaction set: ST, its segments as a stream, SE (domain.md 1.1; TRAP-10, TRAP-13, TRAP-14)."""

import re
from collections.abc import Callable, Iterator

from gateway.model.findings import Finding, error, warning
from gateway.x12.headers import GroupHeader, InterchangeHeader, ReadLimits, agreement, element, same_number
from gateway.x12.tokens import TokenStream

TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}\Z")
"""What a segment id looks like."""

_CONTROL = frozenset({"ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"})
_KINDS = {
    "837": {"HC"},
    "835": {"HP"},
    "999": {"FA"},
    "997": {"FA"},
    "270": {"HS"},
    "271": {"HB"},
    "276": {"HR"},
    "277": {"HN"},
}
"""Which GS01 goes with which ST01 (domain.md 0.2)."""
_TOO_MANY_ELEMENTS = "A segment has more elements than the limit segment_elements allows."
_TOO_MANY_SEGMENTS = "The transaction set is longer than the limit set_segments allows; the rest is not read."


Witness = Callable[[list[str]], None]
"""Is shown the raw segments as they pass."""


def _witnessed(
    stream: TokenStream, tokens: Iterator[list[str]], witness: Witness, element: str
) -> Iterator[list[str]]:
    """Pass *tokens* on, each after *witness* has seen it; the next ISA, which is put back, is not this interchange's."""
    for segment in tokens:
        if segment[0] != "ISA":
            witness(segment)
        yield segment
    if stream.leftover:
        witness(stream.leftover.split(element))


class Feed:
    """What an interchange and its transaction sets read from together.

    *pending* is a segment that one of them took and the other has to deal with.
    """

    def __init__(
        self,
        header: InterchangeHeader,
        stream: TokenStream,
        *,
        file: str | None,
        limits: ReadLimits,
        witness: Witness | None = None,
    ) -> None:
        self.header = header
        self.stream = stream
        self.tokens = stream.segments(header.separators)
        if witness is not None:
            self.tokens = _witnessed(stream, self.tokens, witness, header.separators.element)
        self.folded = False
        if limits.fold_segment_ids:
            self.tokens = self._capitals(self.tokens)
        self.file = file
        self.limits = limits
        self.pending: list[str] | None = None
        self.known_tags: set[str] = set()

    def next(self) -> list[str] | None:
        """Return the pending segment or else the next one, None at the end of the file."""
        segment, self.pending = self.pending, None
        return segment or next(self.tokens, None)

    def _capitals(self, tokens: Iterator[list[str]]) -> Iterator[list[str]]:
        """Write segment ids in capitals, and remember that one was not (TRAP-17)."""
        for segment in tokens:
            tag = segment[0].upper()
            if tag != segment[0] and TAG.match(tag):
                self.folded = True
                segment[0] = tag
            yield segment

    def end_of_file(self) -> tuple[str, str]:
        """Return code and sentence for segments that stopped coming too early."""
        if self.stream.too_long:
            self.stream.close()
            return (
                "ENV-SEGMENT-LONG",
                "A segment is longer than the limit segment_bytes allows: the rest of the file is not read.",
            )
        return (
            "ENV-TRUNCATED",
            "The file ends in the middle of the interchange. Fetch it again, or ask the sender for the whole file.",
        )


class TransactionSet:
    """One ST..SE: its header at once, its segments as they are asked for.

    *findings*, *intact* (SE present, SE01 and SE02 right, nothing unreadable inside) and *trailer* (the SE as it
    came, None where there is none) are complete when `segments` is exhausted; until then *intact* is None.
    """

    def __init__(self, feed: Feed, group: GroupHeader | None, st: list[str], ordinal: int) -> None:
        self.interchange = feed.header
        self.group = group
        self.set_id = element(st, 1)
        self.control_number = element(st, 2)
        self.version = element(st, 3) or None
        self.ordinal = ordinal
        self.findings: list[Finding] = []
        self.intact: bool | None = None
        self.trailer: list[str] | None = None
        self._feed = feed
        self._iterator = self._read()
        self._look_at_header(st)

    @property
    def implementation(self) -> str:
        """Return the guide's name: ST03, or GS08 where ST03 is absent."""
        return self.version or (self.group.version if self.group else "")

    def segments(self) -> Iterator[list[str]]:
        """Yield the raw segments between ST and SE, the first of which has position 2; once only."""
        return self._iterator

    def _look_at_header(self, st: list[str]) -> None:
        place = {"file": self._feed.file, "segment": "ST", "line": 1}
        if not self.set_id or not self.control_number:
            self.findings.append(error("ENV-ST", "ST lacks its set id or its control number.", **place))
        if self.group is None:
            self.findings.append(
                error("ENV-GS-MISSING", "The transaction set stands in no functional group.", **place)
            )
            return
        kinds = _KINDS.get(self.set_id)
        if kinds and self.group.functional_id not in kinds:
            self.findings.append(
                warning("ENV-GS-TYPE", "GS01 does not go with the kind of transaction set in ST01.", **place)
            )
        if self.version and self.group.version != self.version:
            self.findings.append(warning("ENV-ST-VERSION", "ST03 and GS08 name different guides.", **place))
        if len(st) > 4:
            self.findings.append(warning("ENV-ST", "ST has more elements than the standard knows.", **place))

    def _read(self) -> Iterator[list[str]]:
        feed, limits = self._feed, self._feed.limits
        position, sound, odd = 1, True, 0
        most_elements, known = limits.segment_elements, feed.known_tags
        for segment in feed.tokens:
            tag = segment[0]
            if tag not in known:
                if tag in _CONTROL and tag != "TA1":
                    self._close(segment, position, sound=sound)
                    return
                if TAG.match(tag) and tag != "TA1":
                    known.add(tag)
                else:
                    sound = False
                    odd += 1
                    if odd == 1:
                        self.findings.append(self._strange(tag, position + 1))
            position += 1
            if len(segment) > most_elements:
                sound = False
                self.findings.append(self._fault("ENV-ELEMENTS", _TOO_MANY_ELEMENTS, position, tag))
            if position > limits.set_segments:
                sound = False
                if position == limits.set_segments + 1:
                    self.findings.append(self._fault("ENV-SET-LONG", _TOO_MANY_SEGMENTS, position, None))
                continue
            yield segment
        self.intact = False
        code, message = feed.end_of_file()
        self.findings.append(self._fault(code, message, position, None))

    def _close(self, segment: list[str], position: int, *, sound: bool) -> None:
        if segment[0] != "SE":
            self._feed.pending = segment
            self.intact = False
            message = f"The transaction set has no SE: {segment[0]} follows its last segment."
            self.findings.append(self._fault("ENV-SE-MISSING", message, position, segment[0]))
            return
        self.trailer = segment
        line = position + 1
        if not same_number(element(segment, 1), str(line)):
            sound = False
            message = f"SE01 does not count the segments: there are {line} from ST to SE."
            self.findings.append(self._fault("ENV-SE-COUNT", message, line, "SE"))
        agrees = agreement(self.control_number, element(segment, 2))
        if agrees is not None:
            sound = sound and agrees
            make = warning if agrees else error
            self.findings.append(
                make(
                    "ENV-SE-CONTROL",
                    "SE02 is not written like ST02.",
                    file=self._feed.file,
                    line=line,
                    segment="SE",
                )
            )
        self.intact = sound

    def _strange(self, tag: str, position: int) -> Finding:
        if tag == "TA1":
            return self._fault("ENV-TA1-PLACE", "A TA1 stands inside a transaction set.", position, tag)
        return self._fault(
            "ENV-SEGMENT-ID",
            "A segment does not start with a segment id: perhaps a separator occurs in the data. "
            "Ask the sender for a corrected file.",
            position,
            None,
        )

    def _fault(self, code: str, message: str, line: int, segment: str | None) -> Finding:
        return error(code, message, file=self._feed.file, line=line, segment=segment)
