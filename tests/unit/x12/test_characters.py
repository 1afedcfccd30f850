"""Folding text to what X12 carries (domain.md 1.6)."""

import pytest

from gateway.x12.characters import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Núñez", "NUNEZ"),
        ("Łukasz Żółć", "LUKASZ ZOLC"),
        ("Groß", "GROSS"),
        ("Ærø", "AERO"),
        ("O\u2019Neill \u2013 Smith", "O'NEILL - SMITH"),
        ("A*B:C~D^E|F>G", "A B C D E F G"),
        ("a <b> & c", "A <B & C"),
        ("  two   blanks \t\r\n here ", "TWO BLANKS HERE"),
        ("nul\0 del\x7f", "NUL DEL"),
        ("\u5f20\u4f1f", ""),
        ("soft\u00adhyphen zero\u200bwidth", "SOFTHYPHEN ZEROWIDTH"),
        ("\uff21\uff1a\uff22", "A B"),
        ("\ufb01ne", "FINE"),
        ("\u0131stanbul", "ISTANBUL"),
        ("lone \ud800 surrogate", "LONE SURROGATE"),
        ("", ""),
        ("00123", "00123"),
        ("j.doe@example.org", "J.DOE@EXAMPLE.ORG"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


def test_case_is_kept_on_request():
    assert fold("j.Dóe@Example.org", upper=False) == "j.Doe@Example.org"
