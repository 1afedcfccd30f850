"""One attempt to put a file at the partner, from the look before to the proof after (reliability.md 3, S4 to S9).

It knows no database: it is handed a session and a way to commit that the file is about to appear, and gives a verdict.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from gateway import failpoints
from gateway.errors import (
    ConnectionLost,
    RemoteDenied,
    RemoteExists,
    RemoteFailure,
    RemoteMissing,
    Stalled,
    TransportError,
)
from gateway.exchange.look import Absent, Present, Unknown, look
from gateway.exchange.transport import Session
from gateway.model.lifecycle import TransmissionState
from gateway.settings import Partner

T = TransmissionState

BEFORE_VISIBLE = failpoints.declare(
    "deliver.before_visible", "the bytes are at the partner under a temporary name, or not yet (direct)"
)
AFTER_VISIBLE = failpoints.declare(
    "deliver.after_visible", "committed that the final name may appear; it has not yet"
)
AFTER_EFFECT = failpoints.declare(
    "deliver.after_effect", "the final name stands at the partner; nothing here says so"
)
AFTER_PROOF = failpoints.declare(
    "deliver.after_proof", "the partner's size is known to be ours; not committed"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an attempt ended: the transmission's next state with the evidence for it."""

    state: TransmissionState
    evidence: str
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One attempt under way.

    *final* and *temp* are remote paths (*temp* None in mode direct); *again* says that there were attempts before;
    *announce* commits that the final name may appear from now on; *visible* is true from then on; *on_handle* is the
    size that the open file had before it was closed.
    """

    session: Session
    profile: Partner
    final: str
    temp: str | None
    data: bytes
    again: bool
    announce: Callable[[], None]
    visible: bool = False
    on_handle: int | None = None

    @property
    def size(self) -> int:
        """Return the number of bytes to put."""
        return len(self.data)

    def run(self) -> Verdict:
        """Go through S4 to S9 and say what is proved; a TransportError is for `judge`."""
        there = look(self.session, self.profile, self.final)
        if isinstance(there, Present):
            return self._name_taken(there)
        if self.temp is None:
            failpoints.hit(BEFORE_VISIBLE)
            self._make_visible()
            self.on_handle = self.session.upload(self.data, self.final)
        else:
            self.on_handle = self.session.upload(self.data, self.temp)
            if (short := self._wrong_size(self.temp)) is not None:
                return short
            failpoints.hit(BEFORE_VISIBLE)
            self._make_visible()
            self.session.rename(self.temp, self.final)
        failpoints.hit(AFTER_EFFECT)
        verdict = self._prove()
        failpoints.hit(AFTER_PROOF)
        return verdict

    def judge(self, fault: TransportError) -> Verdict:
        """Say what a fault in the middle of `run` leaves us with."""
        error = f"{type(fault).__name__}:{fault.op}"
        if fault.maybe_done and (self.visible or self.profile.upload.vanishes_on_close):
            return Verdict(T.UNCERTAIN, f"no answer to {fault.op}; the partner may have the file", error)
        if isinstance(fault, ConnectionLost | Stalled):
            if self.visible and not self._before_effect(fault):
                return Verdict(T.UNCERTAIN, f"cut off at {fault.op}, after the file may have appeared", error)
            return Verdict(
                T.SEALED, f"cut off at {fault.op}; nothing was visible under the final name", error
            )
        if isinstance(fault, RemoteExists):
            there = self._look_again()
            if isinstance(there, Present):
                return replace(self._name_taken(there), error=error)
            if isinstance(there, Unknown) and self.visible:
                return Verdict(T.UNCERTAIN, "the final name is taken and the partner lets nobody look", error)
        return self._refused(fault, error)

    def _refused(self, fault: TransportError, error: str) -> Verdict:
        """The partner's server said no to a step, and the session lives."""
        there = self._look_again() if self.visible else Absent()
        if isinstance(there, Present) and there.size == self.size and fault.op in {"rename", "stat", "list"}:
            tidy(self.session, self.temp)
            return Verdict(
                T.DELIVERED, f"{self.size} bytes under the final name, seen after {fault.op} failed", error
            )
        if self.visible and self.temp is None and fault.op != "open" and not self._withdraw(self.final):
            return Verdict(T.HELD, "a partial file stands under the final name and cannot be removed", error)
        if self.visible and self.temp is not None and isinstance(fault, RemoteMissing):
            return Verdict(T.UNCERTAIN, "the temporary file was gone before it could be renamed", error)
        if self.temp is not None:
            tidy(self.session, self.temp)
        if isinstance(fault, RemoteDenied | RemoteMissing):
            return Verdict(
                T.HELD,
                f"the partner refuses {fault.op}; look at the profile's folders and upload.mode",
                error,
            )
        return Verdict(T.SEALED, f"{fault.op} failed; nothing of it is left at the partner", error)

    @staticmethod
    def _before_effect(fault: TransportError) -> bool:
        """Tell whether the request that would make the file appear was never sent."""
        return not fault.maybe_done and fault.op in {"open", "rename"}

    def _make_visible(self) -> None:
        self.announce()
        self.visible = True
        failpoints.hit(AFTER_VISIBLE)

    def _wrong_size(self, path: str) -> Verdict | None:
        """S6, S7: the temporary file must have our size before it gets its final name."""
        size = self.on_handle
        if (
            size in {None, self.size}
            and self.profile.upload.can_stat
            and not self.profile.upload.vanishes_on_close
        ):
            with suppress(RemoteDenied):
                size = self.session.size_of(path)
        if size in {None, self.size}:
            return None
        tidy(self.session, path)
        return Verdict(
            T.SEALED, f"the partner stored {size} of {self.size} bytes; is its disk full?", "SizeMismatch"
        )

    def _prove(self) -> Verdict:
        """S9: the partner has every byte, or we do not know."""
        vanishes = self.profile.upload.vanishes_on_close
        try:
            there = Absent() if vanishes else look(self.session, self.profile, self.final)
        except (RemoteDenied, RemoteFailure):
            there = Unknown()
        if isinstance(there, Present) and there.size is not None:
            if there.size == self.size:
                return Verdict(T.DELIVERED, f"{self.size} bytes under the final name, by {there.by}")
            if self._withdraw(self.final):
                return Verdict(
                    T.SEALED, f"the partner stored {there.size} of {self.size} bytes", "SizeMismatch"
                )
            return Verdict(
                T.HELD, f"{there.size} of {self.size} bytes stand under the final name", "SizeMismatch"
            )
        if self.on_handle == self.size and vanishes:
            return Verdict(
                T.DELIVERED, f"{self.size} bytes on the open file, then taken by the partner (picked up)"
            )
        if isinstance(there, Absent):
            return Verdict(T.UNCERTAIN, "gone from its final name straight after it was put there", "Missing")
        if self.on_handle == self.size:
            return Verdict(T.DELIVERED, f"{self.size} bytes on the open file, closed and named without fault")
        return Verdict(T.UNCERTAIN, "closed without fault, but the partner tells no size", "SizeUnknown")

    def _name_taken(self, there: Present) -> Verdict:
        """The final name is there already: ours from before (its name holds our number and hash), or a stranger's."""
        if there.size == self.size:
            return Verdict(
                T.DELIVERED, f"already there: {self.size} bytes under the final name, by {there.by}"
            )
        if there.size is None:
            return Verdict(
                T.UNCERTAIN, "the final name is there already and the partner tells no size", "SizeUnknown"
            )
        if self.temp is None and self.again and there.size < self.size and self._withdraw(self.final):
            return Verdict(
                T.SEALED, f"a part of {there.size} bytes from an earlier attempt was removed", "Partial"
            )
        return Verdict(T.HELD, f"another file of {there.size} bytes bears the final name", "RemoteExists")

    def _look_again(self) -> Present | Absent | Unknown:
        try:
            return look(self.session, self.profile, self.final)
        except TransportError:
            return Unknown()

    def _withdraw(self, path: str) -> bool:
        """Remove what we put under *path*; True when it is proved to be gone."""
        try:
            self.session.remove(path)
        except RemoteMissing:
            return True
        except TransportError:
            return False
        return True


def tidy(session: Session, temp: str | None) -> None:
    """Remove a temporary file of ours where the partner lets us; its name is unique, so that litter harms nobody."""
    if temp is None:
        return
    try:
        session.remove(temp)
    except (ConnectionLost, Stalled):
        raise
    except TransportError:
        return
