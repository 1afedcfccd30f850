"""Bringing money and remittance together by themselves, where the bank names what it pays (domain.md 4.2, rule 370)."""

from collections.abc import Iterable, Sequence

from gateway.model.deposit import CHECK, PaymentName, loose_check
from gateway.model.money import plain
from gateway.model.reassociation import OpenDeposit, certain
from gateway.responses.rows import payment_facts
from gateway.settings import Settings
from gateway.store import deposits, exports, remittances
from gateway.store.db import Tx
from gateway.store.deposits import Deposit, Movement
from gateway.store.open_money import windows


def after_posting(tx: Tx, settings: Settings, remittance_id: str) -> list[Movement]:
    """Match the deposits that waited for this remittance, within the unit of work that posts it."""
    stored = remittances.get(tx, remittance_id)
    if not stored.amount:
        return []
    trace = (stored.trace_number or "").strip()
    return _match(tx, settings, deposits.open_deposits(tx, loose={trace.upper(), loose_check(trace)}))


def after_loading(tx: Tx, settings: Settings) -> list[Movement]:
    """Match every open deposit that can be matched, within the unit of work that recorded new ones."""
    return _match(tx, settings, deposits.open_deposits(tx))


def _match(tx: Tx, settings: Settings, waiting: Sequence[OpenDeposit]) -> list[Movement]:
    named = names_of(waiting)
    if not named:
        return []
    pairs = certain(waiting, deposits.open_remittances(tx, names=named), windows(settings))
    made = [
        deposits.move(
            tx, pair.deposit, target=deposits.TO_REMITTANCE, remittance_id=pair.remittance, amount=pair.amount,
            how=pair.how,
        )
        for pair in pairs
    ]  # fmt: skip
    tell(tx, made)
    return made


def names_of(waiting: Iterable[OpenDeposit]) -> list[PaymentName]:
    """Return what the deposits name, each once."""
    return list(dict.fromkeys(name for one in waiting for name in one.names))


def tell(tx: Tx, made: Iterable[Movement]) -> None:
    """Queue the rows that tell the billing system which deposit paid a remittance, or no longer does."""
    rows = []
    for one in made:
        if one.remittance is not None:
            stored, deposit = remittances.get(tx, one.remittance), deposits.get(tx, one.deposit)
            rows.append((one.posting_id, _row(one, stored, deposit)))
    exports.queue_all(tx, exports.PAYMENT, rows)


def _row(made: Movement, stored: remittances.StoredRemittance, deposit: Deposit) -> dict[str, object]:
    checks = [name.number for name in deposit.said.names if name.kind == CHECK]
    return {
        **payment_facts(stored, None),
        "kind": "deposit" if made.undoes is None else "deposit_undone",
        "disposition": "deposit",
        "amount": plain(made.amount),
        "deposit": deposit.id,
        "deposit_date": deposit.date.isoformat(),
        "reference": checks[0] if len(checks) == 1 else None,
        "reverses": f"{deposit.id}-{made.undoes}" if made.undoes is not None else None,
    }
