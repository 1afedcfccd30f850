"""Edits on other payers: who they are, and that what they decided adds up to the cent (domain.md 2.11)."""

from collections.abc import Iterator
from decimal import Decimal

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.sample import DECIDED, FIRST_PLAN, decided, other_payer, reasons
from gateway.model.claim import Adjustment, Claim, LineAdjudication, OtherPayer
from gateway.model.findings import Severity
from gateway.model.money import plain

MOST_IN_A_GROUP = 6
_ORDER = "PSTABCDEFGH"
_ZERO = Decimal(0)


def _sum(adjustments: tuple[Adjustment, ...]) -> Decimal:
    return sum((one.amount for one in adjustments), _ZERO)


def _lines_of(claim: Claim, payer: OtherPayer) -> Iterator[tuple[int, list[LineAdjudication]]]:
    """Yield each line that *payer* decided on with what it decided: more than one where it split the service."""
    for index, line in enumerate(claim.service_lines):
        those = [one for one in line.adjudications if one.payer_id == payer.payer.id]
        if those:
            yield index, those


def has_decided(claim: Claim, payer: OtherPayer) -> bool:
    """Tell whether *payer* has adjudicated the claim: it paid, adjusted, or judged a line."""
    return payer.paid is not None or bool(payer.adjustments) or any(_lines_of(claim, payer))


