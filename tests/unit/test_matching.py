"""How identifiers are made comparable before they are hashed or matched (domain.md 4.12, TRAP-97)."""

import pytest

from gateway.model.matching import exact_pcn, loose_id, loose_name, loose_pcn


@pytest.mark.parametrize(
    ("number", "exact", "loose"),
    [
        ("PCN1", "PCN1", "PCN1"),
        (" pcn-0001 ", "pcn-0001", "PCN0001"),
        ("0000777", "0000777", "777"),
        ("70700", "70700", "70700"),
        ("X00777", "X00777", "X00777"),
        ("0-0", "0-0", ""),
        ("  ", "", ""),
        # Payers return twenty characters, counted before anything else is dropped.
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRST"),
        (" A-B-C-D-E-F-G-H-I-J-K", "A-B-C-D-E-F-G-H-I-J-K", "ABCDEFGHIJ"),
        ("a.b/c'd", "a.b/c'd", "ABCD"),
    ],
)
def test_patient_control_numbers(number: str, exact: str, loose: str):
    assert (exact_pcn(number), loose_pcn(number)) == (exact, loose)


def test_ids_keep_their_zeros_and_length():
    assert loose_id(" 00-mbr.000111000000000000 ") == "00MBR000111000000000000"


def test_names_keep_letters_of_every_alphabet():
    assert loose_name("o'Roe-Müller 2nd ") == "OROEMÜLLER2ND"
