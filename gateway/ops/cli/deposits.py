"""The bank's side: load its file, enter a deposit, match it to its remittance, take that back, list what is open."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.errors import UsageError
from gateway.model.deposit import CHECK, TRN, PaymentName
from gateway.model.identifiers import Kind, kind_of
from gateway.model.money import is_cents, parse_decimal, plain
from gateway.ops.cli import output, state

if TYPE_CHECKING:
    from gateway.responses.deposits import LoadReport
    from gateway.store.db import Tx
    from gateway.store.deposits import Movement
    from gateway.store.open_money import WaitingDeposit, WaitingRemittance

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout")]
Reason = Annotated[str, typer.Option("--reason", help="why; kept in the audit log, so no patient names")]
DepositId = Annotated[str, typer.Argument(metavar="D-ID")]

FINE, LESS, REFUSED = 0, 1, 2


def register(app: typer.Typer) -> None:
    """Add this group's commands to *app*."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Deposits: what the bank has, and which remittance it pays (docs/deposits.md).\n\n"
        "Example: gateway deposit load bank-2024-01-26.csv",
    )
    for name, command in (
        ("load", load),
        ("add", add),
        ("match", match),
        ("unmatch", unmatch),
        ("withdraw", withdraw),
        ("list", list_deposits),
    ):
        group.command(name)(command)
    app.add_typer(group, name="deposit")


def load(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="the bank's CSV, with a date and an amount column")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only say what would be recorded and matched")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load a bank's file of credits and match them to their remittances; whole or not at all.

    A line counts once however often it is loaded. A line that cannot be read is told with its number, and then nothing is
    loaded. Exit code 1 when money stays unexplained, 2 when nothing was loaded.

    Example: gateway deposit load bank-2024-01-26.csv --dry-run
    """
    from gateway.responses.deposits import load_bank_file

    with state.opened() as site:
        data = _bytes_of(file, site.settings.limits.bank_file_bytes)
        with output.progress(f"loading {file.name}"):
            report = load_bank_file(site, data, name=file.name, actor=state.actor(), dry_run=dry_run)
    shown = [finding.at(file=file.name) for finding in report.findings]
    if as_json:
        record = {name: value for name, value in output.jsonable(report).items() if name != "findings"}
        output.emit("bank_file", {**record, "findings": [output.finding_json(f) for f in shown]})
    else:
        output.report_findings(shown)
        typer.echo(_told(report))
    if report.refused:
        raise typer.Exit(REFUSED)
    raise typer.Exit(LESS if report.unexplained else FINE)


def _bytes_of(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}") from None
    if len(data) > limit:
        raise UsageError(f"{path}: larger than the limit of {limit} bytes (limits.bank_file_bytes)")
    return data


def _told(report: "LoadReport") -> str:
    if report.refused:
        return "nothing is loaded; mend the lines, or leave them out, and load the file again"
    would = "would be " if report.dry_run else ""
    parts = [f"{report.new} new {_s(report.new, 'deposit')} of {plain(report.amount)} {would}recorded"]
    if report.known:
        parts.append(f"{report.known} {_s(report.known, 'line')} known before")
    if report.confirmed:
        parts.append(f"{report.confirmed} entered by hand before, now told by the bank")
    if report.left_out:
        parts.append(f"{report.left_out} {_s(report.left_out, 'line')} left out, no money came by them")
    parts.append(
        f"{report.matched} {_s(report.matched, 'remittance')} {would}matched, {plain(report.matched_amount)}"
    )
    if report.unexplained:
        parts.append(f"{report.unexplained} not explained: gateway deposit list --open")
    return "; ".join(parts)


def _s(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def add(
    day: Annotated[
        datetime, typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="the day the bank has it")
    ],
    amount: Annotated[str, typer.Option("--amount", help="dollars and cents, such as 275.00")],
    trace: Annotated[
        str | None, typer.Option("--trace", help="TRN02 of a transfer, with --originator")
    ] = None,
    originator: Annotated[
        str | None, typer.Option("--originator", help="TRN03 of it: the payer's ten characters")
    ] = None,
    check: Annotated[
        list[str] | None, typer.Option("--check", help="the number of a check; again for each in one deposit")
    ] = None,
    payer: Annotated[str | None, typer.Option("--payer", help="who paid, as the slip names it")] = None,
    account: Annotated[
        str | None, typer.Option("--account", help="last four characters of the bank account")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Enter a deposit by hand: a check carried to the bank, a transfer seen in its portal.

    When the bank's file tells of it later, it is known by number and amount and not counted again.

    Example: gateway deposit add --date 2024-01-26 --amount 275.00 --check 0012345
    """
    from gateway.responses.deposits import add_deposit

    if bool(trace) == bool(check):
        raise UsageError("give --trace with --originator, or --check")
    if originator and not trace:
        raise UsageError("--originator goes with --trace; a check is told by its number")
    value = parse_decimal(amount)
    if value is None or not is_cents(value) or value <= 0:
        raise UsageError(f"--amount {amount}: give dollars and cents above zero, such as 275.00")
    if trace:
        names = [PaymentName(kind=TRN, number=trace, originator=originator)]
    else:
        names = [PaymentName(kind=CHECK, number=number) for number in check or ()]
    with state.opened() as site:
        deposit_id, moved = add_deposit(
            site, day=day.date(), amount=value, names=names, payer=payer, account=account, actor=state.actor()
        )
    said = _paid(moved) or "no remittance is known to be paid by it yet: gateway deposit list --open"
    _done(as_json, "deposit_add", deposit_id, said)


