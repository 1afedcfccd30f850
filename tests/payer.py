"""A payer at the far end of a `Trade`: 277CA and 835 files about the claims it got, reversals among them."""

from dataclasses import dataclass
from typing import Any

from tests.mailroom import envelope, group
from tests.trade import Trade


@dataclass
class Payer:
    """Speaks for EXAMPLE HEALTH PLAN; every file has a number of its own."""

    trade: Trade
    number: int = 500

    def accept(self, pcn: str, number: str | None = None, *, category: str = "A2") -> None:
        """Put out a 277CA on the newest claim under *pcn*: *number* is REF*1K; another *category* rejects."""
        codes = f"{category}:20:PR" if category == "A2" else f"{category}:562:85"
        action = "WQ" if category == "A2" else "U"
        said = [
            "BHT*0085*08*X1*20260115*1015*TH", "HL*1**20*1", "NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EXH01", "TRN*1*R1",
            "DTP*050*D8*20260115", "DTP*009*D8*20260115", "HL*2*1*21*1", "NM1*41*2*ROE CLINIC*****46*SUB100",
            f"TRN*2*{self._reference(pcn)}", "STC*A1:19:PR*20260115*WQ*1", "HL*3*2*19*1",
            "NM1*85*2*ROE CLINIC*****XX*1098765435", "TRN*1*0", "STC*A1:19:PR**WQ*1", "HL*4*3*PT",
            "NM1*QC*1*POE*PAULA****MI*MBR00001", f"TRN*2*{pcn}", f"STC*{codes}*20260115*{action}*1",
            *([f"REF*1K*{number}"] if number else []), "DTP*472*D8*20260110",
        ]  # fmt: skip
        self._put(group("HN", "005010X214", said, number=self._next()))

    def pay(self, *claims: list[str], amount: str) -> None:
        """Put out an 835 of *claims* (see `clp`) that brings *amount*, which may be of no money."""
        number = self._next()
        method = "NON" if float(amount) == 0 else "CHK"
        said = [
            f"BPR*{'H' if method == 'NON' else 'I'}*{amount}*C*{method}************20260201", f"TRN*1*EFT{number}*1512345678",
            "N1*PR*EXAMPLE HEALTH PLAN", "REF*2U*60054", "N1*PE*ROE CLINIC*XX*1098765435", "LX*1",
            *(segment for claim in claims for segment in claim),
        ]  # fmt: skip
        self._put(group("HP", "005010X221A1", said, number=number))

    def _reference(self, pcn: str) -> str:
        file = next(text for text in reversed(self.trade.arrived()) if f"CLM*{pcn}*" in text)
        return file.split("BHT*")[1].split("*")[2]

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _put(self, part: str) -> None:
        self.trade.put_out(envelope(part, number=self.number))
        self.trade.fetch()


def clp(
    pcn: str,
    status: str,
    charge: str,
    paid: str,
    *cas: str,
    icn: str = "ICN1",
    frequency: str = "1",
    **more: Any,
) -> list[str]:
    """Return a CLP with claim-level adjustments such as ``CO*45*10``; amounts as they stand in the file."""
    patient = more.get("patient", "")
    return [
        f"CLP*{pcn}*{status}*{charge}*{paid}*{patient}*CI*{icn}*11*{frequency}", *(f"CAS*{one}" for one in cas),
        "NM1*QC*1*POE*PAULA****MI*MBR00001", "DTM*232*20260110",
    ]  # fmt: skip
