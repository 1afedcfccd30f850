"""An 835 cut up by payee, for systems that read X12 only: the sets of one payee in a file of their own, nothing else changed.

Every transaction set goes out as it came, with its own control numbers; ISA, GS and their numbers are kept as well, and
only GE01 and IEA01 count what is left. One payment stays one set: sets are never merged. What is written is read again
and held against what was read before it gets its name.
"""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO, Self

from gateway.errors import BooksBroken, Refused, X12Error
from gateway.model.matching import loose_id
from gateway.settings import BillingEntity
from gateway.store.disk import sync_file, sync_folder
from gateway.x12.reader import Interchange, ReadLimits, Ta1Segment, TransactionSet, read_x12
from gateway.x12.separators import HEAD_BYTES, discover

OTHER = "other"
"""The name of what is paid to nobody we know."""

_LINE_ENDS = (b"\r\n", b"\n", b"\r")


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid by one set: the NPI and the tax ids that its payee loop names."""

    npi: str | None
    tax_ids: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Part:
    """One file made: the sets of one payee. *amount* is the sum of their BPR02."""

    name: str
    path: Path
    sets: int = 0
    amount: Decimal = Decimal("0.00")


@dataclass(slots=True)
class SplitReport:
    """What a split came to: *others* are transaction sets that are no 835, and stay in the file that came."""

    parts: list[Part] = field(default_factory=list)
    sets: int = 0
    amount: Decimal = Decimal("0.00")
    others: int = 0


def by_entity(entities: Iterable[BillingEntity]) -> Callable[[Payee], str]:
    """Return what names a payee by the NPI of the billing entity it is, however the set names it; else `OTHER`."""
    known = list(entities)

    def name(payee: Payee) -> str:
        for one in known:
            if payee.npi == one.npi:
                return one.npi
        for one in known:
            if one.tax_id in payee.tax_ids:
                return one.npi
        return OTHER

    return name


def by_number() -> Callable[[Payee], str]:
    """Return what names a payee by its NPI; one that is told by a tax id, which may be a person's, by its turn."""
    turns: dict[frozenset[str], str] = {}

    def name(payee: Payee) -> str:
        if payee.npi and payee.npi.isascii() and payee.npi.isdigit():
            return payee.npi
        return turns.setdefault(payee.tax_ids, f"payee{len(turns) + 1}")

    return name


def split_835(
    files: Iterable[bytes], *, limits: ReadLimits, name: Callable[[Payee], str], path: Callable[[str], Path]
) -> SplitReport:
    """Write the 835s in *files* into a file a payee and return which; no file has its name before all are proved.

    *name* tells the file of a payee, *path* where the file of that name goes; a file that is there is replaced.

    Raises:
        Refused: a file is not whole X12, or there is no 835. Nothing is written.
        BooksBroken: what was written is not what was read. Nothing is left.
        OSError: the files cannot be written.

    """
    report = SplitReport()
    with _Cut(name, path) as cut:
        try:
            for data in files:
                _file(data, cut, report, limits)
        except X12Error as fault:
            raise Refused(f"{fault.message} ({fault.code})") from None
        if not report.sets:
            raise Refused("there is no 835 in it")
        cut.prove(report, limits)
        report.parts = cut.finish()
    return report


def _file(data: bytes, cut: "_Cut", report: SplitReport, limits: ReadLimits) -> None:
    for interchange in read_x12(io.BytesIO(data), limits=limits, witness=cut.witness):
        cut.open(interchange, data)
        for part in interchange.parts():
            _one(part, cut, report)
        cut.close()
        if not interchange.intact:
            raise Refused("an interchange is not whole; have the file sent again")


def _one(part: TransactionSet | Ta1Segment, cut: "_Cut", report: SplitReport) -> None:
    """Read one set whole - the most that is held in memory - and hand it to its payee's file."""
    if isinstance(part, Ta1Segment):
        return
    if part.set_id != "835":
        for _ in part.segments():
            pass
        report.others += 1
        return
    segments = list(part.segments())
    if not part.intact or part.trailer is None:
        raise Refused("a transaction set is not whole; have the file sent again")
    amount = paid(segments)
    cut.add(payee_of(segments), segments, part.trailer, amount)
    report.sets += 1
    report.amount += amount


def payee_of(segments: Iterable[Sequence[str]]) -> Payee:
    """Return who is paid by the set with these segments."""
    npi, tax_ids, inside = None, set[str](), False
    for segment in segments:
        tag, elements = segment[0], [*segment[1:], "", "", "", ""]
        if tag == "N1":
            inside = elements[0] == "PE"
            if inside and elements[2] == "XX":
                npi = elements[3].strip()
            elif inside and elements[2] == "FI":
                tax_ids.add(loose_id(elements[3]))
        elif tag == "REF" and inside and elements[0] == "TJ":
            tax_ids.add(loose_id(elements[1]))
        elif tag in {"LX", "CLP", "PLB"}:
            break
    return Payee(npi or None, frozenset(filter(None, tax_ids)))


