"""Remittances of several payers as a clearinghouse sends them: what each says of which claim, and the X12 that says it.

Amounts are whole cents. Who is meant by an answer is known here, whatever number stands in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.mailroom import envelope, group

NPI = "1098765435"
VERSION = "005010X221A1"

Cas = tuple[str, str, int]
"""Group, reason, amount."""


@dataclass(frozen=True)
class Payer:
    """Who pays: the name it gives itself, TRN03, and the id that claims for it carry."""

    name: str
    originator: str
    id: str


FIRST = Payer("EXAMPLE HEALTH PLAN", "1512345678", "60054")
OTHER = Payer("POE MUTUAL", "1333333333", "70011")
SECOND = Payer("SECOND PLAN", "1999999999", "87726")


@dataclass(frozen=True)
class Service:
    """One SVC; *billed_as* is SVC06, the procedure that was billed where another one is answered."""

    procedure: str
    charge: int
    paid: int
    cas: tuple[Cas, ...] = ()
    billed_as: str | None = None


@dataclass(frozen=True)
class Answer:
    """One CLP: *owner* names the claim that is meant (None: nobody's here), *number* is what the payer writes."""

    owner: str | None
    payer: Payer
    number: str
    status: str
    charge: int
    paid: int
    control: str
    services: tuple[Service, ...] = ()
    cas: tuple[Cas, ...] = ()
    name: tuple[str, str] = ("ROE", "RICHARD")
    member: str = ""

    def every_cas(self) -> list[Cas]:
        """Return the adjustments of both levels."""
        return [*self.cas, *(one for service in self.services for one in service.cas)]

    def total(self, group_code: str, reason: str | None = None) -> int:
        """Return the sum of a group's adjustments, or of one of its reasons."""
        return sum(c for g, r, c in self.every_cas() if g == group_code and reason in {None, r})

    def reversed(self) -> "Answer":
        """Return the answer that takes this one back."""
        services = tuple(
            replace(one, charge=-one.charge, paid=-one.paid, cas=_negated(one.cas)) for one in self.services
        )
        return replace(
            self, status="22", charge=-self.charge, paid=-self.paid, services=services, cas=_negated(self.cas)
        )


def _negated(cas: Sequence[Cas]) -> tuple[Cas, ...]:
    return tuple((g, r, -c) for g, r, c in cas)


@dataclass(frozen=True)
class Plb:
    """One PLB pair."""

    code: str
    reference: str
    amount: int


@dataclass(frozen=True)
class Era:
    """One ST 835: a payment of *amount*, or a notice without one."""

    payer: Payer
    trace: str
    answers: tuple[Answer, ...]
    plbs: tuple[Plb, ...] = ()
    day: str = "20240126"

    @property
    def amount(self) -> int:
        """BPR02."""
        return sum(a.paid for a in self.answers) - sum(p.amount for p in self.plbs)

    def segments(self) -> list[str]:
        """Return what stands between ST and SE."""
        head = f"BPR*I*{plain(self.amount)}*C*ACH************{self.day}"
        if not self.amount:
            head = f"BPR*H*0*C*NON************{self.day}"
        lines = [
            head, f"TRN*1*{self.trace}*{self.payer.originator}", f"DTM*405*{self.day}",
            f"N1*PR*{self.payer.name}", "N3*PO BOX 1", "N4*CHICAGO*IL*60601", f"REF*2U*{self.payer.id}",
            "PER*BL*EDI*TE*8005550100", f"N1*PE*ROE CLINIC*XX*{NPI}", "REF*TJ*123456789", "LX*1",
        ]  # fmt: skip
        for answer in self.answers:
            lines += _clp(answer)
        lines += [f"PLB*{NPI}*20241231*{p.code}:{p.reference}*{plain(p.amount)}" for p in self.plbs]
        return lines


def _clp(answer: Answer) -> list[str]:
    last, first = answer.name
    lines = [
        f"CLP*{answer.number}*{answer.status}*{plain(answer.charge)}*{plain(answer.paid)}**12*{answer.control}*11*1"
    ]
    lines += _cas(answer.cas)
    lines += [
        f"NM1*QC*1*{last}*{first}" + (f"****MI*{answer.member}" if answer.member else ""),
        "DTM*232*20240110",
    ]
    for one in answer.services:
        origin = f"***HC:{one.billed_as}" if one.billed_as else ""
        lines += [
            f"SVC*HC:{one.procedure}*{plain(one.charge)}*{plain(one.paid)}{origin}",
            "DTM*472*20240110",
            *_cas(one.cas),
        ]
    return lines


def _cas(cas: Sequence[Cas]) -> list[str]:
    return [f"CAS*{g}*{r}*{plain(c)}" for g, r, c in cas]


def plain(cents: int) -> str:
    """Write cents as an amount of X12: no needless zeros."""
    sign, whole, rest = "-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    return f"{sign}{whole}" + (f".{rest:02}".rstrip("0") if rest else "")


def file_of(eras: Sequence[Era], *, number: int = 1, usage: str = "T") -> bytes:
    """Return one file, one interchange, one group with a set for each of *eras*."""
    body = group("HP", VERSION, *(one.segments() for one in eras), number=number)
    return envelope(body, number=number, usage=usage).encode()
