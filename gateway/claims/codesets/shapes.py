"""What a code of each set looks like, and how a spreadsheet may have left it (domain.md 2.14)."""

import re

from gateway.model.codesets import CodeSet

SHAPES: dict[CodeSet, re.Pattern[str]] = {
    CodeSet.ICD10CM: re.compile(r"[A-Z][0-9][0-9A-Z]{1,5}\Z"),
    CodeSet.ICD10PCS: re.compile(r"[0-9A-HJ-NP-Z]{3,7}\Z"),
    CodeSet.HCPCS: re.compile(r"[A-V][0-9]{4}\Z"),
    CodeSet.CPT: re.compile(r"[0-9]{4}[0-9AFMTU]\Z"),
    CodeSet.MODIFIERS: re.compile(r"[0-9A-Z]{2}\Z"),
    CodeSet.POS: re.compile(r"[0-9]{2}\Z"),
    CodeSet.TAXONOMY: re.compile(r"[0-9A-Z]{9}X\Z"),
    CodeSet.CARC: re.compile(r"[A-Z]?[0-9]{1,3}\Z"),
    CodeSet.RARC: re.compile(r"(M|MA|N)[0-9]{1,4}\Z"),
    CodeSet.STATUS_CATEGORIES: re.compile(r"[A-Z][0-9]{1,2}\Z"),
    CodeSet.STATUS_CODES: re.compile(r"[0-9]{1,4}\Z"),
    CodeSet.CORE360: re.compile(
        r"(DOC|DATA|NONCOV|BUNDLED):([A-Z][0-9]{1,2}|[0-9]{1,3}):(-|(M|MA|N)[0-9]{1,4}):(-|CO|PR|OA|PI)\Z"
    ),
}

LENGTHS = {CodeSet.CPT: 5, CodeSet.POS: 2}
"""Sets of digits whose leading zeros a spreadsheet takes away."""


def plain_code(code_set: CodeSet, text: str) -> str:
    """Return *text* spelt as the claims have it: upper case, without blanks, ICD's dot, or a CARC's leading zeros."""
    code = text.strip().upper()
    if code_set in {CodeSet.ICD10CM, CodeSet.ICD10PCS}:
        return code.replace(".", "")
    if code_set in {CodeSet.CARC, CodeSet.STATUS_CODES}:
        return code.lstrip("0")
    if code_set in LENGTHS and code.isdigit():
        return code.zfill(LENGTHS[code_set])
    return code


def fits(code_set: CodeSet, code: str) -> bool:
    """Tell whether *code* looks like one of the set."""
    return SHAPES[code_set].match(code) is not None
