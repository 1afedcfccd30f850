"""What every room relies on in the store, on SQLite and on PostgreSQL alike."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from gateway.errors import ArchiveDamaged, ConfigError, StoreUnavailable
from gateway.store import holds, installation, leases, migrations, numbers, partners, schema
from gateway.store.db import Store
from gateway.store.keys import Keys
from tests.contracts.rows import claim_of, entry_of, remittance_of, submission_of, transmission_of


def events(store):
    with store.read() as tx:
        return list(tx.execute(select(schema.audit_event).order_by(schema.audit_event.c.seq)).mappings())


def test_a_fresh_store_is_current_stamped_and_its_making_is_the_first_event(any_store):
    assert installation.schema_is_current(any_store)
    with any_store.read() as tx:
        row = tx.execute(select(schema.installation)).one()
    assert (row.environment, row.key_check) == ("test", any_store.keys.check)
    assert [event["kind"] for event in events(any_store)] == ["installation"]


def test_reopening_changes_nothing(any_store, open_any):
    before = events(any_store)
    assert installation.schema_is_current(open_any())
    assert events(any_store) == before


def test_another_key_is_refused(any_store, tmp_path, clock, database):
    from tests.sites import settings_of

    with pytest.raises(ConfigError, match="not the key the installation was made with"):
        installation.open_store(tmp_path, settings_of(database=database), Keys(b"x" * 32), clock)


def test_another_environment_is_refused(any_store, open_any):
    from tests.sites import partner_of

    with pytest.raises(ConfigError, match="stamped test and"):
        open_any(environment="production", partner={"north": partner_of(environment="production")})


def test_a_database_of_a_newer_version_is_refused(any_store, open_any):
    with any_store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not installation.schema_is_current(any_store)
    with pytest.raises(ConfigError, match="written by a newer gateway"):
        open_any()


def test_an_exception_rolls_everything_back(any_store):
    def fail():
        with any_store.write("intake") as tx:
            claim_of(tx)
            tx.audit()
            raise RuntimeError("after the audit")

    with pytest.raises(RuntimeError, match="after the audit"):
        fail()
    with any_store.read() as tx:
        assert tx.execute(select(schema.claim)).all() == []
    assert len(events(any_store)) == 1


@pytest.mark.parametrize("audit_first", [False, True])
def test_what_no_event_covers_is_refused(any_store, audit_first):
    with pytest.raises(AssertionError, match="without an audit event"), any_store.write("intake") as tx:
        if audit_first:
            tx.audit()
        claim_of(tx)
    with any_store.read() as tx:
        assert tx.execute(select(schema.claim)).all() == []


def test_plain_sql_that_writes_needs_an_event_too(any_store):
    with pytest.raises(AssertionError, match="without an audit event"), any_store.write("x") as tx:
        tx.execute(text("UPDATE partner_state SET paused = paused"))


def test_a_unit_of_work_that_writes_nothing_needs_no_event(any_store):
    with any_store.write("look") as tx:
        assert tx.execute(select(schema.claim)).all() == []
    assert len(events(any_store)) == 1


def test_a_reader_cannot_write(any_store):
    with pytest.raises(AssertionError, match="used to write"), any_store.read() as tx:
        claim_of(tx)


def test_a_reader_sees_one_moment(any_store):
    with any_store.read() as reader:
        assert reader.execute(select(schema.claim)).all() == []
        with any_store.write("intake") as tx:
            claim_of(tx)
            tx.audit()
        assert reader.execute(select(schema.claim)).all() == []
    with any_store.read() as reader:
        assert len(reader.execute(select(schema.claim)).all()) == 1


def test_a_unit_of_work_inside_another_is_named_at_once(any_store):
    with any_store.write("outer"), pytest.raises(AssertionError, match="'inner' inside 'outer'"):  # noqa: SIM117
        with any_store.write("inner"):
            pytest.fail("opened")


@pytest.mark.parametrize(("one", "other"), [(b"a", b"b"), (b"", b"a")])
def test_the_digest_covers_every_value_written(any_store, one, other):
    digests = []
    for content in (one, other, one):
        with any_store.write("finding") as tx:
            tx.execute(
                insert(schema.finding).values(
                    subject="C-7K3F9Q2MXR", code="P-BP-03", severity="error", detail_sealed=content,
                    at=datetime(2026, 1, 2, tzinfo=UTC),
                )
            )  # fmt: skip
            tx.audit()
        digests.append(events(any_store)[-1]["changes"])
    assert digests[0] == digests[2] != digests[1]


def test_the_digest_covers_every_row_and_every_statement(any_store):
    def digest(*amounts):
        with any_store.write("x") as tx:
            for amount in amounts:
                tx.execute(update(schema.claim).values(charge=amount))
            tx.audit()
        return events(any_store)[-1]["changes"]

    assert digest(Decimal(1), Decimal(2)) != digest(Decimal(1))
    assert digest(Decimal(1), Decimal(2)) != digest(Decimal(2), Decimal(1))


def test_money_and_moments_come_back_exactly(any_store):
    with any_store.write("intake") as tx:
        claim_of(tx)
        tx.audit()
        now = tx.execute(select(schema.claim.c.created_at)).scalar_one()
        assert tx.execute(select(schema.claim.c.charge)).scalar_one() == Decimal("125.50")
    assert now.tzinfo is UTC
    with any_store.write("intake") as tx, pytest.raises(Exception, match="fraction of a cent"):
        tx.execute(update(schema.claim).values(charge=Decimal("0.001")))
    with any_store.write("intake") as tx, pytest.raises(Exception, match="without a time zone"):
        tx.execute(update(schema.claim).values(created_at=datetime(2026, 1, 1)))


def test_sealed_content_is_not_in_the_database_in_clear(any_store):
    with any_store.write("x") as tx:
        sealed, again = tx.seal_json({"name": "ROE"}), tx.seal_json({"name": "ROE"})
        assert b"ROE" not in sealed
        assert sealed != again
        assert tx.unseal_json(sealed) == {"name": "ROE"}
        with pytest.raises(ArchiveDamaged):
            tx.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        with pytest.raises(ArchiveDamaged):
            tx.unseal(b"short")
        assert tx.index("pcn", "A") == tx.index("pcn", "A") != tx.index("member", "A")


APPEND_ONLY_ROWS = ["journal_entry", "journal_line", "audit_event"]


@pytest.mark.parametrize("name", APPEND_ONLY_ROWS)
@pytest.mark.parametrize("action", ["update", "delete", "replace"])
def test_append_only_tables_refuse_change(any_store, name, action):
    table = schema.metadata.tables[name]
    with any_store.write("post") as tx:
        entry_of(tx, "S-7K3F9Q2MXR/charge")
        tx.audit()
    first = table.primary_key.columns.values()[0]
    statement = {
        "update": update(table).values({first.name: first}),
        "delete": delete(table),
        "replace": text(f"INSERT OR REPLACE INTO {name} SELECT * FROM {name}"),
    }[action]
    if action == "replace" and any_store.engine.dialect.name != "sqlite":
        statement = text(f"TRUNCATE {name} CASCADE")
    with pytest.raises(ConstraintBroken, match="append-only"), any_store.write("tamper") as tx:
        tx.execute(statement)


def test_every_append_only_table_has_its_guards(any_store):
    query = (
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if any_store.engine.dialect.name == "sqlite"
        else "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    with any_store.read() as tx:
        guarded = sorted(tx.execute(text(query)).scalars())
    assert guarded == sorted(schema.APPEND_ONLY * 2)


def test_one_live_original_per_claim_and_payer(any_store):
    with any_store.write("seal") as tx:
        claim, version = claim_of(tx)
        first = submission_of(tx, claim, version, transmission_of(tx, 1))
        transmission = transmission_of(tx, 2)
        submission_of(tx, claim, version, transmission, frequency="7")
        submission_of(tx, claim, version, transmission, payer="87726")
        tx.audit()
    with pytest.raises(ConstraintBroken), any_store.write("seal") as tx:
        submission_of(tx, claim, version, transmission)
    for ended in (
        "set_rejected",
        "interchange_rejected",
        "clearinghouse_rejected",
        "payer_rejected",
        "withdrawn",
    ):
        with any_store.write("seal") as tx:
            tx.execute(update(schema.submission).where(schema.submission.c.id == first).values(state=ended))
            first = submission_of(tx, claim, version, transmission)
            tx.audit()


def test_a_payment_is_posted_once(any_store):
    with any_store.write("post") as tx:
        remittance_of(tx, "posted", place="1/1/1")
        remittance_of(tx, "duplicate", place="1/1/2")
        remittance_of(tx, "posted", place="1/1/3", payment="1" * 64)
        tx.audit()
    with pytest.raises(ConstraintBroken), any_store.write("post") as tx:
        remittance_of(tx, "posted", place="1/1/4")


@pytest.mark.parametrize(("size", "mtime"), [(None, None), (5, None), (None, 7), (5, 7)])
def test_a_remote_entry_is_seen_once_even_where_size_or_time_is_hidden(any_store, size, mtime):
    def see(tx, **changes):
        values = {"partner": "north", "folder": "out", "name_index": "0" * 64, "size": size, "mtime": mtime}
        tx.execute(insert(schema.remote_seen).values(**{**values, **changes}, looks=1, seen_at=tx.now()))

    with any_store.write("collect") as tx:
        see(tx)
        see(tx, size=6)
        see(tx, mtime=8)
        see(tx, folder="other")
        tx.audit()
    with pytest.raises(ConstraintBroken), any_store.write("collect") as tx:
        see(tx)


def test_a_hold_of_a_kind_is_open_once_and_can_be_placed_again_after_release(any_store):
    with any_store.write("hold", actor="user:roe") as tx:
        assert holds.place(tx, "C-7K3F9Q2MXR", "user", "looks odd")
        assert not holds.place(tx, "C-7K3F9Q2MXR", "user", "again")
        assert holds.place(tx, "C-7K3F9Q2MXR", "edit", "P-BP-03")
        assert sorted(holds.open_kinds(tx, "C-7K3F9Q2MXR")) == ["edit", "user"]
        assert holds.release(tx, "C-7K3F9Q2MXR", reason="fine", kind="user") == 1
        assert holds.place(tx, "C-7K3F9Q2MXR", "user", "once more")
        assert holds.release(tx, "C-7K3F9Q2MXR", reason="fine") == 2
        assert holds.open_kinds(tx, "C-7K3F9Q2MXR") == []
        tx.audit()


def test_numbers_of_concurrent_writers_never_repeat(any_store):
    taken, faults = [], []

    def work():
        try:
            for _ in range(10):
                with any_store.write("numbers") as tx:
                    number = numbers.take(tx, "gs06/north")
                    tx.audit()
                taken.append(number)
        except Exception as fault:  # noqa: BLE001  shown below
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(taken) == list(range(1, 41))
    assert len(events(any_store)) == 41


def test_numbers_wrap_where_the_standard_says(any_store):
    with any_store.write("numbers") as tx:
        tx.execute(insert(schema.number).values(sequence="isa13", value=999_999_998))
        assert [numbers.take(tx, "isa13", wrap_after=999_999_999) for _ in range(3)] == [999_999_999, 1, 2]
        assert [numbers.take(tx, "other") for _ in range(2)] == [1, 2]
        tx.audit()


def test_leases_exclude_expire_and_renew_without_an_event(any_store, clock):
    before = len(events(any_store))
    with any_store.write("lease") as tx:
        assert leases.acquire(tx, "daemon", "one", seconds=60)
        assert leases.acquire(tx, "daemon", "one", seconds=60)
        assert not leases.acquire(tx, "daemon", "two", seconds=60)
        assert leases.owner_of(tx, "daemon") == "one"
        leases.release(tx, "daemon", "two")
        assert leases.owner_of(tx, "daemon") == "one"
    clock.advance(timedelta(seconds=61))
    with any_store.write("lease") as tx:
        assert leases.owner_of(tx, "daemon") is None
        assert leases.acquire(tx, "daemon", "two", seconds=60)
        leases.release(tx, "daemon", "two")
        assert leases.owner_of(tx, "daemon") is None
    assert len(events(any_store)) == before


def test_partner_pauses_and_the_breaker(any_store, clock):
    with any_store.write("partner", actor="user:roe") as tx:
        assert partners.get(tx, "north") == partners.PartnerState(partner="north")
        assert [partners.record_failure(tx, "north", "Unreachable", 3) for _ in range(4)] == [
            False,
            False,
            True,
            False,
        ]
        state = partners.get(tx, "north")
        assert state.paused
        assert state.tripped
        assert (state.failures, state.last_error) == (4, "Unreachable")
        assert partners.record_success(tx, "north")
        assert not partners.get(tx, "north").paused
        assert partners.pause(tx, "north", "their maintenance")
        assert not partners.pause(tx, "north", "again")
        assert not partners.record_success(tx, "north")
        state = partners.get(tx, "north")
        assert (state.paused, state.tripped, state.paused_by) == (True, False, "user:roe")
        assert partners.resume(tx, "north")
        assert not partners.resume(tx, "north")
        tx.audit()
    due = clock.now().replace(microsecond=5)
    with any_store.write("schedule") as tx:
        partners.set_due(tx, "north", poll_due_at=due)
        partners.set_due(tx, "south", cutoff_due_at=due)
    with any_store.read() as tx:
        known = partners.get_all(tx)
    assert known["north"].poll_due_at == due == known["south"].cutoff_due_at
    assert known["north"].cutoff_due_at is None


def test_a_busy_database_says_try_later_and_names_no_value(any_store, open_any):
    url = any_store.engine.url.render_as_string(hide_password=False)
    impatient = Store(url, any_store.keys, any_store.clock, busy_seconds=0.1)
    try:
        with any_store.write("slow"), pytest.raises(StoreUnavailable):  # noqa: SIM117
            with impatient.write("x"):
                pytest.fail("two writers at once")
        with any_store.write("slow"), impatient.read() as tx:
            assert tx.execute(select(schema.claim)).all() == []
    finally:
        impatient.close()


def test_errors_of_the_database_carry_no_values(any_store):
    def fail(**values):
        with pytest.raises(ConstraintBroken) as fault, any_store.write("x") as tx:
            for _ in range(2):
                tx.execute(
                    insert(schema.lease).values(
                        **{"name": "ROE", "owner": "POE", "until": tx.now(), **values}
                    )
                )
        return f"{fault.value} {fault.value.orig} {fault.value!r}"

    for said in (fail(), fail(owner=None)):
        assert "lease" in said
        assert "ROE" not in said
        assert "POE" not in said


def test_the_schema_of_the_migrations_is_the_schema_of_the_tables(any_store):
    with any_store.engine.connect() as connection:
        assert migrations.differences(connection) == []
