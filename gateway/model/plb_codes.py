"""What a payer means by a provider adjustment code (PLB03-1), in our own words, and whether more is to come of it."""

from enum import StrEnum


class Course(StrEnum):
    """How an account of such adjustments goes on (domain.md 4.8)."""

    CLEARS = "clears"
    """It must come back to zero: a debt carried forward, a withholding, an advance."""
    FINAL = "final"
    """Nothing more is to come: interest, capitation, a levy. Book it as what it is."""
    LOOK = "look"
    """Only a person can tell, by the reference; open until somebody closes it."""


_CLEARS = {
    "FB": "balance carried forward",
    "WO": "overpayment withheld",
    "AP": "advance payment",
}
_FINAL = {
    "L6": "interest",
    "CT": "capitation",
    "CR": "interest on capitation",
    "IR": "tax withheld",
    "E3": "withholding",
    "LE": "levy",
    "PI": "periodic interim payment",
    "PL": "final settlement",
    "IS": "interim settlement",
    "AM": "paid to a lender it is assigned to",
    "LS": "lump sum",
    "BN": "bonus",
    "IP": "incentive",
    "90": "allowance for early payment",
    "50": "penalty for late filing",
    "51": "interest penalty",
    "L3": "penalty",
    "SL": "student loan",
    "CV": "hospital cost item",
    "CW": "hospital cost item",
    "DM": "hospital cost item",
    "GO": "hospital cost item",
    "HM": "hospital cost item",
    "OA": "hospital cost item",
    "RE": "hospital cost item",
}
_LOOK = {
    "72": "refund acknowledged",
    "B2": "refund given back",
    "CS": "adjustment, see its reference",
    "J1": "shown here, paid elsewhere",
    "OB": "offset for an affiliated provider",
    "RA": "retroactive adjustment",
    "TL": "third party liability",
    "WU": "recovery of unspecified kind",
    "BD": "bad debt",
    "B3": "recovery allowance",
    "C5": "temporary allowance",
    "AH": "origination fee",
    "FC": "fund allocation",
}


def meaning(code: str) -> str:
    """Return what *code* means in our words; of an unknown one, that it is not known."""
    for table in (_CLEARS, _FINAL, _LOOK):
        if code in table:
            return table[code]
    return "a code that is not known here"


def course(code: str) -> Course:
    """Return how an account of *code* goes on; of an unknown one a person must look."""
    if code in _CLEARS:
        return Course.CLEARS
    return Course.FINAL if code in _FINAL else Course.LOOK
