"""Logs: one canonical line a unit of work, and nothing in it that could be about a person (law 11).

    log.info("delivered", partner="north", transmission="T-7K3F9Q2MXR", bytes=5120)

A processor lets a key through only when it stands in `ALLOWED`, and a value only when it has that key's shape: our ids,
our words, our codes, numbers. Anything else becomes its type and length (``<str 12>``). Exceptions are logged as their
type, our code and operation, and the place in our code: never their text, which may quote a file. Messages of libraries
are dropped; their logger and level stay.
"""

import builtins
import errno
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

from gateway import errors
from gateway.model.codesets import CodeSet
from gateway.settings import Logging

Shape = Callable[[Any], bool]


def _text(pattern: str) -> Shape:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal)


_OPAQUE_ID = _text(r"[CVSTRMPFX]-[2-9A-HJKMNP-TV-Z]{10}")
_NAME = _text(r"[a-z][a-z0-9_-]{0,30}")
_WORD = _text(r"[a-z][a-z0-9_.]{0,59}")
_CODE = _text(r"(?=.*[A-Z])[A-Z0-9]{1,12}(?:-[A-Z0-9]{1,12}){1,4}")
_PLACE = _text(r"gateway(?:\.[a-z0-9_]+)*:[0-9]+")
_MODULE = _text(r"[a-z_][a-z0-9_]{0,39}(?:\.[A-Za-z0-9_]{1,39}){0,5}")
_ERRORS = frozenset(
    name for scope in (errors, builtins) for name, value in vars(scope).items() if isinstance(value, type)
)


def _code_sets(value: Any) -> bool:
    return isinstance(value, str) and set(value.split(",")) <= set(CodeSet)


def _error_name(value: Any) -> bool:
    return isinstance(value, str) and (
        value in _ERRORS
        or re.fullmatch(r"[A-Za-z_]{1,60}(?:Error|Exception|Timeout|Exit|Interrupt)", value) is not None
    )


ALLOWED: Mapping[str, Shape] = {
    **dict.fromkeys(
        (
            "claim", "version", "submission", "transmission", "receipt", "remittance", "claim_payment", "intake", "export",
            "subject",
        ),
        _OPAQUE_ID,
    ),
    **dict.fromkeys(("partner", "part"), _NAME),
    **dict.fromkeys(
        ("kind", "state", "outcome", "op", "action", "reason", "alarm", "hold", "environment", "level", "dialect"), _WORD
    ),
    **dict.fromkeys(
        (
            "count", "claims", "records", "accepted", "rejected", "refused", "held", "ready", "sent", "withheld", "rows", "sets",
            "files", "segments", "findings", "bytes", "blobs", "attempt", "attempts", "failures", "events", "seq", "partners",
            "receipts", "transmissions", "submissions", "interchanges", "acknowledgements", "remittances", "payments",
            "exports", "posted", "suspense", "unmatched", "quarantined", "duplicates", "uncertain", "abandoned",
            "delivered", "collected", "seconds", "wait_seconds", "pid", "line", "billed", "paid", "adjusted", "patient",
            "amount", "maybe_done", "signal", "exit_code",
        ),
        _number,
    ),
    "code": _CODE,
    "code_sets": _code_sets,
    "error": _error_name,
    "cause": _error_name,
    "errno": _text(r"E[A-Z0-9]{1,20}"),
    "where": _PLACE,
    "library": _MODULE,
    "actor": _text(r"[a-z][a-z0-9_-]{0,20}(?::[a-z_][a-z0-9_.-]{0,38})?"),
    "revision": _text(r"[0-9]{4}"),
    "event": _text(r"[a-z][a-z0-9_.]{0,59}"),
    "timestamp": _text(r"[0-9T:.Z-]{20,32}"),
}  # fmt: skip
"""The keys a log line may have, each with the shape its value must have."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")
"""The gateway's only logger."""


@contextmanager
def unit_of_work(event: str, **ids: Any) -> Iterator[dict[str, Any]]:
    """Log one line when the work in the block ends, with its seconds and its outcome; yields what to add facts to.

    >>> with unit_of_work("delivered", partner="north") as facts:
    ...     facts["bytes"] = 5120
    """
    facts: dict[str, Any] = dict(ids)
    began = time.monotonic()
    try:
        yield facts
    except BaseException as fault:
        log.error(event, **{**facts, "outcome": "failed", "seconds": _since(began), "exc_info": fault})  # noqa: TRY400
        raise
    log.info(event, **{"outcome": "ok", **facts, "seconds": _since(began)})


