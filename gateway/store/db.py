"""The one way to change anything: a transaction that ends with its audit event.

    with store.write("intake", actor="daemon") as tx:
        tx.execute(insert(schema.claim).values(...))
        tx.audit(subject=file_id, facts={"claims": 3})

Anything written after the last `audit`, or without one, is refused at commit (law 13). Writers go one at a time on both
databases - ``BEGIN IMMEDIATE`` on SQLite, an advisory lock on PostgreSQL, taken before the first statement -, so that no
unit of work fails half-way for a lock, looking first and writing then is safe, and row ids become visible in order.
Keep units of work short: no network, no rendering inside.
"""

import hashlib
import json
import marshal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import InterfaceError as DriverError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from gateway.clock import Clock
from gateway.errors import GatewayError, IntegrityError, StoreUnavailable
from gateway.store import audit, migrations
from gateway.store.audit import ChainReport
from gateway.store.keys import Keys

BUSY_SECONDS = 30.0
"""How long a writer waits for the writer before it."""

WRITER_LOCK = 837835
"""The PostgreSQL advisory lock that lets one writer in at a time."""

NAME_LENGTH = 60

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Tx:
    """A unit of work in progress: SQL, sealing, time, and the audit event that closes it."""

    def __init__(
        self,
        connection: Connection,
        keys: Keys,
        clock: Clock,
        kind: str,
        actor: str,
        *,
        writable: bool = True,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._clock = clock
        self._kind = kind
        self._actor = actor[:NAME_LENGTH]
        self._writable = writable
        self._digest = hashlib.sha256()
        self._recording = True
        self.pending = False
        """True while something was written that no audit event covers yet."""

    @property
    def actor(self) -> str:
        """Who does this unit of work: ``daemon`` or a user's name."""
        return self._actor

    @property
    def dialect(self) -> str:
        """The kind of database: ``sqlite`` or ``postgresql``."""
        return self._connection.dialect.name

    def now(self) -> datetime:
        """Return the present moment."""
        return self._clock.now()

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run *statement*; what it writes goes into the digest of the unit of work's changes."""
        return self._connection.execute(statement, parameters)

    def housekeep(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run *statement* outside the audit: for heartbeats, plans and looks that say nothing of claims or money."""
        return self._connection.execute(
            statement, parameters, execution_options={"gateway_housekeeping": True}
        )

    def revision(self) -> str | None:
        """Return the schema revision the database is at, None when it is empty."""
        return migrations.revision_of(self._connection)

    def migrate(self) -> None:
        """Bring the database to this version's schema, within this unit of work."""
        migrations.upgrade(self._connection)

    def seal(self, text: str | bytes) -> bytes:
        """Encrypt claim content for a ``*_sealed`` column."""
        return self._keys.seal(text.encode() if isinstance(text, str) else text)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt a ``*_sealed`` column; raise ArchiveDamaged when it was altered or the key is wrong."""
        return self._keys.unseal(sealed)

    def seal_json(self, value: Any) -> bytes:
        """Encrypt *value* as JSON."""
        return self.seal(_JSON.encode(value))

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
        self._recording = False
        try:
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
        finally:
            self._recording = True
        self.pending = False
        self._digest = hashlib.sha256()

    def audit_head(self) -> tuple[int, str]:
        """Return seq and hash of the last audit event."""
        return audit.head(self._connection)

    def verify_audit(self, anchors: Mapping[int, str]) -> ChainReport:
        """Walk the audit chain, which must contain *anchors* (hash by seq)."""
        return audit.verify(self._connection, self._keys.audit_key, anchors=anchors)

    def _record(self, statement: str, parameters: Any, *, audited: bool) -> None:
        """Note a statement that writes, as the database is about to receive it."""
        if not self._writable:
            raise AssertionError("a view for reading was used to write; open store.write()")
        if self._recording and audited:
            self.pending = True
            self._digest.update(statement.encode())
            self._digest.update(_spelt(parameters))


class Store:
    """The database of one installation."""

    def __init__(
        self,
        url: str,
        keys: Keys,
        clock: Clock,
        *,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self.keys = keys
        self.clock = clock
        self.engine = _engine(url, busy_seconds)
        self._thread = threading.local()

    @contextmanager
    def write(self, kind: str, *, actor: str = "daemon") -> Iterator[Tx]:
        """Open a unit of work; leaving with an exception rolls everything back.

        Raises:
            StoreUnavailable: the database is busy, full or cannot be reached.
            IntegrityError: the database file is damaged.

        """
        if getattr(self._thread, "writing", None):
            raise AssertionError(
                f"unit of work {kind!r} inside {self._thread.writing!r}: it would wait for itself"
            )
        self._thread.writing = kind
        try:
            with (
                _translated(),
                self.engine.connect() as connection,
            ):
                tx = Tx(connection, self.keys, self.clock, kind, actor)
                connection.execution_options(gateway_write=True, gateway_tx=tx)
                with connection.begin():
                    yield tx
                    if tx.pending:
                        raise AssertionError(f"unit of work {kind!r} wrote without an audit event after it")
        finally:
            self._thread.writing = None

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a consistent view of one moment, never delayed by a writer; writing in it is an error.

        Raises:
            StoreUnavailable: the database cannot be reached.
            IntegrityError: the database file is damaged.

        """
        with _translated(), self.engine.connect() as connection:
            tx = Tx(connection, self.keys, self.clock, "read", "reader", writable=False)
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            connection.execution_options(gateway_tx=tx)
            with connection.begin() as transaction:
                yield tx
                transaction.rollback()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


_PLAIN = frozenset({str, int, bytes, float, bool, type(None)})
_SPELLING = 2
"""The version of marshal's format in which equal values are equal bytes."""


def _spelt(parameters: Any) -> bytes:
    """Return the values of a statement as bytes that tell any two apart."""
    try:
        return marshal.dumps(parameters, _SPELLING)
    except ValueError:  # something that only the driver knows
        return marshal.dumps(_plain(parameters), _SPELLING)


def _plain(value: Any) -> Any:
    """Return *value* in types that every Python has."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return sorted((str(key), _plain(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return [item if type(item) in _PLAIN else _plain(item) for item in value]
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    wrapped = getattr(value, "obj", None)  # psycopg wraps bytes on their way
    return bytes(wrapped) if isinstance(wrapped, bytes | memoryview) else str(value)


_SQLITE_FAULTS: Mapping[str, tuple[type[GatewayError], str]] = {
    "SQLITE_BUSY": (StoreUnavailable, "the database is busy with another process; try again"),
    "SQLITE_LOCKED": (StoreUnavailable, "the database is busy with another process; try again"),
    "SQLITE_FULL": (StoreUnavailable, "the disk is full; make room for state/ and try again"),
    "SQLITE_IOERR": (StoreUnavailable, "the disk failed under the database; look at the system log"),
    "SQLITE_CANTOPEN": (StoreUnavailable, "the database file cannot be opened; look at the rights of state/"),
    "SQLITE_READONLY": (StoreUnavailable, "the database cannot be written; look at the rights of state/"),
    "SQLITE_PERM": (StoreUnavailable, "the database cannot be opened; look at the rights of state/"),
    "SQLITE_CORRUPT": (IntegrityError, "the database file is damaged; stop the gateway and restore a backup"),
    "SQLITE_NOTADB": (IntegrityError, "the database file is damaged; stop the gateway and restore a backup"),
}


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what a database does when it cannot be used into our errors; a mistake in our SQL stays what it is."""
    try:
        yield
    except PoolExhausted as fault:
        raise StoreUnavailable("every connection to the database is in use; try again") from fault
    except DBAPIError as fault:
        name = getattr(fault.orig, "sqlite_errorname", None)
        if name is None:
            if isinstance(fault, OperationalError | DriverError):
                kind = type(fault.orig).__name__
                raise StoreUnavailable(f"the database did not answer ({kind}); try again") from fault
            raise
        for start, (error, sentence) in _SQLITE_FAULTS.items():
            if name.startswith(start):
                raise error(sentence) from fault
        raise


def _engine(url: str, busy_seconds: float) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(
            url, connect_args={"timeout": busy_seconds, "check_same_thread": False}, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            url, pool_pre_ping=True, connect_args={"connect_timeout": 10}, hide_parameters=True
        )
        wait = f"SET LOCAL lock_timeout = '{int(busy_seconds * 1000)}ms'"

        @event.listens_for(engine, "begin")
        def _begin_postgresql(connection: Connection) -> None:
            if connection.get_execution_options().get("gateway_write"):
                connection.exec_driver_sql(wait)
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    event.listen(engine, "before_cursor_execute", _watch)
    event.listen(engine, "handle_error", _drop_detail)
    return engine


def _prepare_sqlite(dbapi: Any, _record: Any) -> None:
    dbapi.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "recursive_triggers=ON",  # so that REPLACE meets the append-only triggers too
    ):
        dbapi.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("gateway_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _drop_detail(context: Any) -> None:
    """Keep of a database's error its first line: PostgreSQL's DETAIL quotes the row (law 11)."""
    for fault in (context.original_exception, context.sqlalchemy_exception):
        if fault is not None and fault.args and isinstance(fault.args[0], str):
            fault.args = (fault.args[0].partition("\n")[0], *fault.args[1:])


_WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "TRUNCATE", "DROP", "ALTER", "CREATE")


def _watch(
    connection: Connection, _cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
) -> None:
    """Hand every statement that writes to its unit of work, in the words and values the database receives."""
    tx = connection.get_execution_options().get("gateway_tx")
    if tx is None:
        return
    writes = statement.lstrip()[:8].upper().startswith(_WRITING) or (
        getattr(context, "compiled", None) is not None
        and (context.isinsert or context.isupdate or context.isdelete)
    )
    if writes:
        housekeeping = context is not None and context.execution_options.get("gateway_housekeeping", False)
        tx._record(statement, parameters, audited=not housekeeping)  # noqa: SLF001  the other half of Tx


def sqlite_url(path: Path) -> str:
    """Return the URL of the SQLite database at *path*."""
    return f"sqlite:///{path}"
