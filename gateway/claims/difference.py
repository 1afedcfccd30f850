"""What one version of a claim says otherwise than another, field by field, in a biller's words. Pure: nothing is looked up.

Service lines are told apart by their line control number, else by what was done and when, so that a line taken out is
one change and does not make every later line look changed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.claims.intake.fields import FIELDS
from gateway.model.claim import Claim, Residue, ServiceLine
from gateway.model.codec import QUANTITIES, quantity
from gateway.model.money import plain

_OURS = frozenset({"claim_key"})
_FIRST_CLAUSE = re.compile(r"[^;.(]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field: its JSON *path* in the newer version, *what* it is, and both values as text; None where absent."""

    path: str
    what: str
    before: str | None
    after: str | None


def differences(before: Claim, after: Claim) -> list[Change]:
    """Return what *after* says otherwise than *before*, in the order of the record."""
    return list(_records(before, after, ""))


def charge_difference(before: Claim, after: Claim) -> Decimal:
    """Return by how much more the payer is asked for; a void asks for nothing."""
    asked = Decimal("0.00") if after.frequency == "8" else after.charge
    return asked - before.charge


def _records(before: Any, after: Any, path: str) -> Iterator[Change]:
    kind = type(before)
    for field in fields(kind):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new or (kind is Claim and field.name in _OURS):
            continue
        here = f"{path}.{field.name}" if path else field.name
        yield from _values(old, new, here, _label(kind, field.name))


def _values(old: Any, new: Any, path: str, what: str) -> Iterator[Change]:
    if isinstance(old, tuple) or isinstance(new, tuple):
        yield from _lists(old or (), new or (), path, what)
    elif _is_record(old) and _is_record(new):
        yield from _records(old, new, path)
    elif _is_record(old) or _is_record(new):
        yield from _whole(old, new, path)
    else:
        name = path.rpartition(".")[2]
        yield Change(path=path, what=what, before=_text(name, old), after=_text(name, new))


def _lists(old: Sequence[Any], new: Sequence[Any], path: str, what: str) -> Iterator[Change]:
    if not any(_is_record(one) for one in (*old, *new)) or any(
        isinstance(one, Residue) for one in (*old, *new)
    ):
        name = path.rpartition(".")[2]
        yield Change(path=path, what=what, before=_joined(name, old), after=_joined(name, new))
        return
    for number, (was, now) in _paired(old, new):
        if was is None or now is None:
            yield from _whole(was, now, f"{path}[{number}]")
        elif was != now:
            yield from _records(was, now, f"{path}[{number}]")


def _paired(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int, tuple[Any, Any]]]:
    """Yield what belongs together with its place in the newer list (of what was taken out, in the older one)."""
    left = list(enumerate(old))
    partners: dict[int, Any] = {}
    for key in (_number, _service, _procedure):
        for index, one in enumerate(new):
            if index in partners or (wanted := key(one)) is None:
                continue
            match = next((item for item in left if key(item[1]) == wanted), None)
            if match is not None:
                partners[index] = match[1]
                left.remove(match)
    for index, one in enumerate(new):
        if index not in partners and left and not isinstance(one, ServiceLine):
            partners[index] = left.pop(0)[1]
    yield from ((index, (partners.get(index), one)) for index, one in enumerate(new))
    yield from ((index, (one, None)) for index, one in left)


def _number(one: Any) -> Any:
    return getattr(one, "line_control_number", None)


def _service(one: Any) -> Any:
    return (one.procedure, one.modifiers, one.service_date) if isinstance(one, ServiceLine) else None


def _procedure(one: Any) -> Any:
    return (one.procedure, one.service_date) if isinstance(one, ServiceLine) else None


def _whole(old: Any, new: Any, path: str) -> Iterator[Change]:
    """Yield a part that is only in one version, a field at a time, with what it says and not what it leaves unsaid."""
    one = old if old is not None else new
    for field in fields(one):
        value = getattr(one, field.name)
        if value is None or value in ((), field.default):
            continue
        here, what = f"{path}.{field.name}", _label(type(one), field.name)
        if _is_record(value):
            yield from _whole(value if old is not None else None, value if old is None else None, here)
        elif isinstance(value, tuple):
            yield from _lists(value if old is not None else (), value if old is None else (), here, what)
        else:
            text = _text(field.name, value)
            yield Change(
                path=here,
                what=what,
                before=text if old is not None else None,
                after=text if old is None else None,
            )


def _is_record(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type)


def _label(kind: type, name: str) -> str:
    found = _FIRST_CLAUSE.match(FIELDS.get(kind, {}).get(name, ""))
    return found.group().strip() if found else name.replace("_", " ")


def _joined(name: str, values: Sequence[Any]) -> str | None:
    texts = ["~".join(v.segments) if isinstance(v, Residue) else str(_text(name, v)) for v in values]
    return " ".join(texts) or None


def _text(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return quantity(value) if name in QUANTITIES else plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)
