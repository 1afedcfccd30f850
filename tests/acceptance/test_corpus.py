"""Sample files nobody here wrote: no traceback, no silent drop, and the 835 verdicts of the index."""

import csv
import io
import json
import os
import re
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.ops.cli.main import app

pytestmark = pytest.mark.corpus
CORPUS = os.environ.get("GATEWAY_CORPUS")


def index():
    """Return the corpus index, empty where there is no corpus."""
    if not CORPUS:
        return []
    with (Path(CORPUS) / "index.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def run(*args):
    """Run one command in this process; any exception that is not ours fails the test."""
    out, err = io.StringIO(), io.StringIO()
    out.buffer = io.BytesIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            app(list(args))
            code = 0
        except SystemExit as left:
            code = left.code or 0
        except GatewayError as fault:
            code = fault.exit_code
            print(f"gateway: {fault}", file=sys.stderr)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module", autouse=True)
def _corpus():
    if not CORPUS:
        pytest.skip("GATEWAY_CORPUS is not set: the sample files are not here")


FILES = sorted({row["file"].split("#")[0] for row in index()})


@pytest.mark.parametrize("name", FILES or ["none"])
def test_no_file_gives_a_traceback(name):
    path = Path(CORPUS) / name
    read_code, out, err = run("read", str(path))
    assert read_code in {0, 1, 2}
    assert out or err, "neither data nor a word about it"
    check_code, out, err = run("check", str(path))
    assert check_code in {0, 1, 2}
    if check_code:
        assert err.strip(), "refused without a reason"


@pytest.mark.parametrize("name", FILES or ["none"])
def test_every_file_is_described_segment_by_segment(name):
    """Masked and not; every terminator of the file has its segment, but for lines around and between interchanges."""
    path = Path(CORPUS) / name
    code, out, _err = run("describe", "--json", "--unmask", str(path))
    assert code in {0, 1, 2}
    shown = [json.loads(line) for line in out.splitlines()]
    segments = [line for line in shown if line["kind"] == "segment"]
    said = {line["code"] for line in shown if line["kind"] == "finding"}
    assert segments or said
    for line in segments:
        assert line["raw"]
    if not said & {"ENV-NO-ISA", "ENV-ISA-BROKEN", "ENV-TRAILING", "ENV-LEADING-TEXT", "ENV-SEGMENT-LONG"}:
        assert len(segments) == terminators(path.read_bytes())
    assert run("describe", str(path))[0] == code


def terminators(data):
    """Count the segments of a file whose ISA is where it should be, each interchange by its own terminator."""
    count, text = 0, data.decode("latin-1").removeprefix("\xef\xbb\xbf")
    while text.strip("\0\x1a \r\n\t"):
        text = text.lstrip("\0\x1a \r\n\t")
        at = -1
        for _ in range(16):
            at = text.index(text[3], at + 1)
        rest = text[at + 2 :]
        terminator = rest[len(rest) - len(rest.lstrip(" "))]
        text = text.replace("\r\n", "\n").replace("\r", "\n") if terminator in "\r\n" else text
        terminator = "\n" if terminator == "\r" else terminator
        while True:
            segment, _, text = text.partition(terminator)
            count += bool(segment.strip("\0\x1a \r\n\t"))
            if segment.strip().startswith("IEA") or not text.strip("\0\x1a \r\n\t"):
                break
            if re.match(r"\s*ISA[^A-Za-z0-9]", text):
                break
    return count


BALANCED = [r for r in index() if r["transaction"] == "835" and r["envelope"] == "OK" and r["balance_835"]]


@pytest.mark.parametrize("row", BALANCED or [None], ids=lambda r: r["file"] if r else "none")
def test_835_verdicts_agree_with_the_index(row):
    """The index counts transactions by B4, claims by B2 and lines by B1; B3 is ours on top (domain.md 4.7)."""
    code, out, _err = run("read", str(Path(CORPUS) / row["file"]))
    assert code in {0, 1}
    remittances = [json.loads(line) for line in out.splitlines()]
    assert {r["kind"] for r in remittances} == {"remittance"}
    failed = Counter(i["rule"] for r in remittances for i in r["imbalances"])
    claims = [c for r in remittances for c in r["claims"]]
    lines = sum(len(c["service_lines"]) for c in claims)
    verdict = "UNBALANCED" if failed - Counter({"B5": failed["B5"]}) else "balanced"
    sets, total = len(remittances), len(claims)
    assert row["balance_835"] == (
        f"{verdict} tx {sets - failed['B4']}/{sets} claims {total - failed['B2']}/{total}"
        f" lines {lines - failed['B1']}/{lines}"
    )
    assert all(r["balanced"] == (not [i for i in r["imbalances"] if i["rule"] != "B5"]) for r in remittances)
