"""Pages made from the code say what the code says, and no command or key is missing from them."""

from pathlib import Path

import pytest

from gateway.ops.docs import pages

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_made_pages_are_current(name):
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], (
        f"run `make docs` and commit docs/{name}"
    )
