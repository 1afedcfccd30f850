"""Invented claims for the demo and the tests: the same seed gives the same claims; nobody in them exists.

Each claim's member id begins with the sandbox's script word (docs/sandbox.md), so that every outcome a billing office
meets comes up: paid, denied, partly paid, zero-pay, rejected at each layer, silence.
"""

import csv
import io
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from gateway.claims.intake.record import validate
from gateway.mapping.compile import load_map
from gateway.mapping.write import write_claims
from gateway.model.submission import Contact, EnvelopeIds, Environment, SetHeader
from gateway.x12.envelope import SetBody, write_interchange

SURNAMES = ("ROE", "POE", "LOE", "KOE", "MOE", "NOE", "Núñez", "O'Dell", "van Doe", "Zoe-Toe")
FIRST_NAMES = ("Richard", "Paula", "Linda", "Kim", "Mario", "Nora", "José", "Anne-Marie", "Peter", "Quinn")
STREETS = ("12 Oak Ave", "9 Pine Rd", "400 Birch Ln Apt 3", "77 Cedar Ct", "5 Elm Sq")
DIAGNOSES = ("J0190", "R509", "E119", "I10", "M5450", "S52501A")
PROCEDURES = (
    ("99213", Decimal("125.50")),
    ("99214", Decimal("187.25")),
    ("87880", Decimal("40.00")),
    ("36415", Decimal("18.75")),
    ("73110", Decimal("96.40")),
)

BILLING = {
    "name": "Elm Street Clinic",
    "npi": "1098765435",
    "tax_id": "371234567",
    "taxonomy": "207Q00000X",
    "address": {"line1": "100 Elm St", "city": "Springfield", "state": "IL", "zip": "627011234"},
}
RENDERING = {
    "entity_type": "1",
    "name": "SMITH",
    "first_name": "JANE",
    "npi": "1555123458",
    "taxonomy": "207Q00000X",
}
SCRIPT_WEIGHTS = (
    ("PAY", 66),
    ("PART", 8),
    ("DENY", 8),
    ("ZERO", 6),
    ("RCHA", 3),
    ("RPAY", 3),
    ("MUTE", 2),
)


@dataclass(frozen=True, slots=True)
class DemoPayer:
    """A payer of the demo and the partner it is reached through."""

    id: str
    name: str
    partner: str


PAYERS = (
    DemoPayer("EXH01", "Example Health Plan", "northlake"),
    DemoPayer("PRA02", "Prairie Mutual", "northlake"),
    DemoPayer("SUM03", "Summit Benefit Trust", "summit"),
)


def claims(
    count: int, *, seed: int = 837, payers: Sequence[DemoPayer] = PAYERS, today: date
) -> Iterator[dict[str, Any]]:
    """Yield *count* claim records as a billing system would write them."""
    rng = random.Random(seed)  # noqa: S311 - invented people, not secrets
    words = [word for word, weight in SCRIPT_WEIGHTS for _ in range(weight)]
    for n in range(1, count + 1):
        yield _claim(rng, n, rng.choice(words), rng.choice(payers), today)


def scripted(number: int, word: str, payer: DemoPayer, *, today: date, seed: int = 999) -> dict[str, Any]:
    """Return one claim whose sandbox script is *word*."""
    return _claim(random.Random(seed + number), number, word, payer, today)  # noqa: S311


def _claim(rng: random.Random, n: int, word: str, payer: DemoPayer, today: date) -> dict[str, Any]:
    served = today - timedelta(days=rng.randint(3, 40))
    pcn = f"{payer.partner[:2].upper()}{n:06d}"
    diagnoses = rng.sample(DIAGNOSES, rng.randint(1, 3))
    lines: list[dict[str, Any]] = []
    for k, (procedure, price) in enumerate(
        rng.sample(PROCEDURES, rng.randint(2 if word == "PART" else 1, 3)), start=1
    ):
        units = rng.choice((1, 1, 1, 2))
        lines.append(
            {
                "procedure": procedure,
                "modifiers": ["25"] if procedure.startswith("992") and rng.random() < 0.3 else [],
                "charge": str(price * units),
                "units": str(units),
                "service_date": served.isoformat(),
                "diagnosis_pointers": [1] if len(diagnoses) == 1 else [1, 2],
                "line_control_number": f"{pcn}L{k}",
            },
        )
    surname, first = rng.choice(SURNAMES), rng.choice(FIRST_NAMES)
    person = {
        "last_name": surname,
        "first_name": first,
        "birth_date": date(rng.randint(1945, 2005), rng.randint(1, 12), rng.randint(1, 28)).isoformat(),
        "sex": rng.choice("FM"),
        "address": {"line1": rng.choice(STREETS), "city": "Springfield", "state": "IL", "zip": "62702"},
    }
    record: dict[str, Any] = {
        "patient_control_number": pcn,
        "charge": str(sum((Decimal(line["charge"]) for line in lines), Decimal(0))),
        "payer": {"id": payer.id, "name": payer.name},
        "billing_provider": BILLING,
        "rendering_provider": RENDERING,
        "place_of_service": "11",
        "diagnoses": diagnoses,
        "service_lines": lines,
    }
    member = f"{word}{n:07d}"
    if rng.random() < 0.2:
        child = {**person, "first_name": rng.choice(FIRST_NAMES), "relationship": "19"}
        child["birth_date"] = date(
            rng.randint(2008, 2024), rng.randint(1, 12), rng.randint(1, 28)
        ).isoformat()
        record["subscriber"] = {"last_name": surname, "first_name": first, "member_id": member}
        record["patient"] = child
    else:
        record["subscriber"] = {**person, "member_id": member}
    return record


