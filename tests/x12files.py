"""Small X12 files for tests: an envelope to wrap things in, a sound 837P, and ways to spoil them."""

from datetime import UTC, datetime
from pathlib import Path

from gateway.model.submission import EnvelopeIds, Environment
from gateway.x12.envelope import SetBody, write_interchange
from gateway.x12.reader import Interchange, Ta1Segment, TransactionSet, read_x12

CREATED = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)

IDS = EnvelopeIds(
    sender_qualifier="ZZ",
    sender_id="SUBMITTER1",
    receiver_qualifier="ZZ",
    receiver_id="PAYERHUB",
    group_sender="SUBMITTER1",
    group_receiver="PAYERHUB",
    request_ta1=True,
)

SEGMENTS_837P = tuple(
    (Path(__file__).parent / "golden" / "x12" / "837p_two_claims.txt")
    .read_text(encoding="ascii")
    .split("\n")[:-1]
)
"""The body of an 837P with two claims, the second for a dependent; position in the set = index + 2."""


def position_of(start: str, nth: int = 1) -> int:
    """Return the position (ST = 1) of the nth segment of the 837P that starts with *start*."""
    hits = [index for index, segment in enumerate(SEGMENTS_837P) if segment.startswith(start)]
    return hits[nth - 1] + 2


def replaced(*changes: tuple[str, str | None]) -> tuple[str, ...]:
    """Return the 837P's segments with each first segment starting with *old* replaced, or taken out when None."""
    segments = list(SEGMENTS_837P)
    for old, new in changes:
        index = next(i for i, segment in enumerate(segments) if segment.startswith(old))
        segments[index : index + 1] = [] if new is None else [new]
    return tuple(segments)


def file_837p(*bodies: tuple[str, ...], isa13: int = 101, line_breaks: bool = False) -> bytes:
    """Return an interchange with one 837P for each of *bodies*."""
    sets = [SetBody(f"{n:04d}", body) for n, body in enumerate(bodies or (SEGMENTS_837P,), start=1)]
    return write_interchange(
        IDS,
        isa13=isa13,
        gs06=isa13,
        functional_id="HC",
        set_id="837",
        version="005010X222A1",
        environment=Environment.TEST,
        created=CREATED,
        sets=sets,
        line_breaks=line_breaks,
    )


class Read:
    """A file read to its end."""

    def __init__(self, source: bytes) -> None:
        import io

        self.interchanges: list[Interchange] = []
        self.sets: list[TransactionSet] = []
        self.segments: list[list[list[str]]] = []
        self.ta1: list[list[str]] = []
        for interchange in read_x12(io.BytesIO(source), file="in.edi"):
            self.interchanges.append(interchange)
            for part in interchange.parts():
                if isinstance(part, Ta1Segment):
                    self.ta1.append(part.elements)
                else:
                    self.sets.append(part)
                    self.segments.append(list(part.segments()))

    @property
    def codes(self) -> list[str]:
        """All finding codes, interchanges first."""
        whole = [f for i in self.interchanges for f in i.findings] + [
            f for s in self.sets for f in s.findings
        ]
        return [finding.code for finding in whole]

    @property
    def intact(self) -> list[bool | None]:
        """The verdict on each interchange."""
        return [i.intact for i in self.interchanges]
