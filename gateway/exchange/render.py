"""From claims to the bytes of one interchange, and from the check's verdict back to the claims it means. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, islice

from gateway.errors import ConfigError
from gateway.mapping.addresses import ELEMENT
from gateway.mapping.claim_places import ClaimPlaces, SetPlaces
from gateway.mapping.compile import CompiledMap
from gateway.mapping.write import WrittenSet, write_claims
from gateway.model.claim import Claim
from gateway.model.findings import Finding, error, errors_in
from gateway.model.submission import Contact, EnvelopeIds, SetHeader
from gateway.settings import Partner, Submitter
from gateway.x12.characters import fold
from gateway.x12.check import check_x12
from gateway.x12.envelope import SetBody, write_interchange

LINE_NUMBER_MAX = 30
_ISA15 = slice(102, 103)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one interchange is made of, but for its claims.

    *references* gives each set's BHT03 by ST02; *verbatim* leaves text as it stands as far as X12 allows.
    """

    profile: Partner
    submitter: Submitter
    claim_map: CompiledMap
    isa13: int
    gs06: int
    created: datetime
    references: Mapping[str, str]
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """One interchange; *written* is each set by ST02, *claims* what it was written from."""

    data: bytes
    claims: Mapping[str, Sequence[Claim]]
    written: Mapping[str, WrittenSet]


@dataclass(frozen=True, slots=True)
class Guilt:
    """What a check means: findings by (ST02, index of the claim), and those that nothing but the head can be blamed for."""

    claims: Mapping[tuple[str, int], tuple[Finding, ...]]
    head: tuple[Finding, ...] = ()

    @property
    def clean(self) -> bool:
        """Tell whether nobody is blamed."""
        return not self.claims and not self.head


def prepare(claim: Claim, claim_id: str) -> Claim:
    """Return *claim* with what answers are matched by: our id as its key, and a control number on every line.

    A line without one gets ``<patient control number>L<n>``, unique in the claim and at most 30 characters
    (REF*6R); where that does not fit, our claim id stands in front.
    """
    taken = {fold(line.line_control_number) for line in claim.service_lines if line.line_control_number}
    lines = []
    for n, line in enumerate(claim.service_lines, start=1):
        number = line.line_control_number
        if not number:
            first = f"{fold(claim.patient_control_number)}L{n}"
            others = (f"{claim_id}L{n}" + (f"X{k}" if k else "") for k in count())
            number = next(c for c in (first, *islice(others, len(taken) + 1)) if _is_free(c, taken))
            taken.add(number)
        lines.append(replace(line, line_control_number=number))
    return replace(claim, claim_key=claim_id, service_lines=tuple(lines))


def _is_free(number: str, taken: set[str]) -> bool:
    return len(number) <= LINE_NUMBER_MAX and number not in taken


def envelope_ids(profile: Partner) -> EnvelopeIds:
    """Return who speaks to whom in ISA and GS, as the profile says."""
    envelope = profile.envelope
    return EnvelopeIds(
        sender_qualifier=envelope.sender_qualifier,
        sender_id=envelope.sender_id,
        receiver_qualifier=envelope.receiver_qualifier,
        receiver_id=envelope.receiver_id,
        group_sender=envelope.group_sender or envelope.sender_id,
        group_receiver=envelope.group_receiver or envelope.receiver_id,
        request_ta1=envelope.request_ta1,
    )


def set_header(profile: Partner, submitter: Submitter, *, reference: str, created: datetime) -> SetHeader:
    """Return the head of a set: BHT03 *reference*, local time *created*, loops 1000A and 1000B by the profile."""
    return SetHeader(
        reference=reference,
        created=created,
        submitter_name=submitter.name,
        submitter_id=profile.submitter_id,
        contact=Contact(
            name=submitter.contact_name, phone=submitter.contact_phone, email=submitter.contact_email
        ),
        receiver_name=profile.receiver_name,
        receiver_id=profile.receiver_id,
    )


def render(job: Job, claims: Mapping[str, Sequence[Claim]]) -> Rendered:
    """Write the interchange that holds *claims*, by ST02.

    Raises:
        ValueError: something cannot be written as X12; the message names the element, never its value.

    """
    written = {
        st02: write_claims(
            job.claim_map,
            set_header(job.profile, job.submitter, reference=job.references[st02], created=job.created),
            group,
            upper=job.profile.text.upper_case,
            verbatim=job.verbatim,
        )
        for st02, group in claims.items()
    }
    data = write_interchange(
        envelope_ids(job.profile),
        isa13=job.isa13,
        gs06=job.gs06,
        functional_id=job.claim_map.functional_id,
        set_id=job.claim_map.set_id,
        version=job.claim_map.version,
        environment=job.profile.environment,
        created=job.created,
        sets=[SetBody(st02, one.segments) for st02, one in written.items()],
        line_breaks=job.profile.envelope.line_breaks,
    )
    return Rendered(data, claims, written)


def says_usage(data: bytes, usage: str) -> bool:
    """Tell whether ISA15 of *data* is *usage*: the last look before bytes are fixed (law 10)."""
    return data[_ISA15] == usage.encode()


def judge(job: Job, claims: Mapping[str, Sequence[Claim]]) -> tuple[Rendered | None, Guilt]:
    """Write and check *claims*; say who is to blame, down to each claim on its own where the place does not tell."""
    rendered, guilt, loose = _judge(job, claims)
    if loose and not guilt.claims:
        guilt = _one_by_one(job, claims, loose)
    return rendered, guilt


