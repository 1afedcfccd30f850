"""Edits on what the claim format itself knows: its short code lists, how many of a thing, whose further numbers."""

import re
from collections.abc import Iterator

from gateway.claims.edits.code_lists import CODES, COUNTS, REFERENCES
from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.sample import LOE
from gateway.model.claim import Claim, Reference

_INDEX = re.compile(r"\[\d+\]")


@edit(
    "P-CODE",
    snip=2,
    place="2300 CLM07, 2300 CLM08, 2300 CLM09, 2300 CLM11-1, 2300 CLM12, 2300 CLM20, 2400 SV103, 2410 CTP05, every element",
    text="a code is one of the few that the format knows for its field",
    bad={"assignment": "X"},
    good={"assignment": "A"},
)
def codes(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """The lists that the guide itself prints; whoever reads the file checks them first."""
    for path, part in context.walk.parts(claim):
        for name, known in CODES.get(type(part), _NONE).items():
            value = getattr(part, name)
            if value is None or value in known:
                continue
            for index, code in enumerate(value) if isinstance(value, tuple) else ((None, value),):
                if code not in known:
                    at = f"{path}{name}" if index is None else f"{path}{name}[{index}]"
                    yield at, f"{code} is not one of {_list(known)}"


_NONE: dict[str, frozenset[str]] = {}


def _list(known: frozenset[str]) -> str:
    said = sorted(known, key=lambda code: (len(code), code))
    return ", ".join(said) if len(said) <= 15 else f"the {len(said)} codes that the claim format knows here"


@edit(
    "P-COUNT",
    snip=2,
    place="2300 PWK, 2300 K3, 2300 CRC, 2300 HI, 2320 SBR01, 2430 SVD01, every element",
    text="of nothing there is more, or less, than the format has room for",
    bad={"related_causes": ["AA", "EM", "OA"], "accident_date": "2026-01-09", "accident_state": "IL"},
    good={"related_causes": ["AA", "EM"], "accident_date": "2026-01-09", "accident_state": "IL"},
)
def counts(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Ten other payers, ten attachments, 24 condition codes ... Nothing is ever cut (domain.md 2.15)."""
    for path, part in context.walk.parts(claim):
        for name, (least, most) in COUNTS.get(type(part), _NO_COUNT).items():
            there = len(getattr(part, name))
            if there > most:
                yield f"{path}{name}", f"{there} {name.replace('_', ' ')}; the claim format carries {most}"
            elif there < least:
                yield f"{path}{name}", f"{name.replace('_', ' ')}: there must be one at least"


_NO_COUNT: dict[str, tuple[int, int]] = {}


@edit(
    "P-REF",
    snip=2,
    place="2010AA REF*0B, 2010BB REF*G2, 2310B REF*0B, 2310D REF*LU, 2330B REF*2U, 2420A REF*0B",
    text="a further identifier is of a kind that the format knows for whom it identifies, and there are not too many",
    bad={"rendering_provider": {**LOE, "references": [{"qualifier": "1C", "id": "A1"}]}},
    good={"rendering_provider": {**LOE, "references": [{"qualifier": "G2", "id": "A1"}]}},
)
def references(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Numbers of the version before (1C, G5 ...) are refused in this one (P-BP-09)."""
    there: dict[str, int] = {}
    for path, part in context.walk.parts(claim):
        if type(part) is not Reference:
            continue
        where = path.rpartition("[")[0]
        known, most = REFERENCES[_INDEX.sub("", where)]
        there[where] = there.get(where, 0) + 1
        if part.qualifier not in known and len(part.qualifier) in {2, 3}:
            yield f"{path}qualifier", f"{part.qualifier} is not one of {_list(known)} here"
        elif there[where] == most + 1:
            yield where, f"more than {most} further identifiers; the claim format carries {most} here"
