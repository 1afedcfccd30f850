"""What accompanies claims on their way out: who submits, to whom, under which numbers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Environment(StrEnum):
    """An installation, a profile and ISA15 are one or the other (law 10)."""

    TEST = "test"
    PRODUCTION = "production"

    @property
    def isa15(self) -> str:
        """Return the usage indicator: T or P."""
        return "P" if self is Environment.PRODUCTION else "T"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to call (PER): the submitter's contact in loop 1000A, a provider's or a patient's; numbers are digits only."""

    name: str | None = None
    phone: str | None = None
    phone_extension: str | None = None
    fax: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHeader:
    """The head of one transaction set: BHT, 1000A and 1000B, taken from the partner's profile.

    *reference* is BHT03, unique per transaction set; *created* is local time in the submitter's zone (TRAP-49).
    """

    reference: str
    created: datetime
    submitter_name: str
    submitter_id: str
    contact: Contact
    receiver_name: str
    receiver_id: str
    submitter_entity: str = "2"
    submitter_first_name: str | None = None
    submitter_middle_name: str | None = None
    purpose: str = "00"
    transaction_type: str = "CH"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeIds:
    """ISA and GS identities for one partner, as the partner's guide states them."""

    sender_qualifier: str
    sender_id: str
    receiver_qualifier: str
    receiver_id: str
    group_sender: str
    group_receiver: str
    request_ta1: bool = False
