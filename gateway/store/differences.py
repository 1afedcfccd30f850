"""What does not add up in held remittances: each difference, with the claim of ours behind it."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.model.findings import Finding
from gateway.store import candidates, findings
from gateway.store.db import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One equation that does not hold: *rule* B1-B5, *what* in words and amounts without claim content.

    *claim* is ours by its number, None where we have none or several; *number* is the patient control number.
    """

    rule: str
    claim: str | None
    number: str | None
    what: str


def of_remittances(tx: Tx, remittance_ids: Iterable[str]) -> dict[str, list[Difference]]:
    """Return, by remittance, what does not add up in it, each thing once."""
    said = {one: _about_balance(findings.of(tx, one)) for one in remittance_ids}
    known = candidates.by_pcn(tx, {f.claim for all_of in said.values() for f in all_of if f.claim})
    return {
        one: [_difference(f, known.get((f.claim or "").strip(), set())) for f in all_of]
        for one, all_of in said.items()
    }


def _about_balance(said: Iterable[Finding]) -> list[Finding]:
    return list(
        dict.fromkeys(f for f in said if f.code in {"ERA-B1", "ERA-B2", "ERA-B3", "ERA-B4", "ERA-B5"})
    )


def _difference(said: Finding, claims: set[str]) -> Difference:
    return Difference(
        rule=said.code.removeprefix("ERA-"),
        claim=next(iter(claims)) if len(claims) == 1 else None,
        number=said.claim,
        what=said.message,
    )
