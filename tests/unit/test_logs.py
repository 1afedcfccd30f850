"""Nothing about a person gets into a log, however it is handed in (P9, law 11)."""

import io
import json
import logging
import sys
import threading
from decimal import Decimal

import pytest

from gateway import logs
from gateway.errors import StoreUnavailable, Unreachable, X12Error
from gateway.logs import log, unit_of_work
from gateway.settings import Logging

CANARY = "ZZCANARY"


@pytest.fixture
def written(tmp_path):
    """Log as JSON into a buffer; returns what was written, as dictionaries."""
    stream = io.StringIO()
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    logs.configure(Logging(level="debug"), tmp_path, to=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logs.safe_default()
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def test_what_is_ours_passes(written):
    log.info("delivered", partner="north", transmission="T-7K3F9Q2MXR", bytes=5120, seconds=0.25, billed=Decimal("9.50"),
             code="P-BP-03", state="uncertain", error="StoreUnavailable", actor="user:roe", receipt=None, code_sets="icd10cm,cpt")  # fmt: skip
    (line,) = written()
    assert list(line)[:3] == ["timestamp", "level", "event"]
    line.pop("timestamp")
    assert line == {
        "level": "info", "event": "delivered", "partner": "north", "transmission": "T-7K3F9Q2MXR", "bytes": 5120,
        "seconds": 0.25, "billed": "9.50", "code": "P-BP-03", "state": "uncertain", "error": "StoreUnavailable",
        "actor": "user:roe", "receipt": None, "code_sets": "icd10cm,cpt",
    }  # fmt: skip


@pytest.mark.parametrize("key", sorted(logs.ALLOWED))
def test_no_key_lets_a_canary_through(written, key):
    for value in (
        CANARY,
        f"{CANARY}^JANE",
        "999-00-1234",
        f"{CANARY}.837",
        [CANARY],
        {"name": CANARY},
        CANARY.encode(),
    ):
        event = {"event": "x", key: value}
        if key == "event":
            log.info(value)
        else:
            log.info(**event)
    text = json.dumps(written())
    assert CANARY not in text
    assert "999-00-1234" not in text


def test_unknown_keys_become_type_and_length(written):
    log.warning(
        "x", patient_name=CANARY, dob=19700101, items=[CANARY] * 3, thing=object(), **{f"{CANARY} KEY": 1}
    )
    (line,) = written()
    assert line["patient_name"] == "<str 8>"
    assert line["dob"] == "<int>"
    assert line["items"] == "<list 3>"
    assert line["thing"] == "<object>"
    assert line["withheld"] == "<int>"
    assert CANARY not in json.dumps(line)


def test_a_sentence_as_event_is_withheld(written):
    log.info(f"claim of {CANARY} sent")
    log.info("claim of %s sent", CANARY)
    assert [line["event"] for line in written()] == ["<str 22>", "<str 22>"]


def fail_with(error, cause=None):
    password = CANARY  # a local that no log may show
    if cause is None:
        raise error
    raise error from cause(password)


@pytest.mark.parametrize("style", ["json", "console"])
def test_an_exception_is_its_type_code_operation_and_place(tmp_path, style, capsys):
    stream = io.StringIO()
    logs.configure(Logging(format=style), tmp_path, to=stream)
    try:
        for fault in (
            X12Error("ENV-NO-ISA", f"near {CANARY}"),
            Unreachable("connect", CANARY),
            ValueError(CANARY),
        ):
            try:
                fail_with(fault)
            except Exception:  # noqa: BLE001
                log.exception("failed")
    finally:
        logs.safe_default()
    text = stream.getvalue() + capsys.readouterr().err
    assert CANARY not in text
    for said in ("X12Error", "ENV-NO-ISA", "Unreachable", "connect", "ValueError"):
        assert said in text
    assert "Traceback" not in text


def test_the_cause_its_errno_and_our_place_are_named(written, archive, monkeypatch):
    def full(_):
        raise OSError(28, CANARY)

    monkeypatch.setattr("os.fsync", full)
    try:
        archive.put(CANARY.encode(), "receipt")
    except StoreUnavailable:
        log.exception("archived")
    (line,) = written()
    assert (line["error"], line["cause"], line["errno"]) == ("StoreUnavailable", "OSError", "ENOSPC")
    assert line["where"].startswith("gateway.store.archive:")
    assert CANARY not in json.dumps(line)


def test_libraries_keep_their_name_and_level_and_lose_their_words(written):
    library = logging.getLogger("some_library.part")
    library.info("connected as %s", CANARY)
    library.warning("login of %s refused", CANARY)
    try:
        fail_with(OSError(13, CANARY))
    except OSError:
        library.exception("while sending %s", CANARY)
    warning, failed = written()
    assert (warning["event"], warning["library"], warning["level"]) == (
        "library",
        "some_library.part",
        "warning",
    )
    assert (failed["error"], failed["errno"], failed["level"]) == ("PermissionError", "EACCES", "error")
    assert CANARY not in json.dumps([warning, failed])


def test_what_nobody_caught_is_logged_without_its_text(written, capsys):
    logs.catch_uncaught()
    for hook in (sys.excepthook,):
        try:
            fail_with(ValueError(CANARY))
        except ValueError:
            hook(*sys.exc_info())
    thread = threading.Thread(target=fail_with, args=[ValueError(CANARY)])
    thread.start()
    thread.join()
    lines = written()
    assert [(line["level"], line["event"], line["error"]) for line in lines] == [
        ("critical", "uncaught", "ValueError")
    ] * 2
    assert CANARY not in json.dumps(lines) + capsys.readouterr().err


def test_a_unit_of_work_is_one_line_with_seconds_and_outcome(written):
    with unit_of_work("delivered", partner="north") as facts:
        facts["bytes"] = 7
    with pytest.raises(Unreachable), unit_of_work("delivered", partner="north") as facts:
        facts["attempt"] = 2
        raise Unreachable("connect", CANARY)
    done, failed = written()
    assert (done["outcome"], done["bytes"], done["level"]) == ("ok", 7, "info")
    assert (failed["outcome"], failed["attempt"], failed["error"], failed["op"]) == (
        "failed",
        2,
        "Unreachable",
        "connect",
    )
    assert done["seconds"] >= 0
    assert failed["maybe_done"] is False


def test_the_file_is_private_relative_to_the_installation_and_survives_rotation(tmp_path):
    from pathlib import Path

    stream = io.StringIO()
    logs.configure(Logging(file=Path("gateway.log")), tmp_path, to=stream)
    try:
        log.info("one")
        (tmp_path / "gateway.log").rename(tmp_path / "gateway.log.1")
        log.info("two")
        log.debug("below the level")
    finally:
        logs.safe_default()
    assert (tmp_path / "gateway.log").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "gateway.log").read_text())["event"] == "two"
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["one", "two"]


def test_logging_never_stops_the_work(tmp_path):
    from pathlib import Path

    stream = io.StringIO()
    stream.close()
    logs.configure(Logging(file=Path("no/such/folder/x.log")), tmp_path, to=stream)
    try:
        log.info("one")
    finally:
        logs.safe_default()


def test_before_configure_the_same_list_holds(capsys):
    logs.safe_default()
    log.warning("x", name=CANARY)
    log.info("quiet")
    said = capsys.readouterr().err
    assert CANARY not in said
    assert "<str 8>" in said
    assert "quiet" not in said