def match(
    deposit: DepositId,
    remittance: Annotated[str, typer.Argument(metavar="M-ID")],
    as_json: AsJson = False,
) -> None:
    """Say which remittance a deposit pays.

    As much as is open on both sides; what is left stays open. Again for each remittance that one deposit pays, or each
    deposit that one remittance came in. Exit code 1 when something stays open.

    Example: gateway deposit match D-7K3F9Q2MXR M-4HT2WQX8ZR
    """
    from gateway.responses.deposits import match_deposit
    from gateway.store import deposits

    _must_be(deposit, Kind.DEPOSIT)
    _must_be(remittance, Kind.REMITTANCE)
    with state.opened() as site:
        made = match_deposit(site, deposit, remittance, actor=state.actor())
        with site.store.read() as tx:
            left, unpaid = deposits.get(tx, deposit).open, deposits.open_remittance(tx, remittance)
    said = _paid([made])
    if left:
        said += f"; {plain(left)} of the deposit is not explained yet"
    if unpaid is not None:
        said += f"; {plain(unpaid.open)} of {remittance} is still to come"
    _done(as_json, "deposit_match", deposit, said)
    raise typer.Exit(LESS if left or unpaid is not None else FINE)


def unmatch(
    deposit: DepositId,
    reason: Reason,
    remittance: Annotated[str | None, typer.Argument(metavar="[M-ID]", help="only this one")] = None,
    as_json: AsJson = False,
) -> None:
    """Take back what a deposit was said to pay, by an opposite entry.

    From then on it is not matched by itself any more: a person has decided otherwise.

    Example: gateway deposit unmatch D-7K3F9Q2MXR --reason "paid the other clinic"
    """
    from gateway.responses.deposits import unmatch_deposit

    _must_be(deposit, Kind.DEPOSIT)
    if remittance is not None:
        _must_be(remittance, Kind.REMITTANCE)
    why = _said(reason)
    with state.opened() as site:
        made = unmatch_deposit(site, deposit, remittance, reason=why, actor=state.actor())
    said = ", ".join(f"{plain(-one.amount)} ({one.remittance or 'dealt with elsewhere'})" for one in made)
    _done(as_json, "deposit_unmatch", deposit, f"taken back: {said}")


def withdraw(deposit: DepositId, reason: Reason, as_json: AsJson = False) -> None:
    """Say that a deposit never came or went back: entered wrongly, a check returned by the bank.

    Only one that pays nothing. The entry is not edited: an opposite one takes the money out of cash.

    Example: gateway deposit withdraw D-7K3F9Q2MXR --reason "check returned, insufficient funds"
    """
    from gateway.responses import deposits

    _must_be(deposit, Kind.DEPOSIT)
    why = _said(reason)
    with state.opened() as site:
        made = deposits.withdraw(site, deposit, reason=why, actor=state.actor())
    _done(as_json, "deposit_withdraw", deposit, f"{plain(made.amount)} withdrawn")


def _must_be(identifier: str, kind: Kind) -> None:
    if kind_of(identifier) is not kind:
        raise UsageError(f"{identifier} is not the id of a {kind.name.lower()} ({kind.value}-...)")


def _said(reason: str) -> str:
    if not reason.strip():
        raise UsageError("--reason must say something; it is kept in the audit log")
    return reason.strip()


def _paid(moved: "Sequence[Movement]") -> str:
    return ", ".join(f"{plain(one.amount)} pays {one.remittance}" for one in moved)


