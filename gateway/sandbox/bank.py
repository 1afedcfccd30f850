"""The bank of the sandbox: a statement of every payment that its payers sent, as an office would get it in CSV.

What a payment brings is read off the 835s as they went out; a payment that went out twice came once. A notice without money
moves nothing.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from gateway.sandbox.accounts import PRIVATE, account_names
from gateway.x12.reader import Ta1Segment, TransactionSet, read_x12

COLUMNS = ("Posting Date", "Amount", "Originator Name", "Addenda", "Account")
ACCOUNT = "xxxx4455"


def statement(folder: Path) -> bytes:
    """Return the bank's CSV of all accounts of the sandbox in *folder*, by day and trace number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        sorted({line for account in account_names(folder) for line in _payments(folder / account)})
    )
    return text.getvalue().encode()


def _payments(home: Path) -> Iterator[tuple[str, ...]]:
    for path in sorted((home / PRIVATE / "sent").iterdir()):
        data = path.read_bytes()
        if not data.startswith(b"ISA"):
            continue
        for interchange in read_x12(io.BytesIO(data), file=path.name):
            for part in interchange.parts():
                if not isinstance(part, Ta1Segment) and part.set_id == "835":
                    yield from _payment(part)


def _payment(part: TransactionSet) -> Iterator[tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for segment in part.segments():
        key = "N1*PR" if segment[:2] == ["N1", "PR"] else segment[0]
        if key in {"BPR", "TRN", "N1*PR"}:
            found.setdefault(key, segment)
    bpr, trn, payer = (found.get(key, []) for key in ("BPR", "TRN", "N1*PR"))
    if len(bpr) > 16 and len(trn) > 3 and bpr[2].strip("0."):
        day = f"{bpr[16][:4]}-{bpr[16][4:6]}-{bpr[16][6:]}"
        # As the bank passes on the CCD+ addenda: the TRN segment behind the record's code.
        yield day, bpr[2], payer[2] if len(payer) > 2 else "", f"705TRN*1*{trn[2]}*{trn[3]}\\", ACCOUNT
