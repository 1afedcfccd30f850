"""A billing office for tests: writes 837 files, and reads answers with code of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

from gateway.mapping.compile import load_map
from gateway.mapping.write import write_claims
from gateway.model.claim import Address, BillingProvider, Claim, Patient, Payer, ServiceLine, Subscriber
from gateway.model.findings import errors_in
from gateway.model.submission import Contact, EnvelopeIds, Environment, SetHeader
from gateway.x12.envelope import SetBody, write_interchange

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
IDS = EnvelopeIds(
    sender_qualifier="ZZ",
    sender_id="ACMEBILLING",
    receiver_qualifier="ZZ",
    receiver_id="SANDBOX",
    group_sender="ACMEBILLING",
    group_receiver="SANDBOX",
)
HOME = Address(line1="12 OAK AVE", city="SPRINGFIELD", state="IL", zip="62702")
ELM = BillingProvider(
    name="ELM STREET CLINIC",
    npi="1098765435",
    tax_id="371234567",
    taxonomy="207Q00000X",
    address=Address(line1="100 ELM ST", city="SPRINGFIELD", state="IL", zip="627011234"),
)
OAK = BillingProvider(
    name="OAK AVENUE CLINIC",
    npi="1444987659",
    tax_id="377654321",
    taxonomy="207Q00000X",
    address=Address(line1="200 OAK AVE", city="SPRINGFIELD", state="IL", zip="627021234"),
)
EXAMPLE = Payer(name="EXAMPLE HEALTH PLAN", id="EXH01")
SECOND = Payer(name="SECOND HEALTH PLAN", id="SHP02")


def make_claim(
    member: str,
    *charges: str,
    pcn: str | None = None,
    payer: Payer = EXAMPLE,
    provider: BillingProvider = ELM,
    dependent: bool = False,
    frequency: str = "1",
    payer_control_number: str | None = None,
) -> Claim:
    pcn = pcn or f"PCN{member}"
    lines = tuple(
        ServiceLine(
            procedure="99213",
            charge=Decimal(charge),
            units=Decimal(1),
            service_date=date(2026, 2, n),
            diagnosis_pointers=(1,),
            line_control_number=f"{pcn}L{n}",
        )
        for n, charge in enumerate(charges or ("125.50", "60.00"), start=1)
    )
    own = {} if dependent else {"birth_date": date(1970, 5, 4), "sex": "M", "address": HOME}
    child = Patient(
        last_name="POE",
        first_name="PETER",
        relationship="19",
        birth_date=date(2015, 3, 9),
        sex="M",
        address=HOME,
    )
    return Claim(
        patient_control_number=pcn,
        charge=sum((line.charge for line in lines), Decimal(0)),
        billing_provider=provider,
        subscriber=Subscriber(last_name="ROE", first_name="RICHARD", member_id=member, **own),
        patient=child if dependent else None,
        payer=payer,
        service_lines=lines,
        diagnoses=("J0190",),
        claim_key=f"C-{pcn}"[:20],
        frequency=frequency,
        payer_control_number=payer_control_number,
    )


def claim_file(*sets: Sequence[Claim], number: int = 101, ask_ta1: bool = False, usage: str = "T") -> bytes:
    """Write one interchange with one ST for each of *sets*."""
    bodies = []
    for index, claims in enumerate(sets, start=1):
        header = SetHeader(
            reference=f"BATCH{number}{index:02d}",
            created=CREATED,
            submitter_name="ACME BILLING LLC",
            submitter_id="ACMEBILLING",
            contact=Contact(name="PAT DOE", phone="5555550100"),
            receiver_name="SANDBOX",
            receiver_id="SANDBOX",
        )
        written = write_claims(load_map("837p"), header, claims)
        assert [errors_in(f) for f in written.findings if errors_in(f)] == []
        bodies.append(SetBody(control_number=f"{index:04d}", segments=written.segments))
    ids = EnvelopeIds(
        **{name: getattr(IDS, name) for name in EnvelopeIds.__dataclass_fields__ if name != "request_ta1"},
        request_ta1=ask_ta1,
    )
    return write_interchange(
        ids,
        isa13=number,
        gs06=number,
        functional_id="HC",
        set_id="837",
        version="005010X222A1",
        environment=Environment.PRODUCTION if usage == "P" else Environment.TEST,
        created=CREATED,
        sets=bodies,
    )


def segments(data: bytes) -> list[list[str]]:
    """Take a file apart, with nothing of the gateway's own reader."""
    text = data.decode("ascii")
    assert text.startswith("ISA*") and text[105] == "~"
    return [s.split("*") for s in text.strip().split("~") if s]


def sets_of(data: bytes) -> Iterator[list[list[str]]]:
    """Yield each ST..SE."""
    body: list[list[str]] = []
    for segment in segments(data):
        if segment[0] == "ST":
            body = []
        body.append(segment)
        if segment[0] == "SE":
            assert segment[1] == str(len(body))
            yield body


@dataclass
class Payment:
    """One ST 835 as sums: what is paid, and what its claims less its provider adjustments come to."""

    amount: Decimal = Decimal(0)
    claims_paid: Decimal = Decimal(0)
    provider: Decimal = Decimal(0)
    claims: int = 0
    misfits: list[str] = field(default_factory=list)

    @property
    def off_by(self) -> Decimal:
        return self.amount - (self.claims_paid - self.provider)


def payments(data: bytes) -> Iterator[Payment]:
    """Yield every ST 835 with the equations that do not hold (B1, B2, B3)."""
    for body in sets_of(data):
        payment = Payment()
        starts = [i for i, s in enumerate(body) if s[0] in {"CLP", "PLB", "SE"}]
        for start, end in pairwise(starts):
            if body[start][0] == "CLP":
                _add_claim(payment, body[start:end])
        payment.amount = next(Decimal(s[2]) for s in body if s[0] == "BPR")
        payment.provider = sum((Decimal(a) for s in body if s[0] == "PLB" for a in s[4::2]), Decimal(0))
        yield payment


def _add_claim(payment: Payment, body: list[list[str]]) -> None:
    charge, paid = Decimal(body[0][3]), Decimal(body[0][4])
    taken = Decimal(0)
    lines: list[list[Decimal]] = []  # charge, paid, adjusted
    for s in body:
        if s[0] == "SVC":
            lines.append([Decimal(s[2]), Decimal(s[3]), Decimal(0)])
        if s[0] == "CAS":
            amount = sum((Decimal(a) for a in s[3::3]), Decimal(0))
            taken += amount
            if lines:
                lines[-1][2] += amount
    payment.claims += 1
    payment.claims_paid += paid
    if any(of - adjusted != got for of, got, adjusted in lines):
        payment.misfits.append("B1")
    if charge - taken != paid:
        payment.misfits.append("B2")
    if lines and sum(line[0] for line in lines) != charge:
        payment.misfits.append("B3")
