"""What a file is that is not X12: a code and a sentence, so that nobody has to open it to know (TRAP-11, TRAP-15)."""

import codecs
import re

BOM = codecs.BOM_UTF8
BLANKS = b" \t\r\n\v\f\x00\x1a"
"""Bytes that stand before, between and after interchanges without meaning anything (TRAP-07)."""

_WIDE_STARTS = (
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_BE,
    b"I\0S\0A\0",
    b"\0I\0S\0A",
    b"G\0S\0",
    b"S\0T\0",
)
_WRAPPERS = (
    (b"PK\x03\x04", "ENV-ZIP", "a zip archive"),
    (b"PK\x05\x06", "ENV-ZIP", "an empty zip archive"),
    (b"\x1f\x8b", "ENV-GZIP", "a gzip file"),
    (b"7z\xbc\xaf\x27\x1c", "ENV-ARCHIVE", "a 7z archive"),
    (b"\xfd7zXZ\x00", "ENV-ARCHIVE", "an xz file"),
    (b"BZh", "ENV-ARCHIVE", "a bzip2 file"),
    (b"%PDF-", "ENV-PDF", "a PDF document"),
)
_PGP_TEXT = b"-----BEGIN PGP"
_PGP_BINARY = frozenset({0x84, 0x85, 0x8C, 0xC1, 0xC3, 0xA3})
_HTML = re.compile(rb"<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
_LOOSE_SEGMENT = re.compile(rb"(?:GS|ST|BHT|TA1|IEA)[^A-Za-z0-9\s]")


def refusal(head: bytes) -> tuple[str, str]:
    """Return code and sentence for a file whose first bytes *head* do not open an interchange."""
    if head.startswith(_WIDE_STARTS):
        return "ENV-UTF16", "The file is written in UTF-16 or UTF-32. Have it sent as plain single-byte text."
    for magic, code, what in _WRAPPERS:
        if head.startswith(magic):
            return code, f"The file is {what}, not X12. Unpack it and hand in what is inside."
    start = head.removeprefix(BOM).lstrip(BLANKS)
    if not start:
        return (
            "ENV-EMPTY",
            "The file is empty. Fetch it again, or ask the sender whether it was meant to hold anything.",
        )
    if start.startswith(_PGP_TEXT) or (head[0] in _PGP_BINARY and _is_binary(head)):
        return (
            "ENV-PGP",
            "The file is encrypted with PGP. Decrypt it first, or ask the sender for a plain file.",
        )
    if _HTML.match(start):
        return (
            "ENV-HTML",
            "The file is a web page or XML, not X12: usually an error page saved in place of the file.",
        )
    if _LOOSE_SEGMENT.match(start):
        return (
            "ENV-NO-ISA",
            "The file starts with an X12 segment but has no ISA. Ask the sender for the whole interchange.",
        )
    if _is_binary(head):
        return "ENV-BINARY", "The file holds binary data, not X12. Ask the sender what it is."
    return (
        "ENV-NOT-X12",
        "The file does not start with an ISA segment: it is not X12. Look at it and ask the sender.",
    )


def looks_like_x12(head: bytes) -> bool:
    """Tell whether the first bytes of a file open an interchange, after a UTF-8 BOM and blanks."""
    start = head.removeprefix(BOM).lstrip(BLANKS)
    return (
        len(start) >= 4 and start.startswith(b"ISA") and not start[3:4].isalnum() and start[3] not in b" .-"
    )


def _is_binary(head: bytes) -> bool:
    odd = sum(1 for byte in head[:1024] if byte < 9 or 13 < byte < 28 or byte == 0x7F)
    return odd * 20 > len(head[:1024])
