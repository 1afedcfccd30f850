"""A claim file and a remittance as `gateway describe` shows them: what a person should be able to read at a glance."""

import io
from pathlib import Path

import pytest

from gateway.ops.seeing.describe import Privacy, Seen, describe
from gateway.ops.seeing.page import Page

HERE = Path(__file__).parent / "seeing"

WHO_THEY_ARE = {
    "claims.837": (
        "POE", "PAULA", "PETER", "PAUL", "MBR000222", "XYZ999", "GRP77", "GRP1", "12 OAK AVE", "62702", "SPRINGFIELD", "20150504",
        "2015-05-04", "PCN0002", "ICN5001", "371234567", "SEEN AFTER FALL", "2023-12-24", "20231224", "ATT1", "PAT DOE", "STRANGE",
    ),
    "payment.835": (
        "ROE", "RICHARD", "KOE", "KIM", "MBR000111", "MBR000112", "MBR000444", "PCN0001", "PCN0100", "ICN5001", "ICN4000", "ICN3999",
        "CHART77", "123456789", "987654321", "371234567", "5555550199",
    ),
}  # fmt: skip


def page(name: str, privacy: Privacy = Privacy.MASKED, *, raw: bool = False) -> str:
    """Return the page of a file beside this test."""
    out = io.StringIO()
    printed = Page(out.write, paint=lambda text, _: text, raw=raw)
    with (HERE / name).open("rb") as stream:
        describe(stream, printed.take, privacy=privacy)
    return out.getvalue()


@pytest.mark.parametrize("name", sorted(WHO_THEY_ARE))
def test_the_page_is_the_golden_one(name: str) -> None:
    assert page(name).splitlines() == (HERE / name).with_suffix(".txt").read_text("ascii").splitlines()


@pytest.mark.parametrize("name", sorted(WHO_THEY_ARE))
def test_nobody_is_named_unless_asked(name: str) -> None:
    masked, opened = page(name, raw=True), page(name, Privacy.OPEN, raw=True)
    assert [value for value in WHO_THEY_ARE[name] if value in masked] == []
    assert [value for value in WHO_THEY_ARE[name] if value not in opened] == []


@pytest.mark.parametrize("name", sorted(WHO_THEY_ARE))
def test_every_segment_and_every_value_is_there(name: str) -> None:
    """Against the file split by hand: this knows nothing of the reader."""
    seen: list[Seen] = []
    with (HERE / name).open("rb") as stream:
        describe(
            stream, lambda item: seen.append(item) if isinstance(item, Seen) else None, privacy=Privacy.OPEN
        )
    wanted = (HERE / name).read_text("ascii").replace("\n", "").split("~")[:-1]
    assert [one.raw for one in seen] == wanted
    for one, text in zip(seen[1:], wanted[1:], strict=True):
        values = [value for element in text.split("*")[1:] for value in element.split(":") if value]
        assert [part.value for part in one.parts] == values
