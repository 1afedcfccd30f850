"""What a partner makes of an edit: an error, a warning, or nothing (law 14).

Strict by default; each switch is named by its rule in `[partner.NAME.edits]`. An error that is one everywhere (SNIP
types 1 to 4, unless the edit says that partners differ on it) is switched for nobody.
"""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache

from gateway.claims.edits.rules import Check, Edit, registered
from gateway.model.findings import Severity
from gateway.settings import Partner, Settings, Switch

Effective = tuple[tuple[str, Severity, Check], ...]
"""Rule, severity and check of every edit that is on."""


def effective(profile: Partner | None) -> Effective:
    """Return the edits as *profile* wants them; made once for each way of switching them."""
    return _effective(() if profile is None else tuple(profile.edits.items()))


@cache
def _effective(switched: tuple[tuple[str, Switch], ...]) -> Effective:
    said = dict(switched)
    return tuple(
        (edit.rule, severity, edit.check)
        for edit in registered()
        if (severity := severity_of(edit, said)) is not None
    )


def severity_of(edit: Edit, switched: Mapping[str, Switch]) -> Severity | None:
    """Return what *edit* weighs where *switched* holds; None where it is off."""
    said = switched.get(edit.rule)
    if said is None:
        return edit.severity
    return None if said is Switch.OFF else Severity(said.value)


def is_off(profile: Partner | None, rule: str) -> bool:
    """Tell whether *profile* has switched *rule* off."""
    return profile is not None and profile.edits.get(rule) is Switch.OFF


def switch_faults(switched: Mapping[str, Switch]) -> Iterator[tuple[str, str]]:
    """Yield (rule, sentence) for every switch that cannot be: no such rule, or one that nobody may switch."""
    known = {edit.rule: edit for edit in registered()}
    for rule, said in switched.items():
        if rule not in known:
            near = difflib.get_close_matches(rule, known, 1)
            yield rule, f"no such edit{f', perhaps {near[0]}' if near else ''}; the list: gateway edits"
        elif said is not Switch.ERROR and (why := known[rule].why_fixed) is not None:
            yield rule, f"cannot be {said.value}: {why}"


def partner_faults(settings: Settings) -> Iterator[str]:
    """Yield every wrong switch of *settings* with its key."""
    for name, partner in settings.partner.items():
        for rule, sentence in switch_faults(partner.edits):
            yield f"partner.{name}.edits.{rule}: {sentence}"
