"""`gateway queue | head` left with exit code 1, which says that something needs a person."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("words", [("edits", "--json"), ("--version",)])
def test_who_reads_no_further_is_no_failure(words: tuple[str, ...]):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        left = subprocess.run(
            [sys.executable, "-m", "gateway.ops.cli.main", *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (left.returncode, left.stderr) == (0, b"")
