"""999 and 997: the partner's word on a group and each transaction set in it (domain.md 3.3)."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.model.acknowledgement import GroupAcknowledgement, SegmentError, SetAcknowledgement
from gateway.model.findings import Finding, Severity, error, warning
from gateway.model.lifecycle import SubmissionState, TransmissionState
from gateway.responses import proof, tell
from gateway.responses.guilt import Blame, blame
from gateway.responses.placing import element_name, of_segment
from gateway.responses.tell import Origin
from gateway.responses.words import set_error
from gateway.store import acknowledgements, claims, findings, submissions, transmissions
from gateway.store.acknowledgements import Result
from gateway.store.db import Tx
from gateway.store.submissions import Move, Submission
from gateway.store.transmissions import Transmission

SOURCE = "group"
ACCEPTING = frozenset({"A", "E"})
REJECTING = frozenset({"R", "M", "W", "X"})
INNOCENT = "innocent of a rejected set"


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """What the 999 comes to for one set of ours; *said* is its AK2 loop, None where it was not listed."""

    st02: str
    outcome: Result
    said: SetAcknowledgement | None
    key: str


def apply_999(tx: Tx, said: GroupAcknowledgement, origin: Origin, *, kind: str = "999") -> list[Result]:
    """Apply a 999 (or 997) to the group it names among those we sent to the partner; one result a set."""
    sent = _sent(tx, said, origin.partner)
    if sent is None:
        here = origin.at("group")
        if not tell.settled(tx, here):
            tell.keep(tx, here, kind, SOURCE, Result.UNMATCHED, codes=said.group_status, detail=_detail(said))
        return [Result.UNMATCHED]
    _settle_stray(tx, origin, kind)
    state = proof.prove_delivery(tx, sent, receipt=origin.receipt)
    ours = acknowledgements.set_states(tx, sent.id)
    verdicts, remarks = verdicts_of(said, list(ours))
    results = []
    fresh = False
    for verdict in verdicts:
        here = origin.at(verdict.key)
        if tell.settled(tx, here):
            results.append(verdict.outcome)
            continue
        fresh = True
        outcome = (
            verdict.outcome if verdict.st02 not in ours else _apply_set(tx, here, kind, sent.id, verdict)
        )
        codes = " ".join(
            [verdict.said.status, *verdict.said.error_codes] if verdict.said else [said.group_status]
        )
        tell.keep(
            tx, here, kind, SOURCE, outcome, transmission=sent.id, st02=verdict.st02, codes=codes,
            detail=None if verdict.st02 in ours else _detail(said),
        )  # fmt: skip
        results.append(outcome)
    if fresh:
        findings.keep(tx, origin.receipt, remarks)
        acknowledgements.mark_transmission(tx, sent.id, ack_999=said.group_status)
        _advance(tx, sent.id, state, origin)
    return results


def _detail(said: GroupAcknowledgement) -> dict[str, str | None]:
    return {"group_control_number": said.group_control_number, "functional_id": said.functional_id}


def _sent(tx: Tx, said: GroupAcknowledgement, partner: str) -> Transmission | None:
    if said.functional_id not in {"", "HC"}:
        return None
    found = transmissions.by_group(tx, partner, said.group_control_number)
    if found is None or found.kind == transmissions.ANSWER:
        return None  # no 999 speaks of a 999; the number is a coincidence, or somebody's mistake
    return found if proof.was_sent(tx, found) else None


def _settle_stray(tx: Tx, origin: Origin, kind: str) -> None:
    """A reread found what an earlier reading did not: the row that said so is settled."""
    here = origin.at("group")
    if acknowledgements.known(tx, here.receipt, here.place) is Result.UNMATCHED:
        tell.keep(tx, here, kind, SOURCE, Result.RECEIVED, codes="matched by a reread")


def verdicts_of(said: GroupAcknowledgement, ours: list[str]) -> tuple[list[SetVerdict], list[Finding]]:
    """Derive the outcome of every set of our group, listed or not (ACK-07), and remarks on what does not add up."""
    remarks: list[Finding] = []
    listed: dict[str, SetVerdict] = {}
    for number, one in enumerate(said.sets, start=1):
        st02 = one.set_control_number.strip()
        verdict = SetVerdict(st02, _outcome(one.status), one, str(number))
        if st02 not in ours:
            verdict = SetVerdict(st02, Result.UNMATCHED, one, str(number))
            listed[f"?{number}"] = verdict
        elif st02 not in listed or verdict.outcome is Result.REJECTED:
            listed[st02] = verdict
    known = [v for v in listed.values() if v.outcome is not Result.UNMATCHED]
    missing = [st02 for st02 in ours if st02 not in listed]
    accepted = sum(v.outcome in {Result.ACCEPTED, Result.ERRORS_NOTED} for v in known)
    partial = said.sets_included is not None and said.sets_included < len(ours)
    if said.sets_included is not None and said.sets_included != len(ours):
        remarks.append(
            warning(
                "ACK-COUNT",
                f"the answer speaks of {said.sets_included} sets, the group had {len(ours)}",
                segment="AK9",
                element="AK902",
            )
        )
    if said.group_status in ACCEPTING and any(v.outcome is Result.REJECTED for v in known):
        remarks.append(
            warning(
                "ACK-CONTRADICTION",
                "the group is called accepted, yet a set in it is rejected: the rejection counts",
                segment="AK9",
                element="AK901",
            )
        )
    if said.group_status in REJECTING and accepted:
        remarks.append(
            warning(
                "ACK-CONTRADICTION",
                "the group is called rejected, yet a set in it is accepted: ask the partner",
                segment="AK9",
                element="AK901",
            )
        )
        known = [
            v if v.outcome is Result.REJECTED else SetVerdict(v.st02, Result.UNKNOWN, v.said, v.key)
            for v in known
        ]
    if partial and known:
        missing = []  # a 999 for some of the sets; the others are still to be answered
    silent = _unlisted(said, accepted=accepted, unlisted=len(missing))
    if partial and silent in {Result.ACCEPTED, Result.ERRORS_NOTED}:
        silent = Result.UNKNOWN  # fewer sets were accepted than we sent, and none is named
    strangers = [v for v in listed.values() if v.outcome is Result.UNMATCHED]
    return [*known, *(SetVerdict(st02, silent, None, f"-{st02}") for st02 in missing), *strangers], remarks


def _outcome(status: str) -> Result:
    if status == "A":
        return Result.ACCEPTED
    if status == "E":
        return Result.ERRORS_NOTED
    return Result.REJECTED if status in REJECTING else Result.UNKNOWN


def _unlisted(said: GroupAcknowledgement, *, accepted: int, unlisted: int) -> Result:
    """Tell what AK9 says of sets that have no AK2: with P, only the count of accepted sets can clear them (TRAP-52)."""
    if said.group_status == "P":
        return Result.ACCEPTED if accepted + unlisted == said.sets_accepted else Result.UNKNOWN
    return _outcome(said.group_status)


def _apply_set(tx: Tx, origin: Origin, kind: str, transmission_id: str, verdict: SetVerdict) -> Result:
    sent = [
        s
        for s in submissions.of_transmission(tx, transmission_id, verdict.st02)
        if s.state is not SubmissionState.WITHDRAWN
    ]
    before = acknowledgements.set_states(tx, transmission_id)[verdict.st02]
    if verdict.outcome in {Result.ACCEPTED, Result.ERRORS_NOTED}:
        if before == "rejected":
            return Result.CONFLICT
        acknowledgements.mark_set(tx, transmission_id, verdict.st02, "accepted")
        _accept(tx, origin, kind, verdict, sent)
        return verdict.outcome
    if verdict.outcome is Result.UNKNOWN:
        if before == "open":
            acknowledgements.mark_set(tx, transmission_id, verdict.st02, "unknown")
        return Result.UNKNOWN
    if before == "rejected":
        return Result.REJECTED
    if before == "accepted" or any(
        submissions.judge(one.state, SubmissionState.SET_REJECTED) is Move.CONFLICT for one in sent
    ):
        return Result.CONFLICT
    acknowledgements.mark_set(tx, transmission_id, verdict.st02, "rejected")
    _reject(tx, origin, kind, verdict, sent)
    return Result.REJECTED


def _accept(tx: Tx, origin: Origin, kind: str, verdict: SetVerdict, sent: list[Submission]) -> None:
    """Move the claims of an accepted set on; what the answer only remarks on is kept with the claim it means."""
    noted: dict[str, list[SegmentError]] = {}
    if verdict.said is not None and verdict.said.segments:
        noted = blame(verdict.said, sent, _numbers(tx, sent)).guilty
    for one in sent:
        if submissions.move(tx, one.id, SubmissionState.SET_ACCEPTED):
            remarks = tell.placed(
                tx, origin, one, _of_segments(tx, one, noted.get(one.id, ()), origin, Severity.WARNING)
            )
            findings.keep(tx, one.claim_id, remarks)
            tell.claim_status(
                tx, origin, one, SubmissionState.SET_ACCEPTED, by="file check", codes=kind, said=remarks
            )


def _numbers(tx: Tx, sent: Iterable[Submission]) -> dict[str, str]:
    return {one.id: claims.content(tx, one.version_id).patient_control_number for one in sent}


def _reject(tx: Tx, origin: Origin, kind: str, verdict: SetVerdict, sent: list[Submission]) -> None:
    """Hold the guilty and send the innocents round again; where nobody can be told guilty, hold all.

    Innocents of a file that the previous system sent are held too: a person decides which system sends them again.
    """
    said = verdict.said or SetAcknowledgement(set_control_number=verdict.st02, status="R")
    found = blame(said, sent, _numbers(tx, sent))
    ours = all(
        transmissions.get(tx, t).kind != transmissions.REGISTERED for t in {s.transmission_id for s in sent}
    )
    for one in sent:
        errors = found.guilty.get(one.id)
        submissions.move(tx, one.id, SubmissionState.SET_REJECTED, _codes(errors or [], said))
        if errors is None and found.complete and ours:
            submissions.move(tx, one.id, SubmissionState.WITHDRAWN, INNOCENT)
            tell.claim_status(tx, origin, one, SubmissionState.WITHDRAWN, by="file check", codes=kind)
            continue
        why = tell.placed(tx, origin, one, explain(tx, one, errors or [], found, said, origin))
        codes = _codes(errors or [], said)
        tell.reject(tx, origin, one, SubmissionState.SET_REJECTED, by="file check", codes=codes, said=why)
        tell.give_back(tx, origin, one, by="file check", codes=codes, said=why)
        tell.keep(
            tx, origin.at(one.id), kind, SOURCE, Result.REJECTED, st02=one.st02, submission=one.id,
            transmission=one.transmission_id, codes=codes,
        )  # fmt: skip


def _codes(errors: Iterable[SegmentError], said: SetAcknowledgement) -> str:
    """Return bare codes such as ``CLM 8 CLM02 1``; the set's own where no segment is blamed."""
    parts = []
    for one in errors:
        parts.append(f"{one.segment} {one.error or ''}".strip())
        parts += [f"{element_name(one, e)} {e.error}" for e in one.elements]
    return ", ".join(parts) or "set " + " ".join([said.status, *said.error_codes])