@edit(
    "COB-1",
    snip=3,
    place="2430 SVD02, 2430 CAS, 2400 SV102",
    text="what another payer paid and adjusted on a line adds up to the line's charge, to the cent",
    bad=decided({"service_lines[0].adjudications[0].adjustments[0].amount": "35.51"}),
    good=DECIDED,
)
def line_balances(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SV102 = SVD02 + 2430 CAS, for each payer and line that it decided on."""
    for other in claim.other_payers:
        for index, found in _lines_of(claim, other):
            charge = claim.service_lines[index].charge
            paid = sum((one.paid for one in found), _ZERO)
            adjusted = sum((_sum(one.adjustments) for one in found), _ZERO)
            if paid + adjusted != charge:
                yield (
                    f"service_lines[{index}].adjudications",
                    (
                        f"line {index + 1}: {other.payer.id} paid {plain(paid)} and adjusted {plain(adjusted)}; together that is "
                        f"{plain(paid + adjusted)}, not the charge of {plain(charge)}"
                    ),
                )


@edit(
    "COB-2",
    snip=3,
    place="2320 AMT*D, 2320 CAS, 2430 SVD02",
    text="what another payer paid is what it paid on the lines, less its adjustments of the claim",
    bad=decided({"other_payers[0].paid": "110.01"}),
    good=DECIDED,
)
def payer_balances(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """2320 AMT*D = sum of SVD02 - 2320 CAS."""
    for index, other in enumerate(claim.other_payers):
        found = [one for _, those in _lines_of(claim, other) for one in those]
        if not found or other.paid is None:
            continue
        of_lines, adjusted = sum((one.paid for one in found), _ZERO), _sum(other.adjustments)
        if other.paid != of_lines - adjusted:
            yield (
                f"other_payers[{index}].paid",
                (
                    f"{other.payer.id} paid {plain(other.paid)}; its lines say {plain(of_lines)}, less {plain(adjusted)} adjusted "
                    "on the claim"
                ),
            )


@edit(
    "COB-3",
    snip=3,
    place="2300 CLM02, 2320 AMT*D, 2320 CAS, 2430 CAS",
    text="what another payer paid and adjusted, on claim and lines, adds up to the claim's charge",
    bad=other_payer(paid="100.00", paid_on="2026-01-20"),
    good=other_payer(
        paid="100.00", paid_on="2026-01-20", adjustments=[{"group": "CO", "reason": "45", "amount": "65.50"}]
    ),
)
def claim_balances(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """CLM02 = AMT*D + 2320 CAS + 2430 CAS, without lines too (COB-4); where COB-1 and COB-2 hold, so does this."""
    for index, other in enumerate(claim.other_payers):
        if other.paid is None:
            continue
        found = [one for _, those in _lines_of(claim, other) for one in those]
        adjusted = _sum(other.adjustments) + sum((_sum(one.adjustments) for one in found), _ZERO)
        if other.paid + adjusted == claim.charge or _told_already(claim, other, found):
            continue
        yield (
            f"other_payers[{index}].paid",
            (
                f"{other.payer.id} paid {plain(other.paid)} and adjusted {plain(adjusted)}; together that is "
                f"{plain(other.paid + adjusted)}, not the claim's charge of {plain(claim.charge)}"
            ),
        )


def _told_already(claim: Claim, other: OtherPayer, found: list[LineAdjudication]) -> bool:
    """Tell whether COB-1 or COB-2 names the very cents already: every line was decided on."""
    return bool(found) and len(list(_lines_of(claim, other))) == len(claim.service_lines)


@edit(
    "COB-PAID",
    snip=4,
    place="2320 AMT*D",
    text="a payer that has decided says what it paid, if only zero",
    bad=decided({"other_payers[0].paid": None}),
    good=DECIDED,
)
def paid(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """AMT*D is required of a payer that adjudicated."""
    for index, other in enumerate(claim.other_payers):
        if other.paid is None and has_decided(claim, other):
            yield (
                f"other_payers[{index}].paid",
                f"{other.payer.id} has decided; say what it paid, if only 0.00",
            )


@edit(
    "COB-DATE",
    snip=4,
    place="2430 DTP*573, 2330B DTP*573",
    text="what another payer decided has its day",
    bad=decided({"service_lines[0].adjudications[0].paid_on": None}),
    good=DECIDED,
)
def dates(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """DTP*573: on each line it decided on, else with the payer."""
    for index, other in enumerate(claim.other_payers):
        if other.paid is not None and other.paid_on is None and not any(_lines_of(claim, other)):
            yield f"other_payers[{index}].paid_on", f"{other.payer.id} has decided; say on which day"
    for n, line in enumerate(claim.service_lines):
        for k, one in enumerate(line.adjudications):
            if one.paid_on is None:
                yield (
                    f"service_lines[{n}].adjudications[{k}].paid_on",
                    f"{one.payer_id} has decided; say on which day",
                )


@edit(
    "COB-SVD",
    snip=4,
    place="2430 SVD01, 2430 SVD06, 2330B NM109",
    text="what was decided on a line names one of the other payers, and a line it was bundled into is there",
    bad=decided({"service_lines[0].adjudications[0].bundled_into": 1}),
    good=decided({"service_lines[0].adjudications[0].bundled_into": 2}),
)
def named(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SVD01 is that payer's NM109 in 2330B, letter by letter; SVD06 another line."""
    known = [other.payer.id for other in claim.other_payers]
    for index, line in enumerate(claim.service_lines):
        for k, one in enumerate(line.adjudications):
            path = f"service_lines[{index}].adjudications[{k}]"
            if known.count(one.payer_id) != 1:
                said = "none" if one.payer_id not in known else "more than one"
                yield f"{path}.payer_id", f"{one.payer_id} is the id of {said} of the claim's other payers"
            into = one.bundled_into
            if into is not None and (not 1 <= into <= len(claim.service_lines) or into == index + 1):
                yield (
                    f"{path}.bundled_into",
                    f"line {index + 1} was bundled into line {into}, which is not another line",
                )


@edit(
    "COB-CAS",
    snip=2,
    place="2320 CAS, 2430 CAS",
    text="adjustments have at most six reasons of one group",
    bad=other_payer(paid="158.50", paid_on="2026-01-20", adjustments=reasons(7)),
    good=other_payer(paid="159.50", paid_on="2026-01-20", adjustments=reasons(6)),
)
def adjustments(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """One CAS a group, wherever its adjustments stand (TRAP-43), with six triplets."""
    found = [(f"other_payers[{i}]", other.adjustments) for i, other in enumerate(claim.other_payers)]
    found += [
        (f"service_lines[{n}].adjudications[{k}]", one.adjustments)
        for n, line in enumerate(claim.service_lines)
        for k, one in enumerate(line.adjudications)
    ]
    for path, given in found:
        groups = [one.group for one in given]
        for group in dict.fromkeys(groups):
            if groups.count(group) > MOST_IN_A_GROUP:
                yield (
                    f"{path}.adjustments",
                    f"{groups.count(group)} adjustments of group {group}; the claim format carries {MOST_IN_A_GROUP}",
                )


@edit(
    "COB-CR",
    snip=4,
    place="2320 CAS, 2430 CAS",
    text="adjustments are the net outcome, not a correction (CR)",
    bad=decided({"service_lines[0].adjudications[0].adjustments[0].group": "CR"}),
    good=DECIDED,
    severity=Severity.WARNING,
)
def corrections(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Remittances have not had the group since version 5010 (D24)."""
    for path, one in context.walk.of_kind(claim, Adjustment):
        if one.group == "CR":
            yield f"{path}group", "CR is out of use; say the net outcome under CO, PR, OA or PI"


@edit(
    "COB-A8",
    snip=4,
    place="2320 AMT*A8",
    text="an amount that another payer was not asked for stands alone: that payer has decided nothing",
    bad=other_payer(noncovered="165.50", paid="165.50", paid_on="2026-01-20"),
    good=other_payer(noncovered="165.50"),
)
def noncovered(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """AMT*A8 says that the claim was not sent there because it is known not to be covered."""
    for index, other in enumerate(claim.other_payers):
        if other.noncovered is not None and has_decided(claim, other):
            yield (
                f"other_payers[{index}].noncovered",
                f"noncovered means that {other.payer.id} was not asked; but it has decided",
            )


@edit(
    "COB-MEMBER",
    snip=2,
    place="2330A NM109",
    text="whom another payer insures has a member id there",
    bad=other_payer(subscriber={"last_name": "POE"}),
    good=other_payer(),
)
def members(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """NM109 is required in 2330A."""
    for index, other in enumerate(claim.other_payers):
        if not other.subscriber.member_id:
            yield (
                f"other_payers[{index}].subscriber.member_id",
                f"the member id with {other.payer.id} is missing",
            )


@edit(
    "P-SBR01-SAME",
    snip=4,
    place="2000B SBR01, 2320 SBR01",
    text="no two payers of a claim have the same place in the order",
    bad={"payer_sequence": "P", "other_payers": [FIRST_PLAN]},
    good=other_payer(),
)
def sequences(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SBR01 differs across the payers; only U may be said twice (2.17 item 10)."""
    seen = {claim.payer_sequence}
    for index, other in enumerate(claim.other_payers):
        if other.payer_sequence in seen and other.payer_sequence != "U":
            yield (
                f"other_payers[{index}].payer_sequence",
                f"{other.payer_sequence} is the place of another payer of this claim already",
            )
        seen.add(other.payer_sequence)


@edit(
    "COB-ORDER",
    snip=4,
    place="2000B SBR01, 2320 SBR01",
    text="a payer that pays later has not decided yet, and before a second payer there is a first",
    bad={"payer_sequence": "S"},
    good=other_payer(),
    severity=Severity.WARNING,
)
def order(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Most payers refuse a secondary claim that does not name the primary."""
    if claim.payer_sequence not in _ORDER:
        return
    place = _ORDER.index(claim.payer_sequence)
    if place and not claim.other_payers:
        yield (
            "other_payers",
            f"the claim goes to a payer that is not the first ({claim.payer_sequence}); name the others",
        )
    for index, other in enumerate(claim.other_payers):
        if other.payer_sequence in _ORDER[place + 1 :] and has_decided(claim, other):
            yield (
                f"other_payers[{index}].payer_sequence",
                f"{other.payer.id} pays after the payer that this claim goes to, but has decided already",
            )
