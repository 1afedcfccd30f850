"""277CA: the clearinghouse's and the payer's word on each claim before adjudication (domain.md 3.4)."""

from collections.abc import Iterable, Sequence

from gateway.mapping.addresses import in_words
from gateway.model.acknowledgement import (
    BatchVerdict,
    ClaimAcknowledgement,
    ClaimStatus,
    Outcome,
    Responder,
    Status,
)
from gateway.model.findings import Finding, error, warning
from gateway.model.lifecycle import ADJUDICATED_STATES, SubmissionState, may_move
from gateway.model.matching import loose_name
from gateway.responses import proof, tell
from gateway.responses.correlate import find
from gateway.responses.tell import Origin
from gateway.responses.words import claim_status
from gateway.settings import Replies
from gateway.store import acknowledgements, claims, findings, submissions, transmissions
from gateway.store.acknowledgements import Result
from gateway.store.db import Tx
from gateway.store.submissions import Move, Submission

KIND = "277CA"
CLEARINGHOUSE, PAYER = "clearinghouse", "payer"
REJECTING = frozenset({"A3", "A4", "A6", "A7", "A8"})
ACCEPTING = frozenset({"A0", "A1", "A2", "A5"})

S = SubmissionState

_STATE = {
    (CLEARINGHOUSE, Outcome.ACCEPTED): S.CLEARINGHOUSE_ACCEPTED,
    (CLEARINGHOUSE, Outcome.RECEIVED): S.CLEARINGHOUSE_ACCEPTED,
    (CLEARINGHOUSE, Outcome.REJECTED): S.CLEARINGHOUSE_REJECTED,
    (PAYER, Outcome.ACCEPTED): S.PAYER_ACCEPTED,
    (PAYER, Outcome.RECEIVED): S.CLEARINGHOUSE_ACCEPTED,
    (PAYER, Outcome.REJECTED): S.PAYER_REJECTED,
    **{(hop, Outcome.FORWARDED): S.FORWARDED for hop in (CLEARINGHOUSE, PAYER)},
    **{(hop, Outcome.SPLIT): S.SPLIT for hop in (CLEARINGHOUSE, PAYER)},
}
"""A payer's A1 is a receipt only: it does not say that the claim entered adjudication."""

_RESULT = {
    Outcome.ACCEPTED: Result.ACCEPTED,
    Outcome.RECEIVED: Result.RECEIVED,
    Outcome.FORWARDED: Result.FORWARDED,
    Outcome.SPLIT: Result.SPLIT,
    Outcome.REJECTED: Result.REJECTED,
    Outcome.UNKNOWN: Result.UNKNOWN,
}


def apply_277ca(tx: Tx, replies: Replies, said: ClaimAcknowledgement, origin: Origin) -> list[Result]:
    """Apply a 277CA to the claims it speaks of; *replies* says who of the partner's speaks as the clearinghouse."""
    hop = hop_of(said.responder, replies)
    results = [
        _apply_claim(tx, status, origin.at(number), hop=hop, reference=said.batch_reference)
        for number, status in enumerate(said.claims, start=1)
    ]
    for number, verdict in enumerate(said.batch_verdicts, start=1):
        if _decides(verdict, said):
            results += _apply_batch(tx, said, verdict, origin.at(f"b{number}"), hop=hop)
    return results


def acknowledged(tx: Tx, submission_id: str) -> SubmissionState:
    """Return where a submission stands by what TA1, 999 and 277CA said of it, leaving out what a remittance said."""
    one = submissions.get(tx, submission_id)
    said = []
    if transmissions.get(tx, one.transmission_id).ta1 in {"A", "E"}:
        said.append(S.INTERCHANGE_ACCEPTED)
    if acknowledgements.set_states(tx, one.transmission_id).get(one.st02) == "accepted":
        said.append(S.SET_ACCEPTED)
    said += [_STATE[hop, Outcome(result)] for hop, result in acknowledgements.taken(tx, submission_id)]
    state = S.SENT
    for to in said:
        state = to if may_move(state, to) else state
    return state


