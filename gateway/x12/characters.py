"""Text as it may stand in an X12 element (domain.md 1.6)."""

import re
import unicodedata

_BASIC = re.compile(r"[A-Z0-9 !\"&'()+,\-./;?=]*\Z")
"""Folded text that needs no second look: the basic character set without separators."""

_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "Æ": "AE",
        "æ": "ae",
        "Œ": "OE",
        "œ": "oe",
        "Ø": "O",
        "ø": "o",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "Ð": "D",
        "ð": "d",
        "Þ": "TH",
        "þ": "th",
        "Ħ": "H",
        "ħ": "h",
        "ı": "i",
        "ĸ": "k",
        "Ŋ": "N",
        "ŋ": "n",
        "Ŧ": "T",
        "ŧ": "t",
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "′": "'",
        "ʼ": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "″": '"',
        "«": '"',
        "»": '"',
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "–": "-",
        "—": "-",
        "―": "-",
        "−": "-",
        "⁄": "/",
        "…": "...",
    }
)
"""Letters and marks that have an ASCII spelling which Unicode decomposition does not give."""

_SEPARATING = re.compile(r"[*:~^|>\x00-\x1f\x7f]")
"""What may be a separator here or after the file is re-enveloped downstream, and control characters."""

_BLANK_RUNS = re.compile(r" {2,}")


def fold(text: str, *, upper: bool = True) -> str:
    """Return *text* as the gateway writes it: ASCII, no separator, single blanks, trimmed, upper case by default.

    Accents fall off (``Núñez`` -> ``NUNEZ``), typographic marks become plain ones, a character without an ASCII
    spelling and every one of ``* : ~ ^ | >`` becomes a blank. May return an empty string; whoever needs the value
    reports that. Folding twice changes nothing more.
    """
    if upper:
        text = text.upper()
    if not _BASIC.match(text):
        text = _to_ascii(text)
        if upper:
            text = text.upper()
    if "  " in text:
        text = _BLANK_RUNS.sub(" ", text)
    return text.strip(" ")


def _to_ascii(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_LETTERS)).translate(_LETTERS)
        text = "".join(_one(character) for character in text)
    return _SEPARATING.sub(" ", text)


def _one(character: str) -> str:
    if character.isascii():
        return character
    return "" if unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"} else " "
