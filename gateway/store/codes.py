"""Code sets that a user loaded: their releases, and each code with the days on which the releases have it.

Between the effective dates of two releases nothing changes, so that a release can be put in or taken out anywhere in
time: the days from its own date to the next release's are painted with what holds on them (`_paint`), the rest stays.
What holds on a day does not depend on the order in which releases were loaded.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select, update

from gateway.model.codesets import CodeRow, CodeSet, CodeTable, Span, joined
from gateway.store.chunks import pieces
from gateway.store.db import Tx
from gateway.store.schema import code, code_release

ROWS_AT_ONCE = 5000

Advance = Callable[[int], None]
"""Told how many codes were written since it was last told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release of a code set as it was loaded: *codes* in it, from the file *source* in *layout*."""

    code_set: CodeSet
    effective: date
    codes: int
    source: str
    layout: str
    sha256: str
    loaded_at: datetime
    loaded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a release changes on the day it takes effect: codes that come, codes that go, codes that are said otherwise."""

    added: int
    closed: int
    changed: int


def releases(tx: Tx, code_set: CodeSet | None = None) -> list[Release]:
    """Return the releases that are loaded, by set and date."""
    query = select(code_release).order_by(code_release.c.code_set, code_release.c.effective)
    if code_set is not None:
        query = query.where(code_release.c.code_set == code_set.value)
    names = Release.__dataclass_fields__
    return [
        Release(**{name: row[name] for name in names} | {"code_set": CodeSet(row["code_set"])})
        for row in tx.execute(query).mappings()
    ]


def preview(tx: Tx, code_set: CodeSet, effective: date, rows: Iterable[CodeRow]) -> Changes:
    """Return what loading *rows* as the release of *effective* would change; nothing is written."""
    return _plan(_holding(tx, code_set, effective, _next(tx, code_set, effective)), _by_code(rows)).changes


def add_release(tx: Tx, release: Release, rows: Iterable[CodeRow], *, advance: Advance) -> Changes:
    """Add *release* with its *rows*; there must be none of its set and date yet."""
    changes = _paint(tx, release.code_set, release.effective, _by_code(rows), advance)
    values = {name: getattr(release, name) for name in Release.__dataclass_fields__}
    tx.execute(insert(code_release).values(**values | {"code_set": release.code_set.value}))
    return changes


def remove_release(tx: Tx, code_set: CodeSet, effective: date) -> Changes:
    """Take a release out again: on its days the release before it holds, or none where it was the first."""
    before = tx.execute(_holding_on(code_set, effective - timedelta(days=1))).mappings()
    content = _by_code(_code_row(row) for row in before)
    tx.execute(
        delete(code_release).where(
            code_release.c.code_set == code_set.value, code_release.c.effective == effective
        )
    )
    return _paint(tx, code_set, effective, content, lambda _: None)


def table(tx: Tx, code_set: CodeSet) -> CodeTable | None:
    """Return the set compiled for looking up, None where nothing of it is loaded."""
    loaded = releases(tx, code_set)
    if not loaded:
        return None
    c = code.c
    query = select(c.code, c.valid_from, c.valid_to, c.starts, c.ends, c.billable).where(
        c.code_set == code_set.value
    )
    found: dict[str, tuple[Span, ...]] = {}
    shared: dict[Any, tuple[Span, ...]] = {}
    for row in tx.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
        name: str = row[0]
        days: tuple[Any, ...] = tuple(row[1:])
        spans = shared.get(days)
        if spans is None:
            spans = shared[days] = _spans(*days)
        found[name] = joined((*found[name], *spans)) if name in found else spans
    return CodeTable(code_set, tuple(release.effective for release in loaded), found)


def descriptions(tx: Tx, code_set: CodeSet, codes: Iterable[str], day: date) -> dict[str, str]:
    """Return what the loaded releases call each of *codes* on *day*; codes without a description are left out."""
    said: dict[str, str] = {}
    for part in pieces(dict.fromkeys(codes)):
        rows = tx.execute(_holding_on(code_set, day).where(code.c.code.in_(part))).mappings()
        said |= {row["code"]: row["description"] for row in rows if row["description"]}
    return said


def _spans(
    valid_from: date, valid_to: date | None, starts: date | None, ends: date | None, billable: bool
) -> tuple[Span, ...]:
    """Return the days on which both the releases and the code's own dates have it."""
    since = max(valid_from, starts) if starts else valid_from
    after = ends + timedelta(days=1) if ends else None
    until = min((day for day in (valid_to, after) if day is not None), default=None)
    return (Span(since, until, billable),) if until is None or since < until else ()


