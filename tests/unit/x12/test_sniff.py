"""What a file is that is not X12 (TRAP-15)."""

import gzip
import io
import zipfile

import pytest

from gateway.errors import X12Error
from gateway.x12.reader import looks_like_x12, read_x12
from tests.x12files import file_837p

GOOD = file_837p()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.edi", GOOD)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "ENV-EMPTY"),
        (b" \r\n\0\x1a", "ENV-EMPTY"),
        (b"\xef\xbb\xbf", "ENV-EMPTY"),
        (b"\n" * 100_000, "ENV-EMPTY"),
        (GOOD.decode().encode("utf-16"), "ENV-UTF16"),
        (GOOD.decode().encode("utf-16-le"), "ENV-UTF16"),
        (GOOD.decode().encode("utf-16-be"), "ENV-UTF16"),
        (GOOD.decode().encode("utf-32"), "ENV-UTF16"),
        (_zip(), "ENV-ZIP"),
        (gzip.compress(GOOD), "ENV-GZIP"),
        (b"7z\xbc\xaf\x27\x1c\0\0", "ENV-ARCHIVE"),
        (b"%PDF-1.7\n", "ENV-PDF"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQEM", "ENV-PGP"),
        (b"\x85\x01\x0c\x03" + bytes(range(200)), "ENV-PGP"),
        (b"<!DOCTYPE html><html><body>Session expired</body></html>", "ENV-HTML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "ENV-HTML"),
        (b"GS*HC*A*B~", "ENV-NO-ISA"),
        (b"TA1*000000001*260101*0101*A*000~", "ENV-NO-ISA"),
        (bytes(range(256)), "ENV-BINARY"),
        (b"From: clearinghouse\nSubject: your file\n\nsorry", "ENV-NOT-X12"),
        (b"isa*00*          ~", "ENV-NOT-X12"),
        (b"claim_number,charge\n1,2\n", "ENV-NOT-X12"),
        (b"ISA", "ENV-NOT-X12"),
        (b"ISA*00*", "ENV-ISA-BROKEN"),
        (b"ISA" + b"*" * 5000, "ENV-ISA-BROKEN"),
        (GOOD[:105], "ENV-ISA-BROKEN"),
        (GOOD[:104] + b"*~" + GOOD[106:], "ENV-ISA-BROKEN"),
        (GOOD[:105] + b"\xe2\x80\xa6" + GOOD[106:], "ENV-ISA-BROKEN"),
        (GOOD[:105] + b"Q" + GOOD[106:], "ENV-ISA-BROKEN"),
    ],
)
def test_refusals_have_distinct_codes(data, code):
    with pytest.raises(X12Error) as refused:
        list(read_x12(io.BytesIO(data)))
    assert refused.value.code == code
    assert "." in refused.value.message
    assert "ROE" not in str(refused.value)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (GOOD[:106], True),
        (b"\xef\xbb\xbf\r\n" + GOOD[:20], True),
        (b"ISA|", True),
        (b"ISABEL", False),
        (b"ISA ", False),
        (b"ISA", False),
        (b"", False),
        (b"GS*", False),
    ],
)
def test_looks_like_x12(head, expected):
    assert looks_like_x12(head) is expected
