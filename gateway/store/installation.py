"""Opening the database of one installation: private, at this version's schema, with the right key and environment."""

import os
from pathlib import Path

from sqlalchemy import insert, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from gateway.clock import Clock
from gateway.errors import ConfigError
from gateway.settings import Settings
from gateway.store import migrations
from gateway.store.db import Store, Tx, sqlite_url
from gateway.store.disk import private_folder
from gateway.store.keys import Keys
from gateway.store.schema import installation

STATE = "state"
DATABASE_NAME = "gateway.db"
ANCHOR_NAME = "audit.anchor"


def open_store(root: Path, settings: Settings, keys: Keys, clock: Clock) -> Store:
    """Open the store of the installation at *root*; make it and bring its schema up to date where needed.

    Raises:
        ConfigError: the key or the environment is not the one that is stamped in the database, the database was
            written by a newer version, or its URL cannot be used.
        StoreUnavailable: the database cannot be reached.

    """
    state = root / STATE
    private_folder(state)
    store = Store(_url(state, settings), keys, clock)
    try:
        with store.read() as tx:
            current = _stamp_of(tx) if tx.revision() == migrations.HEAD else None
        if current is None:
            current = _bring_up_to_date(store, settings)
        _refuse_another(current, settings, keys)
    except BaseException:
        store.close()
        raise
    return store


def schema_is_current(store: Store) -> bool:
    """Tell whether the database has this version's schema."""
    with store.read() as tx:
        return tx.revision() == migrations.HEAD


def _url(state: Path, settings: Settings) -> str:
    if settings.database is None:
        path = state / DATABASE_NAME
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        return sqlite_url(path)
    try:
        url = make_url(settings.database)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        raise ConfigError("database: not a URL such as postgresql+psycopg://gateway@host/gateway") from None
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"database: {missing.name} is not installed; run: pip install 'claims-gateway[postgres]'"
        ) from None
    if url.get_backend_name() != "postgresql":
        raise ConfigError(
            "database: name a PostgreSQL database, or leave the key out: SQLite then keeps everything in state/"
        )
    if url.password is not None:
        raise ConfigError(
            "database: take the password out of the URL; give it in ~/.pgpass or the file that PGPASSFILE names"
        )
    return settings.database


def _stamp_of(tx: Tx) -> tuple[str, str] | None:
    row = tx.execute(select(installation.c.environment, installation.c.key_check)).first()
    return (row.environment, row.key_check) if row else None


def _bring_up_to_date(store: Store, settings: Settings) -> tuple[str, str]:
    """Migrate, and stamp a new database; one unit of work, so that a crash leaves the database as it was."""
    with store.write("installation", actor="gateway") as tx:
        before = tx.revision()
        if before is not None and not migrations.known(before):
            raise ConfigError(
                f"the database is at revision {before}, which this version does not know: it was written by a newer "
                "gateway; install that version, or restore a backup"
            )
        if before != migrations.HEAD:
            tx.migrate()
        stamp = _stamp_of(tx)
        if stamp is None:
            stamp = (settings.environment.value, store.keys.check)
            tx.execute(
                insert(installation).values(
                    id=1, environment=stamp[0], key_check=stamp[1], created_at=tx.now()
                )
            )
        if tx.pending:
            tx.audit(facts={"environment": stamp[0], "from": before, "to": migrations.HEAD})
    return stamp


def _refuse_another(stamp: tuple[str, str], settings: Settings, keys: Keys) -> None:
    environment, key_check = stamp
    if key_check != keys.check:
        raise ConfigError(
            "key: this is not the key the installation was made with, and nothing stored could be read with it; "
            "put the right key where config.toml's key points"
        )
    if environment != settings.environment.value:
        raise ConfigError(
            f"environment: this installation is stamped {environment} and config.toml says "
            f"{settings.environment.value}; an installation is one or the other: set environment back to "
            f"{environment}, or make another installation with: gateway init DIR"
        )
