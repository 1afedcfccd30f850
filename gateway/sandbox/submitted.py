"""An uploaded 837 file as the sandbox sees it: interchanges, sets, claims with their places."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.mapping.compile import CompiledMap, load_map
from gateway.mapping.read import read_claims
from gateway.model.claim import Claim
from gateway.model.findings import Finding
from gateway.model.submission import EnvelopeIds, SetHeader
from gateway.x12.reader import GroupHeader, InterchangeHeader, TransactionSet, read_x12

PROFESSIONAL = "005010X222"
"""The implementations whose claims the sandbox works on begin with this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedClaim:
    """A claim and the position of its CLM segment in the set, ST = 1."""

    ordinal: int
    claim: Claim
    position: int


@dataclass(slots=True, kw_only=True)
class SubmittedSet:
    """One ST 837; *index* counts the sets of the file from 1."""

    index: int
    group: GroupHeader
    control_number: str
    set_id: str
    implementation: str
    header: SetHeader | None = None
    claims: list[SubmittedClaim] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class SubmittedInterchange:
    """One ISA..IEA with its sets; *intact* is False when the envelope does not hold together."""

    header: InterchangeHeader
    sets: list[SubmittedSet]
    groups: list[GroupHeader]
    findings: list[Finding]
    intact: bool

    def reply_ids(self, group: GroupHeader | None = None) -> EnvelopeIds:
        """Return the envelope of an answer: sender and receiver swapped."""
        isa = self.header
        return EnvelopeIds(
            sender_qualifier=isa.receiver_qualifier,
            sender_id=isa.receiver,
            receiver_qualifier=isa.sender_qualifier,
            receiver_id=isa.sender,
            group_sender=group.receiver if group else isa.receiver,
            group_receiver=group.sender if group else isa.sender,
        )


def read_submitted(data: bytes) -> Iterator[SubmittedInterchange]:
    """Read an upload, one interchange after the other.

    Raises:
        X12Error: nothing, or nothing further, can be read as an interchange.

    """
    claim_map = load_map("837p")
    index = 0
    for interchange in read_x12(io.BytesIO(data)):
        sets: list[SubmittedSet] = []
        groups: dict[int, GroupHeader] = {}
        for part in interchange.parts():
            if not isinstance(part, TransactionSet) or part.group is None:
                continue
            index += 1
            groups[part.group.ordinal] = part.group
            submitted = SubmittedSet(
                index=index,
                group=part.group,
                control_number=part.control_number,
                set_id=part.set_id,
                implementation=part.implementation,
            )
            sets.append(submitted)
            if part.set_id == "837" and part.implementation.startswith(PROFESSIONAL):
                _read_claims(submitted, part, claim_map)
        yield SubmittedInterchange(
            header=interchange.header,
            sets=sets,
            groups=list(groups.values()),
            findings=list(interchange.findings),
            intact=bool(interchange.intact),
        )


def _read_claims(submitted: SubmittedSet, part: TransactionSet, claim_map: CompiledMap) -> None:
    positions: list[int] = []

    def counted() -> Iterator[list[str]]:
        for position, segment in enumerate(part.segments(), start=2):
            if segment[0] == "CLM":
                positions.append(position)
            yield segment

    separators = part.interchange.separators
    for record in read_claims(claim_map, counted(), separators):
        submitted.header = submitted.header or record.header
        if isinstance(record.record, Claim):
            ordinal = len(submitted.claims) + 1
            submitted.claims.append(SubmittedClaim(ordinal=ordinal, claim=record.record, position=0))
    for claim, position in zip(submitted.claims, positions, strict=False):
        submitted.claims[claim.ordinal - 1] = SubmittedClaim(
            ordinal=claim.ordinal, claim=claim.claim, position=position
        )
