"""`gateway doctor`: everything that can be wrong with an installation, each with what to do."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.claims.intake.watch import REJECTED
from gateway.errors import GatewayError
from gateway.mapping.check import check_maps
from gateway.ops.reports import code_sets
from gateway.settings import Partner, secret
from gateway.site import Site
from gateway.store import anchors, ledger, partners
from gateway.store.installation import schema_is_current
from gateway.store.transmissions import stored_blobs

DISK_FREE_BYTES = 1024**3
SAMPLED_BLOBS = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    message: str


def examine(site: Site) -> list[Check]:
    """Look at everything; a check that cannot be made is a check that failed."""
    checks = [
        Check(
            "configuration",
            True,
            f"{site.settings.environment.value}, partners: {', '.join(sorted(site.settings.partner))}",
        )
    ]
    for name, look in (
        ("database", _database),
        ("maps", _maps),
        ("archive", _archive),
        ("audit chain", _chain),
        ("books", _books),
        ("disk", _disk),
        ("outbound", _outbound),
        ("code sets", _code_sets),
    ):
        checks.append(_made(name, look, site))
    checks.extend(_partners(site))
    return checks


def _made(name: str, look: Callable[[Site], str], site: Site) -> Check:
    try:
        return Check(name, True, look(site))
    except GatewayError as fault:
        return Check(name, False, str(fault))


def _database(site: Site) -> str:
    if not schema_is_current(site.store):
        raise GatewayError(
            "the database is of another version; start the gateway once, or use the matching version"
        )
    return f"{site.store.engine.dialect.name}, schema current"


def _maps(site: Site) -> str:
    for name in site.settings.partner:
        site.claim_map(name)
    return f"{len(check_maps())} maps and every partner's overlay load"


def _archive(site: Site) -> str:
    with site.store.read() as tx:
        blobs = stored_blobs(tx, limit=SAMPLED_BLOBS)
    for blob in blobs:
        site.archive.get(blob)
    if not blobs:
        return "nothing archived yet"
    return f"the newest files read back, their hashes agree ({len(blobs)})"


def _chain(site: Site) -> str:
    report = anchors.verify_chain(site.store, site.state)
    if report.fault:
        raise GatewayError(f"{report.fault}; keep the files as they are and find out who changed them")
    return f"{report.events} events, unbroken"


def _books(site: Site) -> str:
    with site.store.read() as tx:
        ledger.check_books(tx)
    return "the trial balance is zero and every claim's account adds up"


def _disk(site: Site) -> str:
    free = shutil.disk_usage(site.state).free
    if free < DISK_FREE_BYTES:
        raise GatewayError(
            f"only {free // 1024**2} MB free under {site.state}; make room before anything fails"
        )
    return f"{free // 1024**3} GB free"


def _missing_secret(site: Site, profile: Partner) -> str | None:
    if profile.sftp is None:
        return None
    for key in ("private_key", "passphrase", "password"):
        reference = getattr(profile.sftp, key)
        try:
            if reference:
                secret(reference, base=site.root)
        except GatewayError as fault:
            return f"sftp.{key}: {fault}"
    return None


def _outbound(site: Site) -> str:
    if not site.outbound.is_dir():
        raise GatewayError(f"there is no folder {site.outbound} to drop files into; make it")
    strangers = sorted(
        folder.name
        for folder in site.outbound.iterdir()
        if folder.is_dir() and folder.name not in {*site.settings.partner, REJECTED} and folder.name[0] != "."
    )
    if strangers:
        raise GatewayError(
            f"{len(strangers)} folders here bear no partner's name, and nothing is taken from them; the partners are: "
            f"{', '.join(sorted(site.settings.partner))}"
        )
    return "every folder is a partner's"


def _code_sets(site: Site) -> str:
    rows = code_sets.gather(site)
    judging = [f"{row['code_set']} {row['effective']}" for row in rows if row["judges_today"]]
    missing = code_sets.shapes_only(rows)
    said = f"codes are judged by: {', '.join(judging)}"
    if missing:
        said += f"; checked only for their shape: {', '.join(missing)} (gateway codes load SET FILE)"
    return said


def _partners(site: Site) -> Iterator[Check]:
    for name, profile in site.settings.partner.items():
        with site.store.read() as tx:
            state = partners.get(tx, name)
        if state.paused:
            yield Check(
                f"partner {name}",
                False,
                f"paused: {state.paused_reason}; then: gateway partner resume {name}",
            )
        elif profile.sftp and not profile.host_keys:
            yield Check(f"partner {name}", False, f"no host key pinned; run: gateway partner trust {name}")
        elif missing := _missing_secret(site, profile):
            yield Check(f"partner {name}", False, missing)
        else:
            yield Check(
                f"partner {name}",
                True,
                f"upload mode {profile.upload.mode.value}, failures in a row: {state.failures}",
            )
