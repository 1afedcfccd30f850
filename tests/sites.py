"""Settings for tests: a test installation with two partners, changed by keyword where a test wants otherwise."""

from typing import Any

from gateway.settings import Settings

PARTNER: dict[str, Any] = {
    "environment": "test",
    "submitter_id": "SUB100",
    "receiver_name": "NORTH CLEARING",
    "receiver_id": "NORTH01",
    "payers": ["60054"],
    "send_folder": "inbound",
    "folder": {"path": "/nonexistent"},
    "envelope": {"sender_id": "SUB100", "receiver_id": "NORTH01"},
    "upload": {"mode": "rename"},
    "download": {"folders": ["outbound"]},
}


def partner_of(**changes: Any) -> dict[str, Any]:
    """Return one partner profile with *changes*."""
    return {**PARTNER, **changes}


def settings_of(**changes: Any) -> Settings:
    """Return settings of a test installation with *changes* to the top level."""
    south = partner_of(
        receiver_name="SOUTH CLEARING",
        receiver_id="SOUTH01",
        payers=["87726"],
        envelope={"sender_id": "SUB100", "receiver_id": "SOUTH01"},
    )
    data: dict[str, Any] = {
        "environment": "test",
        "key": "env:GATEWAY_TEST_KEY",
        "submitter": {"name": "ROE CLINIC", "contact_phone": "5555550100", "time_zone": "America/Chicago"},
        "billing_entity": [{"name": "ROE CLINIC", "npi": "1098765435", "tax_id": "123456789"}],
        "partner": {"north": partner_of(), "south": south},
    }
    return Settings.model_validate({**data, **changes})
