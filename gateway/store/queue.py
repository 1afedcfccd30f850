"""What waits for a person: each item with its age, the reason, and the command that resolves it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from gateway.model.identifiers import Kind, kind_of
from gateway.model.lifecycle import TransmissionState
from gateway.model.money import plain
from gateway.model.plb_codes import meaning
from gateway.settings import Settings
from gateway.store import (
    acknowledgements,
    alarms,
    claim_payments,
    credit_balances,
    denials,
    differences,
    findings,
    inbox,
    open_money,
    partners,
    plb,
    remittances,
    twins,
)
from gateway.store.acknowledgements import Result
from gateway.store.db import Tx
from gateway.store.differences import Difference
from gateway.store.schema import audit_event, claim, hold, receipt, transmission

HELD, REJECTED, UNMATCHED, QUARANTINED, UNCERTAIN, SILENT, DENIED, OPEN, CREDIT = (
    "held", "rejected", "unmatched", "quarantined", "uncertain", "silent", "denied", "open", "credit",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """One thing that waits: *kind* is held, rejected, unmatched, quarantined, uncertain, silent, denied, open or credit.

    *why* holds codes and our own words, no claim content; *command* is what a person types once the matter is cleared.
    *amount* is the money that hangs on it, where it is about money: a claim's charge, a payment, what is open of something.
    """

    kind: str
    id: str
    partner: str | None
    since: datetime
    why: str
    command: str
    amount: Decimal | None = None


def next_steps(identifier: str, kinds: Iterable[str]) -> list[str]:
    """Return what a person does about each kind of hold on a thing."""
    return [_AFTER_HOLD.get(kind, _release)(identifier) for kind in dict.fromkeys(kinds)]


def items(tx: Tx, settings: Settings, now: datetime) -> list[QueueItem]:
    """Return everything that waits for a person, the longest waiting first."""
    found = [
        *_holds(tx),
        *_uncertain(tx),
        *_answers(tx),
        *_payments(tx),
        *_remittances(tx),
        *_silent(tx, settings, now),
        *_denials(tx, settings, now),
        *_credits(tx, settings, now),
        *_money_without_remittance(tx, settings, now),
        *_remittances_without_money(tx, settings, now),
        *_provider_accounts(tx, settings, now),
        *_left_at_partners(tx),
        *_paused(tx, settings),
    ]
    return sorted(found, key=lambda item: item.since)


def _release(identifier: str) -> str:
    return f"gateway release {identifier} --reason TEXT"


_AFTER_HOLD: dict[str, Callable[[str], str]] = {
    "edit": lambda i: (
        "mend the record in outbound/rejected/ and drop it again; or, where the partner wants it otherwise and the rule "
        f"can be switched (gateway edits RULE), switch it in config.toml, then: gateway release {i} --reason TEXT"
    ),
    "unroutable": lambda i: f"name the payer in a partner's payers, then: gateway release {i} --reason TEXT",
    "check": lambda i: f"gateway show {i}; mend the record and drop it again",
    "duplicate": lambda i: f"gateway release {i} --reason TEXT, if it is meant to go a second time",
    "rejected": lambda i: (
        "mend the record in outbound/rejected/ and drop it again, or, where nothing of it is wrong: "
        f"gateway resubmit {i} --reason TEXT"
    ),
    "delivery": lambda i: (
        f"gateway show {i}; then: gateway retransmit {i}, or if the file is wrong: gateway abandon {i} --reason TEXT"
    ),
    "uncertain": lambda i: f"gateway settle {i} --delivered|--not-delivered --evidence TEXT",
    "quarantine": lambda i: (
        f"gateway show {i}; then: gateway reread {i}, or: gateway release {i} --reason TEXT"
    ),
}


def _holds(tx: Tx) -> Iterator[QueueItem]:
    """List open holds on claims, transmissions and receipts; an uncertain transmission is listed by `_uncertain`."""
    rows = tx.execute(
        select(
            hold.c.subject, hold.c.kind, hold.c.reason, hold.c.at, claim.c.charge,
            claim.c.partner.label("of_claim"), transmission.c.partner.label("of_transmission"),
            transmission.c.state.label("state"), receipt.c.partner.label("of_receipt"),
        )
        .select_from(hold)
        .outerjoin(claim, claim.c.id == hold.c.subject)
        .outerjoin(transmission, transmission.c.id == hold.c.subject)
        .outerjoin(receipt, receipt.c.id == hold.c.subject)
        .where(hold.c.released_at.is_(None))
    )  # fmt: skip
    for row in rows:
        if row.state == TransmissionState.UNCERTAIN.value:
            continue
        kind = {"rejected": REJECTED, "quarantine": QUARANTINED, "uncertain": UNCERTAIN}.get(row.kind, HELD)
        command = _AFTER_HOLD.get(row.kind, _release)(row.subject)
        partner = row.of_claim or row.of_transmission or row.of_receipt
        yield QueueItem(
            kind=kind,
            id=row.subject,
            partner=partner,
            since=row.at,
            why=row.reason if row.reason.startswith(row.kind) else f"{row.kind}: {row.reason}",
            command=command,
            amount=row.charge,
        )


def _uncertain(tx: Tx) -> Iterator[QueueItem]:
    rows = tx.execute(
        select(transmission.c.id, transmission.c.partner, transmission.c.sealed_at, transmission.c.created_at, transmission.c.evidence)
        .where(transmission.c.state == TransmissionState.UNCERTAIN.value)
    )  # fmt: skip
    for row in rows:
        yield QueueItem(
            kind=UNCERTAIN,
            id=row.id,
            partner=row.partner,
            since=row.sealed_at or row.created_at,
            why=row.evidence or "the partner may or may not have this file",
            command=_AFTER_HOLD["uncertain"](row.id),
        )


_ANSWER_WHY = {
    Result.UNMATCHED: "speaks of nothing that we sent",
    Result.UNKNOWN: "does not say clearly whether it was accepted",
    Result.CONFLICT: "contradicts what is known already",
}


def _answers(tx: Tx) -> Iterator[QueueItem]:
    """List receipts with verdicts that could not be applied, one item for each receipt and reason."""
    grouped: dict[tuple[str, str, Result], list[acknowledgements.Waiting]] = {}
    for one in acknowledgements.waiting(tx):
        grouped.setdefault((one.receipt, one.kind, one.outcome), []).append(one)
    for (receipt_id, kind, outcome), waiting in grouped.items():
        about = sorted({o.submission or o.transmission or "" for o in waiting} - {""})
        named = f" ({', '.join(about[:3])}{' ...' if len(about) > 3 else ''})" if about else ""
        count = f"{len(waiting)} times: " if len(waiting) > 1 else ""
        yield QueueItem(
            kind=UNMATCHED,
            id=receipt_id,
            partner=waiting[0].partner,
            since=waiting[0].at,
            why=f"{count}a {kind} {_ANSWER_WHY[outcome]}{named}",
            command=f"gateway show {receipt_id}; then: gateway reread {receipt_id}, "
            f"or: gateway release {receipt_id} --reason TEXT",
        )


def _payments(tx: Tx) -> Iterator[QueueItem]:
    waiting = claim_payments.in_suspense(tx)
    owners = remittances.by_id(tx, (one.remittance for one in waiting))
    for payment in waiting:
        stored = owners[payment.remittance]
        yield QueueItem(
            kind=UNMATCHED,
            id=payment.id,
            partner=stored.partner,
            since=stored.received_at,
            why="a payment in suspense",
            command=f"{'' if payment.claim else 'once you know whose it is: '}gateway match {payment.id} {payment.claim or 'C-ID'}; "
            f"or if it is booked elsewhere: gateway release {payment.id} --reason TEXT",
            amount=payment.paid,
        )


def _remittances(tx: Tx) -> Iterator[QueueItem]:
    held = remittances.quarantined(tx)
    off = differences.of_remittances(tx, (one.id for one in held))
    posted = remittances.posted_keys(tx, (one.payment_key for one in held))
    again = twins.posted_like(tx, held)
    for stored in held:
        why = f"a remittance is not posted: {stored.reason or 'see its findings'}{_off(off[stored.id])}"
        command = (
            f"gateway show {stored.id}; when the cause is gone: gateway reread {stored.receipt}, "
            f"{'' if stored.payment_key in posted else _post_in_spite(stored.id, stored.reason)}"
            f"or when it is dealt with elsewhere: gateway release {stored.id} --reason TEXT"
        )
        twin = again.get(stored.id)
        if twin and "ERA-DUP" not in (stored.reason or ""):
            if twin.amount == stored.amount:
                why += f"; {twin.id} of the same payer, trace number and amount is posted"
                command = f"gateway show {twin.id}; if it is the same payment: gateway release {stored.id} --reason TEXT"
            else:
                why += f"; {twin.id} of the same payer and trace number stands in the books with {plain(twin.amount)}: perhaps it "
                why += "is the corrected one"
        yield QueueItem(
            kind=QUARANTINED,
            id=stored.id,
            partner=stored.partner,
            since=stored.received_at,
            why=why,
            command=command,
            amount=stored.amount,
        )


_SHOWN_DIFFERENCES = 3


def _off(found: Sequence[Difference]) -> str:
    """Say the first differences and the claims behind them."""
    if not found:
        return ""
    said = [f"{one.what} ({one.claim})" if one.claim else one.what for one in found[:_SHOWN_DIFFERENCES]]
    more = len(found) - len(said)
    return ": " + "; ".join(said) + (f"; and {more} more" if more > 0 else "")


def _post_in_spite(identifier: str, reason: str | None) -> str:
    """Return the command that posts what holds, where the payment itself adds up."""
    codes = {code.split(" ")[0] for code in (reason or "").split(", ")}
    if codes == {"ERA-DUP"}:
        return (
            f"or, if its money is not in the books yet: gateway release {identifier} --post --reason TEXT, "
        )
    if codes - {"ERA-B1", "ERA-B2", "ERA-B3"}:
        return ""
    return f"or to post it at claim level all the same: gateway release {identifier} --post --reason TEXT, "


def _left_at_partners(tx: Tx) -> Iterator[QueueItem]:
    """List files that stay at a partner, empty or too large; the item goes when the file does."""
    for entry, partner, since in inbox.left(tx):
        said = findings.of(tx, f"L-{entry}")[-1:]
        yield QueueItem(
            kind=QUARANTINED,
            id=f"L-{entry}",
            partner=partner,
            since=since,
            why=f"a file at the partner is not fetched: {said[0].code}, {said[0].message}"
            if said
            else "not fetched",
            command=f"ask {partner}; a file never meant for us goes into download.ignore",
        )


def _paused(tx: Tx, settings: Settings) -> Iterator[QueueItem]:
    for name, state in partners.get_all(tx).items():
        if not state.paused or name not in settings.partner:
            continue
        since = select(func.max(audit_event.c.at)).where(
            audit_event.c.subject == name, audit_event.c.kind.in_(("contact_failed", "partner_paused"))
        )
        again = "it is tried again by itself, or at once: " if state.tripped else ""
        yield QueueItem(
            kind=HELD,
            id=name,
            partner=name,
            since=tx.execute(since).scalar() or tx.now(),
            why=f"the partner is paused: {state.paused_reason}",
            command=f"{again}gateway partner resume {name}",
        )


def _provider_accounts(tx: Tx, settings: Settings, now: datetime) -> Iterator[QueueItem]:
    """List provider adjustment accounts that should have cleared, or been looked at, long ago."""
    days = settings.follow_up.plb_days
    for account in plb.accounts(tx):
        if account.is_open and account.since <= now - timedelta(days=days):
            yield QueueItem(
                kind=OPEN,
                id=account.id,
                partner=account.partner,
                since=account.since,
                amount=account.balance,
                why=f"{account.code} ({meaning(account.code)}) is open for {days} days or more",
                command=f"gateway plb {account.id}; when it is settled: gateway release {account.id} --reason TEXT",
            )


def _denials(tx: Tx, settings: Settings, now: datetime) -> Iterator[QueueItem]:
    """List, once for each payer, the denials that nobody dealt with in time; the oldest of them stands for all."""
    days = settings.follow_up.denial_days
    old: dict[str, list[denials.OpenAnswer]] = {}
    for answer in denials.open_answers(tx):
        if answer.since <= now - timedelta(days=days):
            old.setdefault(answer.payer_key, []).append(answer)
    for payer_key, answers in old.items():
        oldest = answers[0]
        yield QueueItem(
            kind=DENIED,
            id=oldest.id,
            partner=oldest.partner,
            since=oldest.since,
            amount=sum((answer.at_stake for answer in answers), Decimal(0)),
            why=f"{len(answers)} of this payer's answers deny or leave something open for {days} days or more",
            command=f"gateway denials --payer {payer_key} --older-than {days}d",
        )


def _credits(tx: Tx, settings: Settings, now: datetime) -> Iterator[QueueItem]:
    """List the claims on which more stands than they charge, where nobody took it back or dealt with it in time."""
    before = now - timedelta(days=settings.follow_up.credit_days)
    for credit in credit_balances.open_credits(tx):
        if credit.since <= before:
            yield QueueItem(
                kind=CREDIT,
                id=credit.claim,
                partner=credit.partner,
                since=credit.since,
                amount=-(credit.to_payers + credit.to_patient),
                why=credit.why,
                command=credit.next,
            )


_AFTER_SILENCE: dict[Kind | None, str] = {
    Kind.TRANSMISSION: ", and if they never got it: gateway retransmit {id}",
    Kind.CLAIM_PAYMENT: ", and when it is dealt with: gateway release {id} --reason TEXT",
}


def _silent(tx: Tx, settings: Settings, now: datetime) -> Iterator[QueueItem]:
    for partner, profile in settings.partner.items():
        for silence in alarms.silent(tx, partner, profile, now):
            whom = "the next payer" if kind_of(silence.id) is Kind.CLAIM_PAYMENT else partner
            show = f"ask {whom}; gateway show {silence.id}"
            again = _AFTER_SILENCE.get(kind_of(silence.id), "").format(id=silence.id)
            yield QueueItem(
                kind=SILENT,
                id=silence.id,
                partner=partner,
                since=silence.since,
                why=silence.why,
                command=show + again,
            )


def _money_without_remittance(tx: Tx, settings: Settings, now: datetime) -> Iterator[QueueItem]:
    """List deposits that a person can explain at once, and those whose remittance is overdue."""
    for waiting in open_money.waiting_deposits(tx, settings, now):
        one = waiting.deposit
        likeliest = waiting.likeliest
        if not (likeliest or waiting.due or waiting.held or waiting.twins):
            continue
        elsewhere = f"gateway release {one.id} --reason TEXT, if it is no remittance's"
        why = f"a deposit, {plain(one.open)} of it not explained"
        matches = ", or: ".join(
            "; ".join(f"gateway deposit match {one.id} {m}" for m in said.remittances) for said in likeliest
        )
        if waiting.twins:
            why += f": it names the same payment and amount as {', '.join(waiting.twins)}"
            command = (
                f"if the bank tells one deposit twice: gateway deposit withdraw {one.id} --reason TEXT; or "
            )
            command += f"if it is another payment: {matches}; or {elsewhere}" if matches else elsewhere
        elif waiting.held:
            why += f": the remittance that the bank names is held ({', '.join(waiting.held)})"
            command = f"gateway show {waiting.held[0]}; once it is posted, the deposit matches by itself"
        elif likeliest:
            why += ": " + ", or: ".join(
                f"{said.why}{f', {said.difference_in_words}' if said.difference else ''} ({', '.join(said.remittances)})"
                for said in likeliest
            )
            command = f"{matches}; or {elsewhere}"
        else:
            why += f": {open_money.NO_REMITTANCE}, {waiting.age} business days on"
            command = f"ask the payer for the 835; or {elsewhere}"
        yield QueueItem(
            kind=UNMATCHED if likeliest or waiting.held or waiting.twins else SILENT,
            id=one.id,
            partner=None,
            amount=one.open,
            since=_morning(one.date),
            why=why,
            command=command,
        )


def _remittances_without_money(tx: Tx, settings: Settings, now: datetime) -> Iterator[QueueItem]:
    for waiting in open_money.waiting_remittances(tx, settings, now):
        one = waiting.remittance
        if waiting.due:
            yield QueueItem(
                kind=SILENT,
                id=one.id,
                partner=one.partner,
                amount=one.open,
                since=_morning(waiting.day),
                why=f"{open_money.NO_DEPOSIT}: {plain(one.open)} of a posted remittance is not in the bank, "
                f"{waiting.age} business days on",
                command=f"load the bank's newest file; gateway deposit list --open; or ask the payer about {one.id}; or if no "
                f"more of it comes: gateway release {one.id} --reason TEXT",
            )


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