def hop_of(responder: Responder, replies: Replies) -> str:
    """Tell whether the clearinghouse or the payer speaks."""
    ours = {name.strip().upper() for name in replies.clearinghouse_ids}
    named = {(responder.id or "").strip().upper(), (responder.name or "").strip().upper()} - {""}
    return CLEARINGHOUSE if responder.role == CLEARINGHOUSE or named & ours else PAYER


def _apply_claim(tx: Tx, status: ClaimStatus, origin: Origin, *, hop: str, reference: str | None) -> Result:
    if tell.settled(tx, origin):
        return acknowledgements.known(tx, origin.receipt, origin.place) or Result.UNMATCHED
    codes = _codes(status.statuses)
    one = find(tx, origin.partner, status, batch_reference=reference)
    if one is None or not _arrived(tx, one, origin):
        detail = {"patient_control_number": status.patient_control_number, "batch_reference": reference}
        return tell.keep(tx, origin, KIND, hop, Result.UNMATCHED, codes=codes, detail=detail)
    outcome = _said(tx, one, status.statuses, status.outcome, origin, hop=hop)
    number = status.payer_control_number
    if number and one.state not in ADJUDICATED_STATES and outcome is not Result.CONFLICT:
        submissions.keep_payer_control_number(tx, one.id, number)  # provisional; CLP07 overrules
    return tell.keep(
        tx, origin, KIND, hop, outcome, submission=one.id, transmission=one.transmission_id, st02=one.st02,
        codes=codes,
    )  # fmt: skip


def _arrived(tx: Tx, one: Submission, origin: Origin) -> bool:
    """Take the answer as proof that the transmission arrived; False where not a byte of it has left us."""
    sent = transmissions.get(tx, one.transmission_id)
    if not proof.was_sent(tx, sent):
        return False
    proof.prove_delivery(tx, sent, receipt=origin.receipt)
    return True


def _said(
    tx: Tx, one: Submission, statuses: Sequence[Status], outcome: Outcome, origin: Origin, *, hop: str
) -> Result:
    """Move one submission to what the statuses say of it, with hold, findings and word to the biller."""
    remarks = _remarks(statuses)
    if outcome is Outcome.UNKNOWN and any(s.category[:1] in {"F", "P"} for s in statuses):
        # Categories of a status answer do not belong into a 277CA; these two cannot be had without acceptance.
        outcome = Outcome.ACCEPTED
        remarks.append(
            warning(
                "ACK-CATEGORY", f"the answer carries a status that does not belong here: {_codes(statuses)}"
            )
        )
    state = _STATE.get((hop, outcome))
    if state is None:
        return Result.UNKNOWN
    codes = _codes(statuses)
    moved = submissions.move(tx, one.id, state, f"277CA {codes}" if outcome is Outcome.REJECTED else None)
    if moved is Move.CONFLICT:
        return Result.CONFLICT
    if not moved:
        return _RESULT[outcome]
    why = tell.placed(tx, origin, one, [*_explain(tx, one, statuses, outcome, origin, hop=hop), *remarks])
    if outcome is Outcome.REJECTED:
        tell.reject(tx, origin, one, state, by=hop, codes=codes, said=why)
        tell.give_back(tx, origin, one, by=hop, codes=codes, said=why)
    else:
        findings.keep(tx, one.claim_id, why)
        tell.claim_status(tx, origin, one, state, by=hop, codes=codes, said=why)
    return _RESULT[outcome]


def _codes(statuses: Iterable[Status]) -> str:
    """Return the bare codes, such as ``A7:562:82 A3:21``."""
    return " ".join(":".join(part for part in (s.category, s.code, s.entity) if part) for s in statuses)


def _explain(
    tx: Tx, one: Submission, statuses: Sequence[Status], outcome: Outcome, origin: Origin, *, hop: str
) -> list[Finding]:
    if outcome is not Outcome.REJECTED:
        return []
    why = []
    for status in statuses:
        if status.category not in REJECTING:
            continue
        of_line = status.service_line or status.procedure
        field = origin.places.of_status(tx, one, status) if origin.places is not None else None
        about = [in_words(field)] if field else []
        if of_line:
            about.append(f"line {of_line}" if field else f"service line {of_line}")
        line = f" ({', '.join(about)})" if about else ""
        quoted = f'; they write: "{status.free_text}"' if status.free_text else ""
        words = claim_status(status.category, status.code, status.entity)
        why.append(
            error(
                f"277CA-{status.category}" + (f"-{status.code}" if status.code else ""),
                f"the {hop} did not take the claim{line}: {words} ({_codes([status])}){quoted}",
                segment="STC",
                loop="2220D" if of_line else "2200D",
                field=field,
            )
        )
    return why


