"""835s cut up by payee: every set there once, as it came, in a file that reads back whole; the money adds up."""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import BooksBroken, Refused
from gateway.responses import export, sort, split
from gateway.responses.split import by_entity, by_number, split_835
from gateway.settings import BillingEntity, Settings
from gateway.store import exports, queue
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.x12.reader import ReadLimits
from tests.mailroom import Mailroom, envelope, group
from tests.x12files import Read

GUIDE = "005010X221A1"
ROE, POE, LOE = "1098765435", "1555123458", "1444987659"
_SET = re.compile(rb"ST\*835.*?SE\*\d+\*\d+~[\r\n]*", re.DOTALL)


def era(
    trace: str, payee: str = ROE, *, amount: str = "100", tax: str = "123456789", by: str = "XX"
) -> list[str]:
    return [
        f"BPR*I*{amount}*C*ACH************20240126", f"TRN*1*{trace}*1512345678", "N1*PR*EXAMPLE HEALTH PLAN",
        f"N1*PE*ROE CLINIC*{by}*{payee}", f"REF*TJ*{tax}", "LX*1", f"CLP*{trace}*1*{amount}*{amount}**12*ICN1",
        "NM1*QC*1*ROE*RICHARD", "SVC*HC:99213*100*100*", "LQ*HE* N30 ",
    ]  # fmt: skip


def cut(
    *files: str, folder: Path, name: split.Callable[[split.Payee], str] | None = None
) -> split.SplitReport:
    return split_835(
        [file.encode("latin-1") for file in files], limits=ReadLimits(), name=name or by_number(),
        path=lambda one: folder / f"{one}.835",
    )  # fmt: skip


def test_each_payee_gets_its_sets_as_they_came(tmp_path: Path):
    file = envelope(
        group("HP", GUIDE, era("A1"), era("B1", POE, amount="20.50"), era("A2", amount="3")),
        group("HP", GUIDE, era("B2", POE), number=2),
        number=77,
    )
    report = cut(file, folder=tmp_path)
    assert [(p.name, p.sets, p.amount) for p in report.parts] == [
        (ROE, 2, Decimal(103)),
        (POE, 2, Decimal("120.50")),
    ]
    assert (report.sets, report.amount, report.others) == (4, Decimal("223.50"), 0)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{ROE}.835", f"{POE}.835"]
    theirs = (tmp_path / f"{POE}.835").read_bytes()
    read = Read(theirs)
    assert (read.intact, read.codes) == ([True], [])
    assert [(s.control_number, s.group.control_number if s.group else None) for s in read.sets] == [
        ("0002", "1"),
        ("0001", "2"),
    ]
    assert theirs.endswith(b"GE*1*2~IEA*2*000000077~")
    assert all(one in file.encode() for one in _SET.findall(theirs))


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_line_ends_and_separators_stay(tmp_path: Path, end: str):
    file = envelope(group("HP", GUIDE, era("A1"), era("B1", POE))).replace("~", f"~{end}")
    cut(file, folder=tmp_path)
    for path in tmp_path.iterdir():
        assert all(one in file.encode() for one in _SET.findall(path.read_bytes()))
        assert path.read_bytes().endswith(f"IEA*1*000000001~{end}".encode())
    other = file.replace("*", "|").replace("~", "!")
    again = cut(other, folder=tmp_path)
    assert again.sets == 2
    assert (tmp_path / f"{ROE}.835").read_bytes().startswith(b"ISA|")


def test_entity_is_known_by_either_number(tmp_path: Path):
    ours = BillingEntity(name="ROE CLINIC", npi=ROE, tax_id="123456789")
    file = envelope(
        group("HP", GUIDE, era("A1"), era("A2", "123456789", by="FI"), era("X1", LOE, tax="999999999"))
    )
    report = cut(file, folder=tmp_path, name=by_entity([ours]))
    assert [(p.name, p.sets) for p in report.parts] == [(ROE, 2), ("other", 1)]
    report = cut(file, folder=tmp_path / "b", name=by_number())
    assert [p.name for p in report.parts] == [ROE, LOE, "payee1"]


