"""Code sets in the store, on both databases: releases, history, what is refused, and the event of each load."""

import json
from datetime import date

import pytest
from sqlalchemy import func, select

from gateway.claims.codesets.load import Loaded, load_codes, remove_codes
from gateway.errors import NotFound, Refused, UsageError
from gateway.model.codesets import CodeSet, CodeTable, Standing
from gateway.settings import Limits
from gateway.store import codes, schema
from gateway.store.db import Store

FY26, FY27 = date(2025, 10, 1), date(2026, 10, 1)


def load(
    store: Store, text: str, effective: date | None, *, code_set: CodeSet = CodeSet.ICD10CM, **more: object
) -> Loaded:
    return load_codes(
        store, code_set, text.encode(), name="codes.csv", effective=effective, actor="user:roe", limits=Limits(), **more
    )  # type: ignore[arg-type]  # fmt: skip


def csv(*rows: str) -> str:
    return "code,description,effective,terminated\n" + "".join(f"{row}\n" for row in rows)


def table(store: Store, code_set: CodeSet = CodeSet.ICD10CM) -> CodeTable:
    with store.read() as tx:
        found = codes.table(tx, code_set)
    assert found is not None
    return found


def standing(store: Store, code: str, day: date) -> Standing | None:
    verdict = table(store).judge(code, day)
    return verdict.standing if verdict else None


def counts(store: Store) -> tuple[int, int, int]:
    with store.read() as tx:
        return tuple(
            tx.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (schema.code, schema.code_release, schema.audit_event)
        )  # type: ignore[return-value]


def test_a_release_closes_what_it_lacks_and_opens_what_is_new(any_store: Store) -> None:
    first = load(any_store, csv("J0190,Old words", "B20,Gone"), FY26)
    second = load(any_store, csv("J0190,New words", "Z9999,New"), FY27)
    assert (first.added, first.closed, first.changed, first.good_until) == (2, 0, 0, FY27)
    assert (second.added, second.closed, second.changed, second.again) == (1, 1, 1, False)
    assert standing(any_store, "B20", date(2026, 9, 30)) is Standing.VALID
    assert standing(any_store, "B20", FY27) is Standing.ENDED
    assert standing(any_store, "Z9999", date(2026, 9, 30)) is Standing.NOT_YET
    assert standing(any_store, "Z9999", FY27) is Standing.VALID
    assert standing(any_store, "J0191", FY27) is Standing.UNKNOWN
    assert standing(any_store, "J0190", date(2025, 9, 30)) is None
    assert standing(any_store, "J0190", date(2027, 10, 1)) is None
    with any_store.read() as tx:
        for day, words in ((FY26, "Old words"), (FY27, "New words")):
            assert codes.descriptions(tx, CodeSet.ICD10CM, ["J0190", "B20x"], day) == {"J0190": words}


def test_the_same_file_again_is_said_so_and_writes_nothing(any_store: Store) -> None:
    load(any_store, csv("J0190"), FY26)
    before = counts(any_store)
    again = load(any_store, csv("J0190"), FY26)
    assert (again.again, again.added, counts(any_store)) == (True, 0, before)


def test_another_file_for_the_same_day_is_refused_and_writes_nothing(any_store: Store) -> None:
    load(any_store, csv("J0190"), FY26)
    before = counts(any_store)
    with pytest.raises(Refused, match="gateway codes remove icd10cm 2025-10-01"):
        load(any_store, csv("J0191"), FY26)
    assert counts(any_store) == before


def test_a_dry_run_says_the_same_and_writes_nothing(any_store: Store) -> None:
    load(any_store, csv("J0190", "B20"), FY26)
    before = counts(any_store)
    seen = load(any_store, csv("J0190", "Z9999"), FY27, dry_run=True)
    assert (seen.added, seen.closed, seen.changed, counts(any_store)) == (1, 1, 0, before)
    done = load(any_store, csv("J0190", "Z9999"), FY27)
    assert (done.added, done.closed, done.changed) == (seen.added, seen.closed, seen.changed)


