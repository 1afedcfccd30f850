import os
import subprocess
import sys
import textwrap

import pytest

from gateway.errors import Locked
from gateway.store import leases
from gateway.store.leases import directory_lock, lock_holder, sole_daemon


def test_a_second_lock_is_refused_and_names_the_holder(tmp_path):
    refused = pytest.raises(Locked, match=rf"process {os.getpid()}\b.*kill {os.getpid()}")
    with directory_lock(tmp_path), refused, directory_lock(tmp_path):
        pytest.fail("two daemons")
    assert lock_holder(tmp_path) is None
    with directory_lock(tmp_path):
        assert lock_holder(tmp_path) == os.getpid()
    assert (tmp_path / "state" / "daemon.lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_dies_with_its_process(tmp_path):
    code = """
        import os, pathlib, signal, sys
        from gateway.store.leases import directory_lock
        with directory_lock(pathlib.Path(sys.argv[1])):
            print("locked", flush=True)
            signal.pause()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(Locked, match=f"process {other.pid}"), directory_lock(tmp_path):
            pytest.fail("two daemons")
        other.kill()
        other.wait()
    with directory_lock(tmp_path):
        assert lock_holder(tmp_path) == os.getpid()


def test_a_daemon_on_another_machine_is_refused_where_the_database_is_shared(any_store, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    shared = any_store.engine.dialect.name == "postgresql"
    with sole_daemon(any_store, here) as renew:
        renew()
        if shared:
            with pytest.raises(Locked, match="works on this database"), sole_daemon(any_store, there):
                pytest.fail("two daemons")
        else:
            with pytest.raises(Locked, match="process"), sole_daemon(any_store, here):
                pytest.fail("two daemons")
    with sole_daemon(any_store, there), any_store.read() as tx:
        assert (leases.owner_of(tx, leases.DAEMON_LEASE) is not None) is shared


def test_who_renews_too_late_learns_it(any_store, tmp_path, clock):
    from datetime import timedelta

    if any_store.engine.dialect.name == "sqlite":
        with sole_daemon(any_store, tmp_path) as renew:
            clock.advance(timedelta(days=1))
            renew()
        return
    with sole_daemon(any_store, tmp_path / "here", seconds=60) as late:
        clock.advance(timedelta(seconds=61))
        with sole_daemon(any_store, tmp_path / "there", seconds=60), pytest.raises(Locked):
            late()