def explain(  # noqa: PLR0917
    tx: Tx,
    one: Submission,
    errors: Iterable[SegmentError],
    found: Blame,
    said: SetAcknowledgement,
    origin: Origin,
) -> list[Finding]:
    """Return a finding for each error of a claim, or one that says why the claim is held although none names it."""
    why = _of_segments(tx, one, errors, origin, Severity.ERROR)
    if why:
        return why
    reasons = "; ".join(set_error(code) for code in said.error_codes) or "no reason given"
    head = "; ".join(found.nobodys)
    detail = f" (errors outside any claim: {head})" if head else ""
    return [
        error(
            f"999-{said.error_codes[0]}" if said.error_codes else "999-R",
            f"the transaction set that held this claim was rejected: {reasons}{detail}; "
            "no claim can be told to be the cause, so all of its claims are held",
        )
    ]


def _of_segments(
    tx: Tx, one: Submission, errors: Iterable[SegmentError], origin: Origin, severity: Severity
) -> list[Finding]:
    errors = list(errors)
    if origin.places is None or not errors:
        return [f for each in errors for f in of_segment(each, None, severity)]
    sent = origin.places.sent(tx, one, origin.partner)
    return [f for each in errors for f in of_segment(each, sent, severity)]


def _advance(tx: Tx, transmission_id: str, state: TransmissionState, origin: Origin) -> None:
    """Take the transmission where its sets stand, once every one of them has been answered."""
    states = set(acknowledgements.set_states(tx, transmission_id).values())
    if states == {"accepted"}:
        to = TransmissionState.ACCEPTED
    elif states == {"rejected"}:
        to = TransmissionState.REJECTED
    elif states == {"accepted", "rejected"}:
        to = TransmissionState.PARTLY_ACCEPTED
    else:
        return
    proof.advance(tx, transmission_id, state, to, receipt=origin.receipt)
