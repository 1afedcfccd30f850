"""What pyx12 says of a sample 837P beside what the gateway's own edits say of the claims in it.

Two findings say the same when they speak of the same claim and of the same segment of the guide, and of the same
element where both name one. What is left on either side is a difference, and every difference has a class, explained in
docs/edits-and-pyx12.md: one of ours is called by its rule, one of pyx12's by what it means (`kind_of`).

``python -m tests.acceptance.edits_and_pyx12 FOLDER`` prints the differences file by file and then the classes; FOLDER is
the corpus. With ``--write`` it also puts the new counts into that page's tables. No claim content is printed.
"""

import csv
import io
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from gateway.claims.edits import EditContext, prepare
from gateway.claims.intake.formats import Intake
from gateway.claims.intake.reading import read_records
from gateway.claims.intake.record import validate
from gateway.mapping.bind import BoundLoop, BoundRow
from gateway.mapping.compile import load_map
from gateway.mapping.language import Hole
from gateway.model.claim import Claim
from gateway.model.codec import compact
from gateway.model.findings import Finding, Severity
from gateway.settings import Limits
from gateway.x12.check import check_x12
from gateway.x12.guide import GuideLoop, load_guide
from gateway.x12.reader import TransactionSet, read_x12
from tests.paths import get

TODAY = date(2026, 11, 2)
PYX12 = ("999-", "CHK-")
"""Codes of what pyx12 says; everything else in a verdict is the gateway's own."""
GUIDE = load_guide("005010X222A1")
DOCS = Path(__file__).parents[2] / "docs/edits-and-pyx12.md"
LARGEST = 100
"""Claims of a sample at most: the larger ones are the same few claims over and over."""

_ELEMENT = re.compile(r"\b([A-Z][A-Z0-9]{1,2}?)([0-9]{2})(-[0-9]+)?\b")
_INDEX = re.compile(r"\[\d+\]")
_COUNTS = ("SE01=", "GE01=", "IEA01=", "ISA not", "GS08!=")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the guide: *element* as ``NM109`` or ``CLM05-3``, None for the whole segment; *loop* "" for any."""

    loop: str
    segment: str
    element: str | None = None

    def meets(self, other: "Place") -> bool:
        """Tell whether two findings at these places speak of the same thing."""
        if self.segment != other.segment or ("" not in {self.loop, other.loop} and self.loop != other.loop):
            return False
        if self.element is None or other.element is None:
            return True
        mine, _, part = self.element.partition("-")
        theirs, _, other_part = other.element.partition("-")
        return mine == theirs and (part == other_part or "" in {part, other_part})


@dataclass(frozen=True, slots=True)
class Said:
    """One finding, by whom, with every place of the guide that it may mean; *kind* is the class of a difference."""

    by: str
    code: str
    kind: str
    claim: str | None
    severity: Severity
    where: str
    places: frozenset[Place] = frozenset()


@dataclass(slots=True)
class Compared:
    """One file laid side by side: *judged* of its *claims* went through the edits, *good* means so to pyx12."""

    file: str
    claims: int
    judged: int
    shared: int
    good: bool
    differences: list[Said]

    @property
    def errors(self) -> set[str]:
        """Return the codes of our own errors that pyx12 does not share."""
        return {s.code for s in self.differences if s.by == "gateway" and s.severity is Severity.ERROR}


def index(corpus: Path) -> list[dict[str, str]]:
    """Return the rows of the corpus's index that are professional claims."""
    with (corpus / "index.tsv").open(encoding="utf-8", newline="") as lines:
        return [r for r in csv.DictReader(lines, delimiter="\t") if r["transaction"].startswith("837P")]


def left_out(corpus: Path, row: dict[str, str]) -> str | None:
    """Say why a sample is not compared, None when it is."""
    if not row["version_GS08"].startswith("005010"):
        return "version 4010"
    if "X291" in row["version_GS08"]:
        return "predetermination, no claim"
    if "no ISA" in row["envelope"]:
        return "no interchange"
    if int(row["claims"]) > LARGEST:
        return "hundreds of copies of the same claims"
    text = (corpus / row["file"]).read_text(encoding="latin-1")
    if f"CLM{text[text.index('ISA') + 3]}" not in text:
        return "no claim in it"
    return None


