"""The daemon as an operator meets it: real processes, signals, partners that hang, clocks that jump."""

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway import daemon as module
from gateway.clock import SystemClock
from gateway.daemon import Daemon, PassReport, Trouble, next_cutoff, next_poll
from gateway.errors import ArchiveDamaged, ConfigError, IntegrityError
from gateway.exchange import retrying
from gateway.sandbox.clearinghouse import Sandbox
from gateway.sandbox.server import SftpServer
from gateway.sandbox.settings import SandboxSettings
from gateway.settings import Schedule, load
from gateway.store import partners
from tests.acceptance import house as houses
from tests.acceptance.house import (
    House,
    daemon,
    house,
    logged,
    rows,
    run,
    sent_claims,
    stop,
    typed,
    wait_until,
)

PROMPT = SandboxSettings(clearinghouse_minutes=0, payer_hours=0, payment_days=0)
EASTERN = Schedule(cutoffs=("30 2 * * *",), time_zone="America/New_York")


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[House]:
    """A house in the present, whose clearinghouse answers at once."""
    with house(tmp_path, start=datetime.now(UTC)) as made:
        made.sandbox = Sandbox(made.server.folder, SystemClock(), settings=PROMPT)
        yield made


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Daemons of this process look often, and do not sleep between tries."""
    monkeypatch.setattr(module, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(module, "LONGEST_REST_SECONDS", 0.1)
    monkeypatch.setattr(retrying, "_sleep", lambda _seconds: None)


@contextmanager
def serving(made: House) -> Iterator[Daemon]:
    """Run a daemon on a thread of this process, so that its clock can be moved."""
    served = Daemon(made.site, rng=random.Random(1))
    faults: list[BaseException] = []

    def work() -> None:
        try:
            served.run()
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.stop()
        thread.join(20)
        assert not thread.is_alive(), "the daemon did not stop"
    if faults:
        raise faults[0]


# -- as a process


def test_it_serves_until_everything_is_answered_and_stops_cleanly(lived: House) -> None:
    with daemon(lived) as process:
        wait_until(lambda: any(line["event"] == "started" for line in logged(lived.root)))
        lived.drop("monday.jsonl", [lived.claim(1), lived.claim(2, "DENY"), lived.claim(3, partner="south")])
        (lived.outbound / "half.jsonl.tmp").write_text("{")

        second = run(lived.config, "run")
        assert second.returncode == 3
        assert second.stderr.count("\n") == 1
        assert str(process.pid) in second.stderr
        assert run(lived.config, "run", "--once").returncode == 3
        assert run(lived.config, "status").returncode in {0, 1}, "others may look while it runs"

        def paid() -> bool:
            lived.sandbox.work_off()
            return rows(lived.root, "select count(*) from claim_payment where state = 'posted'") == [(3,)]

        wait_until(paid, seconds=40, each=0.3)
        wait_until(lambda: len(list(lived.root.glob("inbound/payments_*.csv"))) >= 1)
        code, said = stop(process)
    assert (code, said.count("Traceback")) == (0, 0), said
    assert sent_claims(lived.server.folder) == {"north": ["NO000001", "NO000002"], "south": ["SO000003"]}
    assert rows(lived.root, "select distinct state from transmission") == [("accepted",)]
    assert rows(lived.root, "select count(*) from receipt where state = 'received' or not raw_copied") == [
        (0,)
    ]
    assert houses.balance(lived.root) == 0
    assert [path.name for path in lived.outbound.iterdir()] == ["half.jsonl.tmp"], (
        "unfinished files are left alone"
    )
    left = [
        path for path in (lived.root / "state").rglob("*") if path.is_file() and "archive" not in path.parts
    ]
    assert {path.name.removesuffix("-wal").removesuffix("-shm") for path in left} <= {
        "gateway.db", "daemon.lock", "audit.anchor", "looks.json"
    }  # fmt: skip
    assert (lived.root / "state/daemon.lock").read_bytes() == b""
    events = [line["event"] for line in logged(lived.root)]
    assert events[-1] == "stopped"
    assert "trouble" not in events
    assert "defect" not in events
    assert run(lived.config, "audit", "verify").returncode == 0


def test_sighup_takes_another_configuration_and_refuses_a_broken_one(lived: House) -> None:
    def seen(event: str) -> list[dict[str, Any]]:
        return [line for line in logged(lived.root) if line["event"] == event]

    with daemon(lived) as process:
        wait_until(lambda: seen("started"))
        lived.configure(change=lambda text: text.replace("[logging]", "nonsense = 1\n[logging]", 1))
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: seen("config_refused"))
        lived.names = ("north",)
        lived.configure()
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(seen("started")) == 2, seconds=40)
        assert [line["partners"] for line in seen("started")] == [2, 1]
        code, said = stop(process)
    assert code == 0, said
    assert "config.toml is not taken" in said
    assert "nonsense" in said


def test_killed_in_the_middle_of_an_upload_it_goes_on_after_a_restart(lived: House) -> None:
    lived.server.stalled = {"write"}
    with daemon(lived) as process:
        lived.drop("a.jsonl", [lived.claim(1), lived.claim(2)])
        wait_until(lambda: rows(lived.root, "select 1 from attempt where state = 'open'"))
        process.send_signal(signal.SIGKILL)
        process.wait(5)
    lived.server.behave()
    lived.server.cut_connections()
    with daemon(lived) as process:
        lived.drop("b.jsonl", [lived.claim(3)])
        wait_until(
            lambda: rows(lived.root, "select count(*) from transmission where state = 'delivered'") == [(2,)],
            seconds=30,
        )
        assert stop(process)[0] == 0
    lived.sandbox.work_off()
    assert sorted(sent_claims(lived.server.folder)["north"]) == ["NO000001", "NO000002", "NO000003"]
    assert list((lived.server.folder / "north" / "inbound").iterdir()) == [], "no litter at the partner"


def test_a_partner_that_hangs_delays_neither_the_other_nor_the_stop(tmp_path: Path) -> None:
    """The other partner is served; SIGTERM ends the process although a thread still waits for an answer."""
    with (
        house(tmp_path, start=datetime.now(UTC), answer_seconds=60) as made,
        SftpServer(made.server.folder) as hung,
    ):
        hung.stalled = {"open", "stat", "list"}
        made.ports = {"north": hung.port}
        made.configure()
        command = [
            sys.executable, "-c",
            "import sys, gateway.daemon as d; d.STOP_SECONDS = 1.0; from gateway.ops.cli.main import run; run()",
            "--config", str(made.config), "run",
        ]  # fmt: skip
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **houses.process_of())
        try:
            wait_until(lambda: hung.logins)
            made.drop("a.jsonl", [made.claim(1), made.claim(2, partner="south")])
            wait_until(lambda: [*(made.server.folder / "south/inbound").glob("*.837")], seconds=15)
            code, said = stop(process, within=8)
        finally:
            process.kill()
            process.communicate()
        assert code == 0, said
        assert {"event": "left_behind", "part": "north"}.items() <= {
            **next(line for line in logged(made.root) if line["event"] == "left_behind")
        }.items()
        assert [*(made.server.folder / "north/inbound").glob("*.837")] == []
        hung.behave()
        made.ports = {}
        made.configure()
        made.open()
        report = made.pass_()
        assert report.troubles == []
        made.sandbox.work_off()
        assert made.sent() == {"north": ["NO000001"], "south": ["SO000002"]}


def test_exit_codes_of_a_single_run(lived: House) -> None:
    lived.drop("good.jsonl", [lived.claim(1)])
    done = run(lived.config, "run", "--once")
    assert done.returncode == 0, "everything fine"
    assert "trouble" not in done.stderr
    lived.drop("bad.jsonl", [lived.claim(2), lived.claim(3, charge="1.00")])
    done = run(lived.config, "run", "--once")
    assert done.returncode == 1, "done, but something was withheld"
    assert "outbound/rejected/" in done.stderr
    lived.server.stop()
    lived.drop("down.jsonl", [lived.claim(4)])
    done = run(lived.config, "run", "--once")
    assert done.returncode == 3, "a partner is down: try later"
    assert "north: Unreachable: connect: nobody answers" in done.stderr
    nothing = run(lived.base / "nothing.toml", "run", "--once")
    assert (nothing.returncode, nothing.stderr.count("\n")) == (2, 1)
    assert "gateway init" in nothing.stderr


def test_a_single_run_waits_for_what_was_just_dropped_and_says_what_it_saw_once(tmp_path: Path) -> None:
    with house(tmp_path, quiet_polls=2) as made:
        made.configure(
            change=lambda text: text.replace("intake_quiet_seconds = 0", "intake_quiet_seconds = 0.3")
        )
        made.open()
        made.drop("a.jsonl", [made.claim(1)])
        report = made.pass_()
        assert (report.taken_in, report.delivered) == (1, 1)
        made.sandbox.work_off()
        report = made.pass_()
        assert (report.collected, report.waiting) == (0, 1), "seen once: it may still grow"
        assert report.exit_code == 0
        report = made.pass_()
        assert (report.collected, report.waiting, report.processed) == (1, 0, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[rows]\n"2010ZZ/REF*G2" = "REF*G2*{payer.id}"\n', "2010ZZ/REF*G2"),
        ('[rows]\n"2010BB/REF*G2" = "REF*G2*{payer.nmae}"\n', "nmae"),
        ("[rows\n", "line 1"),
    ],
)
def test_a_bad_map_stops_the_start_with_the_row_that_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    with house(tmp_path) as made:
        overlay = made.root / "maps/partners/south/837p.toml"
        overlay.parent.mkdir(parents=True)
        overlay.write_text(text)
        made.drop("a.jsonl", [made.claim(1)])
        for words in [("run",), ("run", "--once")][: 2 if says == "line 1" else 1]:
            done = run(made.config, *words)
            assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
            assert says in done.stderr
            assert "partner south" in done.stderr
        assert (made.outbound / "a.jsonl").exists(), "nothing was begun"


# -- what is due


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-03-06T12:00", "2026-03-07T07:30"),  # winter: UTC-5
        (
            "2026-03-07T12:00",
            "2026-03-08T07:00",
        ),  # 02:30 is left out on 8 March: at once when the clock has jumped
        ("2026-03-08T12:00", "2026-03-09T06:30"),  # summer: UTC-4
        ("2026-10-31T12:00", "2026-11-01T07:30"),  # the clock is put back at 02:00, an hour before
        ("2026-11-01T12:00", "2026-11-02T07:30"),
    ],
)
def test_cutoffs_follow_the_partners_wall_clock(after: str, due: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert next_cutoff(EASTERN, moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_cutoff_in_the_hour_that_comes_twice_comes_once() -> None:
    schedule = Schedule(cutoffs=("30 1 * * *",), time_zone="America/New_York")
    first = next_cutoff(schedule, datetime(2026, 11, 1, 4, 0, tzinfo=UTC))
    again = next_cutoff(schedule, first)
    assert first.astimezone(ZoneInfo("America/New_York")).strftime("%d %H:%M") == "01 01:30"
    assert again.astimezone(ZoneInfo("America/New_York")).strftime("%d %H:%M") == "02 01:30"


def test_the_earliest_of_several_cutoffs_comes_next_and_never_the_present_one() -> None:
    schedule = Schedule(cutoffs=("0 17 * * 1-5", "0 9 * * 1"), time_zone="UTC")
    friday = datetime(2026, 11, 6, 17, 0, tzinfo=UTC)
    assert next_cutoff(schedule, friday) == datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
    assert next_cutoff(schedule, datetime(2026, 11, 9, 9, 0, tzinfo=UTC)) == datetime(
        2026, 11, 9, 17, 0, tzinfo=UTC
    )


def test_polls_are_spread_by_the_jitter_and_no_further() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    schedule = Schedule(poll_seconds=1000, jitter=0.2)
    waits = [(next_poll(schedule, now, random.Random(n)) - now).total_seconds() for n in range(200)]
    assert min(waits) >= 800
    assert max(waits) <= 1200
    assert max(waits) - min(waits) > 300, "spread, not bunched"
    assert next_poll(Schedule(poll_seconds=60, jitter=0), now, random.Random(1)) == now + timedelta(minutes=1)


@pytest.mark.parametrize("cutoffs", ['["every day"]', '["0 17 30 2 *"]', "[]"])
def test_a_cutoff_that_never_comes_is_refused_when_the_configuration_is_read(
    tmp_path: Path, cutoffs: str
) -> None:
    with house(tmp_path, cutoffs=cutoffs) as made, pytest.raises(ConfigError, match=r"schedule\.cutoffs"):
        load(made.config)


@pytest.mark.usefixtures("quick")
def test_claims_wait_for_the_cutoff_and_a_missed_one_is_made_up_for(tmp_path: Path) -> None:
    start = datetime(2026, 10, 30, 20, 0, tzinfo=UTC)  # 16:00 in New York, on a Friday
    with house(tmp_path, start=start, cutoffs='["0 17 * * 1-5"]') as made:
        made.open()
        with serving(made):
            made.drop("a.jsonl", [made.claim(1)])
            wait_until(lambda: rows(made.root, "select 1 from claim"))
            wait_until(lambda: made.server.logins >= 2)
            assert rows(made.root, "select 1 from transmission") == [], "not before the cutoff"
            made.clock.advance(timedelta(hours=1))
            wait_until(lambda: rows(made.root, "select 1 from transmission where state = 'delivered'"))
        made.clock.advance(timedelta(days=3, minutes=-30))  # Monday 16:30: nobody was there
        made.drop("b.jsonl", [made.claim(2)])
        with serving(made):
            wait_until(
                lambda: rows(made.root, "select 1 from claim where id not in (select claim from submission)")
            )
            with made.site.store.read() as tx:
                assert partners.get(tx, "north").cutoff_due_at == datetime(2026, 11, 2, 22, 0, tzinfo=UTC), (
                    "DST ended"
                )
        made.clock.advance(timedelta(hours=20))  # down through Monday's cutoff
        with serving(made):
            wait_until(
                lambda: (
                    rows(made.root, "select count(*) from transmission where state = 'delivered'") == [(2,)]
                )
            )


@pytest.mark.usefixtures("quick")
def test_a_cutoff_stays_due_until_its_claims_are_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at five o'clock must not make claims wait for tomorrow's cutoff."""
    start = datetime(2026, 10, 30, 20, 59, tzinfo=UTC)
    with house(tmp_path, start=start, cutoffs='["0 17 * * *"]', names=("north",)) as made:
        made.open()
        full = threading.Event()
        put = type(made.site.archive).put

        def fails(archive: object, data: bytes, kind: str) -> str:
            if kind == "transmission":
                full.set()
                raise OSError(28, "No space left on device")
            return put(archive, data, kind)  # type: ignore[arg-type]

        monkeypatch.setattr(type(made.site.archive), "put", fails)
        with serving(made):
            made.drop("a.jsonl", [made.claim(1)])
            wait_until(lambda: rows(made.root, "select 1 from claim"))
            made.clock.advance(timedelta(minutes=2))
            wait_until(full.is_set)
            monkeypatch.setattr(type(made.site.archive), "put", put)
            wait_until(lambda: rows(made.root, "select 1 from transmission where state = 'delivered'"))
        made.sandbox.work_off()
        assert made.sent() == {"north": ["NO000001"]}


