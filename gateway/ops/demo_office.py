"""The demo's billing office: what it drops, mends, corrects and voids, as its people would."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from gateway.claims.correct import correct, void
from gateway.claims.intake.csv_rows import csv_columns
from gateway.errors import GatewayError
from gateway.model.money import plain, x12_decimal
from gateway.ops import synthetic
from gateway.responses.deposits import load_bank_file
from gateway.site import Site

PARTNERS = {"northlake": ("EXH01", "PRA02"), "summit": ("SUM03",)}

VISIT = ("99213", Decimal("125.50"))
FORGOTTEN = ("73110", Decimal("96.40"))
LAB_TEST = ("87880", Decimal("40.00"))

REFUSED_BY_PAYER, TO_CORRECT, TO_VOID = 930001, 930002, 930003
"""The claims whose stories the demo tells; numbers that the other claims do not have."""

ACTOR = "demo"


class Office:
    """A billing office that reads what comes back and acts on it; each act is done once, when its time has come."""

    def __init__(self, site: Site, count: int) -> None:
        self._site = site
        self._count = count
        self._today = site.clock.now().date()
        self._acts: list[tuple[Callable[[], Any], Callable[[], Iterator[str]]]] = [
            (lambda: True, self._drop),
            (self._given_back, self._mend),
            (
                lambda: all(self._told(n, "paid") for n in (REFUSED_BY_PAYER, TO_CORRECT, TO_VOID)),
                self._amend,
            ),
        ]

    def has_work(self) -> bool:
        """Tell whether the time has come for what is to be done next."""
        return bool(self._acts) and bool(self._acts[0][0]())

    def act(self) -> Iterator[str]:
        """Do what is to be done next and say what was done."""
        _, do = self._acts.pop(0)
        yield from do()

    def must_be_done(self) -> None:
        """Make sure that everything came back that the office waits for.

        Raises:
            GatewayError: it did not.

        """
        if self._acts:
            raise GatewayError(f"the office still waits to {self._acts[0][1].__name__.strip('_')}")

    def _scripted(self, number: int, word: str, *lines: tuple[str, Decimal]) -> dict[str, Any]:
        record = synthetic.scripted(number, word, synthetic.PAYERS[0], today=self._today)
        return synthetic.with_lines(record, lines) if lines else record

    def _drop(self) -> Iterator[str]:
        """Drop the day's work: JSON lines and an 837 for one partner, CSV for the other, and the faults of every week."""
        by_partner: dict[str, list[dict[str, Any]]] = {name: [] for name in PARTNERS}
        for record in synthetic.claims(self._count, today=self._today):
            payer = next(p for p in synthetic.PAYERS if p.id == record["payer"]["id"])
            by_partner[payer.partner].append(record)
        north, south = by_partner["northlake"], by_partner["summit"]
        north.insert(len(north) // 2, self._scripted(900001, "R999"))
        by_837, north = north[::4], [record for n, record in enumerate(north) if n % 4]
        told = [
            self._scripted(REFUSED_BY_PAYER, "RPAY"),
            self._scripted(TO_CORRECT, "PAY", VISIT),
            self._scripted(TO_VOID, "PAY", LAB_TEST),
        ]
        spoiled = [
            synthetic.spoiled(self._scripted(910000 + i, "PAY"), fault)
            for i, fault in enumerate(("npi", "total", "date", "field", "pointer"))
        ]
        late = self._scripted(920000, "PAY")
        file_837 = synthetic.as_x12([*by_837, late], created=self._site.clock.now())
        total = x12_decimal(Decimal(late["charge"])).encode()
        number = late["patient_control_number"].encode()
        drops = {
            "monday.jsonl": synthetic.as_jsonl([*north, *told, *spoiled, north[0]]).encode(),
            "monday.csv": synthetic.as_csv(south, csv_columns()).encode(),
            "northlake/monday.837": file_837.replace(b"*" + number + b"*" + total, b"*" + number + b"*1O0"),
        }
        for name, data in drops.items():
            self._put(name, data)
        yield f"{len(drops)} files dropped, as JSON lines, CSV and 837"

    def _put(self, name: str, data: bytes) -> None:
        """Put a file into outbound/ under a temporary name, then rename it."""
        path = self._site.outbound / name
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f"{path.name}.tmp")
        draft.write_bytes(data)
        draft.rename(path)

    def _mend(self) -> Iterator[str]:
        """Take a record that a payer rejected as it came back, put its member id right, and drop it again."""
        record = self._given_back() or {}
        record["subscriber"]["member_id"] = self._scripted(REFUSED_BY_PAYER, "PAY")["subscriber"]["member_id"]
        self._put("mended.jsonl", synthetic.as_jsonl([record]).encode())
        yield "a record from outbound/rejected/, its member id put right, dropped again"

    def _given_back(self) -> dict[str, Any] | None:
        """Find the record that a payer rejected among those that came back; None while it is not there."""
        number = self._scripted(REFUSED_BY_PAYER, "RPAY")["patient_control_number"]
        for path in (self._site.outbound / "rejected").glob("*.jsonl"):
            for line in path.read_text("utf-8").splitlines():
                record: dict[str, Any] = json.loads(line)
                if record.get("patient_control_number") == number and "subscriber" in record:
                    return record
        return None

    def _amend(self) -> Iterator[str]:
        """Send a paid claim again with a service that was forgotten, and take another one back."""
        record = json.dumps(self._scripted(TO_CORRECT, "PAY", VISIT, FORGOTTEN)).encode()
        made = correct(self._site, self.claim(TO_CORRECT), record, name="corrected.json", actor=ACTOR)
        yield f"gateway correct C-... corrected.json: an X-ray was forgotten, {plain(made.money)} more"
        made = void(self._site, self.claim(TO_VOID), reason="the test was not done", actor=ACTOR)
        yield f"gateway void C-... --reason 'the test was not done', {plain(-made.money)} less"

    def reconcile(self, name: str, statement: bytes) -> Iterator[str]:
        """Load what the bank says of the payers' payments."""
        done = load_bank_file(self._site, statement, name=name, actor=ACTOR)
        yield (
            f"gateway deposit load {name}: the bank has {plain(done.amount)} in {done.new} deposits, "
            f"{done.matched} remittances have their money"
        )

    def claim(self, number: int) -> str:
        """Return our id of a claim, as the claim status export tells it."""
        told = self._told(number)
        if told is None:
            raise GatewayError("the demo's office was told nothing of one of its claims")
        return str(told["claim"])

    def _told(self, number: int, state: str | None = None) -> dict[str, Any] | None:
        """Return what a claim status export says of the claim, in *state* where that is asked for."""
        pcn = self._scripted(number, "PAY")["patient_control_number"]
        for path in self._site.inbound.glob("claim_status_*.jsonl"):
            for line in path.read_text("utf-8").splitlines():
                told: dict[str, Any] = json.loads(line)
                if told["patient_control_number"] == pcn and state in {None, told["state"]}:
                    return told
        return None