def sample(corpus: Path, row: dict[str, str]) -> bytes:
    """Return a sample's bytes; where only its counts are wrong, with the counts put right, so that it is read on."""
    data = (corpus / row["file"]).read_bytes()
    if row["envelope"] == "OK" or not row["envelope"].startswith(_COUNTS):
        return data
    return _with_counts(data.decode("latin-1")).encode("latin-1")


def _with_counts(text: str) -> str:
    start = text.index("ISA")
    element, end = text[start + 3], text[start + 105]
    segments = sets = groups = 0
    mended = []
    for raw in text[start:].split(end):
        parts = raw.strip().split(element)
        tag = parts[0]
        groups = 0 if tag == "ISA" else groups + (tag == "GS")
        sets = 0 if tag == "GS" else sets + (tag == "ST")
        segments = 1 if tag == "ST" else segments + 1
        count = {"SE": segments, "GE": sets, "IEA": groups}.get(tag)
        mended.append(raw if count is None else element.join([tag, str(count), *parts[2:]]))
    return end.join(mended)


def compare(name: str, data: bytes) -> Compared:
    """Lay side by side what both say of one sample."""
    records = list(read_records(data, name=name, limits=Limits()))
    judged = {one.as_read.patient_control_number for one in records if one.as_read and _is_whole(one)}
    ours = [said for one in records for said in _ours(one)]
    theirs = list(_theirs(data, judged))
    met = [said for said in theirs if any(_same(said, own) for own in ours)]
    alone = [own for own in ours if not any(_same(said, own) for said in theirs)]
    alone += [said for said in theirs if said not in met]
    good = all(said.severity is not Severity.ERROR for said in theirs)
    return Compared(name, sum(1 for one in records if one.row), len(judged), len(met), good, alone)


def _same(theirs: Said, ours: Said) -> bool:
    if theirs.claim is not None and ours.claim is not None and theirs.claim != ours.claim:
        return False
    return any(one.meets(other) for one in theirs.places for other in ours.places)


def _theirs(data: bytes, judged: set[str]) -> Iterator[Said]:
    """Yield what pyx12 says, set by set, and first what it says of the envelope."""
    verdict = check_x12(data)
    of_sets = {id(finding) for one in verdict.sets for finding in one.findings}
    for finding in verdict.findings:
        if id(finding) not in of_sets and finding.code.startswith(PYX12):
            yield _said(finding, kind_of(finding, [], judged))
    for one, segments in zip(verdict.sets, _segments(data), strict=True):
        for finding in one.findings:
            if finding.code.startswith(PYX12):
                yield _said(finding, kind_of(finding, segments, judged))


def _segments(data: bytes) -> Iterator[list[list[str]]]:
    for interchange in read_x12(io.BytesIO(data)):
        for part in interchange.parts():
            if isinstance(part, TransactionSet):
                yield [["ST"], *part.segments()]


def _said(finding: Finding, kind: str) -> Said:
    places: frozenset[Place] = frozenset()
    if finding.segment is not None and finding.loop is not None:
        places = frozenset({Place(finding.loop, finding.segment, finding.element)})
    where = " ".join(part for part in (finding.loop, finding.element or finding.segment) if part)
    return Said("pyx12", finding.code, kind, finding.claim, finding.severity, where, places)


def kind_of(finding: Finding, segments: list[list[str]], judged: set[str]) -> str:
    """Name the class of what pyx12 says and the edits do not."""
    if finding.code in {"CHK-GUIDE-ALIAS", "CHK-NO-GUIDE"}:
        return "edition"
    if not segments or finding.loop in {"1000A", "1000B"} or finding.segment in {"ST", "BHT"}:
        return "envelope"
    if not any(segment[0] == "HL" for segment in segments):
        return "levels"
    if finding.code.startswith("CHK-") or _without_lx(finding, segments):
        return "numbering"
    if finding.claim not in judged and (finding.claim is not None or not judged):
        return "not judged"
    if finding.code == "999-IK3-8":
        return "empty ends"
    if finding.code == "999-IK3-3":
        return "order" if _stands_elsewhere(finding, segments) else "required"
    if finding.code in {
        "999-IK3-1",
        "999-IK3-2",
        "999-IK3-4",
        "999-IK3-5",
        "999-IK4-I10",
        "999-IK4-13",
        "999-IK4-3",
    }:
        return "order" if _is_known(finding, segments) else "beside"
    return "required" if finding.code in {"999-IK4-1", "999-IK4-2"} else "value"


