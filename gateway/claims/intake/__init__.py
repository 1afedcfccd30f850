"""The way in: files dropped into outbound/ become claims, or come back with every reason."""

from gateway.claims.intake.formats import Intake
from gateway.claims.intake.reading import read_records
from gateway.claims.intake.take import IntakeReport, recover_intake, take_in

__all__ = ["Intake", "IntakeReport", "read_records", "recover_intake", "take_in"]