# -- partners


@pytest.mark.usefixtures("quick")
def test_a_paused_partner_is_left_alone_and_made_up_for(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.open()
        assert made.typed("partner", "pause", "north", "--reason", "their maintenance")[0] == 0
        with serving(made):
            made.drop("a.jsonl", [made.claim(1), made.claim(2, partner="south")])
            wait_until(lambda: [*(made.server.folder / "south/inbound").glob("*.837")])
            assert rows(made.root, "select 1 from transmission where partner = 'north'") == []
            with made.site.store.read() as tx:
                assert partners.get(tx, "north").last_contact_at is None
            (item,) = made.queue()
            assert (item.id, item.kind) == ("north", "held")
            assert "their maintenance" in item.why
            made.resolve(item)
            wait_until(lambda: [*(made.server.folder / "north/inbound").glob("*.837")])
        assert made.queue() == []


def test_a_single_run_says_that_a_partner_is_paused(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.open()
        made.typed("partner", "pause", "north", "--reason", "their maintenance")
        made.drop("a.jsonl", [made.claim(1)])
        report = made.pass_()
        (trouble,) = report.troubles
        assert str(trouble).startswith("north: paused: their maintenance")
        assert "gateway partner resume north" in trouble.message
        assert report.exit_code == 1
        assert report.sealed == 0


@pytest.mark.usefixtures("quick")
def test_a_partner_that_is_down_is_probed_and_served_at_once_when_it_is_back(tmp_path: Path) -> None:
    top = "[delivery]\nbreaker_failures = 3\nretry_minutes = [1, 240]\nprobe_minutes = 15\n"
    with house(tmp_path, names=("north",), top=top) as made:
        made.open()
        made.server.stop()
        made.drop("a.jsonl", [made.claim(1)])

        def tripped() -> bool:
            made.clock.advance(timedelta(seconds=20))
            with made.site.store.read() as tx:
                return partners.get(tx, "north").tripped

        with serving(made):
            wait_until(tripped)
            (item,) = made.queue()
            assert "3 failures in a row, the last: Unreachable" in item.why
            failures = len(rows(made.root, "select 1 from audit_event where kind = 'contact_failed'"))
            made.clock.advance(timedelta(minutes=5))
            threading.Event().wait(0.3)
            after = len(rows(made.root, "select 1 from audit_event where kind = 'contact_failed'"))
            assert after - failures <= 1, "a tripped partner is probed every quarter of an hour, not more"
            made.server.start(port=made.server.port)
            made.clock.advance(timedelta(minutes=16))
            wait_until(lambda: rows(made.root, "select 1 from transmission where state = 'delivered'"))
        assert made.queue() == []


# -- the machinery itself


@pytest.mark.usefixtures("quick")
def test_damage_stops_everything(tmp_path: Path) -> None:
    with house(tmp_path, names=("north",)) as made:
        made.open()
        made.server.stop()
        made.drop("a.jsonl", [made.claim(1)])
        assert made.pass_().exit_code == 3
        ((blob,),) = rows(made.root, "select blob from transmission where state = 'sealed'")
        (made.root / "state/archive" / blob[:2] / blob).write_bytes(b"edited")
        made.server.start(port=made.server.port)
        made.clock.advance(timedelta(hours=9))
        with pytest.raises(IntegrityError) as raised, serving(made):
            threading.Event().wait(2)
        assert (made.root / "state/daemon.lock").stat().st_size == 0
        assert isinstance(raised.value, ArchiveDamaged)


@pytest.mark.usefixtures("quick")
def test_a_thread_in_trouble_rests_longer_and_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(tmp_path, names=("north",)) as made:
        made.open()
        served = Daemon(made.site)
        rests: list[float] = []
        failing = [True, True, True, True, False, True]

        def wait(seconds: float) -> bool:
            rests.append(seconds)
            if len(rests) == len(failing):
                served._stop.set()
            return False

        def duty(report: PassReport) -> None:
            if failing[len(rests)]:
                report.troubles.append(Trouble("intake", "OSError", "no room"))

        monkeypatch.setattr(module, "LONGEST_REST_SECONDS", 0.2)
        monkeypatch.setattr(served._stop, "wait", wait)
        served._repeat("intake", duty)
        assert rests == [0.04, 0.08, 0.16, 0.2, 0.02, 0.04]


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (PassReport(), 0),
        (PassReport(taken_in=3, waiting=2), 0),
        (PassReport(failed=1), 3),
        (PassReport(troubles=[Trouble("north", "Unreachable", "", passing=True)]), 3),
        (PassReport(troubles=[Trouble("north", "AuthRefused", "")]), 1),
        (PassReport(attention=1, troubles=[Trouble("north", "Unreachable", "", passing=True)]), 1),
    ],
)
def test_a_report_knows_its_exit_code(report: PassReport, code: int) -> None:
    assert report.exit_code == code


def test_a_signal_before_the_work_begins_is_not_lost(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.open()
        served = Daemon(made.site)
        served.stop()
        served.run()
        assert (made.root / "state/daemon.lock").stat().st_size == 0
        assert typed("--config", str(made.config), "status")[0] == 0
