"""Edits on service lines."""

import re
from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.model.claim import Claim

MOST_LINES = 50
MOST_MODIFIERS = 4

_PROCEDURE = re.compile(r"([0-9]{4}[0-9AFMTU]|[A-CE-V][0-9]{4})\Z")
_MODIFIER = re.compile(r"[A-Z0-9]{2}\Z")
_POS = re.compile(r"[0-9]{2}\Z")


_BY_DAY_OR_AREA = frozenset({"01953", "01996"})
"""Codes among those of anesthesia that are not timed; payers take them by the unit, some in minutes."""


def is_anesthesia(procedure: str) -> bool:
    """Tell whether the code is billed in minutes: 00100-01999."""
    return procedure.isdigit() and len(procedure) == 5 and 100 <= int(procedure) <= 1999


@edit(
    "P-LINES",
    snip=2,
    place="2400 LX01",
    text="a claim has 1 to 50 service lines",
    bad={"service_lines": []},
    good={
        "charge": "125.50",
        "service_lines": [
            {
                "procedure": "99213",
                "charge": "125.50",
                "units": "1",
                "service_date": "2026-01-10",
                "diagnosis_pointers": [1],
            }
        ],
    },
)
def count(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Never silently cut (TRAP-37)."""
    lines = len(claim.service_lines)
    if lines == 0:
        yield "service_lines", "the claim has no service line"
    elif lines > MOST_LINES:
        yield "service_lines", f"{lines} service lines; a claim carries {MOST_LINES}, so split it"


@edit(
    "P-LINE-DATE",
    snip=2,
    place="2400 DTP*472",
    text="each line has a day of service",
    bad={"service_lines[0].service_date": None},
    good={"service_lines[0].service_date": "2026-01-10"},
)
def dates(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """DTP*472 is required on every professional line."""
    for index, line in enumerate(claim.service_lines):
        if line.service_date is None:
            yield f"service_lines[{index}].service_date", f"line {index + 1} has no day of service"


@edit(
    "P-LINE-UNITS",
    snip=2,
    place="2400 SV104",
    text="each line has units above zero",
    bad={"service_lines[0].units": "0"},
    good={"service_lines[0].units": "1"},
)
def units(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SV104 > 0."""
    for index, line in enumerate(claim.service_lines):
        if line.units <= 0:
            yield f"service_lines[{index}].units", f"line {index + 1} has no units"


@edit(
    "P-LINE-PROC",
    snip=5,
    place="2400 SV101-2",
    text="each line's procedure has the shape of its code set",
    bad={"service_lines[0].procedure": "9921"},
    good={"service_lines[0].procedure": "99213"},
)
def procedures(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """Shape only: the CPT list is licensed. Codes of other types are between the partners."""
    for index, line in enumerate(claim.service_lines):
        path = f"service_lines[{index}].procedure"
        if line.procedure_type == "HC" and not _PROCEDURE.match(line.procedure):
            yield path, f"{line.procedure} has not the shape of a CPT or HCPCS code"


@edit(
    "P-LINE-MOD",
    snip=2,
    place="2400 SV101-3",
    text="a line has at most four modifiers of two characters, none twice",
    bad={"service_lines[0].modifiers": ["25", "25"]},
    good={"service_lines[0].modifiers": ["25"]},
)
def modifiers(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """SV101-3 to SV101-6."""
    for index, line in enumerate(claim.service_lines):
        path = f"service_lines[{index}].modifiers"
        if len(line.modifiers) > MOST_MODIFIERS:
            yield (
                path,
                f"line {index + 1} has {len(line.modifiers)} modifiers; a line carries {MOST_MODIFIERS}",
            )
        if len(set(line.modifiers)) < len(line.modifiers):
            yield path, f"line {index + 1} has the same modifier twice"
        for modifier in line.modifiers:
            if not _MODIFIER.match(modifier):
                yield path, f"{modifier} is not a modifier of two letters or digits"


@edit(
    "P-LINE-MJ",
    snip=6,
    place="2400 SV103",
    text="minutes for anesthesia (00100-01999), units for everything else",
    bad={"service_lines[0].unit_type": "MJ"},
    good={"service_lines[0].unit_type": "UN"},
)
def minutes(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """A frequent bug is MJ hard-coded (TRAP-38)."""
    for index, line in enumerate(claim.service_lines):
        path = f"service_lines[{index}].unit_type"
        if line.unit_type not in {"UN", "MJ"} or line.procedure_type != "HC":
            continue
        if not _PROCEDURE.match(line.procedure) or line.procedure in _BY_DAY_OR_AREA:
            continue  # no telling in what an unknown code is counted
        if is_anesthesia(line.procedure) != (line.unit_type == "MJ"):
            wanted = "minutes (MJ)" if is_anesthesia(line.procedure) else "units (UN)"
            yield path, f"{line.procedure} is billed in {wanted}"


def _places(claim: Claim) -> Iterator[tuple[str, str]]:
    yield "place_of_service", claim.place_of_service
    for index, line in enumerate(claim.service_lines):
        if line.place_of_service is not None:
            yield f"service_lines[{index}].place_of_service", line.place_of_service


@edit(
    "P-POS",
    snip=5,
    place="2300 CLM05-1, 2400 SV105",
    text="a place of service is two digits",
    bad={"place_of_service": "1"},
    good={"place_of_service": "11"},
)
def places(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """CLM05-1 and SV105."""
    for path, code in _places(claim):
        if not _POS.match(code) or code == "00":
            yield path, f"{code} is not a place of service of two digits"