def _remarks(statuses: Iterable[Status]) -> list[Finding]:
    """Warn where STC03 says the opposite of the category; the category wins (TRAP-55)."""
    for status in statuses:
        if (status.action == "WQ" and status.category in REJECTING) or (
            status.action == "U" and status.category in ACCEPTING
        ):
            return [
                warning(
                    "ACK-STC-CONFLICT",
                    f"the action code {status.action} contradicts the category {status.category}; the category counts",
                    segment="STC",
                    element="STC03",
                )
            ]
    return []


def _decides(verdict: BatchVerdict, said: ClaimAcknowledgement) -> bool:
    """Tell whether a verdict above the patient level speaks for claims: only where no patient level does (TRAP-56)."""
    provider = verdict.provider_npi or verdict.provider_name
    if verdict.level != "provider" or provider is None:
        return not said.claims
    spoken_of = {status.provider_npi or status.provider_name for status in said.claims}
    return provider not in spoken_of and spoken_of != {None}


def _apply_batch(
    tx: Tx, said: ClaimAcknowledgement, verdict: BatchVerdict, origin: Origin, *, hop: str
) -> list[Result]:
    """Apply a verdict on the whole batch, or on one billing provider's claims in it; only a rejection does anything.

    An acceptance of the batch as such says nothing of a single claim: those not reported keep waiting (TRAP-59).
    """
    if tell.settled(tx, origin):
        return [acknowledgements.known(tx, origin.receipt, origin.place) or Result.UNMATCHED]
    codes = _codes(verdict.statuses)
    detail = {"batch_reference": said.batch_reference, "provider_npi": verdict.provider_npi}
    sent = submissions.of_reference(tx, origin.partner, said.batch_reference or "")
    sent = [s for s in sent if s.state is not S.WITHDRAWN]
    if not sent or not _arrived(tx, sent[0], origin):
        return [tell.keep(tx, origin, KIND, hop, Result.UNMATCHED, codes=codes, detail=detail)]
    if verdict.outcome is not Outcome.REJECTED:
        return [tell.keep(tx, origin, KIND, hop, _RESULT[verdict.outcome], codes=codes)]
    meant = _meant(tx, verdict, sent)
    if not meant:
        return [tell.keep(tx, origin, KIND, hop, Result.UNMATCHED, codes=codes, detail=detail)]
    results = []
    for one in meant:
        here = origin.at(one.id)
        outcome = _said(tx, one, verdict.statuses, verdict.outcome, here, hop=hop)
        results.append(
            tell.keep(
                tx, here, KIND, hop, outcome, submission=one.id, transmission=one.transmission_id, st02=one.st02,
                codes=codes,
            )
        )  # fmt: skip
    tell.keep(tx, origin, KIND, hop, Result.REJECTED, codes=codes)
    return results


def _meant(tx: Tx, verdict: BatchVerdict, sent: Sequence[Submission]) -> list[Submission]:
    """Return the submissions of the batch that a rejection means; none where it names a provider that is not in it.

    A provider without an NPI is known by its name, or is meant where all claims of the batch are one provider's.
    """
    if verdict.level != "provider":
        return list(sent)
    billing = {s.id: claims.content(tx, s.version_id).billing_provider for s in sent}
    if verdict.provider_npi:
        return [s for s in sent if billing[s.id].npi == verdict.provider_npi]
    if len({provider.npi for provider in billing.values()}) == 1:
        return list(sent)
    name = loose_name(verdict.provider_name or "")
    named = [s for s in sent if name and loose_name(billing[s.id].name or "") == name]
    return named if len({billing[s.id].npi for s in named}) == 1 else []
