"""Every difference between pyx12 and the edits over sample 837Ps has a row in docs/edits-and-pyx12.md, and every row one.

The folder is named by GATEWAY_CORPUS; nothing of it is kept here.
"""

import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.edits_and_pyx12 import (
    DOCS,
    Compared,
    classes,
    compare,
    good,
    index,
    left_out,
    sample,
    total,
)

pytestmark = pytest.mark.corpus
CORPUS = Path(os.environ.get("GATEWAY_CORPUS", "absent"))

needs_corpus = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="GATEWAY_CORPUS is not set: the samples are not here"
)


@cache
def sides() -> tuple[Compared, ...]:
    return tuple(
        compare(row["file"], sample(CORPUS, row)) for row in index(CORPUS) if not left_out(CORPUS, row)
    )


def explained(heading: str) -> set[str]:
    """Return what the first column of the table under *heading* names."""
    text = DOCS.read_text(encoding="utf-8")
    part = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", part, flags=re.MULTILINE))


def found(by: str) -> set[str]:
    return {kind for who, kind in classes(list(sides())) if who == by}


@needs_corpus
def test_the_page_says_how_many_files_were_compared() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert total(list(sides()), len(index(CORPUS))) in text
    assert good(list(sides())) in text
    assert len(sides()) > 50


@needs_corpus
def test_what_only_pyx12_says_is_explained() -> None:
    assert found("pyx12") == explained("What only pyx12 says")


@needs_corpus
def test_what_only_the_edits_say_is_explained() -> None:
    assert found("gateway") == explained("What only the edits say")


@needs_corpus
def test_a_good_sample_is_withheld_for_a_reason_that_is_given_only() -> None:
    """pyx12 finds nothing: then the edits pass it too, or the page says why not."""
    withheld = {code for side in sides() if side.good for code in side.errors}
    assert withheld == explained("Good samples that the edits withhold")


@needs_corpus
def test_what_pyx12_says_of_a_claims_content_the_edits_say_too() -> None:
    """What they leave to it alone is not the claim's: envelope, numbering, order, sets without levels, claims not read."""
    assert not found("pyx12") & {"beside", "required", "value", "empty ends"}
    assert sum(s.shared for s in sides()) > 400
