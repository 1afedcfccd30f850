"""The sandbox's bank says what its payers paid, each payment once."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from gateway.clock import MovableClock
from gateway.responses.bank_file import read_bank_file
from gateway.sandbox import bank
from gateway.sandbox.accounts import create_account
from gateway.sandbox.clearinghouse import Sandbox

SENT = (
    "ISA*00*          *00*          *ZZ*POE99          *ZZ*ROEBILL        *240126*0800*^*00501*000000001*0*T*:~"
    "GS*HP*POE99*ROEBILL*20240126*0800*1*X*005010X221A1~"
    "ST*835*0001~BPR*I*275*C*ACH*CCP*01*111000025*DA*123456789*1512345678**01*222000111*DA*987654321*20240126~"
    "TRN*1*EFT0009876*1512345678~N1*PR*EXAMPLE HEALTH PLAN~N1*PE*ROE CLINIC*XX*1098765435~SE*6*0001~"
    "ST*835*0002~BPR*H*0*C*NON************20240126~TRN*1*N1*1512345678~N1*PR*EXAMPLE HEALTH PLAN~"
    "N1*PE*ROE CLINIC*XX*1098765435~SE*6*0002~GE*2*1~IEA*1*000000001~"
)


def test_a_payment_that_went_out_twice_came_once_and_a_notice_moves_nothing(tmp_path: Path) -> None:
    create_account(tmp_path, "north", password="secret-word")
    sandbox = Sandbox(tmp_path, MovableClock())
    for name in ("one.835", "two.835"):
        sandbox.publish("north", name, SENT.encode())
    sandbox.publish("north", "noise.txt", b"nothing")
    read = read_bank_file(bank.statement(tmp_path), most_lines=10)
    assert not read.findings
    (line,) = read.lines
    assert (line.date, line.amount, line.remitter, line.account) == (
        date(2024, 1, 26), Decimal(275), "EXAMPLE HEALTH PLAN", "4455",
    )  # fmt: skip
    assert [(name.number, name.originator) for name in line.names] == [("EFT0009876", "1512345678")]
