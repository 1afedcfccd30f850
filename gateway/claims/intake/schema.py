"""The published contract of the claim record: JSON Schema, CSV template, and the page of documentation (docs/claim-record.md).

All three are made from the validator and from `fields`, so they cannot say anything else than what is accepted.
"""

import dataclasses
import typing
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.claims.intake.csv_rows import csv_columns
from gateway.claims.intake.fields import ABOUT, FIELDS
from gateway.claims.intake.record import adapter, part_of
from gateway.model.claim import Claim, Residue
from gateway.model.codec import QUANTITIES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def claim_schema() -> dict[str, Any]:
    """Return the JSON Schema of a claim record."""
    made = adapter().json_schema(mode="validation")
    _untitle(made)
    made["properties"] = {**_LEFT_ASIDE, **made["properties"]}
    return {"$schema": DIALECT, "title": "Claim", **made}


_LEFT_ASIDE: dict[str, Any] = {
    "kind": {"const": "claim", "description": "as printed by `gateway read`; left aside"},
    "schema_version": {"description": "as printed by `gateway read`; left aside"},
    "source": {"description": "as printed by `gateway read`; left aside"},
}


def _untitle(schema: Any) -> None:
    """Take out pydantic's titles, which only repeat the field's name."""
    if isinstance(schema, dict):
        if isinstance(schema.get("title"), str):
            del schema["title"]
        for part in schema.values():
            _untitle(part)
    elif isinstance(schema, list):
        for part in schema:
            _untitle(part)


def csv_template() -> str:
    """Return the header line of a claim sheet, every column there is; columns that stay empty may be left out."""
    return ",".join(csv_columns()) + "\n"


def claim_record_markdown() -> str:
    """Return docs/claim-record.md."""
    parts = [
        f"## {'The claim' if kind is Claim else kind.__name__}\n\n{ABOUT[kind]}\n\n{_table(kind)}\n"
        for kind in _kinds()
    ]
    return "\n".join([_HEAD, *parts, _TAIL])


def _kinds() -> Iterator[type]:
    seen: list[type] = []
    waiting: list[type] = [Claim]
    while waiting:
        kind = waiting.pop(0)
        if kind in seen:
            continue
        seen.append(kind)
        waiting += [p for f in dataclasses.fields(kind) if (p := part_of(kind, f.name)) is not None]
    seen.sort(key=lambda kind: kind is Residue)
    yield from seen


def _table(kind: type) -> str:
    hints = typing.get_type_hints(kind)
    rows = ["| field | what it is | form | if absent |", "| --- | --- | --- | --- |"]
    for f in dataclasses.fields(kind):
        meaning = FIELDS[kind][f.name].replace("|", "\\|")
        rows.append(f"| `{f.name}` | {meaning} | {_form(hints[f.name], f.name)} | {_absent(f)} |")
    return "\n".join(rows)


def _form(hint: Any, name: str) -> str:
    many = typing.get_origin(hint) is tuple
    bare = next((p for p in typing.get_args(hint) if p is not type(None)), hint)
    words = {str: "text", bool: "true or false", int: "number", date: "date"}
    if bare is Decimal:
        one = "quantity" if name in QUANTITIES else "amount"
    elif dataclasses.is_dataclass(bare):
        title = typing.cast("type", bare).__name__
        one = f"[{title}](#{title.lower()})"
    else:
        one = words[bare]
    return f"list of {one}" if many else one


def _absent(f: dataclasses.Field[Any]) -> str:
    if f.default is dataclasses.MISSING:
        return "**required**"
    if f.default is None or f.default == ():
        return ""
    return f"`{str(f.default).lower() if isinstance(f.default, bool) else f.default}`"


