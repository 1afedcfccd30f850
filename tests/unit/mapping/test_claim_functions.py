"""The named functions of the claim's map, each both ways, and what they say of values that cannot be read."""

from decimal import Decimal
from typing import Any

import pytest

from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.values import text_writer
from gateway.model.claim import Adjustment, PayerNumber

TEXT = text_writer(upper=True)
CONTACT = ("Ann", "5555550100", "12", "5555550101", "a@b.c")


def written(name: str, *values: Any) -> list[list[str]]:
    write = FUNCTIONS[name].write
    assert write is not None
    return write(values, TEXT)


def read(name: str, tails: list[list[str]], faults: list[tuple[int, str]] | None = None) -> tuple[Any, ...]:
    function = FUNCTIONS[name]
    values: tuple[Any, ...] = (None,) * function.fields
    noted = faults if faults is not None else []
    for tail in tails:
        assert function.read is not None
        new = function.read(tail, values, ":", lambda at, code, _: noted.append((at, code)))
        values = tuple(b if b is not None else a for a, b in zip(values, new, strict=True))
    return values


@pytest.mark.parametrize(
    ("name", "values", "tails"),
    [
        ("anesthesia_procedures", (("33405", "33406"),), [["BP:33405", "BO:33406"]]),
        ("anesthesia_procedures", (None,), []),
        ("condition_codes", (tuple("ABCDEFGHIJKLM"),), [[f"BG:{c}" for c in "ABCDEFGHIJKL"], ["BG:M"]]),
        ("equipment", ("E0424", Decimal(30), Decimal("50.5"), Decimal(500), "4"), [["HC:E0424", "DA", "30", "50.5", "500", "4"]]),
        ("equipment", ("E0424", None, None, None, None), []),
        ("payer_numbers", ("A1", (PayerNumber(id="A2", payer="P2"), PayerNumber(id="A3"))), [["A1"], ["A2", "", "2U:P2"], ["A3"]]),
        ("contact_by_phone", ("ANN", "5555550100", None), [["ANN", "TE", "5555550100"]]),
        ("contact_with_all_numbers", ("ANN", "1", "2", "3", "E"), [["ANN", "TE", "1", "EX", "2", "FX", "3"], ["", "EM", "E"]]),
    ],
)  # fmt: skip
def test_both_ways(name: str, values: tuple[Any, ...], tails: list[list[str]]) -> None:
    assert written(name, *values) == tails
    back = read(name, tails)
    if name == "equipment":
        # The procedure is the line's own and is not read a second time.
        assert back[1:] == values[1:]
    else:
        assert back == values


def test_a_pay_to_entity_is_said_as_the_billing_providers_unless_it_differs() -> None:
    assert written("pay_to_entity", None, "2") == [["2"]]
    assert written("pay_to_entity", "1", "2") == [["1"]]
    function = FUNCTIONS["pay_to_entity"]
    assert function.read is not None
    assert function.read(["2"], (None, "2"), ":", lambda *_: None) == (None, "2")
    assert function.read(["1"], (None, "2"), ":", lambda *_: None) == ("1", "2")


def test_equipment_that_cannot_be_read_is_told() -> None:
    faults: list[tuple[int, str]] = []
    assert read("equipment", [["HC:E0424", "DA", "x", "5", "", "4"]], faults)[1:] == (
        None,
        Decimal(5),
        None,
        "4",
    )
    assert faults == [(3, "READ-VALUE")]


def test_a_number_for_another_payer_is_never_the_claims() -> None:
    assert read("payer_numbers", [["A2", "", "2U:P2"], ["A1"]]) == ("A1", (PayerNumber(id="A2", payer="P2"),))
    assert read("payer_numbers", [[]]) == (None, None)


def test_one_group_is_one_segment_until_it_is_full() -> None:
    seven = tuple(Adjustment(group="PR", reason=str(n), amount=Decimal(n)) for n in range(1, 8))
    other = Adjustment(group="CO", reason="45", amount=Decimal(9), quantity=Decimal(2))
    said = written("grouped_adjustments", (*seven[:3], other, *seven[3:]))
    assert [(tail[0], len(tail)) for tail in said] == [("PR", 19), ("PR", 4), ("CO", 4)]
    assert read("grouped_adjustments", said) == ((*seven, other),)
