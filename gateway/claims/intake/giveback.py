"""What comes back to the biller: refused records as a file to mend and drop again, and every reason beside it.

``outbound/rejected/F-....jsonl`` (or .json, .csv, .837, as it was dropped), ``F-....reasons.csv`` and
``F-....reasons.jsonl`` for programs and ``F-....reasons.txt`` for people. Names carry our id only; the dropped file's own name stands inside (law 11).
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.claims.intake import x12_pieces
from gateway.claims.intake.formats import Format
from gateway.claims.intake.reading import Dropped
from gateway.claims.intake.watch import REJECTED
from gateway.claims.intake.x12_pieces import Piece
from gateway.mapping.addresses import in_words
from gateway.model.findings import Finding, Severity
from gateway.site import Site
from gateway.store.disk import write_whole

LATER = "rejected"
"""The outcome of a claim that was taken in and rejected later."""

_EXTENSION = re.compile(r"[a-z0-9]{1,8}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one record (row 0: the file) came back; *outcome* is refused, held or rejected, *claim* our id of it.

    *place* is interchange/group/set/segment in an X12 file; *by* is who rejected the claim.
    """

    row: int
    outcome: str
    findings: Sequence[Finding]
    claim: str | None = None
    place: str | None = None
    by: str | None = None


def give_back(
    site: Site,
    file_id: str,
    *,
    name: str,
    records: int,
    reasons: Sequence[Reason],
    content: bytes | None,
    extension: str,
) -> None:
    """Write the refused records (*content*, None where all are only held) and the reasons; the same each time it is done.

    The reasons come first, so that nobody finds records without them.
    """
    folder = _folder(site)
    mended = f"{file_id}.{extension}" if content is not None else None
    lines = "".join(json.dumps(_as_json(name, reason), ensure_ascii=False) + "\n" for reason in reasons)
    _put(folder / f"{file_id}.reasons.jsonl", lines)
    _put(folder / f"{file_id}.reasons.csv", _as_csv(name, reasons))
    _put(
        folder / f"{file_id}.reasons.txt",
        _as_text(name, records, reasons, mended, counted=extension == Format.JSON.value),
    )
    if content is not None:
        _put(folder / f"{file_id}.{extension}", content)


def _folder(site: Site) -> Path:
    """Return outbound/rejected/, open to whom outbound/ is open: who may drop may mend."""
    folder = site.outbound / REJECTED
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(site.outbound.stat().st_mode & 0o7777)
    return folder


def _put(path: Path, content: str | bytes) -> None:
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    write_whole(path, data)
    path.chmod(0o600 | (path.parent.stat().st_mode & 0o066))


def extension_of(name: str) -> str:
    """Return the extension of a dropped file's name where it is an ordinary one, else ``bin``."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return extension if _EXTENSION.match(extension) else "bin"


def joined(opened: Dropped, raws: Iterable[str | Piece]) -> bytes:
    """Put refused records together as a file of the format they were dropped in, JSON lines where that is not known."""
    if opened.format is Format.X12:
        text = x12_pieces.joined(raw for raw in raws if isinstance(raw, Piece))
        return text.encode(opened.encoding, "replace")
    return _joined_text(opened, [raw for raw in raws if isinstance(raw, str)])


def _joined_text(opened: Dropped, raws: Sequence[str]) -> bytes:
    form, header = opened.format, opened.header
    if form is Format.JSON:
        text = "[\n" + ",\n".join(raws) + "\n]\n"
    elif form is Format.CSV:
        text = "\n".join([header, *raws]) + "\n"
    else:
        text = "".join(f"{raw}\n" for raw in raws)
    return text.encode("utf-8", "replace")


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding in its published shape."""
    keys = (
        "code",
        "severity",
        "file",
        "line",
        "segment",
        "element",
        "loop",
        "claim",
        "field",
        "x12",
        "message",
    )
    said = asdict(finding)
    return {key: said[key].value if key == "severity" else said[key] for key in keys}


def _as_json(name: str, reason: Reason) -> dict[str, Any]:
    number = next((f.claim for f in reason.findings if f.claim), None)
    return {
        "kind": "intake_reason",
        "schema_version": "1",
        "file": name,
        "row": reason.row or None,
        "place": reason.place,
        "outcome": reason.outcome,
        "patient_control_number": number,
        "claim": reason.claim,
        "findings": [finding_json(f) for f in reason.findings],
    }


CSV_COLUMNS = (
    "file", "row", "line", "column", "field", "x12", "code", "severity", "outcome", "claim", "patient_control_number",
    "sentence",
)  # fmt: skip
"""One line a finding. *line* and *column* are where the sender finds it: in an 837 interchange/group/set/segment and the
element."""


