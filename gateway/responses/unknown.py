"""Codes of a remittance that the user's lists do not have: a remark, never more, because lists age (law 9)."""

from collections.abc import Iterator
from datetime import date

from gateway.model.codesets import CodeSet, CodeTable, Standing
from gateway.model.findings import Finding, warning
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.responses.balance import all_adjustments
from gateway.responses.carc import plain_reason
from gateway.responses.scenarios import unlisted
from gateway.site import Site


def unknown_codes(site: Site, remittance: Remittance, today: date) -> Iterator[Finding]:
    """Yield a remark for each reason and remark code, and each combination, that the loaded lists do not have that day.

    Once for each, with the first claim that has it; nothing where no list is loaded or is about the day of the payment.
    """
    yield from unlisted(site, remittance, today)
    day = remittance.payment_date or today
    reasons, remarks = site.codes.table(CodeSet.CARC), site.codes.table(CodeSet.RARC)
    if reasons is None and remarks is None:
        return
    told: set[str] = set()
    for claim in remittance.claims:
        found = [("ERA-CARC", reasons, plain_reason(a.reason)) for a in all_adjustments(claim)]
        found += [("ERA-RARC", remarks, code.strip().upper()) for code in _remarks(claim)]
        for rule, table, code in found:
            if code not in told and table is not None and _is_unknown(table, code, day):
                told.add(code)
                yield warning(
                    rule,
                    f"{code} is not in the list of {table.code_set.value} codes loaded for {day}",
                    claim=claim.patient_control_number,
                )


def _remarks(claim: RemittanceClaim) -> Iterator[str]:
    yield from claim.remarks
    for line in claim.service_lines:
        yield from line.remarks


def _is_unknown(table: CodeTable, code: str, day: date) -> bool:
    verdict = table.judge(code, day)
    return verdict is not None and verdict.standing is not Standing.VALID
