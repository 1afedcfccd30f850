"""A bank's CSV in the many ways banks write it: read to the cent, or told line by line why not."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import UsageError
from gateway.model.deposit import CHECK, TRN, BankLine, PaymentName, business_days, is_cut_short, traces_in
from gateway.model.findings import Severity
from gateway.responses.bank_file import BankFile, lines_of, read_bank_file

EFT = PaymentName(kind=TRN, number="EFT0009876", originator="1512345678")


def read(text: str, *, most_lines: int = 1000) -> BankFile:
    return read_bank_file(text.encode(), most_lines=most_lines)


def one(text: str) -> BankLine:
    read_ = read(text)
    assert not read_.findings, read_.findings
    (line,) = read_.lines
    return line


@pytest.mark.parametrize(
    "text",
    [
        "705TRN*1*EFT0009876*1512345678\\00010000001",
        "TRN*1*EFT0009876*1512345678\\",
        "TRN*1*EFT0009876*1512345678~",
        "TRN*1*EFT0009876*1512345678*00001\\",
        "HCCLAIMPMT TRN*1*EFT0009876*1512345678",
        "TRN*1*EFT0009876*1512345678    00010000001",
        "trailing blanks TRN *1* EFT0009876 *1512345678 \\",
    ],
)
def test_a_trn_is_found_however_the_bank_shows_it(text: str):
    assert list(traces_in(text)) == [EFT]


@pytest.mark.parametrize(
    "text",
    [
        "TRN*1*EFT0009876",
        "TRN*1*EFT0009876*",
        "TRN*1*EFT0009876*15123",
        "TRN*2*EFT0009876*1512345678",
        "RETRN 1",
        "",
    ],
)
def test_a_trn_cut_short_names_nothing(text: str):
    assert list(traces_in(text)) == []
    assert is_cut_short(text) == ("TRN*" in text)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="TRN*1\\~ 05A9", max_size=60))
def test_looking_for_traces_is_total(text: str):
    for name in traces_in(text):
        assert name.number
        assert name.number in text
        assert name.originator in text


@settings(max_examples=50, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(-60, 60))
def test_business_days_are_counted_one_by_one(start: date, apart: int):
    end = date.fromordinal(start.toordinal() + apart)
    low, high = sorted((start, end))
    counted = sum(date.fromordinal(n).weekday() < 5 for n in range(low.toordinal() + 1, high.toordinal() + 1))
    assert business_days(start, end) == (counted if end >= start else -counted)


def test_the_worked_example_counts_three_days():
    assert business_days(date(2024, 1, 26), date(2024, 1, 31)) == 3
    assert business_days(date(2024, 1, 26), date(2024, 1, 24)) == -2


@pytest.mark.parametrize(
    "text",
    [
        "Date,Amount,Addenda\n2024-01-26,275.00,TRN*1*EFT0009876*1512345678\\\n",
        "\ufeffPosting Date;Credit;Description\r\n01/26/2024;$275.00;TRN*1*EFT0009876*1512345678\\\r\n",
        "SAMPLE BANK\nAccount 1234\n\nEffective Date\tDebit\tCredit\tMemo\n1/26/24\t\t275\tTRN*1*EFT0009876*1512345678~\n",
        'DATE|AMOUNT|TRN02|TRN03\n20240126|"275.00"|EFT0009876|1512345678\n',
        'date,amount,dr/cr,details\n2024-01-26,275.00 ,CR,"TRN*1*EFT0009876*1512345678\\"\n',
        "date,amount,Trace Number,Company ID\n2024-01-26 08:00,275.00 CR,EFT0009876,1512345678\n",
    ],
)
def test_one_payment_in_the_words_of_many_banks(text: str):
    line = one(text)
    assert (line.date, line.amount, line.names) == (date(2024, 1, 26), Decimal("275.00"), (EFT,))


def test_everything_that_a_line_may_say():
    line = one(
        "Deposit Date,Deposit Amount,Originator Name,Transaction Date,Check #,Account Number,FITID,Notes\n"
        '2024-01-26,"1,275.00",EXAMPLE HEALTH,2024-01-20,0012345,000-111-1234,A77,lockbox\n'
    )
    assert line == BankLine(
        date=date(2024, 1, 26), amount=Decimal("1275.00"), names=(PaymentName(kind=CHECK, number="0012345"),),
        remitter="EXAMPLE HEALTH", reference="lockbox", account="1234", bank_id="A77", line=2,
    )  # fmt: skip


def test_the_addenda_rule_over_the_trace_column():
    """Banks call their own ACH number a trace number; the TRN of the addenda is the payer's."""
    line = one(
        "date,amount,trace number,addenda\n2024-01-26,275.00,021000021234567,TRN*1*EFT0009876*1512345678\\\n"
    )
    assert line.names == (EFT,)


