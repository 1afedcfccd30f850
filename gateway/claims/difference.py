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
    everything = (*old, *new)
    if not _is_record(everything[0]) or isinstance(everything[0], Residue):
        name = path.rpartition(".")[2]
        yield Change(path=path, what=what, before=_joined(name, old), after=_joined(name, new))
        return
    pairs = _paired(old, new)
    for was, now in pairs:
        if was is None and now is not None:
            yield from _whole(None, new[now], f"{path}[{now}]")
        elif was is not None and now is None:
            yield from _whole(old[was], None, f"{path}[{was}]")
        elif was is not None and now is not None and old[was] != new[now]:
            yield from _records(old[was], new[now], f"{path}[{now}]")
    kept = [was for was, now in pairs if was is not None and now is not None]
    if kept != sorted(kept):
        before, after = (" ".join(str(n + 1) for n in order) for order in (sorted(kept), kept))
        yield Change(path=path, what=f"the order of: {what}", before=before, after=after)


def _paired(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[int | None, int | None]]:
    """Return which place in the older list belongs to which in the newer one; what was taken out comes last."""
    left = list(range(len(old)))
    found: dict[int, int] = {}
    for key in (_number, _service, _procedure):
        for now, one in enumerate(new):
            wanted = key(one)
            was = next((n for n in left if wanted is not None and key(old[n]) == wanted), None)
            if now not in found and was is not None:
                found[now] = was
                left.remove(was)
    for now, one in enumerate(new):
        if now not in found and left and not isinstance(one, ServiceLine):
            found[now] = left.pop(0)
    return [(found.get(now), now) for now in range(len(new))] + [(was, None) for was in left]


def _number(one: Any) -> Any:
    return getattr(one, "line_control_number", None)


def _service(one: Any) -> Any:
    return (one.procedure, one.modifiers, one.service_date) if isinstance(one, ServiceLine) else None


def _procedure(one: Any) -> Any:
    return (one.procedure, one.service_date) if isinstance(one, ServiceLine) else None


def _whole(old: Any, new: Any, path: str) -> Iterator[Change]:
    """Yield a part that is only in one version, a field at a time, with what it says and not what it leaves unsaid."""
    one, is_old = (old, True) if old is not None else (new, False)
    said = [f.name for f in fields(one) if getattr(one, f.name) not in (None, (), f.default)]
    if not said:
        yield _one_sided(path, "this part, which says nothing further", "(given)", is_old=is_old)
    for name in said:
        value, here, what = getattr(one, name), f"{path}.{name}", _label(type(one), name)
        if _is_record(value):
            yield from _whole(value if is_old else None, None if is_old else value, here)
        elif isinstance(value, tuple):
            yield from _lists(value if is_old else (), () if is_old else value, here, what)
        else:
            yield _one_sided(here, what, _text(name, value), is_old=is_old)


def _one_sided(path: str, what: str, text: str | None, *, is_old: bool) -> Change:
    return Change(path=path, what=what, before=text if is_old else None, after=None if is_old else text)


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
