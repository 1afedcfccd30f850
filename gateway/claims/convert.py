"""Claim records into an 837 file without an installation: the way out, without store and transport.

The result is for looking at and for tests: ISA15 is always T, the control number always the first one.
"""

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.claims.edits import EditContext, prepare, run_edits, summed_up
from gateway.claims.intake.formats import Intake
from gateway.claims.intake.reading import read_records
from gateway.claims.intake.record import PRINTED_BY_READ
from gateway.claims.intake.x12_pieces import Piece
from gateway.clock import Clock
from gateway.errors import NotFound
from gateway.exchange.render import Guilt, Job, Rendered, judge
from gateway.mapping.compile import CompiledMap, load_map
from gateway.mapping.overlay import load_overlay
from gateway.model.claim import Claim
from gateway.model.codec import claim_from_json
from gateway.model.findings import Finding, errors_in
from gateway.model.submission import Environment
from gateway.settings import Limits, Partner, Settings, Submitter, TimelyFiling, zone

CLAIM_MAP = "837p"

PLACEHOLDER = Partner.model_validate(
    {
        "environment": "test",
        "submitter_id": "SENDER",
        "receiver_name": "RECEIVER",
        "receiver_id": "RECEIVER",
        "send_folder": ".",
        "folder": {"path": "."},
        "envelope": {"sender_id": "SENDER", "receiver_id": "RECEIVER"},
        "upload": {"mode": "direct"},
        "download": {"folders": ["."]},
    }
)
"""Who speaks to whom where no partner is named: nobody that exists."""

