"""A claim is paid, corrected, paid anew and voided, over real SFTP with the sandbox's payers, by what a person types."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.house import House
from tests.acceptance.house import house as built


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with built(tmp_path, names=("north",)) as made:
        yield made.open()
        made.site.store.close()


def claim_of(house: House) -> dict[str, Any]:
    """Return what `gateway show` says of the only claim."""
    _, out, _ = house.typed("log", "--kind", "records", "--json")
    claim_id = json.loads(out.splitlines()[0])["facts"]["claims"][0]
    code, out, said = house.typed("show", claim_id, "--json")
    assert code == 0, said
    return json.loads(out)  # type: ignore[no-any-return]


def test_paid_corrected_paid_anew_and_voided(house: House, tmp_path: Path) -> None:
    record = house.claim(3)
    house.drop("monday.jsonl", [record])
    house.settle()
    first = claim_of(house)
    assert first["state"] in {"paid", "partly_paid"}, first["state"]
    paid = Decimal(first["account"]["paid"])
    assert paid > 0

    line = record["service_lines"][0]
    dearer = {**line, "charge": str(Decimal(line["charge"]) + 10)}
    mended = record | {
        "charge": str(Decimal(record["charge"]) + 10), "service_lines": [dearer, *record["service_lines"][1:]]
    }  # fmt: skip
    (tmp_path / "mended.jsonl").write_text(json.dumps(mended) + "\n")
    code, out, said = house.typed("correct", first["id"], str(tmp_path / "mended.jsonl"))
    assert code == 0, said
    assert "asked for: +10.00" in out
    house.settle()
    second = claim_of(house)
    assert [p["class"] for p in second["payments"]].count("reversal") == 1
    assert Decimal(second["account"]["charge"]) == Decimal(mended["charge"])
    assert Decimal(second["account"]["paid"]) > paid
    assert {s["frequency"]: s["state"] for s in second["submissions"]} == {
        "1": "reversed",
        "7": second["state"],
    }

    code, out, said = house.typed("void", first["id"], "--reason", "billed to the wrong patient")
    assert code == 0, said
    house.settle()
    last = claim_of(house)
    assert last["state"] == "voided"
    assert set(last["account"].values()) == {"0.00"}
    assert len(last["entries"]) > len(second["entries"]), "nothing was taken away, everything was added"
    assert house.queue() == []
    assert house.typed("ledger", last["id"])[0] == 0
    house.books_and_chain_hold()