def with_lines(record: dict[str, Any], lines: Sequence[tuple[str, Decimal]]) -> dict[str, Any]:
    """Return *record* with the first of its lines billed as each of *lines*, procedure and price."""
    number, first = record["patient_control_number"], record["service_lines"][0]
    return {
        **record,
        "charge": str(sum((price for _, price in lines), Decimal(0))),
        "service_lines": [
            {
                **first,
                "procedure": procedure,
                "modifiers": [],
                "charge": str(price),
                "units": "1",
                "line_control_number": f"{number}L{k}",
            }
            for k, (procedure, price) in enumerate(lines, start=1)
        ],
    }


def spoiled(record: dict[str, Any], fault: str) -> dict[str, Any]:
    """Return *record* with one fault that a biller makes every week."""
    bad: dict[str, Any] = json.loads(json.dumps(record))
    if fault == "npi":
        bad["rendering_provider"]["npi"] = "1555123459"
    elif fault == "total":
        bad["charge"] = str(Decimal(bad["charge"]) + Decimal("0.01"))
    elif fault == "date":
        bad["service_lines"][0]["service_date"] = "2026-02-30"
    elif fault == "field":
        bad["pattient"] = "?"
    elif fault == "pointer":
        bad["service_lines"][0]["diagnosis_pointers"] = [9]
    else:
        raise ValueError(fault)
    return bad


def as_jsonl(records: Sequence[dict[str, Any]]) -> str:
    """Return *records* as JSON lines."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def as_x12(records: Sequence[dict[str, Any]], *, created: datetime) -> bytes:
    """Return sound *records* as the 837P that a billing system would drop: its own envelope, its own ids of the claims."""
    claims = [
        replace(claim, claim_key=f"ELM{claim.patient_control_number}")
        for claim, _ in map(validate, records)
        if claim is not None
    ]
    ids = EnvelopeIds(
        sender_qualifier="ZZ", sender_id="ELMSTREET", receiver_qualifier="ZZ", receiver_id="CLEARING",
        group_sender="ELMSTREET", group_receiver="CLEARING",
    )  # fmt: skip
    header = SetHeader(
        reference="ELM1", created=created, submitter_name="ELM STREET BILLING", submitter_id="ELMST01",
        contact=Contact(name="PAT DOE", phone="5555550100"), receiver_name="CLEARING", receiver_id="CLEARING",
    )  # fmt: skip
    claim_map = load_map("837p")
    return write_interchange(
        ids,
        isa13=1,
        gs06=1,
        functional_id=claim_map.functional_id,
        set_id=claim_map.set_id,
        version=claim_map.version,
        environment=Environment.TEST,
        created=created,
        sets=[SetBody("0001", write_claims(claim_map, header, claims).segments)],
    )


def as_csv(records: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """Return *records* as CSV, one row a service line, under the template's *columns*."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(columns), lineterminator="\n")
    writer.writeheader()
    for record in records:
        head = _flat({k: v for k, v in record.items() if k != "service_lines"})
        for line in record["service_lines"]:
            row = {**head, **_flat({"service_lines": line})}
            writer.writerow({_column(key, columns): value for key, value in row.items()})
    return out.getvalue()


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        flat: dict[str, str] = {}
        for key, part in value.items():
            flat |= _flat(part, f"{prefix}.{key}" if prefix else key)
        return flat
    if isinstance(value, list):
        return {prefix: " ".join(str(part) for part in value)}
    return {prefix: str(value)}


def _column(key: str, columns: Sequence[str]) -> str:
    """Find the template's column for the path *key*, whether it joins with dots or underscores."""
    for name in (
        key,
        key.removeprefix("service_lines."),
        key.replace(".", "_"),
        key.removeprefix("service_lines.").replace(".", "_"),
    ):
        if name in columns:
            return name
    raise KeyError(key)