def test_what_is_not_whole_is_not_cut(tmp_path: Path):
    file = envelope(group("HP", GUIDE, era("A1"), era("B1", POE)))
    spoiled = (
        file[:-40], file.replace("SE*12*0002", "SE*11*0002"), file.replace("IEA*1", "IEA*2"), "hello",
        file.replace("BPR*I*100*", "BPR*I*much*", 1), envelope(group("HB", "005010X279A1", ["BHT*0022"])),
    )  # fmt: skip
    for one in spoiled:
        with pytest.raises(Refused):
            cut(one, folder=tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_read_back_gets_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(split._Cut, "_encoded", lambda *_: [b"ISA*broken"])
    with pytest.raises((BooksBroken, Refused)):
        cut(envelope(group("HP", GUIDE, era("A1"))), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


payments = st.lists(
    st.tuples(st.sampled_from([ROE, POE, LOE]), st.decimals("0", "99999", places=2), st.booleans()),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(payments, min_size=1, max_size=3))
def test_nothing_is_lost(tmp_path: Path, files: list[list[tuple[str, Decimal, bool]]]):
    """Whatever payees in whatever order: the sets of all files are those that came, and so is their money."""
    texts = []
    for n, sets in enumerate(files, start=1):
        groups: list[list[list[str]]] = [[]]
        for k, (payee, amount, new_group) in enumerate(sets):
            if new_group and groups[-1]:
                groups.append([])
            groups[-1].append(era(f"T{n}{k}", payee, amount=str(amount)))
        texts.append(
            envelope(*(group("HP", GUIDE, *one, number=g) for g, one in enumerate(groups, 1)), number=n)
        )
    for path in tmp_path.iterdir():
        path.unlink()
    report = cut(*texts, folder=tmp_path)
    written = [path.read_bytes() for path in tmp_path.iterdir()]
    assert Counter(_SET.findall(b"".join(written))) == Counter(_SET.findall("".join(texts).encode()))
    assert sum(p.amount for p in report.parts) == sum(a for sets in files for _, a, _ in sets)
    for data in written:
        read = Read(data)
        assert all(read.intact)
        assert read.codes == []
        assert len({one[3][4] for one in read.segments}) == 1


@pytest.fixture
def room(store: Store, archive: Archive, tmp_path: Path, settings: Settings) -> Mailroom:
    wanted = settings.model_copy(
        update={"split": settings.split.model_copy(update={"per_billing_entity": True})}
    )
    return Mailroom(store, wanted, archive, tmp_path / "site")


def receive(room: Mailroom, file: str) -> str:
    receipt_id = room.receipt(file.encode())
    sort.process(room.site)
    return receipt_id


def test_what_comes_in_is_cut_up_where_wanted(room: Mailroom):
    receipt_id = receive(room, envelope(group("HP", GUIDE, era("A1"), era("B1", LOE, tax="999999999"))))
    export.export_pending(room.site)
    folder = room.site.inbound / "835"
    ours = folder / ROE / f"{receipt_id}.835"
    assert sorted(folder.rglob("*.835")) == [ours, folder / "other" / f"{receipt_id}.835"]
    ours.unlink()
    sort.reread(room.site, receipt_id, "pat")
    assert export.export_pending(room.site) == []
    assert not ours.exists()
    with room.store.read() as tx:
        (made,) = exports._exports(
            tx, exports.select(exports.export).where(exports.export.c.kind == exports.SPLIT_835)
        )
    assert made.state == "written"
    export.write_again(room.site, made.id, actor="pat")
    assert ours.exists()


def test_not_cut_up_where_not_wanted_or_not_whole(
    room: Mailroom, store: Store, archive: Archive, settings: Settings
):
    receive(room, envelope(group("HP", GUIDE, era("A1"))).replace("IEA*1", "IEA*9"))
    assert export.export_pending(room.site) == []
    plain = Mailroom(store, settings, archive, room.site.root)
    receive(plain, envelope(group("HP", GUIDE, era("A2"))))
    export.export_pending(plain.site)
    assert not (plain.site.inbound / "835").exists()


def test_what_cannot_be_cut_up_is_held_for_a_person(room: Mailroom, monkeypatch: pytest.MonkeyPatch):
    receipt_id = receive(room, envelope(group("HP", GUIDE, era("A1"))))

    def refuse(*_: object, **__: object) -> None:
        raise Refused("no")

    monkeypatch.setattr("gateway.responses.split_receipts.split_835", refuse)
    export.export_pending(room.site)
    with room.store.read() as tx:
        waiting = queue.items(tx, room.site.settings, room.site.clock.now())
    assert (receipt_id, "quarantine: RCV-SPLIT") in [(item.id, item.why) for item in waiting]
