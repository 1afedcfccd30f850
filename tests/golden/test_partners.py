"""The same day's work for two partners, against the file each of them wants, as a person can read it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway import settings
from gateway.exchange.render import Job, file_name, judge, prepare
from gateway.mapping.compile import load_map
from gateway.mapping.overlay import load_overlay
from gateway.model.claim import Claim
from tests.claims import OTHER_BILLING, claim

GOLDEN = Path(__file__).parent / "partners"

CONFIG = """\
environment = "{environment}"
key = "env:NO_KEY"
[submitter]
name = "ROE BILLING"
contact_name = "EDI DESK"
contact_phone = "5555550100"
[[billing_entity]]
name = "ROE CLINIC"
npi = "1098765435"
tax_id = "123456789"

[partner.first]
profile = "office-ally-like"
environment = "{environment}"
submitter_id = "ROE0001"
[partner.first.sftp]
host = "sftp.example.invalid"
username = "roe"
[partner.first.envelope]
sender_id = "ROE0001"

[partner.second]
profile = "availity-like"
environment = "{environment}"
submitter_id = "ROE-TWO"
receiver_name = "SECOND CLEARING"
receiver_id = "SECOND01"
[partner.second.sftp]
username = "roe"
[partner.second.envelope]
sender_id = "ROE2"
receiver_id = "SECOND01"
"""


def loaded(root: Path, environment: str = "test") -> settings.Settings:
    config = root / "config.toml"
    config.write_text(CONFIG.format(environment=environment), encoding="utf-8")
    return settings.load(config)


def days_work() -> Sequence[Claim]:
    line = claim(2).service_lines[0]
    return [
        claim(1),
        claim(
            2,
            charge=Decimal("165.50"),
            service_lines=(line, replace(line, procedure="87880", charge=Decimal(40))),
        ),
        claim(3, billing_provider=OTHER_BILLING, rendering_provider=None),
        claim(4, billing_provider=OTHER_BILLING, prior_authorization="AUTH7"),
    ]


def the_file(whole: settings.Settings, name: str) -> tuple[str, bytes]:
    profile = whole.partner[name]
    job = Job(
        profile=profile,
        submitter=whole.submitter,
        claim_map=load_map("837p", overlay=load_overlay("837p", name, profile=profile.profile)),
        isa13=42,
        gs06=42,
        created=datetime(2026, 11, 3, 17, 30, tzinfo=ZoneInfo("America/New_York")),
        references={"0001": "DAY00420001"},
    )
    rendered, guilt = judge(
        job, {"0001": [prepare(one, f"C-{n}") for n, one in enumerate(days_work(), start=1)]}
    )
    assert guilt.clean
    assert rendered is not None
    return file_name(job, sha256(rendered.data).hexdigest()), rendered.data


def readable(whole: settings.Settings, name: str) -> str:
    profile = whole.partner[name]
    sent_as, data = the_file(whole, name)
    assert profile.sftp is not None
    head = f"put {profile.upload.mode.value}: sftp://{profile.sftp.host}/{profile.send_folder}/{sent_as}\n\n"
    return head + data.decode("ascii").replace("~", "~\n")


@pytest.mark.parametrize("name", ["first", "second"])
def test_each_partner_gets_the_file_it_wants(tmp_path: Path, name: str) -> None:
    whole = loaded(tmp_path)
    golden = GOLDEN / f"{whole.partner[name].profile}.837"
    assert readable(whole, name) == golden.read_text(encoding="ascii")


def test_going_live_changes_every_mark_and_nothing_else(tmp_path: Path) -> None:
    test, live = loaded(tmp_path), loaded(tmp_path, "production")
    marks: dict[str, Any] = {}
    for name in ("first", "second"):
        before, after = readable(test, name).split("~"), readable(live, name).split("~")
        changed = [at for at, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        assert changed == [0]
        marks[name] = after[0].splitlines()[0]
        assert before[0].endswith("*T*:")
        assert after[0].endswith("*P*:")
    assert "/inbound/837P_000000042_" in marks["first"]
    assert "files.availity.com/SendFiles/" in marks["second"]
