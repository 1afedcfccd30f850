"""What a remittance says, told from its words as they came, so that the same is known however much of it a version reads.

How it was written and sent does not count: separators, control numbers, blanks and empty elements at the end, needless zeros
behind a decimal point, the numbers of LX.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Iterator

from gateway.errors import IntegrityError, X12Error
from gateway.responses import paper, recognise
from gateway.site import Site
from gateway.store.inbox import Receipt
from gateway.x12.reader import TransactionSet, read_x12
from gateway.x12.separators import Separators
from gateway.x12.wrappers import UnpackLimits, unpack

_ELEMENT, _COMPONENT, _SEGMENT = "\x1f", "\x1e", "\x1d"
_DECIMAL = re.compile(r"(-?)0*(\d*)\.(\d*?)0*\Z")


class Words:
    """Listens to the segments between ST and SE as they pass, and tells what they come to."""

    def __init__(self, separators: Separators) -> None:
        self._component = separators.component
        self._digest = hashlib.sha256()

    def heard(self, segments: Iterable[list[str]]) -> Iterator[list[str]]:
        """Pass *segments* on."""
        for segment in segments:
            self._digest.update(self._plain(segment).encode())
            yield segment

    def _plain(self, segment: list[str]) -> str:
        tag = segment[0].upper()
        if tag == "LX":
            return tag + _SEGMENT
        values = (self._value(value) for value in segment[1:])
        return _ELEMENT.join([tag, *values]).rstrip(_ELEMENT) + _SEGMENT

    def _value(self, value: str) -> str:
        value = value.strip()
        if self._component in value:
            return _COMPONENT.join(map(_number, value.split(self._component))).rstrip(_COMPONENT)
        return _number(value)

    def said(self) -> str:
        """Return the hash of everything heard."""
        return self._digest.hexdigest()


def _number(value: str) -> str:
    found = _DECIMAL.match(value) if "." in value else None
    if found is None or not (found[2] or found[3] or "0" in value):
        return value
    sign, whole, rest = found[1], found[2] or "0", found[3]
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def of_receipt(site: Site, receipt: Receipt, place: str) -> str | None:
    """Return the hash of what stands at *place* of a receipt, read again from the archive; None where it cannot be read.

    For what was kept when its words were not yet told so.
    """
    try:
        data = site.archive.get(receipt.blob)
        if receipt.partner == paper.HAND:
            parsed, _ = paper.parse(data)
            return parsed.content if parsed is not None else None
        return _in_files(site, receipt, data, place)
    except (IntegrityError, X12Error):
        return None


def _in_files(site: Site, receipt: Receipt, data: bytes, place: str) -> str | None:
    limits = site.settings.limits
    first = 1
    for one in unpack(data, UnpackLimits(size=limits.receipt_bytes, files=limits.archive_files)):
        reader = read_x12(
            io.BytesIO(one.data), limits=recognise.read_limits(site.settings, receipt.partner), first=first
        )
        for interchange in reader:
            first += 1
            for there, part in recognise.parts_with_places(interchange.parts(), interchange.header):
                if there == place and isinstance(part, TransactionSet):
                    words = Words(interchange.header.separators)
                    for _ in words.heard(part.segments()):
                        pass
                    return words.said()
    return None
