"""What an office does with the bank's money: load its file, enter a deposit, match it, take that back, set it aside.

Each is one audited unit of work; loading and the matching it leads to are one, so that nothing stands between them.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from gateway import failpoints
from gateway.errors import Refused, UsageError
from gateway.model.deposit import BankLine, PaymentName, business_days
from gateway.model.findings import Finding, error, errors_in, warning
from gateway.model.money import plain
from gateway.model.reassociation import OpenDeposit, Pair, certain
from gateway.responses import reassociate
from gateway.responses.bank_file import BankFile, lines_of, read_bank_file
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import deposits, remittances
from gateway.store.db import Tx
from gateway.store.deposits import BY_HAND, TO_ELSEWHERE, TO_REMITTANCE, WITHDRAWN, Deposit, Movement
from gateway.store.open_money import windows
from gateway.store.remittances import POSTED

ZERO = Decimal("0.00")

_RECORDED = failpoints.declare(
    "deposit.recorded", "a bank's lines are written, uncommitted, and nothing is matched"
)
_MATCHED = failpoints.declare("deposit.matched", "a bank's lines are written and matched, uncommitted")
_COMMITTED = failpoints.declare("deposit.committed", "a bank's file is committed, nobody was told")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a bank's file came to.

    *refused*: a line could not be read and nothing was recorded. *new* deposits of *amount* in all; *known* lines were
    recorded before; *confirmed* deposits a person had entered already; *left_out* lines brought no money. *matched*
    remittances got money; *unexplained* of the new deposits wait for theirs.
    """

    lines: int
    new: int = 0
    amount: Decimal = ZERO
    known: int = 0
    confirmed: int = 0
    left_out: int = 0
    matched: int = 0
    matched_amount: Decimal = ZERO
    refused: bool = False
    dry_run: bool = False
    unexplained: int = 0
    deposits: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), repr=False)


@dataclass(slots=True, kw_only=True)
class _Sorted:
    """A file's lines by what is to be done with each."""

    new: list[tuple[BankLine, str]]
    known: int
    confirmed: list[tuple[str, str]]
    findings: list[Finding]


def load_bank_file(site: Site, data: bytes, *, name: str, actor: str, dry_run: bool = False) -> LoadReport:
    """Record what is new in a bank's file and match it; whole or not at all, and never a line twice.

    Raises:
        UsageError: the file is no table of a bank's credits, or larger than the limits.

    """
    read = read_bank_file(data, most_lines=site.settings.limits.bank_lines)
    if errors_in(read.findings):
        return _report(read, refused=True, dry_run=dry_run)
    if dry_run:
        with site.store.read() as tx:
            todo = _sort(tx, read, site.settings)
            pairs = _would_match(tx, todo, site.settings)
        return _report(read, todo, pairs, made=[f"line {line.line}" for line, _ in todo.new], dry_run=True)
    with site.store.write("bank_file", actor=actor) as tx:
        todo = _sort(tx, read, site.settings)
        if errors_in(todo.findings):
            return _report(read, todo, refused=True)
        made: list[str] = []
        if todo.new:
            sha256 = hashlib.sha256(data).hexdigest()
            file = deposits.record_file(tx, name=name, sha256=sha256, lines=[line for line, _ in todo.new])
            made = deposits.record(tx, todo.new, file=file)
        for deposit_id, key in todo.confirmed:
            deposits.confirm(tx, deposit_id, key)
        failpoints.hit(_RECORDED)
        moved = reassociate.after_loading(tx, site.settings)
        failpoints.hit(_MATCHED)
        report = _report(read, todo, moved, made=made)
        tx.audit(
            facts={
                "lines": report.lines,
                "new": report.new,
                "amount": plain(report.amount),
                "known": report.known,
                "confirmed": report.confirmed,
                "left_out": report.left_out,
                "matched": report.matched,
            }
        )
    failpoints.hit(_COMMITTED)
    return report


def _report(
    read: BankFile,
    todo: _Sorted | None = None,
    matched: Sequence[Pair | Movement] = (),
    *,
    made: Sequence[str] = (),
    refused: bool = False,
    dry_run: bool = False,
) -> LoadReport:
    new = todo.new if todo is not None and not refused else []
    return LoadReport(
        lines=len(read.lines),
        new=len(new),
        amount=sum((line.amount for line, _ in new), ZERO),
        known=todo.known if todo else 0,
        confirmed=len(todo.confirmed) if todo else 0,
        left_out=read.left_out,
        matched=len({one.remittance for one in matched}),
        matched_amount=sum((one.amount for one in matched), ZERO),
        unexplained=len(set(made) - {one.deposit for one in matched}),
        refused=refused or bool(todo and errors_in(todo.findings)),
        dry_run=dry_run,
        deposits=tuple(made) if not dry_run else (),
        findings=(*read.findings, *(todo.findings if todo else ())),
    )


