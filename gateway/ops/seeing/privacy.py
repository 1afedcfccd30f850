"""What of a segment may be shown to anybody: judged by the position, and by whether the value has that position's form.

The rule is the one of `ops/reports/masking`: codes, days of service, amounts, our own numbers, and who the payer and the
providers are - never who the patient is. What is not known to be harmless is hidden, and so is a value that is not what
its position says (a name where a code should stand), since a damaged file may have anything anywhere.
"""

import re
from collections.abc import Callable, Mapping

from gateway.model.money import parse_decimal
from gateway.ops.seeing import codes
from gateway.ops.seeing.segments import Word

MASK = "***"

PUBLIC_PARTIES = frozenset(
    {
        "13", "2B", "36", "40", "41", "71", "72", "73", "77", "80", "82", "85", "87", "AY", "DD", "DK", "DN", "DQ", "FA",
        "I3", "IN", "LI", "NZ", "P3", "P5", "PE", "PR", "PRP", "PTP", "TTP", "QB", "SEP", "SJ", "TT", "TU", "VN", "X3", "XV",
        "1I", "1P", "GP", "TV", "BO",
    }
)  # fmt: skip
"""NM101 and N101 of those whose name and number may be shown: payers, providers, those who carry the files."""

_PERSONAL_IDS = frozenset({"24", "34", "C", "EI", "FI", "HN", "II", "MI", "N", "SY", "ZZ"})
_PUBLIC_REFERENCES = frozenset(
    {"2U", "4N", "87", "APC", "CE", "EV", "EW", "F2", "F4", "F5", "HPI", "LX", "NF", "P4", "T4", "X4"}
)
_PUBLIC_DAYS = frozenset(
    {"007", "009", "050", "150", "151", "193", "194", "232", "233", "405", "434", "472", "573", "582"}
)
_PAYMENTS = frozenset({"820", "835"})
_PUBLIC_TRACES = frozenset({"19", "20", "21"})
"""HL03 of the levels whose trace numbers are the senders' own, not a patient's account."""

_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,34}\Z")
_SHORT = re.compile(r"[A-Z0-9]{1,2}\Z")
_SHORT_CODE = re.compile(r"[A-Z0-9]{1,3}\Z")
_DAY = re.compile(r"[0-9]{6}(?:[0-9]{2}){0,3}(?:-[0-9]{8}(?:[0-9]{4})?)?\Z")
_TIME = re.compile(r"[0-9]{4,8}\Z")
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}\Z")
_CONTEXT = re.compile(
    r"(?:[A-Z][A-Z0-9]{1,2}[0-9]{2}|SITUATIONAL TRIGGER|TRN02|CLM01|SUBSCRIBER NAME \(NM1\))\Z", re.IGNORECASE
)


class Judge:
    """Says what of one segment may be shown; *set_id* and *level* (the HL03 in force) tell what its numbers are."""

    def __init__(self, elements: list[str], *, set_id: str, level: str) -> None:
        self._tag = elements[0]
        self._elements = elements
        self._set_id = set_id
        self._level = level

    def shows(self, word: Word, value: str) -> bool:
        """Tell whether *value* may be shown as what *word* says it is."""
        if word.table is not None:
            return _is_code(word.table, value)
        has_the_form = _FORMS.get(word.shape)
        return has_the_form(value) if has_the_form is not None else self._shows_for(word.shape, value)

    def _at(self, position: int) -> str:
        return self._elements[position].strip() if position < len(self._elements) else ""

    def _shows_for(self, shape: str, value: str) -> bool:
        """Judge what is private or not by what the segment speaks of."""
        if shape == "?":
            return self._at(1) in PUBLIC_PARTIES
        if shape == "id":
            kind = self._at(8 if self._tag == "NM1" else 3)
            return self._at(1) in PUBLIC_PARTIES and kind not in _PERSONAL_IDS
        if shape == "ref":
            return self._at(1) in _PUBLIC_REFERENCES
        if shape == "payer ref":
            return self._at(4).startswith("2U")
        if shape == "day":
            return self._at(1) in _PUBLIC_DAYS and bool(_DAY.match(value))
        if shape == "trace":
            public = self._set_id in _PAYMENTS or self._level in _PUBLIC_TRACES
            return public and _is_number(value)
        return False


def _is_number(value: str) -> bool:
    """Tell whether *value* is a code or number of somebody's making: names have no digits."""
    return bool(_NUMBER.match(value)) and any(map(str.isdigit, value))


_FORMS: Mapping[str, Callable[[str], bool]] = {
    "!": lambda _: False,
    "$": lambda value: parse_decimal(value) is not None,
    "#": lambda value: parse_decimal(value) is not None,
    "@": lambda value: bool(_DAY.match(value)),
    "time": lambda value: bool(_TIME.match(value)),
    ".": _is_number,
    "tag": lambda value: bool(_TAG.match(value)),
    "sign": lambda value: len(value) <= 1,
    "party": lambda _: True,
    "context": lambda value: bool(_CONTEXT.match(value)),
    "place": lambda value: bool(_SHORT_CODE.match(value)),
}
"""Form -> whether a value has it, where that alone decides."""


def _is_code(table: str, value: str) -> bool:
    """Tell whether *value* can be a code of *table*: one that is known, or one too short to be anything else."""
    if table:
        return codes.known(table, value) or bool(_SHORT.match(value))
    return bool(_SHORT_CODE.match(value)) and (len(value) < 3 or any(map(str.isdigit, value)))
