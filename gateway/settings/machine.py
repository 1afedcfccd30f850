"""The machine in config.toml: limits on outside input, how hard it tries, what it logs."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from gateway.settings.kinds import Section


class Limits(Section):
    """Every limit on outside input (law 16)."""

    intake_file_bytes: int = Field(256 * 1024 * 1024, description="largest file taken from outbound/")
    intake_record_bytes: int = Field(4 * 1024 * 1024, description="largest single claim record")
    intake_records: int = Field(100_000, description="most claim records in one dropped file")
    receipt_bytes: int = Field(1024 * 1024 * 1024, description="largest file downloaded from a partner")
    segment_bytes: int = Field(64 * 1024, description="longest X12 segment")
    segment_elements: int = Field(200, description="most elements in one X12 segment")
    set_segments: int = Field(5_000_000, description="most segments in one transaction set")
    listing_entries: int = Field(10_000, description="most entries read from one remote folder in one poll")
    findings_per_file: int = Field(10_000, description="most findings kept for one file")
    code_file_bytes: int = Field(64 * 1024 * 1024, description="largest file of a code set")
    codes: int = Field(500_000, description="most codes in one file of a code set")
    bank_file_bytes: int = Field(16 * 1024 * 1024, description="largest file of a bank")
    bank_lines: int = Field(100_000, description="most lines in one file of a bank")
    archive_files: int = Field(1_000, description="most files unpacked from one zip archive")


class Logging(Section):
    """One canonical line a unit of work."""

    format: Literal["json", "console"] = Field("json", description="json | console (for people)")
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug | info | warning | error: nothing below it is logged"
    )
    file: Path | None = Field(None, description="a file beside standard error; relative to the installation")


class Delivery(Section):
    """How hard we try, and when a person is called."""

    retry_minutes: tuple[float, ...] = Field(
        (1, 5, 15, 60, 240), description="waits between attempts of one transmission"
    )
    reconcile_wait_minutes: float = Field(
        120, gt=0, description="how long an uncertain transmission waits for its answer"
    )
    breaker_failures: int = Field(
        5, ge=1, description="failed attempts in a row after which the partner is paused"
    )
    probe_minutes: float = Field(
        15, gt=0, description="how often a partner paused by failures is tried again"
    )
