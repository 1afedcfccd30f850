"""A TCP proxy that breaks connections on purpose: after so many bytes, or into silence."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Faults:
    """What to break; counted in bytes over all connections since `reset`.

    *cut_down*: RST after that many bytes from the server. *cut_up*: RST after that many bytes from the client.
    *hole_down*: forward nothing more from the server after that many bytes, and keep the connection open.
    """

    cut_down: int | None = None
    cut_up: int | None = None
    hole_down: int | None = None


@dataclass
class Proxy:
    """A listening proxy; *up* and *down* count what went through."""

    target: tuple[str, int]
    faults: Faults = field(default_factory=Faults)
    up: int = 0
    down: int = 0
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.port = int(self._listener.getsockname()[1])
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def reset(self, faults: Faults | None = None) -> None:
        """Count from zero, with other faults from now on."""
        self.up = self.down = 0
        self.faults = faults or Faults()

    def stop(self) -> None:
        """Stop listening and forwarding."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            try:
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                client.close()
                continue
            pair = threading.Barrier(2)
            for source, sink, way in ((client, server, "up"), (server, client, "down")):
                thread = threading.Thread(target=self._pump, args=(source, sink, way, pair), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket, way: str, pair: threading.Barrier) -> None:
        source.settimeout(0.1)
        while not self._stop.is_set():
            try:
                data = source.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not data:
                break
            if not self._forward(data, sink, way):
                _reset(source, sink)
                break
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        with suppress(threading.BrokenBarrierError):
            pair.wait(timeout=10)
        source.close()

    def _forward(self, data: bytes, sink: socket.socket, way: str) -> bool:
        so_far = getattr(self, way)
        setattr(self, way, so_far + len(data))
        cut = self.faults.cut_down if way == "down" else self.faults.cut_up
        hole = self.faults.hole_down if way == "down" else None
        if hole is not None and so_far + len(data) > hole:
            data = data[: max(0, hole - so_far)]
        whole = cut is None or so_far + len(data) <= cut
        if not whole and cut is not None:
            data = data[: max(0, cut - so_far)]
        try:
            sink.sendall(data)
        except OSError:
            return False
        return whole


def _reset(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with suppress(OSError):
            end.close()


@contextmanager
def running_proxy(port: int) -> Iterator[Proxy]:
    """Run a proxy in front of loopback *port*."""
    proxy = Proxy(("127.0.0.1", port))
    try:
        yield proxy
    finally:
        proxy.stop()
