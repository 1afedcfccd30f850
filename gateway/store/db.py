"""The one way to change anything: a transaction that ends with its audit event.

    with store.write("intake", actor="daemon") as tx:
        tx.execute(insert(schema.claim).values(...))
        tx.audit(subject=file_id, facts={"claims": 3})

A write without `audit` is refused at commit (law 13). On SQLite a writer takes the database at once
(``BEGIN IMMEDIATE``), so that no unit of work fails half-way for a lock.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.dml import Delete, Insert, Update

from gateway.clock import Clock
from gateway.errors import StoreUnavailable
from gateway.store import audit
from gateway.store.keys import Keys

BUSY_SECONDS = 30


class Tx:
    """A unit of work in progress: SQL, sealing, time, and the audit event that closes it."""

    def __init__(self, connection: Connection, keys: Keys, clock: Clock, kind: str, actor: str) -> None:
        self._connection = connection
        self._keys = keys
        self._clock = clock
        self._kind = kind
        self._actor = actor
        self._digest = hashlib.sha256()
        self.changed = False
        self.audited = False

    @property
    def actor(self) -> str:
        """Who does this unit of work: ``daemon`` or a user's name."""
        return self._actor

    def now(self) -> datetime:
        """Return the present moment."""
        return self._clock.now()

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run *statement*; what it writes goes into the digest of the unit of work's changes."""
        if isinstance(statement, Insert | Update | Delete):
            self.changed = True
            compiled = statement.compile(dialect=self._connection.dialect)
            rows = parameters if isinstance(parameters, Sequence) else [parameters or {}]
            self._digest.update(str(compiled).encode())
            for row in rows:
                values = {**compiled.params, **row}
                self._digest.update(repr(sorted((k, repr(v)) for k, v in values.items())).encode())
        return self._connection.execute(statement, parameters)

    def seal(self, text: str | bytes) -> bytes:
        """Encrypt claim content for a ``*_sealed`` column."""
        return self._keys.seal(text.encode() if isinstance(text, str) else text)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt a ``*_sealed`` column; raise ArchiveDamaged when it was altered or the key is wrong."""
        return self._keys.unseal(sealed)

    def seal_json(self, value: Any) -> bytes:
        """Encrypt *value* as JSON."""
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def unseal_json(self, sealed: bytes) -> Any:
        """Decrypt what `seal_json` made."""
        return json.loads(self.unseal(sealed))

    def index(self, purpose: str, value: str) -> str:
        """Return the keyed hash of *value* for an ``*_index`` column; *purpose* keeps the columns apart."""
        return self._keys.index(purpose, value)

    def audit(
        self, subject: str | None = None, facts: Mapping[str, Any] | None = None, *, kind: str | None = None
    ) -> None:
        """Append the event of this unit of work; *facts* hold ids, counts, codes and states, never PHI."""
        audit.append(
            self._connection,
            self._keys.audit_key,
            at=self.now(),
            actor=self._actor,
            kind=kind or self._kind,
            subject=subject,
            facts=dict(facts or {}),
            changes=self._digest.hexdigest(),
        )
        self.audited = True
        self._digest = hashlib.sha256()


class Store:
    """The database of one installation."""

    def __init__(self, url: str, keys: Keys, clock: Clock) -> None:
        self.keys = keys
        self.clock = clock
        self.engine = _engine(url)

    @contextmanager
    def write(self, kind: str, *, actor: str = "daemon") -> Iterator[Tx]:
        """Open a unit of work; leaving with an exception rolls everything back.

        Raises:
            StoreUnavailable: the database is busy or cannot be reached.

        """
        try:
            with (
                self.engine.connect().execution_options(gateway_write=True) as connection,
                connection.begin(),
            ):
                tx = Tx(connection, self.keys, self.clock, kind, actor)
                yield tx
                if tx.changed and not tx.audited:
                    raise AssertionError(f"unit of work {kind!r} wrote without an audit event")
        except OperationalError as fault:
            raise StoreUnavailable(
                f"the database did not answer ({type(fault.orig).__name__}); try again"
            ) from fault

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a consistent view; anything written is rolled back."""
        try:
            with self.engine.connect() as connection, connection.begin() as transaction:
                yield Tx(connection, self.keys, self.clock, "read", "reader")
                transaction.rollback()
        except OperationalError as fault:
            raise StoreUnavailable(
                f"the database did not answer ({type(fault.orig).__name__}); try again"
            ) from fault

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("gateway_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def sqlite_url(path: Path) -> str:
    """Return the URL of the SQLite database at *path*."""
    return f"sqlite:///{path}"
