"""`gateway status`: one look at everything."""

from collections import Counter
from typing import Any

from gateway.ops.reports import code_sets
from gateway.site import Site
from gateway.store import partners, queue
from gateway.store.figures import figures


def gather(site: Site) -> dict[str, Any]:
    """Return the figures, the money, the queue and the partners as of now."""
    now = site.clock.now()
    code_rows = code_sets.gather(site)
    with site.store.read() as tx:
        counted = figures(tx)
        waiting = Counter(item.kind for item in queue.items(tx, site.settings, now))
        served = [partners.get(tx, name) for name in site.settings.partner]
    return {
        "environment": site.settings.environment,
        "at": now,
        "claims": {
            "files received": counted.files_received,
            "records received": counted.records_received,
            "records refused": counted.records_refused,
            "claims": counted.claims,
            **counted.states,
        },
        "refused_by_code": counted.refused_by_code,
        "sent": counted.claims_sent,
        "rejected_by_999": counted.claims_rejected_by_999,
        "rejected_by_277ca": counted.claims_rejected_by_277ca,
        "accepted_by_payer": counted.claims_accepted_by_payer,
        "transmissions": counted.transmissions,
        "remittances_posted": counted.remittances_posted,
        "remittances_quarantined": counted.remittances_quarantined,
        "money": counted.money,
        "queue": dict(sorted(waiting.items())),
        "partners": [
            {
                "partner": p.partner,
                "paused": p.paused,
                "paused_reason": p.paused_reason,
                "failures": p.failures,
                "last_contact_at": p.last_contact_at,
                "poll_due_at": p.poll_due_at,
                "cutoff_due_at": p.cutoff_due_at,
            }
            for p in served
        ],
        "code_sets": {
            "judging": {row["code_set"]: row["effective"] for row in code_rows if row["judges_today"]},
            "shapes_only": code_sets.shapes_only(code_rows),
        },
        "needs_a_person": bool(waiting) or any(p.paused for p in served),
    }