def _sort(tx: Tx, read: BankFile, settings: Settings) -> _Sorted:
    keyed = [(line, bank_key(tx, line, before)) for line, before in lines_of(read)]
    known = deposits.keys_known(tx, (key for _, key in keyed))
    done = _Sorted(new=[], known=0, confirmed=[], findings=[])
    entered = deposits.unconfirmed(tx)
    met: dict[str, BankLine] = {}
    for line, key in keyed:
        if key in met:
            done.known += 1
            done.findings += _again(line, met[key])
            continue
        met[key] = line
        if key in known:
            done.known += 1
            continue
        same = next((one for one in entered if is_same(one, line, settings)), None)
        if same is None:
            done.new.append((line, key))
        else:
            entered.remove(same)
            done.confirmed.append((same.id, key))
    done.findings += _told_before(tx, [line for line, _ in done.new], settings)
    done.findings += _changed(tx, {key: line for line, key in keyed if key in known}, known)
    return done


def _again(line: BankLine, first: BankLine) -> list[Finding]:
    if (line.date, line.amount) == (first.date, first.amount):
        said = f"the bank's id of this line stands in line {first.line} already; it counts once"
        return [warning("BANK-TWICE", said, line=line.line)]
    said = f"the bank's id of this line stands in line {first.line} with another date or amount; ask the bank"
    return [error("BANK-ID", said, line=line.line)]


def _told_before(tx: Tx, lines: Sequence[BankLine], settings: Settings) -> Iterator[Finding]:
    """Warn of new lines that name a payment and amount that is recorded: a bank may tell a line anew in other words."""
    standing: dict[tuple[str, str], list[Deposit]] = {}
    for one in deposits.naming(tx, (number for line in lines for _, number in _numbers(line))):
        for name in _numbers(one.said):
            standing.setdefault(name, []).append(one)
    for line in lines:
        alike = [one for name in _numbers(line) for one in standing.get(name, ())]
        same = next((one for one in alike if is_same(one, line, settings)), None)
        if same is not None:
            said = (
                f"the line names the same payment and amount as {same.id} of {same.date}; recorded all the same: if the bank "
                "tells one deposit twice, take the new one out: gateway deposit withdraw D-ID --reason TEXT"
            )
            yield warning("BANK-SAME", said, line=line.line)


def _changed(tx: Tx, lines: dict[str, BankLine], known: dict[str, str]) -> list[Finding]:
    """Refuse a file that tells another amount under a bank's id that was loaded before."""
    found = []
    amounts = deposits.amounts(tx, known.values())
    for key, line in lines.items():
        before = known[key]
        if line.bank_id is not None and amounts.get(before, line.amount) != line.amount:
            said = f"the bank's id of this line is {before}, recorded with another amount; ask the bank which holds"
            found.append(error("BANK-ID", said, line=line.line))
    return found


def bank_key(tx: Tx, line: BankLine, before: int) -> str:
    """Return the key under which a bank's line counts once: by the bank's id, else by what it says.

    *before* counts the lines of the same file that say the very same.
    """
    if line.bank_id is not None:
        return tx.index("bank_line", f"id\0{line.account or ''}\0{line.bank_id}")
    names = [f"{name.kind} {name.number} {name.originator or ''}" for name in line.names]
    said = [
        line.account, line.date.isoformat(), plain(line.amount), line.remitter, line.originator, line.reference, *names,
        str(before),
    ]  # fmt: skip
    return tx.index("bank_line", "\0".join(part or "" for part in said))


def is_same(entered: Deposit, line: BankLine, settings: Settings) -> bool:
    """Tell whether a bank's line is the deposit that somebody entered: same amount and number, close in days."""
    limit = settings.deposits.window_days
    close = abs(business_days(entered.date, line.date)) <= limit
    return close and entered.amount == line.amount and bool(_numbers(entered.said) & _numbers(line))


def _numbers(line: BankLine) -> set[tuple[str, str]]:
    return {(name.kind, deposits.loose_name(name)) for name in line.names}


def _would_match(tx: Tx, todo: _Sorted, settings: Settings) -> list[Pair]:
    new = [
        OpenDeposit(
            id=f"line {line.line}",
            date=line.date,
            amount=line.amount,
            open=line.amount,
            names=line.names,
            payer=line.remitter,
            originator=line.originator,
            by_hand=False,
        )
        for line, _ in todo.new
    ]
    waiting = [*deposits.open_deposits(tx), *new]
    named = deposits.open_remittances(tx, names=reassociate.names_of(waiting))
    return certain(waiting, named, windows(settings))


