"""Sample files nobody here wrote: read without loss where their envelope is clean, with named findings where not.

The folder is named by GATEWAY_CORPUS; its index says what each file is. Nothing of it is kept here.
"""

import csv
import io
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from gateway.errors import X12Error
from gateway.model.findings import Severity
from gateway.x12.check import check_x12
from gateway.x12.reader import TransactionSet, read_x12

ROOT = Path(os.environ.get("GATEWAY_CORPUS", "absent"))

pytestmark = pytest.mark.corpus

CODES = {
    "SE01=": "ENV-SE-COUNT",
    "SE02!=": "ENV-SE-CONTROL",
    "GE01=": "ENV-GE-COUNT",
    "GE02!=": "ENV-GE-CONTROL",
    "IEA01=": "ENV-IEA-COUNT",
    "IEA02!=": "ENV-IEA-CONTROL",
    "GS01=": "ENV-GS-TYPE",
    "GS08!=": "ENV-ST-VERSION",
    "ISA not": "ENV-ISA-WIDTH",
    "no ISA": "ENV-NO-ISA",
}
"""What the index says of an envelope, and the finding that must say the same."""

NO_SEPARATOR = "bad/staedi__ts214_ellipses_segterm.edi"
"""Its terminator is a character of three bytes: refused, for separators are single bytes."""


def index() -> list[dict[str, str]]:
    with (ROOT / "index.tsv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def read(data: bytes) -> tuple[Counter[str], int, bool]:
    """Return finding codes, the number of segments seen, and whether every envelope was sound."""
    codes: Counter[str] = Counter()
    seen, sound = 0, True
    try:
        for interchange in read_x12(io.BytesIO(data)):
            seen += 2
            groups = set()
            for part in interchange.parts():
                seen += 1
                if isinstance(part, TransactionSet):
                    seen += 1 + sum(1 for _ in part.segments())
                    sound = sound and part.intact is True
                    codes.update(f.code for f in part.findings)
                    if part.group is not None and part.group.ordinal not in groups:
                        groups.add(part.group.ordinal)
                        seen += 2
            sound = sound and interchange.intact is True
            codes.update(f.code for f in interchange.findings)
    except X12Error as refused:
        codes[refused.code] += 1
        sound = False
    return codes, seen, sound


def test_every_clean_envelope_is_read_without_loss():
    clean = [row for row in index() if row["envelope"] == "OK"]
    assert len(clean) > 100
    skipped = 0
    for row in clean:
        codes, seen, sound = read((ROOT / row["file"]).read_bytes())
        assert sound, row["file"]
        skipped_here = int(row["segments"]) - seen
        if codes["ENV-SEGMENT-PLACE"]:
            skipped += skipped_here
        else:
            assert skipped_here == 0, row["file"]
    # One file carries interchange service segments (ISB, ISE, TA3), which are named and carry no business.
    assert skipped <= 5


def test_every_spoiled_envelope_is_named():
    spoiled = [row for row in index() if row["envelope"] != "OK"]
    assert len(spoiled) > 40
    for row in spoiled:
        codes, _, _ = read((ROOT / row["file"]).read_bytes())
        if row["file"] == NO_SEPARATOR:
            assert codes == Counter({"ENV-ISA-BROKEN": 1})
            continue
        if codes["ENV-NO-ISA"]:
            assert "no ISA" in row["envelope"]
            continue
        for words, code in CODES.items():
            if re.search(rf"(?:^|; ){re.escape(words)}", row["envelope"]):
                assert codes[code], (row["file"], code, codes)


def test_the_checker_never_breaks_and_agrees_with_pyx12_where_it_gave_a_verdict():
    agree, differ = 0, set()
    for row in index():
        verdict = check_x12((ROOT / row["file"]).read_bytes(), want_999=True)
        if row["pyx12_verdict"].startswith("exception") or "does not look like" in row["pyx12_verdict"]:
            continue
        theirs = row["pyx12_verdict"].startswith("OK")
        ours = not any(f.severity is Severity.ERROR and not f.code.startswith("P-") for f in verdict.findings)
        if theirs == ours:
            agree += 1
        else:
            differ.add(row["file"].rpartition("__")[2])
    assert agree > 100
    assert differ == {
        # A 997 in a 999's group: pyx12 finds no place for any segment and says OK.
        "834_lui_id_5010_resAck.edi",
        # A line's certificate (PWK*CT*AD), which pyx12 judges as an attachment because both begin alike.
        "005010_X222A1_oxygen.edi",
    }


def test_every_acknowledgement_is_sound():
    made = 0
    for row in index():
        if row["envelope"] != "OK":
            continue
        answer = check_x12((ROOT / row["file"]).read_bytes(), want_999=True).acknowledgement
        if answer is not None:
            made += 1
            codes, _, sound = read(answer)
            assert sound, (row["file"], codes)
    assert made > 60
