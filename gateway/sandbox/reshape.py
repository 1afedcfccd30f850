"""What the scripts make of a claim that is decided: split, bundled, misspelt, crossed over - or wrong by a cent.

`decide` is `gateway.sandbox.adjudicate.adjudicate` with that on top. All of it balances (B1 to B3 of domain.md 4.7) but
for the scripts in `FAULTY`, whose fault is the point.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from gateway.model.claim import Claim
from gateway.model.money import CENT
from gateway.model.remittance import Adjustment, RemittanceAmount, RemittanceClaim, RemittanceLine
from gateway.sandbox.adjudicate import ALLOWED_SHARE, ZERO, adjudicate, at_claim_level, reasons, share_of
from gateway.sandbox.coordination import cross_over, forward, pay_after
from gateway.sandbox.scripts import Script, script_of

FAULTY = frozenset({Script.OFCL, Script.OFLN, Script.OMIT, Script.BARE})
"""Scripts whose claims break B1, B2 or B3."""

BONUS = Decimal("5.00")
OVERCHARGE = Decimal("1.00")
BUNDLE = "99499"
PARTS = ("99498", BUNDLE)
UNKNOWN_REASON = "999"
UNKNOWN_REMARK = "N9999"
_HALF = Decimal("0.5")

Shape = Callable[[RemittanceClaim], tuple[RemittanceClaim, ...]]


def decide(
    claim: Claim, *, control_number: str, received: date, script: Script | None = None
) -> tuple[RemittanceClaim, ...]:
    """Decide *claim* as its member id asks, or as *script* says; the arguments are those of `adjudicate`.

    Returns:
        what an 835 says of it: one claim, or several where it is split.

    """
    script = script_of(claim) if script is None else script
    decided = adjudicate(claim, control_number=control_number, received=received, script=script)
    if script in {Script.SECA, Script.SECB}:
        return (pay_after(claim, decided, repeats_write_off=script is Script.SECB),)
    if script is Script.XOVR:
        return (cross_over(claim, decided),)
    if script is Script.FORW:
        return (forward(claim, decided),)
    if script in _LINES and decided.service_lines:
        return (_with_lines(decided, _LINES[script](decided.service_lines)),)
    shape = _CLAIMS.get(script)
    return shape(decided) if shape else (decided,)


def _with_lines(claim: RemittanceClaim, lines: tuple[RemittanceLine, ...]) -> RemittanceClaim:
    return replace(claim, service_lines=lines)


# -- one claim as several


def _split(claim: RemittanceClaim) -> tuple[RemittanceClaim, ...]:
    """Make each line a claim; a single line is halved first."""
    lines = claim.service_lines
    if len(lines) == 1:
        lines = _halves(lines[0])
    return tuple(_part(claim, line, index) for index, line in enumerate(lines))


def _part(claim: RemittanceClaim, line: RemittanceLine, index: int) -> RemittanceClaim:
    share = sum((a.amount for a in line.adjustments if a.group == "PR"), ZERO)
    number = claim.payer_control_number or ""
    return replace(
        claim,
        charge=line.charge,
        paid=line.paid,
        patient_responsibility=share or None,
        payer_control_number=f"{number}S{index + 1}" if index else number,
        service_lines=(line,),
        amounts=tuple(RemittanceAmount(qualifier="AU", amount=a.amount) for a in line.amounts),
    )


def _halves(line: RemittanceLine) -> tuple[RemittanceLine, ...]:
    """Split a line in two whose charge, payment, units and adjustments add up to it, to the cent."""

    def half(amount: Decimal) -> Decimal:
        return share_of(amount, _HALF)

    units = line.units if line.units is not None else Decimal(1)
    fewer = Decimal(int(units / 2)) or units / 2
    first = replace(
        line,
        charge=half(line.charge),
        paid=half(line.charge) - sum((half(a.amount) for a in line.adjustments), ZERO),
        units=fewer,
        adjustments=reasons(*((a.group, a.reason, half(a.amount)) for a in line.adjustments)),
        amounts=(),
    )
    second = replace(
        line,
        charge=line.charge - first.charge,
        paid=line.paid - first.paid,
        units=units - fewer,
        adjustments=reasons(*((a.group, a.reason, a.amount - half(a.amount)) for a in line.adjustments)),
        amounts=(),
    )
    return first, second


# -- lines


def _bundle(lines: tuple[RemittanceLine, ...]) -> tuple[RemittanceLine, ...]:
    """Pay the first two lines as one code (domain.md 4.10)."""
    if len(lines) < 2:
        return lines
    first, second, *rest = lines
    share = _patient(first) + _patient(second)
    paid = first.paid + second.paid
    whole = first.charge + second.charge
    bundled = replace(
        _as(first, BUNDLE),
        paid=paid,
        adjustments=reasons(
            ("OA", "94", -second.charge), ("CO", "45", whole - paid - share), ("PR", "3", share)
        ),
        amounts=_allowed(paid + share),
    )
    swallowed = replace(
        _as(second, BUNDLE), paid=ZERO, adjustments=reasons(("CO", "97", second.charge)), amounts=()
    )
    return (bundled, swallowed, *rest)


def _unbundle(lines: tuple[RemittanceLine, ...]) -> tuple[RemittanceLine, ...]:
    """Pay the first line as two codes; the second has no charge of its own."""
    first, *rest = lines
    second_paid = share_of(first.paid, _HALF)
    if not second_paid:
        return lines
    one = replace(
        _as(first, PARTS[0]),
        paid=first.paid - second_paid,
        adjustments=tuple(
            replace(a, amount=a.amount + second_paid) if a.reason == "45" else a for a in first.adjustments
        ),
        amounts=(),
    )
    if not any(a.reason == "45" for a in first.adjustments):
        one = replace(one, adjustments=(*one.adjustments, *reasons(("CO", "45", second_paid))))
    two = replace(
        _as(first, PARTS[1]),
        charge=ZERO,
        paid=second_paid,
        adjustments=reasons(("OA", "94", -second_paid)),
        amounts=(),
    )
    return (one, two, *rest)


def _as(line: RemittanceLine, procedure: str) -> RemittanceLine:
    """Say another procedure, and the submitted one beside it (SVC06)."""
    return replace(
        line,
        procedure=procedure,
        modifiers=(),
        submitted_procedure=line.procedure,
        submitted_modifiers=line.modifiers,
    )


def _patient(line: RemittanceLine) -> Decimal:
    return sum((a.amount for a in line.adjustments if a.group == "PR"), ZERO)


def _allowed(amount: Decimal) -> tuple[RemittanceAmount, ...]:
    return (RemittanceAmount(qualifier="B6", amount=amount),) if amount else ()


def _each(
    change: Callable[[int, RemittanceLine], RemittanceLine],
) -> Callable[..., tuple[RemittanceLine, ...]]:
    def lines_changed(lines: tuple[RemittanceLine, ...]) -> tuple[RemittanceLine, ...]:
        return tuple(change(index, line) for index, line in enumerate(lines, start=1))

    return lines_changed


def _first_half(_index: int, line: RemittanceLine) -> RemittanceLine:
    number = line.line_control_number
    return replace(line, line_control_number=number and number[: (len(number) + 1) // 2])


_LINES: dict[Script, Callable[[tuple[RemittanceLine, ...]], tuple[RemittanceLine, ...]]] = {
    Script.BNDL: _bundle,
    Script.UNBN: _unbundle,
    Script.UNIT: lambda lines: (*_halves(lines[0]), *lines[1:]),
    Script.NO6R: _each(lambda _, line: replace(line, line_control_number=None)),
    Script.CUT6: _each(_first_half),
    Script.LX6R: _each(lambda index, line: replace(line, line_control_number=str(index))),
    Script.NMOD: _each(lambda _, line: replace(line, line_control_number=None, modifiers=())),
    Script.OFLN: lambda lines: (replace(lines[0], paid=lines[0].paid + CENT), *lines[1:]),
    Script.UCOD: _each(
        lambda _, line: replace(
            line,
            adjustments=tuple(
                replace(a, reason=UNKNOWN_REASON) if a.reason == "45" else a for a in line.adjustments
            ),
            remarks=(UNKNOWN_REMARK,),
        )
    ),
}


# -- the claim


def _bonus(claim: RemittanceClaim) -> tuple[RemittanceClaim, ...]:
    first, *rest = claim.service_lines
    more = replace(
        first,
        paid=first.paid + BONUS,
        adjustments=(*first.adjustments, Adjustment(group="CO", reason="144", amount=-BONUS)),
        amounts=(),
    )
    return (replace(claim, paid=claim.paid + BONUS, service_lines=(more, *rest), amounts=()),)


def _overcharged(claim: RemittanceClaim) -> tuple[RemittanceClaim, ...]:
    first, *rest = claim.service_lines
    more = replace(
        first,
        charge=first.charge + OVERCHARGE,
        adjustments=reasons(("CO", "45", OVERCHARGE)) + first.adjustments,
    )
    return (replace(claim, charge=claim.charge + OVERCHARGE, service_lines=(more, *rest)),)


def _last_line_left_out(claim: RemittanceClaim) -> tuple[RemittanceClaim, ...]:
    """Break B3 alone: what the last line was adjusted by and charged stands at claim level."""
    *lines, last = claim.service_lines if len(claim.service_lines) > 1 else _halves(claim.service_lines[0])
    return (replace(claim, service_lines=tuple(lines), adjustments=at_claim_level((last,))),)


def _number(change: Callable[[str], str]) -> Shape:
    def renumbered(claim: RemittanceClaim) -> tuple[RemittanceClaim, ...]:
        return (replace(claim, patient_control_number=change(claim.patient_control_number)),)

    return renumbered


_CLAIMS: dict[Script, Shape] = {
    Script.SPLT: _split,
    Script.BONU: _bonus,
    Script.CHRG: _overcharged,
    Script.OMIT: _last_line_left_out,
    Script.CUTP: _number(lambda number: number[:-3] or number),
    Script.LOWP: _number(str.lower),
    Script.ZERP: _number(lambda number: number.lstrip("0") or number),
    Script.NULP: _number(lambda _: "0"),
    Script.NOID: lambda claim: (
        replace(claim, patient_control_number="0", payer_control_number=f"N{claim.payer_control_number}"),
    ),
    Script.CORR: lambda claim: (replace(claim, corrected_member_id=f"{claim.member_id}X"),),
    Script.PRED: lambda claim: (
        replace(
            claim,
            status_code="25",
            amounts=(RemittanceAmount(qualifier="AU", amount=share_of(claim.charge, ALLOWED_SHARE)),),
        ),
    ),
    Script.USTA: lambda claim: (replace(claim, status_code="99"),),
    Script.OFCL: lambda claim: (replace(claim, paid=claim.paid + CENT),),
    Script.BARE: lambda claim: (
        replace(
            claim,
            status_code="4",
            paid=ZERO,
            patient_responsibility=None,
            adjustments=(),
            service_lines=(),
            amounts=(),
        ),
    ),
}
