"""Who may run: one daemon to an installation.

On one machine a lock on ``state/daemon.lock`` says so, and the operating system takes it away with the process. Where
two machines share a PostgreSQL database, a lease row says so as well; it is renewed while the daemon lives.
"""

import fcntl
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from gateway.errors import Locked
from gateway.store.db import Store, Tx
from gateway.store.disk import private_folder
from gateway.store.schema import lease

LOCK_NAME = "daemon.lock"
DAEMON_LEASE = "daemon"
LEASE_SECONDS = 120


def acquire(tx: Tx, name: str, owner: str, *, seconds: float) -> bool:
    """Take or renew lease *name* for *owner* until *seconds* from now; return False while another owner has it."""
    until = tx.now() + timedelta(seconds=seconds)
    held = tx.execute(select(lease.c.owner, lease.c.until).where(lease.c.name == name)).first()
    if held is None:
        tx.housekeep(insert(lease).values(name=name, owner=owner, until=until))
        return True
    if held.owner != owner and held.until > tx.now():
        return False
    tx.housekeep(update(lease).where(lease.c.name == name).values(owner=owner, until=until))
    return True


def release(tx: Tx, name: str, owner: str) -> None:
    """Give lease *name* back; it stays where another owner has it by now."""
    tx.housekeep(delete(lease).where(lease.c.name == name, lease.c.owner == owner))


def owner_of(tx: Tx, name: str) -> str | None:
    """Return who has lease *name* now, None when nobody has."""
    held = tx.execute(select(lease.c.owner, lease.c.until).where(lease.c.name == name)).first()
    return held.owner if held and held.until > tx.now() else None


@contextmanager
def directory_lock(root: Path) -> Iterator[None]:
    """Hold the installation at *root* for this process; the lock ends with the process, however it ends.

    Raises:
        Locked: another process holds it; the message says which.

    """
    state = root / "state"
    private_folder(state)
    descriptor = os.open(state / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise Locked(
                f"another gateway runs on this installation (process {holder}); wait for it, or stop it with: "
                f"kill {holder}"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def lock_holder(root: Path) -> int | None:
    """Return the process that holds the installation, None when nobody does."""
    try:
        descriptor = os.open(root / "state" / LOCK_NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        return int(holder) if holder.isdigit() else 0
    finally:
        os.close(descriptor)
    return None


@contextmanager
def sole_daemon(store: Store, root: Path, *, seconds: float = LEASE_SECONDS) -> Iterator[Callable[[], None]]:
    """Be the only daemon of the installation; yields what to call at least every *seconds* / 3 to stay it.

    Raises:
        Locked: another daemon has the installation, here or on another machine - at the start, or when renewing
            came too late.

    """
    owner = f"{socket.gethostname()[:30]}/{os.getpid()}/{secrets.token_hex(4)}"
    shared = store.engine.dialect.name != "sqlite"

    def renew() -> None:
        if not shared:
            return
        with store.write("lease") as tx:
            if not acquire(tx, DAEMON_LEASE, owner, seconds=seconds):
                holder = owner_of(tx, DAEMON_LEASE)
                raise Locked(f"another gateway works on this database ({holder}); stop it first")

    with directory_lock(root):
        renew()
        try:
            yield renew
        finally:
            if shared:
                with store.write("lease") as tx:
                    release(tx, DAEMON_LEASE, owner)
