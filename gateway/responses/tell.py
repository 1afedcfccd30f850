"""What an answer does to one claim besides moving it: the verdict's row, the hold, the findings, the word to the biller."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gateway.model.findings import Finding
from gateway.model.lifecycle import VOID, SubmissionState, claim_state
from gateway.model.money import plain
from gateway.responses.placing import AnswerPlaces
from gateway.store import acknowledgements, claims, exports, findings, holds, ledger, submissions
from gateway.store.acknowledgements import Result, Verdict
from gateway.store.db import Tx
from gateway.store.submissions import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an answer stands: the receipt, the *place* in it (interchange/group/set ordinals), and whose it is.

    *places* finds what it points at in the file that we sent and in the sender's.
    """

    receipt: str
    place: str
    partner: str
    places: AnswerPlaces | None = None

    def at(self, *further: str | int) -> "Origin":
        """Return a place further inside."""
        inside = "/".join([self.place, *(str(f) for f in further)])
        return replace(self, place=inside[:60])


def keep(tx: Tx, origin: Origin, kind: str, source: str, outcome: Result, **rest: Any) -> Result:
    """Keep the verdict at *origin* and return its outcome."""
    acknowledgements.keep(
        tx,
        Verdict(
            receipt=origin.receipt, place=origin.place, kind=kind, source=source, outcome=outcome, **rest
        ),
    )
    return outcome


def settled(tx: Tx, origin: Origin) -> bool:
    """Tell whether the verdict at *origin* was dealt with before."""
    return acknowledgements.settled(tx, origin.receipt, origin.place)


def placed(tx: Tx, origin: Origin, one: Submission, said: Iterable[Finding]) -> list[Finding]:
    """Return findings about a submission with the place in the sender's file, as nearly as it is known."""
    if origin.places is not None:
        return origin.places.put(tx, one, said, origin.partner)
    place = dropped_place(tx, one)
    return [f.at(**place) for f in said]


def dropped_place(tx: Tx, submission: Submission) -> dict[str, str | int | None]:
    """Return file, line and patient control number of the record that the submission came from, for a finding.

    The line is the record's row; in an 837 it is the segment at which the claim stands in its set.
    """
    dropped = submissions.dropped_as(tx, [submission.id])[submission.id]
    content = claims.content(tx, submission.version_id)
    line = int(dropped.place.rpartition("/")[2]) if dropped.place else dropped.row
    return {"file": dropped.file, "line": line, "claim": content.patient_control_number}


def reject(
    tx: Tx,
    origin: Origin,
    submission: Submission,
    state: SubmissionState,
    *,
    by: str,
    codes: str,
    said: Sequence[Finding],
) -> None:
    """Hold the claim of a submission that was just rejected, keep why, and tell the biller; *codes* are bare codes."""
    holds.place(tx, submission.claim_id, "rejected", f"rejected by the {by}: {codes or 'no code given'}")
    findings.keep(tx, submission.claim_id, said)
    claim_status(tx, origin, submission, state, by=by, codes=codes, said=said)


def give_back(
    tx: Tx, origin: Origin, one: Submission, *, by: str, codes: str, said: Sequence[Finding]
) -> None:
    """Have the record of a rejected claim put into outbound/rejected/, to be mended and dropped again."""
    content = {
        "claim": one.claim_id,
        "version": one.version_id,
        "by": by,
        "codes": codes,
        "findings": [{**asdict(f), "severity": f.severity.value} for f in said],
    }
    exports.queue(tx, exports.REJECTED, f"back:{origin.receipt}:{origin.place}:{one.id}"[:80], content)


def claim_status(
    tx: Tx,
    origin: Origin,
    submission: Submission,
    state: SubmissionState,
    *,
    by: str,
    codes: str = "",
    said: Sequence[Finding] = (),
) -> None:
    """Queue one line for the billing system: where the claim stands now, who says so, and why."""
    dropped = submissions.dropped_as(tx, [submission.id])[submission.id]
    content = claims.content(tx, submission.version_id)
    held = bool(holds.open_kinds(tx, submission.claim_id))
    # Taken back from a later payer, a claim is still charged to the first.
    is_void = submission.frequency == VOID and not ledger.claim_account(tx, submission.claim_id).charge
    frequency = VOID if is_void else None
    exports.queue(
        tx,
        "claim_status",
        f"{origin.receipt}:{origin.place}:{submission.id}"[:80],
        {
            "patient_control_number": content.patient_control_number,
            "claim_key": content.claim_key,
            "claim": submission.claim_id,
            "submission": submission.id,
            "state": claim_state(state, held=held, frequency=frequency).value,
            "stage": state.value,
            "codes": codes,
            "by": by,
            "partner": origin.partner,
            "at": tx.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "charge": plain(submission.charge),
            "payer_control_number": submissions.payer_control_number(tx, submission.id),
            "file": dropped.file,
            "row": dropped.row,
            "place": dropped.place,
            "findings": [_told(f, dropped) for f in said],
        },
    )


def _told(finding: Finding, dropped: submissions.Dropped) -> dict[str, Any]:
    """Return a finding with its row, and of a dropped 837 the place of the segment that it means."""
    place = dropped.place
    if place is not None and finding.line is not None:
        place = f"{place.rpartition('/')[0]}/{finding.line}"
    return {**asdict(finding), "severity": finding.severity.value, "row": dropped.row, "place": place}