def _without_lx(finding: Finding, segments: list[list[str]]) -> bool:
    """Tell whether a line's LX is missing, or a line's segment stands in the claim's loop because it is."""
    if finding.code == "999-IK3-3":
        return finding.segment == "LX"
    known = finding.code == "999-IK3-1" and finding.loop == "2300" and finding.line is not None
    return known and _is_of(GUIDE.loops["2400"], segments[(finding.line or 1) - 1])


def _is_known(finding: Finding, segments: list[list[str]]) -> bool:
    """Tell whether the guide has the segment in the loop, so that only its place in the order is wrong."""
    if finding.loop is None or finding.line is None or finding.code != "999-IK3-1":
        return False
    return _is_of(GUIDE.loops[finding.loop], segments[finding.line - 1])


def _is_of(loop: GuideLoop, elements: list[str]) -> bool:
    """Tell whether the guide has such a segment in *loop*."""
    for segment in loop.segments:
        said = elements[segment.qualifier] if segment.qualifier < len(elements) else ""
        if segment.id == elements[0] and (not segment.qualifier or said.split(":")[0] in segment.codes):
            return True
    return False


def _stands_elsewhere(finding: Finding, segments: list[list[str]]) -> bool:
    """Tell whether the segment that is missing comes later, behind one that should follow it."""
    following = segments[finding.line or 0 :]
    until = next(
        (n for n, s in enumerate(following) if s[0] in {"HL", "LX", "CLM", "NM1", "SBR"}), len(following)
    )
    needed = [
        s for s in GUIDE.loops[finding.loop or ""].segments if s.id == finding.segment and s.usage == "R"
    ]
    return any(
        s[0] == one.id and (not one.qualifier or s[one.qualifier] in one.codes)
        for one in needed
        for s in following[:until]
    )


def _is_whole(one: Intake) -> bool:
    return one.as_read is not None and validate(compact(one.as_read))[0] is not None


def _ours(one: Intake) -> Iterator[Said]:
    """Yield what intake and edits say of one record; spelling put right is no verdict, nor is the envelope."""
    found = list(one.findings)
    if one.as_read is not None:
        whole, faults = validate(compact(one.as_read))
        known = {fault.message for fault in faults}
        # The record's faults by field, not by the segment nearest to what is missing.
        found = [*faults, *(f for f in found if f.message not in known)]
        if whole is not None:
            found += prepare(one.as_read, context=EditContext(today=TODAY))[1]
    for finding in found:
        if finding.severity is Severity.INFO or finding.code.startswith("ENV-"):
            continue
        path = _INDEX.sub("", finding.element or "")
        if finding.code == "P-BESIDE" and one.as_read is not None:
            places = _beside(finding, one.as_read)
        elif finding.segment is not None:
            places = frozenset({Place(finding.loop or "", finding.segment, finding.element)})
        else:
            places = _places_of(path)
        yield Said("gateway", finding.code, finding.code, finding.claim, finding.severity, path, places)


def _beside(finding: Finding, claim: Claim) -> frozenset[Place]:
    """Return where in the guide the text beside the record stands that is spoken of."""
    kept = get(claim, finding.element or "")
    found = _ELEMENT.search(finding.message)
    tags = [text.partition("*")[0] for text in kept.segments or (kept.replaces or "",)]
    if found is not None and found[1] in tags:
        return frozenset({Place(kept.loop, found[1], found[0])})
    return frozenset(Place(kept.loop, tag.partition("*")[0]) for tag in tags)


@cache
def _places() -> dict[str, frozenset[Place]]:
    """Return for every field of a claim, by its path without numbers, where the claim map writes it."""
    found: dict[str, set[Place]] = defaultdict(set)
    for loop in load_map("837p").bound.loops:
        for row in loop.rows:
            for path, place in _holes(loop, row):
                found[".".join(path)].add(place)
    return {path: frozenset(places) for path, places in found.items()}