def configure(settings: Logging, root: Path, *, to: TextIO | None = None) -> None:
    """Log as config.toml says: to standard error (or *to*), and to a file where one is named."""
    file = None
    if settings.file is not None:
        file = settings.file if settings.file.is_absolute() else root / settings.file
    _install(settings.format, settings.level, _Sink(to, file))


def safe_default() -> None:
    """Log warnings and worse to standard error: what holds before `configure`, with the same allow-list."""
    _install("console", "warning", _Sink(None, None))


def catch_uncaught() -> None:
    """Have an exception that nobody caught, in any thread, logged by type and place instead of printed with its text."""

    def report(kind: type[BaseException], fault: BaseException | None, _trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("uncaught", exc_info=fault)

    sys.excepthook = report
    threading.excepthook = lambda args: report(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: report(args.exc_type, args.exc_value, args.exc_traceback)


def allow_listed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep of *event* what `ALLOWED` lets through; all else becomes its type and length."""
    kept: dict[str, Any] = {}
    for key, value in event.items():
        shape = ALLOWED.get(key)
        if shape is None:
            # A key nobody declared may itself be somebody's name.
            kept[key if _WORD(key) else "withheld"] = _withheld(value)
        elif value is None or shape(value):
            kept[key] = str(value) if isinstance(value, Decimal) else value
        else:
            kept[key] = _withheld(value)
    return kept


def describe_exception(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace ``exc_info`` by the exception's type, our code and operation, and where in our code it came from."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    fault = given if isinstance(given, BaseException) else None
    if given is True:
        fault = sys.exc_info()[1]
    elif isinstance(given, tuple):
        fault = given[1]
    if fault is None:
        return event
    event["error"] = type(fault).__name__
    origin = fault
    while origin.__cause__ is not None or origin.__context__ is not None:
        origin = origin.__cause__ or origin.__context__  # type: ignore[assignment]
    if origin is not fault:
        event["cause"] = type(origin).__name__
    if isinstance(origin, OSError) and origin.errno is not None:
        event["errno"] = errno.errorcode.get(origin.errno)
    for name in ("code", "op", "maybe_done"):
        if isinstance(fault, errors.GatewayError) and hasattr(fault, name):
            event.setdefault(name, getattr(fault, name))
    if (where := _where(fault)) is not None:
        event["where"] = where
    return event


def _where(fault: BaseException) -> str | None:
    place, trace = None, fault.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.partition(".")[0] == "gateway":
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _withheld(value: Any) -> str:
    kind = type(value).__name__
    try:
        return f"<{kind} {len(value)}>"
    except TypeError:
        return f"<{kind}>"


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


class _Sink:
    """Where lines go. Logging never stops the work: a stream that is gone or a full disk loses the line, no more."""

    def __init__(self, stream: TextIO | None, file: Path | None) -> None:
        self._stream = stream
        self._file = file
        self._lock = threading.Lock()

    @property
    def colours(self) -> bool:
        return (self._stream or sys.stderr).isatty()

    def msg(self, line: str) -> None:
        with self._lock:
            stream = self._stream or sys.stderr
            try:
                stream.write(f"{line}\n")
                stream.flush()
            except (OSError, ValueError):
                pass
            if self._file is not None:
                self._append(line)

    def _append(self, line: str) -> None:
        # Opened for each line, so that logrotate may take the file away at any time.
        try:
            descriptor = os.open(
                self._file or "", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
            )
        except OSError:
            return
        try:
            os.write(descriptor, f"{line}\n".encode())
        except OSError:
            pass
        finally:
            os.close(descriptor)

    log = debug = info = warn = warning = error = critical = exception = fatal = msg


class _FromLibraries(logging.Handler):
    """Takes what libraries log through the standard library: logger and level stay, the message is dropped."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname.lower() if record.levelno >= logging.ERROR else "warning"
        facts = {"library": record.name, "exc_info": record.exc_info[1] if record.exc_info else None}
        getattr(log, level if level in {"error", "critical"} else "warning")("library", **facts)


def _install(style: Literal["json", "console"], level: str, sink: _Sink) -> None:
    renderer: Any = (
        structlog.processors.JSONRenderer(sort_keys=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sink.colours, pad_event_to=24)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            describe_exception,
            allow_listed,
            _in_order,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, _FromLibraries)]:
        root.removeHandler(handler)
    root.addHandler(_FromLibraries(logging.WARNING))


def _in_order(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    first = {key: event.pop(key) for key in ("timestamp", "level", "event") if key in event}
    return {**first, **event}


safe_default()
