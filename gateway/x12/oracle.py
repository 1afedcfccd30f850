"""pyx12 as a second opinion: its reader, map walker and 999 writer, driven segment by segment.

pyx12 knows the guides; we know what to do with its answers. It is fed raw segments (our tokens, so that a BOM, wrapped
lines or latin-1 text do not stop it), one walker a transaction set (so that one broken set does not confuse the next),
with its maps loaded once per process. Whatever Python error it raises becomes the fault ``CHK-ENGINE``. Its sentences
are not used: they quote values and paraphrase guides. Its loggers are muted, because they print claim content.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import pyx12.error_997
import pyx12.error_999
import pyx12.error_handler
import pyx12.map_if
import pyx12.map_index
import pyx12.params
import pyx12.segment
import pyx12.x12file
from pyx12.map_walker import apply_walk_errors, walk_tree

from gateway.x12.faults import X_NUMBER, Fault, element_fault, engine_fault, reader_fault, walk_fault
from gateway.x12.separators import FoundIsa
from gateway.x12.tally import Tally

_GS = "/ISA_LOOP/GS_LOOP/GS"
_GS_LOOP = "/ISA_LOOP/GS_LOOP"
_OUTSIDE_SETS = {
    "ISA": "/ISA_LOOP/ISA",
    "TA1": "/ISA_LOOP/TA1",
    "GS": _GS,
    "GE": "/ISA_LOOP/GS_LOOP/GE",
    "IEA": "/ISA_LOOP/IEA",
}
_REMEMBERED = 20_000
"""Sound segments remembered for one interchange."""

_muted = logging.getLogger("pyx12")
_muted.propagate = False
_muted.setLevel(logging.CRITICAL + 1)
_muted.addHandler(logging.NullHandler())


@cache
def _parameters() -> pyx12.params.ParamsBase:
    """pyx12's defaults; the files in which a machine's owner could change them are not read."""
    return pyx12.params.ParamsBase()


@cache
def _map(file: str) -> pyx12.map_if.map_if:
    return pyx12.map_if.load_map_file(file, _parameters())


@cache
def _index() -> pyx12.map_index.map_index:
    return pyx12.map_index.map_index()


def guide_file(interchange_version: str, functional_id: str, version: str) -> tuple[str, str] | None:
    """Return pyx12's map file for GS08 *version*, and the version it speaks of; None when it has no such guide.

    The exact name is tried first, then any name with the same X-number, so that 005010X222, 005010X222A2 or
    005010X223A3 find their guide (TRAP-22).
    """
    entries = [
        entry
        for entry in _index().maps
        if entry["icvn"] == interchange_version and entry["fic"] == functional_id and not entry["tspc"]
    ]
    for exact in (True, False):
        for entry in entries:
            known, file = entry["vriic"], entry["map_file"]
            if not known or not file:
                continue
            if known == version or (
                not exact and len(version) >= X_NUMBER and known[:X_NUMBER] == version[:X_NUMBER]
            ):
                return file, known
    return None


class _Counter(pyx12.x12file.X12Reader):
    """pyx12's reader without its file: it counts segments, HLs and LXs, and notes what does not add up."""

    def __init__(self, found: FoundIsa) -> None:
        pyx12.x12file.X12Base.__init__(self)
        self.need_to_close = False
        self.seg_term = found.separators.segment
        self.ele_term = found.separators.element
        self.subele_term = found.separators.component
        self.repetition_term = found.separators.repetition

    def take(self, elements: list[str]) -> pyx12.segment.Segment:
        """Turn raw elements into pyx12's segment and count it."""
        segment = self.segment(elements)
        if elements[-1] == "" and len(elements) > 1:
            self._seg_error("SEG1", "")
        self._parse_segment(segment)
        return segment

    def segment(self, elements: list[str]) -> pyx12.segment.Segment:
        """Turn raw elements into pyx12's segment."""
        text = cast("str", self.ele_term).join(elements)
        return pyx12.segment.Segment(
            text, cast("str", self.seg_term), cast("str", self.ele_term), cast("str", self.subele_term)
        )


@dataclass(slots=True)
class _Group:
    """The functional group being read: its guide and the start of a walk in it."""

    functional_id: str
    version: str
    guide: pyx12.map_if.map_if | None
    is_837: bool = False