_HEAD = """\
# The claim record

What a billing system drops into `outbound/`: one professional claim a record. This page is made from the code
(`gateway schema claim` prints the same as JSON Schema, `gateway schema claim --csv` the header of a sheet).

- **Amounts** are dollars and cents, `"125.50"` or `125.50`; they are taken exactly, and more than two decimals are refused.
- **Quantities** are exact decimals, `"1"` or `"2.5"`.
- **Dates** are `"2026-01-31"` or `"20260131"`.
- **Codes and numbers** (NPI, ZIP, account) are text in quotes, so that no leading zero is lost. Hyphens, dots and blanks in
  them may stay; they are taken out.
- An empty text and `null` mean that the field is absent. A field that is not on this page is refused, with a guess at what
  was meant: better no claim than one that lacks what you meant to say.
- `kind`, `schema_version` and `source`, which `gateway read` puts before a record, are accepted and left aside.

A file that is still being written is left alone: give it a name that ends in `.tmp` or `.part`, or begins with a dot, and
rename it when it is whole. Records with faults come back in `outbound/rejected/` with every reason beside them; mend them
there and drop the file again. Claims that are well formed but fail an edit are held; the reasons stand in the same place.

## Formats

- **JSON lines** (`.jsonl`): one record a line. A bad line is refused alone.
- **JSON** (`.json`): an array of records, or one record. A document that breaks off is refused as a whole.
- **CSV** (`.csv`): one row a service line. A column is named as the path of the field it fills: `payer.id`,
  `billing_provider.address.zip`, `service_lines.procedure`. Rows with the same `patient_control_number` are one claim; the
  claim's own columns need to be filled in its first row only and must not differ further down. A list
  (`diagnoses`, `service_lines.modifiers`, `service_lines.diagnosis_pointers`) stands in one cell, separated by blanks:
  `J0190 R509`. References are written `G2:12345`. Columns that stay empty may be left out. Comma, semicolon or tab.
  Lists of records (other payers and what they decided, attachments, certifications, measurements, forms) and
  `file_information` have no column: such claims come as JSON.
- **X12 837P** (`.837`): the file that most billing systems can make, as it is; [how it is taken](intake-837.md).

UTF-8 is meant; Windows-1252 and UTF-16 are read with a warning.

```json
{
  "patient_control_number": "ACC-1001",
  "charge": "125.50",
  "payer": {"id": "60054", "name": "Example Health Plan"},
  "billing_provider": {
    "name": "Elm Street Clinic", "npi": "1098765435", "tax_id": "371234567", "taxonomy": "207Q00000X",
    "address": {"line1": "100 Elm St", "city": "Springfield", "state": "IL", "zip": "627011234"}
  },
  "subscriber": {
    "last_name": "Roe", "first_name": "Richard", "member_id": "MBR000111", "birth_date": "1970-05-04", "sex": "M",
    "address": {"line1": "12 Oak Ave", "city": "Springfield", "state": "IL", "zip": "62702"}
  },
  "diagnoses": ["J01.90", "R50.9"],
  "service_lines": [
    {"procedure": "99213", "modifiers": ["25"], "charge": "125.50", "units": "1",
     "service_date": "2026-01-10", "diagnosis_pointers": [1, 2]}
  ]
}
```

The same as a sheet:

```csv
patient_control_number,charge,payer.id,payer.name,billing_provider.name,billing_provider.npi,subscriber.last_name,diagnoses,service_lines.procedure,service_lines.charge,service_lines.units
ACC-1001,125.50,60054,Example Health Plan,Elm Street Clinic,1098765435,Roe,J0190 R509,99213,125.50,1
```
"""

_TAIL = """\
## The same claim twice

- The very same content is refused while an earlier one is waiting, on its way or answered (`D-DUP-CONTENT`), and after a
  rejection too (`D-DUP-REJECTED`): mend it, or have it sent as it is by `gateway resubmit`.
- The same services of the same patient on the same days for the same amount are refused under another number too
  (`D-DUP-SERVICE`); a repeated service carries modifier 76 or 77.
- A `patient_control_number` that is in use is refused (`P-PCN-OPEN`), except to mend a claim that is held or was rejected
  before adjudication: then the record is the claim's new version. A record of another patient (neither last name, birth date nor
  member id is the same) is never one, and is refused. To change a claim that the payer has accepted, send
  frequency 7 (or 8 to void it) under the same number; the `payer_control_number` is filled in where the payer has told it
  ([corrected and void claims](corrected-and-void.md)).
"""
