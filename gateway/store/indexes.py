"""How values that may not stand in the clear are found again: one keyed hash a purpose.

Whoever writes an ``*_index`` column and whoever looks into it call the same function here.
"""

import re

from gateway.store.db import Tx

_NOT_ALPHANUMERIC = re.compile(r"[^A-Z0-9]")


def _loose(value: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", value.upper())


def pcn(tx: Tx, patient_control_number: str) -> str:
    """Return the hash of a patient control number, case aside (TRAP-18)."""
    return tx.index("pcn", patient_control_number.strip().upper())


def pcn_loose(tx: Tx, patient_control_number: str) -> str:
    """Return the hash of a patient control number as a careless partner may echo it: letters and digits only."""
    return tx.index("pcn_loose", _loose(patient_control_number))


def payer_control(tx: Tx, number: str) -> str:
    """Return the hash of a payer's claim control number (REF*1K, CLP07)."""
    return tx.index("payer_control", number.strip().upper())


def member(tx: Tx, member_id: str) -> str:
    """Return the hash of a member id, case, blanks and hyphens aside (TRAP-50)."""
    return tx.index("member", _loose(member_id))