def test_a_file_with_a_bad_line_leaves_everything_as_it_was(any_store: Store) -> None:
    load(any_store, csv("J0190"), FY26)
    before = counts(any_store)
    with pytest.raises(UsageError, match="line 3"):
        load(any_store, csv("J0191", "?"), FY27)
    assert counts(any_store) == before


def test_without_a_day_in_name_or_option_nothing_is_loaded(any_store: Store) -> None:
    with pytest.raises(UsageError, match="--effective DATE"):
        load(any_store, csv("J0190"), None)


def test_each_load_and_removal_is_an_event_with_its_figures(any_store: Store) -> None:
    load(any_store, csv("J0190", "B20"), FY26)
    remove_codes(any_store, CodeSet.ICD10CM, FY26, actor="user:poe")
    with any_store.read() as tx:
        rows = tx.execute(select(schema.audit_event).order_by(schema.audit_event.c.seq)).mappings().all()[-2:]
    assert [(row["kind"], row["actor"], row["subject"]) for row in rows] == [
        ("codes_loaded", "user:roe", "icd10cm"), ("codes_removed", "user:poe", "icd10cm"),
    ]  # fmt: skip
    facts = json.loads(rows[0]["facts"])
    assert (facts["effective"], facts["codes"], facts["added"]) == ("2025-10-01", 2, 2)


def test_a_removed_release_leaves_the_one_before_it(any_store: Store) -> None:
    load(any_store, csv("J0190,Words", "B20"), FY26)
    alone = table(any_store)
    load(any_store, csv("J0190,Other words", "Z9999"), FY27)
    changes = remove_codes(any_store, CodeSet.ICD10CM, FY27, actor="user:roe")
    assert (changes.added, changes.closed) == (1, 1)
    assert table(any_store) == alone
    with pytest.raises(NotFound, match="there are: 2025-10-01"):
        remove_codes(any_store, CodeSet.ICD10CM, FY27, actor="user:roe")
    remove_codes(any_store, CodeSet.ICD10CM, FY26, actor="user:roe")
    assert counts(any_store)[:2] == (0, 0)


def test_a_codes_own_dates_hold_inside_its_release(any_store: Store) -> None:
    load(
        any_store,
        csv("J1100,,20200101,", "G0008,,,2026-03-31", "Q0001,,2026-07-01,"),
        date(2026, 1, 1),
        code_set=CodeSet.HCPCS,
    )
    judge = table(any_store, CodeSet.HCPCS).judge
    said = {
        (code, month): verdict.standing.value
        for code in ("J1100", "G0008", "Q0001")
        for month in (3, 4, 7)
        if (verdict := judge(code, date(2026, month, 1))) is not None
    }
    assert said == {
        ("J1100", 3): "valid", ("J1100", 4): "valid", ("J1100", 7): "valid",
        ("G0008", 3): "valid", ("G0008", 4): "ended", ("G0008", 7): "ended",
        ("Q0001", 3): "not yet", ("Q0001", 4): "not yet", ("Q0001", 7): "valid",
    }  # fmt: skip


def test_a_code_that_came_back_has_both_its_times(any_store: Store) -> None:
    load(
        any_store,
        csv("J1100,,20260101,20260131", "J1100,,20260601,"),
        date(2026, 1, 1),
        code_set=CodeSet.HCPCS,
    )
    judge = table(any_store, CodeSet.HCPCS).judge
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 6, 1)]
    assert [judge("J1100", day).standing.value for day in days] == ["valid", "ended", "valid"]  # type: ignore[union-attr]


def test_sets_do_not_mix(any_store: Store) -> None:
    load(any_store, csv("J0190"), FY26)
    load(any_store, csv("25"), FY26, code_set=CodeSet.MODIFIERS)
    assert list(table(any_store).spans) == ["J0190"]
    remove_codes(any_store, CodeSet.MODIFIERS, FY26, actor="user:roe")
    assert list(table(any_store).spans) == ["J0190"]
