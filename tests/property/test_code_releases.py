"""Releases of a code set, loaded and removed in any order of dates: what holds on a day depends on what is loaded alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from gateway.clock import MovableClock
from gateway.model.codesets import CodeRow, CodeSet, Span, Standing, joined
from gateway.store import codes, schema
from gateway.store.codes import Release
from gateway.store.db import Store
from gateway.store.installation import open_store
from gateway.store.keys import Keys
from tests.sites import settings_of

DAYS = [date(2026, month, 1) for month in range(1, 7)]
names = st.sampled_from(["11", "12", "21", "22"])
own_days = st.none() | st.dates(date(2025, 12, 1), date(2026, 7, 1))
rows = st.builds(
    lambda code, words, starts, length, billable: CodeRow(
        code, words, starts, starts + timedelta(days=length) if starts and length is not None else None, billable
    ),
    names, st.sampled_from([None, "a", "b"]), own_days, st.none() | st.integers(0, 90), st.booleans(),
)  # fmt: skip
contents = st.lists(rows, max_size=6, unique_by=lambda row: row.code)
steps = st.lists(st.tuples(st.sampled_from(DAYS), st.none() | contents), max_size=10)


@pytest.fixture(scope="module")
def emptied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Store]]:
    """Return a store without any code set, as often as wanted."""
    folder = tmp_path_factory.mktemp("codes")
    store = open_store(folder, settings_of(), Keys(bytes(range(32))), MovableClock())

    def empty() -> Store:
        with store.write("emptied") as tx:
            tx.execute(delete(schema.code))
            tx.execute(delete(schema.code_release))
            tx.audit()
        return store

    yield empty
    store.close()


def release(day: date, count: int) -> Release:
    return Release(
        code_set=CodeSet.POS, effective=day, codes=count, source="x", layout="x", sha256="0" * 64,
        loaded_at=datetime(2026, 1, 1, tzinfo=UTC), loaded_by="user:roe",
    )  # fmt: skip


def valid_by_definition(loaded: dict[date, list[CodeRow]], code: str, day: date) -> bool | None:
    """Return whether *code* is billable on *day* by the newest release that had begun; None where none had."""
    begun = [effective for effective in loaded if effective <= day]
    if not begun:
        return None
    row = next((row for row in loaded[max(begun)] if row.code == code), None)
    return (
        row is not None
        and row.billable
        and (row.starts is None or row.starts <= day)
        and (row.ends is None or day <= row.ends)
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=steps)
def test_what_holds_on_a_day_is_what_its_release_says(
    emptied: Callable[[], Store], story: list[tuple[date, list[CodeRow] | None]]
) -> None:
    loaded: dict[date, list[CodeRow]] = {}
    store = emptied()
    for day, content in story:
        with store.write("codes_loaded") as tx:
            if day in loaded:
                codes.remove_release(tx, CodeSet.POS, day)
                del loaded[day]
            elif content is not None:
                expected = codes.preview(tx, CodeSet.POS, day, content)
                changes = codes.add_release(tx, release(day, len(content)), content, advance=lambda _: None)
                assert changes == expected
                loaded[day] = content
            tx.audit()
        with store.read() as tx:
            table = codes.table(tx, CodeSet.POS)
        assert (table is None) == (not loaded)
        for when in (DAYS[0] - timedelta(days=1), *DAYS, *(one + timedelta(days=15) for one in DAYS)):
            for code in ("11", "12", "21", "22"):
                verdict = table.judge(code, when) if table else None
                found = None if verdict is None else verdict.standing is Standing.VALID
                assert found == valid_by_definition(loaded, code, when), (code, when)


spans = st.builds(
    lambda start, length, billable: Span(start, start + timedelta(days=length), billable),
    st.dates(date(2026, 1, 1), date(2026, 3, 1)), st.integers(1, 30), st.booleans(),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(spans, max_size=6), st.dates(date(2026, 1, 1), date(2026, 4, 1)))
def test_joining_spans_changes_no_day(given_spans: list[Span], day: date) -> None:
    made = joined(given_spans)
    assert {s.billable for s in made if s.covers(day)} == {s.billable for s in given_spans if s.covers(day)}


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(list(CodeSet)), st.dates(date(2010, 1, 1), date(2040, 12, 31)))
def test_a_release_is_good_for_at_most_a_year_and_at_least_a_day(code_set: CodeSet, day: date) -> None:
    until = code_set.lasts_until(day)
    assert until is None or timedelta(days=1) <= until - day <= timedelta(days=366)
