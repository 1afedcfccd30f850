"""The code sets of an installation, compiled once in each process and again when another release is loaded.

What is loaded counts; ICD-10-CM comes from its package where that is installed and nothing is loaded.
"""

import threading
from datetime import date

from gateway import default_codes
from gateway.model.codesets import WHAT, CodeSet, CodeTable, Verdict
from gateway.store import codes
from gateway.store.codes import Release
from gateway.store.db import Store


class CodeBook:
    """Tables for looking up codes; `refresh` at the beginning of a run sees what was loaded since the last.

    Safe to use from several threads.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._loaded: tuple[Release, ...] | None = None
        self._tables: dict[CodeSet, CodeTable | None] = {}
        self._unjudged: dict[CodeSet, date] = {}

    def refresh(self) -> None:
        """Begin a run: forget what was asked in vain, and the compiled tables where another release is loaded."""
        with self._store.read() as tx:
            loaded = tuple(codes.releases(tx))
        with self._lock:
            self._unjudged.clear()
            if loaded != self._loaded:
                self._loaded = loaded
                self._tables.clear()

    def releases(self) -> tuple[Release, ...]:
        """Return the releases that were loaded at the last `refresh`."""
        return self._loaded or ()

    def table(self, code_set: CodeSet) -> CodeTable | None:
        """Return the table of *code_set*, compiled at its first use; None where there is none."""
        try:
            return self._tables[code_set]
        except KeyError:
            with self._lock:
                if code_set not in self._tables:
                    self._tables[code_set] = self._compiled(code_set)
                return self._tables[code_set]

    def _compiled(self, code_set: CodeSet) -> CodeTable | None:
        with self._store.read() as tx:
            found = codes.table(tx, code_set)
        if found is None and code_set is CodeSet.ICD10CM:
            return default_codes.icd10cm()
        return found

    def judge(self, code_set: CodeSet, code: str, day: date) -> Verdict | None:
        """Return what is to be said of *code* on *day*; None, and remembered for `remark`, where no table is about that day."""
        found = self.table(code_set)
        verdict = None if found is None else found.judge(code, day)
        if verdict is None and code_set is not CodeSet.POS:  # that list comes with the gateway
            self._unjudged[code_set] = max(day, self._unjudged.get(code_set, day))
        return verdict

    def unjudged(self) -> list[str]:
        """Return the sets of which codes were asked for in vain since the last `refresh`."""
        with self._lock:
            return sorted(code_set.value for code_set in self._unjudged)

    def remark(self) -> str | None:
        """Say which codes of this run were checked only for their shape, and what to do; None where all were judged."""
        with self._lock:
            unjudged = sorted(self._unjudged.items())
        if not unjudged:
            return None
        said = [f"{WHAT[code_set]}: {self._why(code_set, day)}" for code_set, day in unjudged]
        return (
            f"checked only for their shape - {'; '.join(said)}. To have them judged on the day of service: "
            "gateway codes load SET FILE (docs/code-sets.md)"
        )

    def _why(self, code_set: CodeSet, day: date) -> str:
        return why_not(self.table(code_set), code_set, day)


def why_not(table: CodeTable | None, code_set: CodeSet, day: date) -> str:
    """Say why *table* does not judge *day*."""
    if table is None:
        return f"no {code_set.value} table is loaded"
    before = [release for release in table.releases if release <= day]
    if not before:
        return f"the {code_set.value} table begins on {min(table.releases)}, the day of service is {day}"
    return (
        f"the {code_set.value} table of {max(before)} is good until {code_set.lasts_until(max(before))}, "
        f"the day of service is {day}"
    )