_Rows = Mapping[str, set[CodeRow]]


@dataclass(slots=True)
class _Plan:
    """How to come from what holds to what should: rows to end (by id and first day), and rows to begin."""

    end: list[Mapping[Any, Any]]
    begin: list[CodeRow]
    changes: Changes


def _by_code(rows: Iterable[CodeRow]) -> _Rows:
    found: dict[str, set[CodeRow]] = defaultdict(set)
    for row in rows:
        found[row.code].add(row)
    return found


def _next(tx: Tx, code_set: CodeSet, effective: date) -> date | None:
    """Return when the release after that of *effective* begins to hold, None where there is none."""
    return min((r.effective for r in releases(tx, code_set) if r.effective > effective), default=None)


def _holding_on(code_set: CodeSet, day: date) -> Select[Any]:
    return select(code).where(
        code.c.code_set == code_set.value,
        code.c.valid_from <= day,
        or_(code.c.valid_to.is_(None), code.c.valid_to > day),
    )


def _holding(
    tx: Tx, code_set: CodeSet, since: date, until: date | None
) -> dict[str, list[Mapping[Any, Any]]]:
    """Return the rows that hold on any day from *since* until *until*, by code.

    A release that was removed may have left a row in two, so that it does not hold on the first of these days.
    """
    query = select(code).where(
        code.c.code_set == code_set.value, or_(code.c.valid_to.is_(None), code.c.valid_to > since)
    )
    if until is not None:
        query = query.where(code.c.valid_from < until)
    found: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in tx.execute(query).mappings():
        found[row["code"]].append(row)
    return found


def _code_row(row: Mapping[Any, Any]) -> CodeRow:
    return CodeRow(row["code"], row["description"], row["starts"], row["ends"], row["billable"])


def _plan(holding: Mapping[str, Sequence[Mapping[Any, Any]]], wanted: _Rows) -> _Plan:
    end: list[Mapping[Any, Any]] = []
    begin: list[CodeRow] = []
    added = closed = changed = 0
    for name, there in holding.items():
        should = wanted.get(name)
        if should is not None and {_code_row(row) for row in there} == should:
            continue
        end += there
        begin += should or ()
        changed += should is not None
        closed += should is None
    for name, should in wanted.items():
        if name not in holding:
            begin += should
            added += 1
    return _Plan(end, begin, Changes(added=added, closed=closed, changed=changed))


def _paint(tx: Tx, code_set: CodeSet, since: date, wanted: _Rows, advance: Advance) -> Changes:
    """Make *wanted* what holds from *since* until the next release; what held then is cut out of those days."""
    until = _next(tx, code_set, since)
    plan = _plan(_holding(tx, code_set, since, until), wanted)
    _end(tx, plan.end, since, until)
    values = (_values(code_set, row, since, until) for row in plan.begin)
    for part in _portions(values):
        tx.execute(insert(code), part)
        advance(len(part))
    return plan.changes


def _end(tx: Tx, rows: Sequence[Mapping[Any, Any]], since: date, until: date | None) -> None:
    """Cut the days from *since* until *until* out of *rows*: what lies before them stays, and what lies after them."""
    after = [
        row for row in rows if until is not None and (row["valid_to"] is None or row["valid_to"] > until)
    ]
    for part in _portions({**row, "valid_from": until} for row in after):
        tx.execute(insert(code), [{k: v for k, v in row.items() if k != "id"} for row in part])
    for ids in pieces(row["id"] for row in rows if row["valid_from"] < since):
        tx.execute(update(code).where(code.c.id.in_(ids)).values(valid_to=since))
    for ids in pieces(row["id"] for row in rows if row["valid_from"] >= since):
        tx.execute(delete(code).where(code.c.id.in_(ids)))


def _values(code_set: CodeSet, row: CodeRow, since: date, until: date | None) -> dict[str, Any]:
    return {
        "code_set": code_set.value, "code": row.code, "valid_from": since, "valid_to": until, "starts": row.starts,
        "ends": row.ends, "billable": row.billable, "description": row.description,
    }  # fmt: skip


def _portions(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(rows)
    while part := list(islice(source, ROWS_AT_ONCE)):
        yield part