def add_deposit(
    site: Site,
    *,
    day: date,
    amount: Decimal,
    names: Sequence[PaymentName],
    payer: str | None = None,
    account: str | None = None,
    actor: str,
) -> tuple[str, list[Movement]]:
    """Record a deposit that a person tells of, match it, and return its id with what it paid.

    Raises:
        UsageError: it names nothing, or no money.
        Refused: a deposit with this number and amount is recorded already.

    """
    if not names or not all(map(deposits.loose_name, names)) or amount <= 0:
        raise UsageError("a deposit has an amount above zero and the number of its transfer or check")
    line = BankLine(date=day, amount=amount, names=tuple(names), remitter=payer, account=account)
    with site.store.write("deposit", actor=actor) as tx:
        for one in deposits.naming(tx, {number for _, number in _numbers(line)}):
            if is_same(one, line, site.settings):
                raise Refused(
                    f"{one.id} is this deposit already: the same number and amount, {one.date}; look at it with: "
                    f"gateway show {one.id}"
                )
        deposit_id = deposits.record(tx, [(line, None)])[0]
        moved = reassociate.after_loading(tx, site.settings)
        tx.audit(subject=deposit_id, facts={"amount": plain(amount), "matched": len(moved)})
    return deposit_id, [one for one in moved if one.deposit == deposit_id]


def match_deposit(site: Site, deposit_id: str, remittance_id: str, *, actor: str) -> Movement:
    """Let a deposit pay a remittance because a person says so: the lesser of what is open on both sides.

    Raises:
        NotFound: no such deposit or remittance.
        Refused: nothing is open on one of them, or the remittance is not posted.

    """
    with site.store.write("deposit_match", actor=actor) as tx:
        deposit, stored = deposits.get(tx, deposit_id), remittances.get(tx, remittance_id)
        if deposit.open == ZERO:
            raise Refused(
                f"all of {deposit_id} is explained; take that back first: gateway deposit unmatch {deposit_id}"
            )
        if stored.state != POSTED:
            raise Refused(
                f"{remittance_id} is not posted (it is {stored.state}); only a posted remittance is paid"
            )
        waiting = deposits.open_remittance(tx, remittance_id)
        if waiting is None:
            by = ", ".join(deposits.paid_by(tx, remittance_id))
            raise Refused(
                f"{remittance_id} is paid already by {by}"
                if by
                else f"{remittance_id} brings no money, none is to come"
            )
        made = deposits.move(
            tx, deposit_id, target=TO_REMITTANCE, remittance_id=remittance_id,
            amount=min(deposit.open, waiting.open), how=BY_HAND,
        )  # fmt: skip
        reassociate.tell(tx, [made])
        tx.audit(subject=deposit_id, facts={"remittance": remittance_id, "amount": plain(made.amount)})
    return made


def unmatch_deposit(
    site: Site, deposit_id: str, remittance_id: str | None = None, *, reason: str, actor: str
) -> list[Movement]:
    """Take back what a deposit was said to pay, all of it or one remittance, by opposite entries.

    From then on it is not matched by itself any more.

    Raises:
        NotFound: no such deposit.
        Refused: it pays nothing, or not this remittance.

    """
    with site.store.write("deposit_unmatch", actor=actor) as tx:
        deposits.get(tx, deposit_id)
        wanted = [
            one
            for one in deposits.standing(deposits.movements(tx, deposit_id))
            if one.target != WITHDRAWN and remittance_id in {None, one.remittance}
        ]
        if not wanted:
            raise Refused(
                f"{deposit_id} does not pay {remittance_id or 'anything'}; there is nothing to take back"
            )
        made = [
            deposits.move(
                tx, deposit_id, target=one.target, remittance_id=one.remittance, amount=-one.amount, undoes=one.ordinal,
                how=BY_HAND, reason=reason,
            )
            for one in wanted
        ]  # fmt: skip
        reassociate.tell(tx, made)
        tx.audit(subject=deposit_id, facts={"undone": len(made), "reason": reason})
    return made


def set_aside(site: Site, deposit_id: str, *, reason: str, actor: str) -> Movement:
    """Say that what is open of a deposit is no remittance's: a patient's payment, a transfer, booked elsewhere."""
    return _rest(site, "deposit_elsewhere", deposit_id, TO_ELSEWHERE, reason=reason, actor=actor)


def withdraw(site: Site, deposit_id: str, *, reason: str, actor: str) -> Movement:
    """Say that a deposit never came or went back: entered wrongly, returned by the bank. Cash is credited.

    Raises:
        Refused: something of it is matched; that is taken back first.

    """
    return _rest(site, "deposit_withdrawn", deposit_id, WITHDRAWN, reason=reason, actor=actor)


def _rest(site: Site, kind: str, deposit_id: str, target: str, *, reason: str, actor: str) -> Movement:
    with site.store.write(kind, actor=actor) as tx:
        deposit = deposits.get(tx, deposit_id)
        if deposit.open == ZERO or (target == WITHDRAWN and deposit.open != deposit.amount):
            standing = deposits.standing(deposits.movements(tx, deposit_id))
            what = "withdrawn" if any(m.target == WITHDRAWN for m in standing) else "explained"
            raise Refused(
                f"{deposit_id} is {what} already; gateway deposit unmatch {deposit_id} takes a match back"
            )
        made = deposits.move(tx, deposit_id, target=target, amount=deposit.open, how=BY_HAND, reason=reason)
        tx.audit(subject=deposit_id, facts={"amount": plain(made.amount), "reason": reason})
    return made