def _holes(loop: BoundLoop, row: BoundRow) -> Iterator[tuple[tuple[str, ...], Place]]:
    base = (*_each(loop), *(loop.of or ()), *(row.row.each or ()))
    for path in row.row.fields:
        yield (*base, *path), Place(loop.id, row.row.tag)
    for position, parts in enumerate(row.row.elements, start=1):
        for component, part in enumerate(parts, start=1):
            if isinstance(part, Hole):
                name = f"{row.row.tag}{position:02d}" + (f"-{component}" if len(parts) > 1 else "")
                yield (*base, *part.path), Place(loop.id, row.row.tag, name)


def _each(loop: BoundLoop | None) -> tuple[str, ...]:
    if loop is None:
        return ()
    return (*_each(loop.parent), *(loop.each or ()))


def _places_of(path: str) -> frozenset[Place]:
    """Return the places of a field, or of every field of a part."""
    known = _places()
    if path in known:
        return known[path]
    below = [places for name, places in known.items() if path and name.startswith(f"{path}.")]
    return frozenset(Place(p.loop, p.segment) for places in below for p in places)


def main(folder: str, *, write: bool) -> None:
    """Print the differences file by file, and the classes with their counts."""
    corpus = Path(folder)
    rows = index(corpus)
    why = Counter(reason for row in rows if (reason := left_out(corpus, row)))
    sides = [compare(row["file"], sample(corpus, row)) for row in rows if not left_out(corpus, row)]
    for side in sides:
        print(f"{side.file}: {side.judged} of {side.claims} claims judged, {side.shared} findings alike")
        for said, times in Counter(side.differences).items():
            print(f"  only {said.by}: {times} x {said.severity.value} {said.code} {said.where} ({said.kind})")
    print(f"{total(sides, len(rows))} judged; left out: {dict(why)}")
    print(f"{sum(side.shared for side in sides)} of pyx12's findings alike")
    for (by, kind), (times, files) in sorted(classes(sides).items()):
        print(f"{by:8} {kind:20} {times:4} in {files:2} files")
    if write:
        DOCS.write_text(recounted(DOCS.read_text(encoding="utf-8"), sides, len(rows)), encoding="utf-8")


def total(sides: list[Compared], rows: int) -> str:
    """Say how many files and claims were compared."""
    claims, judged = (sum(getattr(side, name) for side in sides) for name in ("claims", "judged"))
    return f"{len(sides)} of {rows} files, {judged} of their {claims} claims"


def good(sides: list[Compared]) -> str:
    """Say how many files pyx12 finds no fault in, and in how many of them the edits find none either."""
    sound = [side for side in sides if side.good]
    return f"{len(sound)} files are without fault to pyx12, and {sum(not side.errors for side in sound)} of"


def recounted(text: str, sides: list[Compared], rows: int) -> str:
    """Return the page with the counts that were measured; its words stay."""
    text = re.sub(r"\d+ of \d+ files, \d+ of their \d+ claims", total(sides, rows), text)
    text = re.sub(r"\d+ files are without fault to pyx12, and \d+ of", good(sides), text)
    for (_, kind), (times, files) in classes(sides).items():
        text = re.sub(
            rf"^\| `{re.escape(kind)}` \| \d+ \| \d+ \|",
            f"| `{kind}` | {times} | {files} |",
            text,
            flags=re.MULTILINE,
        )
    withheld = Counter(code for side in sides if side.good for code in side.errors)
    for code, files in withheld.items():
        text = re.sub(rf"^\| `{code}` \| \d+ \|(?! \d)", f"| `{code}` | {files} |", text, flags=re.MULTILINE)
    return text


def classes(sides: list[Compared]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return for every class of difference how often it occurs, and in how many files."""
    counts: Counter[tuple[str, str]] = Counter()
    files: dict[tuple[str, str], set[str]] = defaultdict(set)
    for side in sides:
        for said in side.differences:
            counts[said.by, said.kind] += 1
            files[said.by, said.kind].add(side.file)
    return {key: (times, len(files[key])) for key, times in counts.items()}


if __name__ == "__main__":
    main(sys.argv[1], write="--write" in sys.argv)
