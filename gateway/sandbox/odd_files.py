"""835 files that are odd as files: sent twice, cut, wrapped, or with a wrong word in the envelope.

What is in them is sound; `gateway.sandbox.remit` makes it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from gateway.model.remittance import Adjustment, Remittance, RemittanceClaim
from gateway.sandbox.scripts import Script

LINE_LENGTH = 80
OTHER_REASON = "253"
_ISA_LENGTH = 106


class Write(Protocol):
    """Writes 835s as one interchange: *number* is ISA13 and GS06, *usage* ISA15."""

    def __call__(
        self, usage: str, number: int, remittances: Sequence[Remittance], *, st03: bool = False
    ) -> bytes:
        """Return the file."""
        ...


def files_of(
    script: Script | None,
    remittances: Sequence[Remittance],
    *,
    usage: str,
    write: Write,
    take_number: Callable[[], int],
) -> Iterator[tuple[int, bytes]]:
    """Yield the files that one payer's payments make, each with the number it is named by.

    Args:
        script: the oddity, one of `gateway.sandbox.scripts.OWN_FILE`; None for a file as it should be.
        remittances: the payments, one ST each.
        usage: ISA15 as it ought to be.
        write: makes an interchange.
        take_number: the next control number.

    """
    number = take_number()
    shown = {"T": "P", "P": "T"}.get(usage, usage) if script is Script.FLIP else usage
    data = write(shown, number, remittances, st03=script is Script.ST03)
    if script is Script.CUTF:
        yield number, data[: data.rindex(b"~CLP*") + len(b"~CLP*") + 3]
        yield take_number(), data
        return
    if script is Script.V401:
        data = _as_4010(data)
    if script is Script.WRAP:
        data = _wrapped(data)
    yield number, data
    if script in {Script.TWIN, Script.ALTR}:
        again = take_number()
        said = [_altered(r) for r in remittances] if script is Script.ALTR else remittances
        yield again, write(usage, again, said)


def _as_4010(data: bytes) -> bytes:
    """Call it 4010: ISA11 is a U, as there was no repetition separator."""
    isa, rest = data[:_ISA_LENGTH], data[_ISA_LENGTH:]
    return isa.replace(b"*^*00501*", b"*U*00401*") + rest.replace(b"005010X221A1", b"004010X091A1", 1)


def _wrapped(data: bytes) -> bytes:
    flat = data.replace(b"\r", b"").replace(b"\n", b"")
    return b"\r\n".join(flat[at : at + LINE_LENGTH] for at in range(0, len(flat), LINE_LENGTH)) + b"\r\n"


def _altered(remittance: Remittance) -> Remittance:
    return replace(remittance, claims=tuple(_altered_claim(c) for c in remittance.claims))


def _altered_claim(claim: RemittanceClaim) -> RemittanceClaim:
    lines = tuple(replace(line, adjustments=_other(line.adjustments)) for line in claim.service_lines)
    return replace(claim, adjustments=_other(claim.adjustments), service_lines=lines)


def _other(adjustments: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
    return tuple(replace(a, reason=OTHER_REASON) if a.reason == "45" else a for a in adjustments)
