"""An 835's groups of claims (LX) into one list of claims and back."""

from dataclasses import fields, replace

from gateway.mapping.shapes import GroupLevel, RemittanceSet
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.model.remittance_parts import ClaimGroup

_SUMS = tuple(f.name for f in fields(ClaimGroup))
_WHOLE = tuple(f.name for f in fields(Remittance) if f.name not in {"claims", "groups", "residue"})


def from_levels(levels: RemittanceSet) -> Remittance:
    """Make the remittance of the *levels* as they were read; a lone group without sums leaves no trace."""
    groups = tuple(ClaimGroup(**{name: getattr(level, name) for name in _SUMS}) for level in levels.groups)
    claims: tuple[RemittanceClaim, ...]
    if groups == (ClaimGroup(),):
        groups, claims = (), levels.groups[0].claims
    else:
        claims = tuple(
            replace(claim, group=number)
            for number, level in enumerate(levels.groups, start=1)
            for claim in level.claims
        )
    residue = levels.residue + tuple(segment for level in levels.groups for segment in level.residue)
    said = {name: getattr(levels, name) for name in _WHOLE}
    return Remittance(**said, claims=claims, groups=groups, residue=residue)


def to_levels(remittance: Remittance) -> RemittanceSet:
    """Return the levels of *remittance*; claims of no group come last, in one of their own."""
    levels = [
        GroupLevel(
            **{name: getattr(group, name) for name in _SUMS},
            claims=tuple(claim for claim in remittance.claims if claim.group == number),
        )
        for number, group in enumerate(remittance.groups, start=1)
    ]
    known = range(1, len(levels) + 1)
    others = tuple(claim for claim in remittance.claims if claim.group not in known)
    if others:
        levels.append(GroupLevel(claims=others))
    said = {name: getattr(remittance, name) for name in _WHOLE}
    return RemittanceSet(**said, groups=tuple(levels))