def paid(segments: Iterable[Sequence[str]]) -> Decimal:
    """Return BPR02 of the set with these segments; raise Refused where there is none."""
    for segment in segments:
        if segment[0] == "BPR" and len(segment) > 2:
            with suppress(InvalidOperation):
                amount = Decimal(segment[2].strip())
                if amount.is_finite():
                    return amount
    raise Refused("a set does not say what it pays (BPR02); have the file sent again")


class _File:
    """The file of one payee while it grows, with what is open in it."""

    def __init__(self, part: Part, stream: BinaryIO, temporary: Path) -> None:
        self.part, self.stream, self.temporary = part, stream, temporary
        self.groups = 0
        self.sets = 0
        self.isa: list[str] | None = None
        self.gs: list[str] | None = None


class _Cut:
    """The files of all payees: opened as they turn up, under hidden names; renamed together, or all removed."""

    def __init__(self, name: Callable[[Payee], str], path: Callable[[str], Path]) -> None:
        self._name, self._path = name, path
        self._files: dict[str, _File] = {}
        self._stack = ExitStack()
        self._element, self._end = "*", "~"
        self._isa: list[str] = []
        self._st: list[str] = []
        self._gs: list[str] = []
        self._done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if not self._done:
            for one in self._files.values():
                one.temporary.unlink(missing_ok=True)

    def witness(self, segment: list[str]) -> None:
        """Keep the segments that open what comes, as they came; a GE closes the group in every file."""
        if segment[0] == "GS":
            self._leave_groups()
            self._gs = segment
        elif segment[0] == "ST":
            self._st = segment

    def open(self, interchange: Interchange, data: bytes) -> None:
        """Take up an interchange: its separators, and the line ends that the file has after them."""
        separators = interchange.header.separators
        self._isa, self._gs = interchange.isa, []
        self._element, self._end = separators.element, separators.segment + _line_end(data)

    def add(self, payee: Payee, segments: Iterable[list[str]], trailer: list[str], amount: Decimal) -> None:
        """Write one set into its payee's file, opening what is not open there yet."""
        one = self._file(self._name(payee))
        if one.isa is None:
            one.isa = self._isa
            self._write(one, [self._isa])
        if one.gs is None and self._gs:
            one.gs, one.groups = self._gs, one.groups + 1
            self._write(one, [self._gs])
        self._write(one, [self._st, *segments, trailer])
        one.sets += 1
        one.part.sets += 1
        one.part.amount += amount

    def close(self) -> None:
        """Close the interchange in every file that has it."""
        self._leave_groups()
        for one in self._files.values():
            if one.isa is not None:
                self._write(one, [["IEA", str(one.groups), one.isa[13].strip()]])
                one.isa, one.groups = None, 0

    def prove(self, report: SplitReport, limits: ReadLimits) -> None:
        """Read what was written and hold it against what was read: whole, every set there, to the cent."""
        sets, amount = 0, Decimal("0.00")
        try:
            for one in self._files.values():
                one.stream.flush()
                for written in _sets_of(one.temporary, limits):
                    sets, amount = sets + 1, amount + written
        except X12Error as fault:
            raise BooksBroken(f"a file made by splitting does not read back ({fault.code})") from None
        if (sets, amount) != (report.sets, report.amount):
            raise BooksBroken("the files made by splitting do not come to what was split")

    def finish(self) -> list[Part]:
        """Give the files their names, in the order of the names."""
        self._stack.close()
        files = [self._files[name] for name in sorted(self._files)]
        for one in files:
            sync_file(one.temporary)
        for one in files:
            one.temporary.replace(one.part.path)
        self._done = True
        for folder in {one.part.path.parent for one in files}:
            sync_folder(folder)
        return [one.part for one in files]

    def _file(self, name: str) -> _File:
        if name not in self._files:
            path = self._path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.part")
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            stream = self._stack.enter_context(os.fdopen(descriptor, "wb"))
            self._files[name] = _File(Part(name=name, path=path), stream, temporary)
        return self._files[name]

    def _leave_groups(self) -> None:
        for one in self._files.values():
            if one.gs is not None:
                self._write(one, [["GE", str(one.sets), [*one.gs, *[""] * 7][6].strip()]])
                one.gs, one.sets = None, 0

    def _write(self, one: _File, segments: Iterable[list[str]]) -> None:
        one.stream.writelines(self._encoded(segments))

    def _encoded(self, segments: Iterable[list[str]]) -> Iterator[bytes]:
        for segment in segments:
            yield (self._element.join(segment) + self._end).encode("latin-1")


def _line_end(data: bytes) -> str:
    """Return the line end that follows the terminator of the file's first ISA, if any."""
    start = data.find(b"ISA")
    head = data[start : start + HEAD_BYTES].decode("latin-1")
    after = data[start + discover(head).width :][:2]
    return next((end.decode() for end in _LINE_ENDS if after.startswith(end)), "")


def _sets_of(path: Path, limits: ReadLimits) -> Iterator[Decimal]:
    """Yield what each set in the file at *path* pays; raise BooksBroken where it does not read back whole."""
    with path.open("rb") as written:
        for interchange in read_x12(written, limits=limits):
            for part in interchange.parts():
                if isinstance(part, TransactionSet):
                    yield paid(part.segments())
            if not interchange.intact:
                raise BooksBroken("a file made by splitting does not read back whole")
