"""The way in: files dropped into outbound/ become claims, or come back with every reason."""

from gateway.claims.intake.formats import Intake
from gateway.claims.intake.reading import read_records

__all__ = ["Intake", "read_records"]
