"""Which code sets are loaded, and whether they judge what is billed today: for `codes list`, `status` and `doctor`."""

from datetime import date
from typing import Any

from gateway import default_codes
from gateway.model.codesets import WHAT, CodeSet
from gateway.settings import zone
from gateway.site import Site

JUDGING = (CodeSet.ICD10CM, CodeSet.CPT, CodeSet.HCPCS, CodeSet.MODIFIERS, CodeSet.TAXONOMY)
"""The sets that claims are checked against only when they are loaded."""

PACKAGE = "package"
SHIPPED = "the gateway"


def gather(site: Site) -> list[dict[str, Any]]:
    """Return a row for each release, and one for each set that is not loaded; `judges_today` tells which one counts now."""
    site.codes.refresh()
    today = site.clock.now().astimezone(zone(site.settings.submitter.time_zone)).date()
    rows: list[dict[str, Any]] = []
    for code_set in CodeSet:
        loaded = [release for release in site.codes.releases() if release.code_set is code_set]
        effective = [release.effective for release in loaded]
        rows += [
            _row(code_set, release.effective, today, among=effective)
            | {
                "codes": release.codes, "source": release.source, "layout": release.layout,
                "loaded_at": release.loaded_at, "loaded_by": release.loaded_by,
            }
            for release in loaded
        ]  # fmt: skip
        if not loaded:
            rows.append(_without(code_set, today))
    return rows


def _row(code_set: CodeSet, effective: date | None, today: date, *, among: list[date]) -> dict[str, Any]:
    newest = max((day for day in among if day <= today), default=None)
    good_until = code_set.lasts_until(effective) if effective else None
    return {
        "code_set": code_set.value, "what": WHAT[code_set], "effective": effective, "good_until": good_until,
        "judges_today": effective is not None and effective == newest and (good_until is None or today < good_until),
        "codes": 0, "source": None, "layout": None, "loaded_at": None, "loaded_by": None,
    }  # fmt: skip


def _without(code_set: CodeSet, today: date) -> dict[str, Any]:
    """Return the row of a set that nobody loaded: perhaps it is there all the same."""
    if code_set is CodeSet.POS:
        found = _row(code_set, default_codes.PLACES_AS_OF, today, among=[default_codes.PLACES_AS_OF])
        return found | {"codes": len(default_codes.places().spans), "source": SHIPPED}
    package = default_codes.icd10cm() if code_set is CodeSet.ICD10CM else None
    if package is None:
        return _row(code_set, None, today, among=[])
    found = _row(code_set, package.releases[0], today, among=list(package.releases))
    return found | {"codes": len(package.spans), "source": f"{PACKAGE} {default_codes.ICD10CM_PACKAGE}"}


def shapes_only(rows: list[dict[str, Any]]) -> list[str]:
    """Return the sets whose codes are checked only for their shape today."""
    judged = {row["code_set"] for row in rows if row["judges_today"]}
    return [code_set.value for code_set in JUDGING if code_set.value not in judged]
