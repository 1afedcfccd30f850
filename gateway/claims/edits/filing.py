"""Edits on what one payer wants and another does not: how old a claim may be, how a member id looks."""

import re
from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.model.claim import Claim
from gateway.model.findings import Severity

_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]"
    r"[AC-HJKMNP-RT-Y]{2}[0-9]{2}\Z"
)
_STRANGE = re.compile(r"[^A-Z0-9*:~^|>\x00-\x1f\x7f-\U0010ffff]")
"""What is neither a capital or digit nor for P-CHARS to judge."""


@edit(
    "P-MBI",
    snip=7,
    place="2010BA NM109",
    text="a Medicare member id has the shape of an MBI",
    bad={"claim_filing_indicator": "MB"},
    good={"claim_filing_indicator": "MB", "subscriber.member_id": "1EG4TE5MK73"},
    severity=Severity.WARNING,
)
def medicare_id(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Eleven characters, some letters never used."""
    member = claim.subscriber.member_id
    if claim.claim_filing_indicator == "MB" and member and not _MBI.match(member):
        yield "subscriber.member_id", "this is not the shape of a Medicare number (MBI)"


@edit(
    "P-MEMBER-ID",
    snip=7,
    place="2010BA NM109, 2330A NM109",
    text="a member id has capitals and digits only",
    bad={"subscriber.member_id": "mbr 000111"},
    good={"subscriber.member_id": "MBR000111"},
)
def member_ids(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Blanks, hyphens and small letters are put right before; switched off, the id goes as on the card (TRAP-50)."""
    found = [("subscriber", claim.subscriber.member_id)]
    found += [
        (f"other_payers[{i}].subscriber", p.subscriber.member_id) for i, p in enumerate(claim.other_payers)
    ]
    for path, number in found:
        if number is not None and _STRANGE.search(number):
            yield f"{path}.member_id", "the member id has something in it beside capitals and digits"


@edit(
    "P-TIMELY",
    snip=7,
    place="2400 DTP*472, 2300 CLM20",
    text="the oldest service is not older than the payer takes claims for, or the delay has its reason",
    bad={"service_lines[0].service_date": "2025-02-01"},
    good={"service_lines[0].service_date": "2025-02-01", "delay_reason": "7"},
    severity=Severity.WARNING,
)
def timely(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Days from the oldest service, by `[timely_filing]`; a void is never late."""
    if context.filing is None or claim.delay_reason is not None or claim.frequency == "8":
        return
    found = [
        (line.service_date, path)
        for path, line in ((f"service_lines[{i}]", line) for i, line in enumerate(claim.service_lines))
        if line.service_date is not None
    ]
    if not found:
        return
    oldest, path = min(found)
    allowed, key = context.filing.days_for(claim.payer.id)
    age = (context.today - oldest).days
    if age > allowed:
        yield (
            f"{path}.service_date",
            (
                f"the service is {age} days old, and this payer takes claims for {allowed} days ({key} in config.toml); "
                "where the delay has a reason, give the delay_reason"
            ),
        )
