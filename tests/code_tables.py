"""Code sets for tests, without a store: a handful of codes, valid since 2025."""

from collections.abc import Iterable, Mapping
from datetime import date

from gateway.model.codesets import CodeSet, CodeTable, Span, Verdict

SINCE = date(2025, 10, 1)


class Tables:
    """A `Judge` over given tables."""

    def __init__(self, *tables: CodeTable) -> None:
        self._tables = {one.code_set: one for one in tables}

    def judge(self, code_set: CodeSet, code: str, day: date) -> Verdict | None:
        found = self._tables.get(code_set)
        return None if found is None else found.judge(code, day)


def table_of(
    code_set: CodeSet, codes: Iterable[str] | Mapping[str, Span], *, releases: tuple[date, ...] = (SINCE,)
) -> CodeTable:
    """Return a table of *codes*, each valid since the first release where its span is not given."""
    spans = codes if isinstance(codes, Mapping) else dict.fromkeys(codes, Span(releases[0], None))
    return CodeTable(code_set, releases, {code: (span,) for code, span in spans.items()})
