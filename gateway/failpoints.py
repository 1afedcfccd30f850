"""Named places where a test may kill, delay or break the process.

``GATEWAY_FAILPOINTS="deliver.after_rename=kill"`` arms one; unarmed, a failpoint is one dictionary look-up.
Actions: ``kill`` (SIGKILL to ourselves), ``raise`` (an OSError once). The crash tests sweep every name in `NAMES`.
"""

import os
import signal

NAMES: dict[str, str] = {}
"""Every failpoint's name with the sentence that says where it stands; filled by `declare` at import."""

_armed: dict[str, str] = dict(
    item.split("=", 1) for item in os.environ.get("GATEWAY_FAILPOINTS", "").split(",") if "=" in item
)


def declare(name: str, where: str) -> str:
    """Register failpoint *name* and return it; *where* is a sentence for the list of failpoints."""
    NAMES[name] = where
    return name


def hit(name: str) -> None:
    """Carry out the action armed for *name*, if any."""
    action = _armed.get(name)
    if action is None:
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "raise":
        del _armed[name]
        raise OSError(f"failpoint {name}")


def arm(name: str, action: str) -> None:
    """Arm *name* from a test in the same process."""
    _armed[name] = action


def disarm() -> None:
    """Disarm every failpoint."""
    _armed.clear()
