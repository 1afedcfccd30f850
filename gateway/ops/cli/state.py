"""What one call of the command line knows: where the configuration is and who is asking."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.site import Site

config: Path | None = None


def actor() -> str:
    """Return the name under which this call is audited: the operating system's user."""
    try:
        return f"user:{getpass.getuser()}"
    except (KeyError, OSError):
        return "user:unknown"


@contextmanager
def opened() -> "Iterator[Site]":
    """Open the installation for one command and let go of it afterwards."""
    from gateway.bootstrap import open_site

    site = open_site(config)
    try:
        yield site
    finally:
        site.store.close()
