import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect
from sqlalchemy import text as sql

from gateway.store import migrations, schema
from gateway.store.migrations.__main__ import source
from gateway.store.schema import Cents, Moment


@pytest.fixture
def connection():
    with create_engine("sqlite://").connect() as opened, opened.begin():
        migrations.upgrade(opened)
        yield opened


def test_head_is_what_alembic_finds(connection):
    assert migrations.revision_of(connection) == migrations.HEAD
    assert migrations.known(migrations.HEAD)
    assert not migrations.known("9999")


def test_an_empty_database_has_no_revision():
    with create_engine("sqlite://").connect() as empty:
        assert migrations.revision_of(empty) is None


def test_migrating_is_all_or_nothing(tmp_path, settings, keys, clock, monkeypatch):
    """A crash in the middle of the first migration leaves an empty database, and the next start makes it whole."""
    from gateway.store import installation

    monkeypatch.setattr(installation, "insert", None)
    with pytest.raises(TypeError):
        installation.open_store(tmp_path, settings, keys, clock)
    monkeypatch.undo()
    with create_engine(f"sqlite:///{tmp_path}/state/gateway.db").connect() as left:
        assert inspect(left).get_table_names() == []
    store = installation.open_store(tmp_path, settings, keys, clock)
    assert installation.schema_is_current(store)
    store.close()


def test_a_changed_table_gives_a_migration_that_can_be_run(connection):
    target = MetaData(naming_convention=schema.metadata.naming_convention)
    for table in schema.metadata.tables.values():
        table.to_metadata(target)
    target.tables["number"].append_column(Column("issued_at", Moment))
    Table("fee", target, Column("id", Integer, primary_key=True), Column("amount", Cents, nullable=False))
    text = source(connection, target, why="Fees.")
    assert "sa.Column('issued_at', sa.String(27), nullable=True)" in text
    assert "sa.Column('amount', sa.BigInteger(), nullable=False)" in text
    assert f'down_revision = "{migrations.HEAD}"' in text.replace("'", '"')
    compile(text, "migration", "exec")


def test_where_nothing_changed_nothing_is_written(connection):
    with pytest.raises(SystemExit, match="nothing to write"):
        source(connection, schema.metadata, why="Nothing.")


def test_money_is_kept_in_whole_cents(connection):
    names = {row[1]: row[2] for row in connection.execute(sql("PRAGMA table_info(journal_line)"))}
    assert names["amount"] == "BIGINT"
