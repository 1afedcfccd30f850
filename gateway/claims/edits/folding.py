"""What the partner's policy for characters changes in a claim's texts (domain.md 1.6), told once for each text.

Accents fall off, typographic marks become plain, text goes out in capitals. The claim keeps what the sender wrote; a
person who sees another spelling at the payer finds here why. What could not go out as it was meant is told by the edits
P-FOLD, P-CHARS and P-CHARS-TEXT, and not again here.
"""

from collections.abc import Iterable, Iterator

from gateway.claims.edits.normalise import SPELLING
from gateway.claims.edits.texts import every_text
from gateway.mapping.residue import fold_segment
from gateway.mapping.values import text_writer
from gateway.model.claim import Claim
from gateway.model.findings import Finding, Severity

FOLDED = "IN-FOLD"
"""The code of a finding that says which letters a text goes out in."""

SPELT = "written as X12 wants it: in capitals, without hyphens, dots and blanks, nothing twice; the meaning is the same"
"""What one finding says of all places of a claim that only changed their spelling."""

_TOLD = frozenset({"P-FOLD", "P-CHARS", "P-CHARS-TEXT"})


def folded(claim: Claim, *, upper: bool, said: Iterable[Finding]) -> list[Finding]:
    """Return what of *claim* goes out in other characters than it came; *said* is what the edits say of it."""
    told = {finding.element for finding in said if finding.code in _TOLD}
    number = claim.patient_control_number
    found: list[Finding] = []
    for path, before, after in _changes(claim, upper=upper):
        if path in told:
            continue
        if before.upper() == after:
            found.append(_info(SPELLING, "sent in capitals", path, number))
        else:
            found.append(_info(FOLDED, f'"{before}" goes out as "{after}"', path, number))
    return found


def _changes(claim: Claim, *, upper: bool) -> Iterator[tuple[str, str, str]]:
    """Yield (path, as it came, as it goes out) of every text that changes."""
    write = text_writer(upper=upper)
    for path, text in every_text(claim):
        after = write(text)
        if after != text:
            yield path, text, after
    for index, item in enumerate(claim.residue):
        for segment in item.segments:
            after = fold_segment(segment, write)
            if after != segment:
                yield f"residue[{index}]", segment, after


def _info(code: str, message: str, path: str, number: str) -> Finding:
    return Finding(code=code, severity=Severity.INFO, message=message, element=path, claim=number)


def summed_up(found: Iterable[Finding]) -> list[Finding]:
    """Return *found* with one finding in place of all that only tell of a spelling: its element names every place once."""
    others: list[Finding] = []
    spelt: list[Finding] = []
    for finding in found:
        (spelt if finding.code == SPELLING else others).append(finding)
    if not spelt:
        return others
    places = ", ".join(dict.fromkeys(f.element for f in spelt if f.element))
    return [*others, spelt[0].at(message=SPELT, element=places, field=None, x12=None)]