def _judge(
    job: Job, claims: Mapping[str, Sequence[Claim]]
) -> tuple[Rendered | None, Guilt, tuple[Finding, ...]]:
    """Return what was written, the blame that has a place, and the findings that have none."""
    try:
        rendered = render(job, claims)
    except ValueError as fault:
        return None, Guilt({}), (error("ENV-WRITE", f"cannot be written as X12: {fault}"),)
    blamed: dict[tuple[str, int], list[Finding]] = {}
    head: list[Finding] = []
    for st02, one in rendered.written.items():
        head += errors_in(one.header_findings)
        for index, found in enumerate(one.findings):
            if bad := errors_in(found):
                blamed[st02, index] = [named(job.claim_map, f) for f in bad]
    if blamed or head:
        return rendered, _guilt(blamed, head), ()
    verdict = check_x12(rendered.data)
    placed: list[Finding] = []
    loose: list[Finding] = []
    for one_set in verdict.sets:
        written = rendered.written.get(one_set.control_number)
        for finding in errors_in(one_set.findings):
            placed.append(finding)
            meant = blame(written, finding.line) if written is not None else ()
            for index in meant:
                blamed.setdefault((one_set.control_number, index), []).append(finding)
            if not meant:
                loose.append(finding)
    loose += [finding for finding in errors_in(verdict.findings) if finding not in placed]
    return rendered, _guilt(_with_fields(job, rendered, blamed), head), tuple(loose)


def _with_fields(
    job: Job, rendered: Rendered, blamed: Mapping[tuple[str, int], list[Finding]]
) -> dict[tuple[str, int], list[Finding]]:
    sets: dict[str, SetPlaces] = {}
    found = {}
    for (st02, index), said in blamed.items():
        written = rendered.written[st02]
        if st02 not in sets:
            sets[st02] = SetPlaces(job.claim_map, [segment.split("*") for segment in written.segments])
        places = sets[st02].claim(*written.spans[index])
        found[st02, index] = [named(job.claim_map, finding, places) for finding in said]
    return found


def named(claim_map: CompiledMap, finding: Finding, places: ClaimPlaces | None = None) -> Finding:
    """Return a finding about our file with the claim's field in place of the position, which only *x12* keeps.

    The sender does not know our file; whoever keeps the finding names the place in the sender's. *places* are the
    claim's in our file.
    """
    position, spot = finding.line, ELEMENT.match(finding.element or "")
    at = f"{finding.segment}@{position}" if position and finding.segment else finding.segment
    x12 = "/".join(part for part in (finding.loop, at, finding.element) if part)
    field = None
    if position is not None and places is not None:
        numbers = (int(spot[2]), int(spot[3]) if spot[3] else None) if spot else (None, None)
        said = places.paths(position, *numbers) or places.paths(position)
        field = said[0] if said else None
    elif finding.loop and finding.element:
        field = claim_map.places.named(finding.loop, finding.element)
    return finding.at(field=field, x12=x12 or None, line=None)


def blame(written: WrittenSet, line: int | None) -> range:
    """Return the indexes of the claims that the segment at position *line* (ST = 1) belongs to.

    A segment of a billing provider's loop belongs to every claim that follows under it; one of the set's head, or
    behind the last claim, to none in particular.
    """
    if line is None:
        return range(0)
    for index, (first, last) in enumerate(written.spans):
        if first <= line <= last:
            return range(index, index + 1)
        if line < first:
            head_ends = 2 + next(i for i, segment in enumerate(written.segments) if segment.startswith("HL*"))
            if line < head_ends:
                return range(0)
            end = index + 1
            while end < len(written.spans) and written.spans[end][0] == written.spans[end - 1][1] + 1:
                end += 1
            return range(index, end)
    return range(0)


def _one_by_one(job: Job, claims: Mapping[str, Sequence[Claim]], loose: tuple[Finding, ...]) -> Guilt:
    """Find the guilty where a fault has no place: each claim alone in a file; when all fail, the head is at fault."""
    blamed: dict[tuple[str, int], list[Finding]] = {}
    tried = 0
    for st02, group in claims.items():
        for index, claim in enumerate(group):
            tried += 1
            _, alone, still_loose = _judge(job, {st02: (claim,)})
            found = [*alone.head, *(f for each in alone.claims.values() for f in each), *still_loose]
            if found:
                blamed[st02, index] = [f.at(claim=claim.patient_control_number) for f in found]
    if not blamed or (len(blamed) == tried and all(_of_head(f) for f in loose)):
        return Guilt({}, loose)
    return _guilt(blamed, [])


def _of_head(finding: Finding) -> bool:
    """Tell whether an unplaced finding speaks of what config.toml gives: the envelope, or a set's head."""
    if finding.code == "ENV-WRITE":
        return re.search(r"\b(ISA|GS|ST)[0-9]{2}\b", finding.message) is not None
    return finding.line is not None or finding.segment in {"ISA", "IEA", "GS", "GE"}


def _guilt(blamed: Mapping[tuple[str, int], list[Finding]], head: list[Finding]) -> Guilt:
    return Guilt({who: tuple(found) for who, found in blamed.items()}, tuple(head))


def file_name(job: Job, sha256: str) -> str:
    """Return the remote name by the profile's template and rules.

    Raises:
        ConfigError: the template cannot be used, or breaks one of the partner's rules.

    """
    try:
        return job.profile.remote_name(
            kind=job.claim_map.name.upper(), isa13=job.isa13, sha256=sha256, created=job.created
        )
    except ValueError as fault:
        raise ConfigError(f"upload.file_name: {fault}") from None