def _done(as_json: bool, what: str, identifier: str, text: str) -> None:
    if as_json:
        output.emit("done", {"action": what, "id": identifier, "result": text})
    else:
        typer.echo(f"{identifier}: {text}")


def list_deposits(
    only_open: Annotated[
        bool, typer.Option("--open", help="only what is not explained, and remittances without money")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List deposits and what they pay; with --open, the open pairs both ways, with age and what may belong together.

    Age in business days; an exclamation mark means overdue.

    Example: gateway deposit list --open
    """
    from gateway.store import deposits, open_money

    with state.opened() as site, site.store.read() as tx:
        now = site.clock.now()
        if only_open:
            _print_open(
                open_money.waiting_deposits(tx, site.settings, now),
                open_money.waiting_remittances(tx, site.settings, now),
                as_json=as_json,
            )
            return
        rows = [_row(tx, one) for one in deposits.every(tx)]
    if as_json:
        for row in rows:
            output.emit("deposit", row)
        return
    output.table(
        ("deposit", "date", "#amount", "#open", "account", "named", "pays"),
        [
            (
                r["id"],
                r["date"],
                r["amount"],
                r["open"],
                r["account"],
                ", ".join(r["names"]),
                ", ".join(r["pays"]),
            )
            for r in rows
        ],
    )
    if not rows:
        output.say("no deposit is recorded; to load a bank's file: gateway deposit load FILE")


def _row(tx: "Tx", one: Any) -> Mapping[str, Any]:
    from gateway.store import deposits

    standing = deposits.standing(deposits.movements(tx, one.id))
    return {
        "id": one.id,
        "date": one.date,
        "amount": one.amount,
        "open": one.open,
        "account": one.account,
        "from_bank": one.from_bank,
        "names": [name.number for name in one.said.names],
        "pays": [m.remittance or m.target for m in standing],
        "recorded_at": one.recorded_at,
        "recorded_by": one.recorded_by,
    }


def _print_open(
    money: "Sequence[WaitingDeposit]", unpaid: "Sequence[WaitingRemittance]", *, as_json: bool
) -> None:
    if as_json:
        for waiting in money:
            one = waiting.deposit
            output.emit(
                "deposit",
                {
                    "id": one.id, "date": one.date, "amount": one.amount, "open": one.open,
                    "names": [name.number for name in one.names], "age_business_days": waiting.age, "due": waiting.due,
                    "held": waiting.held, "suggestions": waiting.suggestions, "twins": waiting.twins,
                },
            )  # fmt: skip
        for other in unpaid:
            output.emit(
                "remittance_without_deposit",
                {
                    **output.jsonable(other.remittance), "age_business_days": other.age, "due": other.due,
                    "note": other.note,
                },
            )  # fmt: skip
        return
    typer.echo(f"money without remittance: {_together(w.deposit.open for w in money)}")
    output.table(
        ("deposit", "date", "#amount", "#open", "#age", "named", "what it may pay"),
        [
            (
                w.deposit.id, w.deposit.date, w.deposit.amount, w.deposit.open, _age(w.age, w.due),
                ", ".join(name.number for name in w.deposit.names), _best(w),
            )
            for w in money
        ],
        indent=2,
    )  # fmt: skip
    typer.echo(f"\nremittances without money: {_together(w.remittance.open for w in unpaid)}")
    noted = any(w.note for w in unpaid)
    output.table(
        ("remittance", "paid on", "#amount", "#open", "#age", "partner", "trace", "payer", *(("note",) * noted)),
        [
            (
                w.remittance.id, w.remittance.date, w.remittance.amount, w.remittance.open, _age(w.age, w.due),
                w.remittance.partner, w.remittance.trace, w.remittance.payer_name,
                *((w.note.reason if w.note else None,) * noted),
            )
            for w in unpaid
        ],
        indent=2,
    )  # fmt: skip


def _together(amounts: Iterable[Decimal]) -> str:
    """Return how many there are and what they come to."""
    listed = list(amounts)
    return f"{len(listed)}, {sum(listed, Decimal(0))} in all" if listed else "none"


def _age(days: int, due: bool) -> str:
    return f"{days}{'!' if due else ''}"


def _best(waiting: "WaitingDeposit") -> str:
    if waiting.twins:
        return f"perhaps {', '.join(waiting.twins)} told twice"
    if waiting.held:
        return f"{', '.join(waiting.held)} is held"
    return ", or ".join(
        f"{' and '.join(one.remittances)}{f' ({one.difference_in_words})' if one.difference else ''}: {one.why}"
        for one in waiting.likeliest
    )