def test_several_payments_named_in_one_line():
    line = one(
        "date,amount,memo\n2024-01-26,9,TRN*1*A*1512345678\\TRN*1*B*1512345678\\TRN*1*A*1512345678\\\n"
    )
    assert [name.number for name in line.names] == ["A", "B"]


@pytest.mark.parametrize(
    ("row", "element"),
    [
        ("2024-01-26,12.345,x", "amount"), ("2024-01-26,1e3,x", "amount"), ("2024-01-26,,x", "amount"),
        ('2024-01-26,"1,2,3",x', "amount"), ('2024-01-26,"12,50",x', "amount"), ("2024-01-26,NaN,x", "amount"),
        ("2024-01-26,99999999999999.00,x", "amount"), ("2024-13-01,1.00,x", "date"), ("26.01.2024,1.00,x", "date"),
        (",1.00,total", "date"), ("2024-01-26,1.00,a,b", None),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_line(row: str, element: str | None):
    found = read(f"date,amount,memo\n\n2024-01-26,5.00,good\n{row}\n").findings
    assert [(f.code, f.line, f.element, f.severity) for f in found] == [
        ("BANK-LINE", 4, element, Severity.ERROR)
    ]


@pytest.mark.parametrize("amount", ["-5.00", "(5.00)", "5.00-", "5.00 DR", "0.00"])
def test_money_that_does_not_come_in_is_left_out_and_named(amount: str):
    read_ = read(f"date,amount,memo\n2024-01-26,{amount},fee\n2024-01-27,1.00,x\n")
    assert (len(read_.lines), read_.left_out) == (1, 1)
    assert [(f.code, f.line, f.severity) for f in read_.findings] == [
        ("BANK-NO-DEPOSIT", 2, Severity.WARNING)
    ]


def test_money_out_by_column():
    read_ = read("date,debit,credit\n2024-01-26,5.00,\n2024-01-26,,7.00\n")
    assert ([line.amount for line in read_.lines], read_.left_out) == ([Decimal("7.00")], 1)
    assert read("date,amount,debit/credit\n2024-01-26,5.00,Debit\n").left_out == 1


def test_a_trn_that_the_bank_cut_is_told():
    read_ = read("date,amount,memo\n2024-01-26,275.00,TRN*1*EFT0009876*1512\n")
    assert [f.code for f in read_.findings] == ["BANK-TRN"]
    assert read_.lines[0].names == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line names a date and an amount"),
        ("when,how much\n1,2\n", "no line names a date and an amount"),
        ("date,amount,credit\n2024-01-26,1,1\n", "more than one column may be the amount"),
        ("01,BANK,OFFICE,240126,0800,1,,,2/\n02,OFFICE,BANK,1,240126,,USD,2/\n", "BAI2"),
        ("date,amount\n" + "2024-01-26,1\n" * 5, "limits.bank_lines"),
        ('date,amount\n2024-01-26,"1\x00', "no line names|no CSV|amount"),
    ],
)
def test_what_is_no_bank_file(text: str, said: str):
    try:
        found = read(text, most_lines=4).findings
    except UsageError as fault:
        assert any(part in str(fault) for part in said.split("|"))
    else:
        assert any(f.severity is Severity.ERROR for f in found)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_reading_is_total(data: bytes):
    for head in (b"", b"date,amount,memo\n"):
        try:
            read_ = read_bank_file(head + data, most_lines=100)
        except UsageError:
            continue
        assert all(line.amount > 0 for line in read_.lines)


def test_identical_lines_are_numbered():
    read_ = read("date,amount,memo\n2024-01-26,5,card\n2024-01-26,6,card\n2024-01-26,5.00,card\n")
    assert [before for _, before in lines_of(read_)] == [0, 0, 1]
