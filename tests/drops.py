"""The same claims as files of every format that may be dropped."""

import json
from collections.abc import Sequence
from typing import Any

from gateway.claims.intake.csv_rows import csv_columns
from gateway.claims.intake.record import validate
from gateway.mapping.compile import load_map
from gateway.mapping.write import write_claims
from gateway.model.claim import Claim
from gateway.ops.synthetic import as_csv
from tests.office import lines
from tests.strategies import HEADER
from tests.x12files import file_837p


def claims_of(records: Sequence[dict[str, Any]]) -> list[Claim]:
    """Return sound records as claims."""
    made = [validate(record)[0] for record in records]
    return [one for one in made if one is not None]


def body_837p(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Return the segments of one 837P with *claims*."""
    return write_claims(load_map("837p"), HEADER, list(claims)).segments


def as_x12(records: Sequence[dict[str, Any]], *, isa13: int = 101) -> bytes:
    """Return *records* as an 837P of one set."""
    return file_837p(body_837p(claims_of(records)), isa13=isa13)


def as_jsonl(records: Sequence[dict[str, Any]]) -> bytes:
    return lines(records).encode()


def as_json(records: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps(list(records), indent=1).encode()


def as_sheet(records: Sequence[dict[str, Any]]) -> bytes:
    return as_csv(records, csv_columns()).encode()


FORMATS = {"jsonl": as_jsonl, "json": as_json, "csv": as_sheet, "837": as_x12}
"""Every format by its extension, and what writes records in it."""