def _as_csv(name: str, reasons: Sequence[Reason]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for reason in reasons:
        number = next((f.claim for f in reason.findings if f.claim), None)
        writer.writerows(
            (
                name, reason.row or None, line_of(finding, reason.place), finding.element or finding.segment,
                finding.field, finding.x12, finding.code, finding.severity.value, reason.outcome, reason.claim, number,
                finding.message,
            )
            for finding in reason.findings
        )  # fmt: skip
    return text.getvalue()


def line_of(finding: Finding, place: str | None) -> str | None:
    """Return where a finding stands in the dropped file: its line, or interchange/group/set/segment of an 837."""
    if place is None or finding.line is None:
        return None if finding.line is None else str(finding.line)
    return f"{place.rpartition('/')[0]}/{finding.line}"


def _as_text(name: str, records: int, reasons: Sequence[Reason], mended: str | None, *, counted: bool) -> str:
    """Return the page for people; a record is named by its line, or by its count where one line holds many (*counted*)."""
    refused = sum(1 for r in reasons if r.outcome == "refused" and r.row)
    held = sum(1 for r in reasons if r.outcome == "held")
    parts = [name]
    later = sum(1 for r in reasons if r.outcome == LATER)
    if later:
        parts += _rejected_words(later, mended)
    elif any(r.row == 0 for r in reasons) and not refused:
        parts.append("Nothing of this file was taken in.")
    else:
        parts.append(_counted(records, refused, held))
    if mended and not later and (refused or held):
        parts.append(f"These records are in {mended}: mend them there and move it into outbound/ again.")
    elif mended and not later:
        parts.append(f"It is kept beside this page as {mended}.")
    if held:
        parts.append(
            "Held claims wait in the gateway until the mended record comes, under the same patient control number."
        )
    parts.append("")
    for reason in reasons:
        unit = "line" if reason.place is None else "segment"
        parts += [
            _heading(reason, counted=counted),
            *(f"    {_sentence(f, unit)}" for f in _to_mend(reason.findings)),
            "",
        ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _counted(records: int, refused: int, held: int) -> str:
    """Say how many records came back, and whether others go on."""
    said = [f"{refused} {'was' if refused == 1 else 'were'} refused"] if refused else []
    said += [f"{held} {'is' if held == 1 else 'are'} held"] if held else []
    rest = records - refused - held
    others = f"the other{'s go' if rest > 1 else ' goes'} on" if rest > 0 else ""
    back = " and ".join(said) or "none came back"
    return f"Of {records} record{'s' * (records != 1)}, {'; '.join(filter(None, [back, others]))}."


def _to_mend(found: Sequence[Finding]) -> Sequence[Finding]:
    """Leave out what is only remarked, such as that a name is sent in capitals: nobody mends that."""
    return [f for f in found if f.severity is not Severity.INFO] or found


def _rejected_words(count: int, mended: str | None) -> list[str]:
    said = [
        f"{count} claim{'s' * (count > 1)} of this file {'were' if count > 1 else 'was'} rejected after it was taken in."
    ]
    if mended:
        said.append(
            f"As they were dropped they are in {mended}: mend them there and move it into outbound/ again."
        )
    else:
        said.append("Mend them in your system and send them again under the same patient control number.")
    said.append(
        "A claim that is dropped again as it is does not go out. Where nothing of it is wrong, because the payer or the "
        "clearinghouse has mended its own file, it goes again by: gateway resubmit C-.... --reason ..."
    )
    return said


def _heading(reason: Reason, *, counted: bool) -> str:
    if reason.row == 0:
        return "The file"
    number = next((f.claim for f in reason.findings if f.claim), None)
    account = f", account {number}" if number else ""
    as_claim = f" as {reason.claim}" if reason.claim else ""
    if reason.by:
        as_claim = f" by the {reason.by}, {reason.claim}"
    if reason.place is not None:
        return f"Claim {reason.row}{account} ({place_words(reason.place)}): {reason.outcome}{as_claim}"
    line = next((f.line for f in reason.findings if f.line), reason.row)
    where = f"Record {reason.row} (line {line})" if counted else f"Line {line}"
    return f"{where}{account}: {reason.outcome}{as_claim}"


def place_words(place: str) -> str:
    """Say interchange/group/set/segment as a person looks for it in the file."""
    interchange, group, one_set, segment = place.split("/")
    return f"interchange {interchange}, group {group}, set {one_set}, segment {segment}"


def _sentence(finding: Finding, unit: str) -> str:
    place = f"{unit} {finding.line}" if finding.line else ""
    if finding.element and finding.line:
        place += f", {finding.element}"
        if finding.field and finding.element != finding.field:
            place += f" ({in_words(finding.field)})"
    place += ": " if place else ""
    weight = "" if finding.severity == "error" else f" ({finding.severity.value})"
    return f"{place}{finding.message}  [{finding.code}{weight}]"
