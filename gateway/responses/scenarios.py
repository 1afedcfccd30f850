"""Why a payer refuses, by the four scenarios of CAQH CORE rule 360 (domain.md 5): from a list that the user loads, codes only.

For a reason (CARC) that is in the list only its combinations with remarks (RARC) and groups are allowed; any other reason may
stand with whatever it likes. A remark is not a must. What is not in the list is remarked on, never held.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from gateway.model.codesets import CodeSet, CodeTable, Standing
from gateway.model.findings import Finding, warning
from gateway.model.remittance import Adjustment, Remittance, RemittanceClaim
from gateway.responses.carc import plain_reason
from gateway.site import Site

RULE = "ERA-CORE360"

WORDS = {
    "DOC": "documentation is missing or incomplete",
    "DATA": "claim data are missing or wrong",
    "NONCOV": "the plan does not cover it",
    "BUNDLED": "it is not payable apart",
}
"""What each scenario says, in our own words."""

_ANY = "-"


@dataclass(frozen=True, slots=True)
class _Listed:
    scenario: str
    remark: str
    group: str

    def takes(self, group: str) -> bool:
        return self.group in {_ANY, group}


class Combinations:
    """The list as it holds on one day; a reason that is not in it is free."""

    def __init__(self, table: CodeTable | None, day: date) -> None:
        self._of: dict[str, list[_Listed]] = {}
        for code in table.spans if table is not None else ():
            verdict = table.judge(code, day) if table is not None else None
            if verdict is not None and verdict.standing is Standing.VALID:
                scenario, reason, remark, group = code.split(":")
                self._of.setdefault(reason, []).append(_Listed(scenario, remark, group))

    def scenarios(self, group: str, reason: str, remarks: Iterable[str]) -> set[str] | None:
        """Return the scenarios that an adjustment means beside *remarks*; empty: not listed so, None: the reason is free."""
        listed = self._of.get(plain_reason(reason))
        if listed is None:
            return None
        fitting = [one for one in listed if one.takes(group.strip().upper())]
        said = {code.strip().upper() for code in remarks}
        return (
            {one.scenario for one in fitting if one.remark in said}
            or {one.scenario for one in fitting if one.remark == _ANY}
            or ({one.scenario for one in fitting} if not said else set())
        )

    def scenario(self, adjustments: Iterable[Adjustment], remarks: Iterable[str]) -> str | None:
        """Return the one scenario that *adjustments* mean, None where the list does not tell, or tells of several."""
        said = set(remarks)
        found = {one for a in adjustments for one in self.scenarios(a.group, a.reason, said) or ()}
        return found.pop() if len(found) == 1 else None


def combinations(site: Site, day: date) -> Combinations:
    """Return the list that the user loaded, as it holds on *day*; of nothing where none is loaded."""
    return Combinations(site.codes.table(CodeSet.CORE360), day)


def unlisted(site: Site, remittance: Remittance, today: date) -> Iterator[Finding]:
    """Yield a remark for each combination of reason, group and remarks that the loaded list does not allow, once each."""
    if site.codes.table(CodeSet.CORE360) is None:
        return
    listed, told = (
        combinations(site, remittance.payment_date or today),
        set[tuple[str, str, tuple[str, ...]]](),
    )
    for claim in remittance.claims:
        for adjustment, remarks in _said(claim):
            key = (adjustment.group, plain_reason(adjustment.reason), remarks)
            if key not in told and listed.scenarios(*key) == set():
                told.add(key)
                yield warning(
                    RULE,
                    f"{adjustment.group}-{adjustment.reason} with {_named(remarks)} is none of the combinations of CORE rule 360 "
                    "that were loaded; posted all the same",
                    claim=claim.patient_control_number,
                )


def _said(claim: RemittanceClaim) -> Iterator[tuple[Adjustment, tuple[str, ...]]]:
    for level, remarks in (
        (claim.adjustments, claim.remarks),
        *((line.adjustments, (*line.remarks, *claim.remarks)) for line in claim.service_lines),
    ):
        for adjustment in level:
            if adjustment.amount != 0:
                yield adjustment, tuple(remarks)


def _named(remarks: tuple[str, ...]) -> str:
    return f"the remarks {' '.join(remarks)}" if remarks else "no remark"