class Oracle:
    """One interchange under examination; feed it every raw segment from ISA to IEA in turn.

    Args:
        found: the ISA segment.
        answer: whether a 999 (997 for version 4010) is wanted at the end.

    """

    def __init__(self, found: FoundIsa, *, answer: bool) -> None:
        self.faults: list[Fault] = []
        self._found = found
        self._counter = _Counter(found)
        self._version = found.elements[12].strip()
        self._control = (
            _map("x12.control.00501.xml") if self._version == "00501" else _map("x12.control.00401.xml")
        )
        self._answer = answer
        self._tree = pyx12.error_handler.err_handler()
        self._group: _Group | None = None
        self._walker = walk_tree()
        self._node: Any = None
        self._unguided = False
        self._set = 0
        self._sound: set[tuple[int, str]] = set()
        self._position: int | None = None
        self.take(found.elements)

    def take(self, elements: list[str]) -> None:
        """Judge one raw segment."""
        tag = elements[0]
        outside = tag in _OUTSIDE_SETS and not (tag == "TA1" and self._position is not None)
        if tag == "ST":
            self._set += 1
            self._position = 1
            self._counter.loops = [loop for loop in self._counter.loops if loop[0] != "ST"]
        elif outside:
            self._position = None
        elif self._position is not None:
            self._position += 1
        with self._engine(tag):
            if outside:
                self._take_outside(tag, elements)
            else:
                self._take_inside(tag, elements)
        if tag == "SE":
            self._position = None

    def finish(self) -> bytes | None:
        """Return the acknowledgement that pyx12 writes, or None when it cannot or was not asked."""
        if not self._answer:
            return None
        self._position = None
        out = io.StringIO()
        group = self._tree.cur_gs_node
        if group is None or group.fic == "FA":
            return None
        if self._unguided:
            self._add(Fault.no_answer())
            return None
        old = str(group.vriic or "").startswith("004010")
        make = pyx12.error_997.error_997_visitor if old else pyx12.error_999.error_999_visitor
        with self._engine(None):
            self._counter.cleanup()
            self._tree.handle_errors(cast("Any", self._counter.pop_errors()))
            self._tree.accept(make(out, self._counter.get_term()))
            return out.getvalue().encode("latin-1")
        return None

    @contextmanager
    def _engine(self, tag: str | None) -> Iterator[None]:
        """Turn whatever pyx12 raises into a fault at the present place."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - pyx12 lets any Python error out on malformed input
            self._add(engine_fault(error, tag))
            if self._answer and self._tree.cur_st_node is not None and self._position is not None:
                self._tree.st_error("5", "")

    def _add(self, fault: Fault) -> None:
        fault.set_ordinal = self._set if self._position is not None else None
        fault.line = self._position
        self.faults.append(fault)

    def _take_outside(self, tag: str, elements: list[str]) -> None:
        segment = self._counter.take(elements)
        noted = self._counter.pop_errors()
        if tag == "GS":
            self._enter_group(elements)
        elif tag == "GE" and self._group is None:
            return
        if self._answer:
            self._grow(tag, segment, noted)
        node = self._control.getnodebypath(_OUTSIDE_SETS[tag])
        self._note(noted, tag, node)
        self._judge_elements(node, segment, elements)
        if tag == "GE":
            self._group = None

    def _grow(self, tag: str, segment: pyx12.segment.Segment, noted: list[Any]) -> None:
        """Add an envelope segment to the tree from which the 999 is written."""
        tree, counter = self._tree, self._counter
        if tag == "ISA":
            tree.add_isa_loop(segment, counter)
        elif tag == "GS":
            tree.add_gs_loop(segment, counter)
        tree.handle_errors(noted)
        if tag == "GE":
            tree.close_gs_loop(None, segment, counter)
        elif tag == "IEA":
            tree.close_isa_loop(None, segment, counter)

    def _enter_group(self, elements: list[str]) -> None:
        elements = [*elements, *[""] * 9]
        functional_id, version = elements[1].strip(), elements[8].strip()
        self._group = _Group(functional_id, version, None)
        named = guide_file(self._version, functional_id, version)
        if named is None:
            self._unguided = True
            self._add(Fault.no_guide())
            return
        file, known = named
        if known != version:
            self._add(Fault.other_name(known))
        self._group.guide = _map(file)
        self._group.is_837 = self._group.guide.id == "837"

    def _take_inside(self, tag: str, elements: list[str]) -> None:
        group = self._group
        if group is None or group.guide is None or self._position is None:
            return
        if tag == "ST":
            self._start_set(group.guide)
        self._counter.check_837_lx = group.is_837
        segment = self._counter.take(elements)
        noted = self._counter.pop_errors()
        if self._node is None:
            return
        node, _, _, errors = self._walker.walk_errors(
            self._node, segment, self._counter.get_seg_count(), self._counter.get_cur_line(), None
        )
        if tag == "ST" and node is None:
            self._refuse_set(segment)
            return
        for error in errors:
            self._add(walk_fault(error, tag))
        if self._answer:
            apply_walk_errors(self._tree, errors)
        if node is None:
            self._note(noted, tag, self._node)
            return
        self._node = node
        if self._answer:
            self._grow_inside(tag, node, segment, noted)
        self._note(noted, tag, node)
        self._judge_elements(node, segment, elements)
        if self._answer and tag == "SE":
            self._tree.close_st_loop(node, segment, self._counter)

    def _start_set(self, guide: pyx12.map_if.map_if) -> None:
        self._walker = walk_tree()
        self._walker.counter = Tally()
        self._walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
        self._walker.forceWalkCounterToLoopStart(_GS_LOOP, _GS)
        self._node = guide.getnodebypath(_GS)

    def _refuse_set(self, segment: pyx12.segment.Segment) -> None:
        """Take note of a set that the group's guide does not know; nothing else of it is judged."""
        self._node = None
        self._add(Fault.no_such_set())
        if self._answer:
            self._tree.add_st_loop(segment, self._counter)
            self._tree.cur_st_node.vriic = segment.get_value("ST03") or ""
            self._tree.st_error("1", "")

    def _grow_inside(self, tag: str, node: Any, segment: pyx12.segment.Segment, noted: list[Any]) -> None:
        tree, counter = self._tree, self._counter
        if tag == "ST":
            tree.add_st_loop(segment, counter)
            if tree.cur_st_node.vriic is None:
                tree.cur_st_node.vriic = ""
        elif tag != "SE":
            tree.add_seg(node, segment, counter.get_seg_count(), counter.get_cur_line(), cast("Any", None))
        tree.handle_errors(noted)

    def _note(self, noted: list[Any], tag: str, node: Any) -> None:
        for kind, code, *_ in noted:
            fault = reader_fault(kind, code, tag, node)
            if fault is not None:
                self._add(fault)

    def _judge_elements(self, node: Any, segment: pyx12.segment.Segment, raw: list[str]) -> None:
        """Judge the elements of *segment*; its components beyond the guide's are cut off, pyx12 stumbles over them.

        A segment found sound is not judged again at the same place of the guide: the verdict depends on nothing else.
        """
        tag, key = raw[0], (id(node), "\0".join(raw))
        if key in self._sound:
            return
        before = len(self.faults)
        for place, child in enumerate(node.children[: len(segment)]):
            if child.is_composite() and child.usage != "N":
                composite = cast("Any", segment.elements[place])
                if len(composite.elements) > len(child.children):
                    del composite.elements[len(child.children) :]
                    self._add(Fault.too_many_components(tag, place + 1, node))
                    self._reject_segment()
        last = None
        errors = node.is_valid_errors(segment)[1]
        if errors and _sound_as_a_namesake(node, segment):
            errors = []
        for error in errors:
            fault = element_fault(error, tag, node, known_as=self._group.version if self._group else "")
            if fault is None:
                continue
            self._add(fault)
            if not self._answer or not fault.rejects:
                continue
            if fault.element == "ST03":
                # pyx12's 999 has no words for it: IK502 = I6, guide not supported.
                self._tree.st_error("I6", "")
                continue
            if error.map_node is None:
                self._reject_segment()
                continue
            if error.map_node is not last:
                self._tree.add_ele(error.map_node)
                last = error.map_node
            self._tree.ele_error(error.err_cde, error.err_str, cast("Any", error.err_val), error.refdes)
        if len(self.faults) == before and len(self._sound) < _REMEMBERED:
            self._sound.add(key)

    def _reject_segment(self) -> None:
        if self._answer:
            self._tree.seg_error("8", "", None)


def _sound_as_a_namesake(node: Any, segment: pyx12.segment.Segment) -> bool:
    """Tell whether another segment of the loop that begins alike would be sound.

    pyx12 takes the first of two namesakes by their first element alone, and so judges the certificate of medical
    necessity (PWK*CT*AD on a line) as an attachment.
    """
    if not node.is_segment() or node.parent is None:
        return False
    return any(
        other is not node
        and other.is_segment()
        and other.is_match(segment)
        and not other.is_valid_errors(segment)[1]
        for other in node.parent.childIterator()
    )