PLACEHOLDER_SUBMITTER = Submitter(name="SENDER", contact_name="SENDER", contact_phone="5555550100")
FIRST = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which profile, map and date claims are converted."""

    profile: Partner
    submitter: Submitter
    claim_map: CompiledMap
    created: datetime
    context: EditContext


@dataclass(slots=True)
class Converted:
    """What came of it: *data* is None where no claim could be written; *unusable* counts files without any record."""

    data: bytes | None = None
    written: int = 0
    withheld: int = 0
    unusable: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Record:
    """A claim to be written; *origin* names the transaction set that it was read from, where it was."""

    claim: Claim
    intake: Intake
    file: str
    origin: str = ""


def terms_for(
    partner: str | None = None, *, settings: Settings | None = None, folder: Path | None = None, clock: Clock
) -> Terms:
    """Return the terms of *partner*'s profile in *settings* - as a test, whatever it says -, or placeholder terms.

    *folder* is the installation's `maps/`, where there is one.

    Raises:
        NotFound: there is no such partner.
        MapError: the partner's overlay is wrong.

    """
    if partner is None or settings is None:
        return _terms(PLACEHOLDER, PLACEHOLDER_SUBMITTER, load_map(CLAIM_MAP), clock)
    profile = _profile(settings, partner)
    overlay = load_overlay(CLAIM_MAP, partner, folder, profile=profile.profile)
    claim_map = load_map(CLAIM_MAP, overlay=overlay, folder=folder)
    profile = profile.model_copy(update={"environment": Environment.TEST})
    return _terms(profile, settings.submitter, claim_map, clock, settings.timely_filing)


def _profile(settings: Settings, partner: str) -> Partner:
    profile = settings.partner.get(partner)
    if profile is None:
        known = ", ".join(sorted(settings.partner)) or "none"
        raise NotFound(f"no partner {partner!r} in config.toml (there are: {known})")
    return profile


def _terms(
    profile: Partner,
    submitter: Submitter,
    claim_map: CompiledMap,
    clock: Clock,
    filing: TimelyFiling | None = None,
) -> Terms:
    now = clock.now()
    return Terms(
        profile=profile,
        submitter=submitter,
        claim_map=claim_map,
        created=now.astimezone(zone(submitter.time_zone)),
        context=EditContext(
            today=now.astimezone(zone(submitter.time_zone)).date(), profile=profile, filing=filing
        ),
    )


def convert_files(
    sources: Iterable[tuple[str, bytes]], terms: Terms, *, limits: Limits, keep_invalid: bool = False
) -> Converted:
    """Convert the records of *sources* (name, bytes) into one interchange.

    A claim with a fault is left out with its findings. With *keep_invalid* every claim that can be said in X12 is
    written as it was given, spelling included, and the findings are only told.
    """
    made = Converted()
    records = [
        one for name, data in sources for one in _records(name, data, terms, limits, made, keep_invalid)
    ]
    if not keep_invalid:
        records = _by_provider(records)
    while records:
        job, groups, rows = _job(records, terms, keep_invalid=keep_invalid)
        rendered, guilt = judge(job, groups)
        guilty = _tell(guilt, rows, made)
        if rendered is not None and (keep_invalid or guilt.clean):
            made.data, made.written = rendered.data, _count(rendered)
            break
        if not guilty:
            made.withheld += len(records)
            break
        made.withheld += len(guilty)
        records = [one for one in records if id(one) not in guilty]
    return made


def _records(  # noqa: PLR0917
    name: str, data: bytes, terms: Terms, limits: Limits, made: Converted, keep_invalid: bool
) -> list[_Record]:
    """Read and judge the records of one file; what is said of them goes into *made*."""
    found: list[_Record] = []
    rows = 0
    for one in read_records(data, name=name, limits=limits):
        made.findings += one.findings
        rows += one.row > 0
        claim = one.claim
        if claim is None and keep_invalid:
            claim = one.as_read or _as_given(one.raw)
        if claim is None:
            made.withheld += one.row > 0
            continue
        if one.claim is None:
            said = []  # the record's own faults are told; the edits expect what a record must have
        elif keep_invalid:
            said = run_edits(claim, context=terms.context)
        else:
            claim, said = prepare(claim, context=terms.context)
        made.findings += summed_up(one.located(finding, name) for finding in said)
        if errors_in(said) and not keep_invalid:
            made.withheld += 1
        else:
            found.append(_Record(claim, one, name, _origin(one) if keep_invalid else ""))
    made.unusable += not rows
    return found


def _as_given(raw: str | Piece) -> Claim | None:
    """Return the claim that `read` printed although the file it read lacked what a claim must have; None otherwise."""
    if not isinstance(raw, str):
        return None
    try:
        record = json.loads(raw)
        claim = claim_from_json({k: v for k, v in record.items() if k not in PRINTED_BY_READ})
    except (ValueError, TypeError, AttributeError, KeyError, ArithmeticError):
        return None
    return claim if isinstance(record.get("source"), dict) else None


def _origin(one: Intake) -> str:
    """Return which transaction set a record was read from, as text that tells one from another."""
    if one.x12 is not None:
        return str(one.x12.key)
    try:
        source = json.loads(str(one.raw))["source"]
    except (ValueError, TypeError, KeyError):
        return ""
    return json.dumps({**source, "position": None}, sort_keys=True) if isinstance(source, dict) else ""


def _by_provider(records: Sequence[_Record]) -> list[_Record]:
    """Order records by billing provider, in the order in which providers first appear: one HL*20 each."""
    order: dict[object, int] = {}
    for one in records:
        order.setdefault(one.claim.billing_provider, len(order))
    return sorted(records, key=lambda one: order[one.claim.billing_provider])


def _job(
    records: Sequence[_Record], terms: Terms, *, keep_invalid: bool
) -> tuple[Job, dict[str, list[Claim]], dict[str, list[_Record]]]:
    groups = _groups(records, terms.profile.batching.claims_per_set)
    rows = {f"{number:04d}": group for number, group in enumerate(groups, start=1)}
    job = Job(
        profile=terms.profile,
        submitter=terms.submitter,
        claim_map=terms.claim_map,
        isa13=FIRST,
        gs06=FIRST,
        created=terms.created,
        references={st02: f"CONVERT{st02}" for st02 in rows},
        verbatim=keep_invalid,
    )
    return job, {st02: [one.claim for one in group] for st02, group in rows.items()}, rows


def _groups(records: Sequence[_Record], size: int) -> Iterator[list[_Record]]:
    """Yield the claims of one set after the other: those read from one set stay together, at most *size*."""
    for _, together in itertools.groupby(records, key=lambda one: one.origin):
        whole = list(together)
        yield from (whole[start : start + size] for start in range(0, len(whole), size))


def _tell(guilt: Guilt, rows: dict[str, list[_Record]], made: Converted) -> set[int]:
    """Report what the check found under the record it came from; return which records are to blame."""
    made.findings += guilt.head
    guilty = set()
    for (st02, index), said in guilt.claims.items():
        one = rows[st02][index]
        guilty.add(id(one))
        for finding in said:
            place = f" (segment {finding.line} of set {st02})" if finding.line else ""
            made.findings.append(
                Finding(
                    code=finding.code,
                    severity=finding.severity,
                    message=finding.message + place,
                    file=one.file,
                    line=one.intake.x12.position if one.intake.x12 else one.intake.row or None,
                    segment=finding.segment,
                    element=finding.element,
                    loop=finding.loop,
                    claim=finding.claim or one.claim.patient_control_number,
                )
            )
    return guilty


def _count(rendered: Rendered) -> int:
    return sum(len(group) for group in rendered.claims.values())
