"""What the crash tests kill: an installation with claims to send and files to fetch, served until nothing moves.

python -m tests.crash.driver ROOT PARTNER MODE     with GATEWAY_FAILPOINTS=name=kill in the environment
"""

import sys
from pathlib import Path

from gateway.clock import SystemClock
from gateway.exchange import collect, deliver, reconcile, seal
from gateway.exchange.seal import SealClaim
from gateway.settings import Partner
from gateway.site import Site
from gateway.store import claims
from tests.claims import claim
from tests.wires import folder_partner, site_of

CLAIMS = 4
DROPPED = [b"ISA*one~", b"ISA*two~", b"ISA*one~"]

UPLOADS = {
    "rename": {"mode": "rename"},
    "direct": {"mode": "direct"},
    "sibling": {"mode": "sibling", "temp_folder": "tmp"},
}


def profile(partner: Path, mode: str) -> Partner:
    """Return the partner that is *partner*, served in *mode*."""
    (partner / "tmp").mkdir(parents=True, exist_ok=True)
    return folder_partner(
        partner,
        upload=UPLOADS[mode],
        batching={"claims_per_set": 2},
        download={"folders": ["out"], "quiet_polls": 1, "after": "delete"},
    )


def open_site(root: Path, partner: Path, mode: str) -> Site:
    """Open the installation."""
    return site_of(root, SystemClock(), north=profile(partner, mode))


def prepare(root: Path, partner: Path) -> None:
    """Make an installation with claims ready, and files put out by the partner."""
    site = open_site(root, partner, "rename")
    with site.store.write("intake") as tx:
        for number in range(1, CLAIMS + 1):
            claims.new_claim(tx, claim(number), partner="north")
        tx.audit(facts={"claims": CLAIMS})
    site.store.close()
    for index, data in enumerate(DROPPED):
        (partner / "out" / f"{index}.x12").write_bytes(data)


def serve(root: Path, partner: Path, mode: str) -> None:
    """Recover, then send and fetch until nothing is left to do."""
    site = open_site(root, partner, mode)
    reconcile.recover(site)
    reconcile.reconcile(site, "north")
    while True:
        with site.store.read() as tx:
            ready = claims.ready_for(tx, "north")
        if not ready:
            break
        chosen = [SealClaim(one.claim_id, one.version_id, one.claim) for one in ready]
        seal.seal(site, "north", chosen)
    deliver.deliver_due(site, "north")
    reconcile.reconcile(site, "north")
    deliver.deliver_due(site, "north")
    collect.collect(site, "north")
    site.store.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
