"""Whose payment is it? The steps of domain.md 4.12, and the doubts that send a payment to suspense instead.

1 the patient control number as sent; 2-3 the number as a careless payer returns it; 4 the payer's own claim number;
5 member, name, dates and charge together. A hit by 2-4 needs two of {charge, dates, name, member id}; a hit by 1 is
doubted when the charge is another (and the claim was not split), or when the patient is (name and member id), or everything
else contradicts it. What was paid to another of our billing entities than billed the claim must agree in all that is said.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.model.claim import Claim
from gateway.model.lifecycle import OPEN_STATES, VOID
from gateway.model.matching import exact_pcn, loose_id, loose_name, loose_pcn
from gateway.model.remittance import Remittance, RemittanceClaim
from gateway.responses.worksheet import REVERSAL, Groups, Worksheet, control_numbers
from gateway.store.candidates import Candidate

REPLACEMENT = "7"

REMEMBERED = "remembered"
"""How a claim was found that a person named for the same payer and number before."""

FACTS = ("number", "payer number", "charge", "dates", "name", "member", "similar number")
"""What may agree between an answer and a claim, in the order of its weight."""

_CONFIRMATIONS_NEEDED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What was found: *doubt* None means certain; in doubt *claim_id* is the best proposal, or None.

    *how* names the step; *doubt* is a sentence of ours, without claim content. *sent* is the claim as it was sent.
    """

    claim_id: str | None = None
    submission: Candidate | None = None
    sent: Claim | None = None
    how: str | None = None
    doubt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who speaks in a remittance, and how it splits claims: *split_charge* is by exact patient control number.

    *payees* are the numbers (NPI, tax id) of whoever is paid; empty where that is not known, or a person decides.
    """

    partner: str
    payer_ids: frozenset[str]
    split_charge: dict[str, Decimal]
    payees: frozenset[str] = frozenset()


def speaker(remittance: Remittance, partner: str, *, payees: frozenset[str] = frozenset()) -> Speaker:
    """Return what matching needs to know of a whole remittance."""
    parts: dict[str, list[RemittanceClaim]] = {}
    for claim in remittance.claims:
        if claim.status_code != REVERSAL:
            parts.setdefault(exact_pcn(claim.patient_control_number), []).append(claim)
    split = {
        number: sum((c.charge for c in group), Decimal(0))
        for number, group in parts.items()
        if len({c.payer_control_number for c in group}) > 1
    }
    return Speaker(
        partner=partner,
        payer_ids=payer_ids(remittance),
        split_charge=split,
        payees=payees,
    )


def payer_ids(remittance: Remittance) -> frozenset[str]:
    """Return the ids by which the payer names itself: N104, and those of its REF segments."""
    payer = remittance.payer
    ids = {payer.id, *(r.id for r in payer.references if r.qualifier in {"2U", "NF", "HI"})}
    return frozenset(loose_id(i) for i in ids if i)


def find(sheet: Worksheet, claim: RemittanceClaim, who: Speaker) -> Match:
    """Find the claim and the submission that a CLP speaks of."""
    hits = _narrowed(sheet, sheet.by_number(claim.patient_control_number), claim, who)
    known = _by_number(sheet, hits, claim, who) if hits else None
    if known is not None and known.doubt is None:
        return known
    if (learnt := _remembered(sheet, claim, who)) is not None:
        return learnt
    if known is not None:
        return known
    proposal: str | None = None
    for how, groups in _looser_steps(sheet, claim):
        confirmed = [g for g in groups if _confirmations(sheet, g, claim, who) >= _needed(how)]
        if len(confirmed) == 1:
            return _settled(sheet, confirmed[0], claim, who, how)
        if len(confirmed) > 1:
            return Match(how=how, doubt=f"{len(confirmed)} claims fit equally well (step {how})")
        if len(groups) == 1 and proposal is None:
            proposal = groups[0][0].claim_id
    if proposal is not None:
        return Match(
            claim_id=proposal, doubt="a claim with a similar number exists, but too little agrees with it"
        )
    return Match(doubt="no claim of ours has this number, payer claim number, or member, dates and charge")


def _remembered(sheet: Worksheet, claim: RemittanceClaim, who: Speaker) -> Match | None:
    """Return the claim that a person said this payer means by the number, where nothing about it speaks against that."""
    groups = sheet.remembered(claim.patient_control_number)
    if len(groups) != 1:
        return None
    facts = _facts(sheet, groups[0], claim)
    # A payer may write one number, such as UNKNOWN, for everybody: the rest must say that it is this claim. What a reversal
    # undoes is found by the payer's own number and its amounts.
    agrees = claim.status_code == REVERSAL or (bool(facts) and _charge_agrees(groups[0], claim, who))
    if not agrees or not all(facts.values()):
        return None
    found = _settled(sheet, groups[0], claim, who, REMEMBERED)
    return found if found.doubt is None else None


def is_sure(sheet: Worksheet, found: Match, claim: RemittanceClaim, who: Speaker) -> bool:
    """Tell whether a payment may be moved to a claim without asking: its number, and two facts more (4.12)."""
    if found.claim_id is None or found.doubt is not None or found.how != "number":
        return False
    group = sheet.submissions(found.claim_id)
    return _confirmations(sheet, group, claim, who) >= _CONFIRMATIONS_NEEDED


def agreeing(sheet: Worksheet, group: Sequence[Candidate], claim: RemittanceClaim, who: Speaker) -> list[str]:
    """Return which facts of an answer agree with a claim: number, payer number, charge, dates, name, member."""
    said = {fact for fact, agrees in _facts(sheet, group, claim).items() if agrees}
    if _charge_agrees(group, claim, who):
        said.add("charge")
    number, ours = claim.patient_control_number, sheet.content(group[-1]).patient_control_number
    if exact_pcn(number) == exact_pcn(ours):
        said.add("number")
    elif loose_pcn(number) and loose_pcn(number) == loose_pcn(ours):
        said.add("similar number")
    if any(c.payer_control_index in sheet.control_indexes(claim) for c in group if c.payer_control_index):
        said.add("payer number")
    return [fact for fact in FACTS if fact in said]


def _needed(how: str) -> int:
    return 4 if how == "member" else _CONFIRMATIONS_NEEDED


def _looser_steps(sheet: Worksheet, claim: RemittanceClaim) -> Iterator[tuple[str, Groups]]:
    yield "loose_number", sheet.by_loose_number(claim.patient_control_number)
    yield "payer_number", sheet.by_payer_number(control_numbers(claim))
    if claim.member_id:
        yield "member", sheet.by_member(claim.member_id, abs(claim.charge))


def _narrowed(sheet: Worksheet, groups: Groups, claim: RemittanceClaim, who: Speaker) -> Groups:
    """Return the claims with this number; of several, those that fit better in one respect after the other."""
    tests = (
        lambda g: any(not c.rejected for c in g),
        lambda g: _is_paid_to(sheet.content(g[-1]), who),
        lambda g: g[0].partner == who.partner,
        lambda g: any(same_payer(c, who) for c in g),
        lambda g: _confirmations(sheet, g, claim, who) >= _CONFIRMATIONS_NEEDED,
    )
    for test in tests:
        if len(groups) > 1:
            groups = [g for g in groups if test(g)] or groups
    return groups


def _by_number(sheet: Worksheet, hits: Groups, claim: RemittanceClaim, who: Speaker) -> Match:
    if len(hits) > 1:
        return Match(how="number", doubt=f"{len(hits)} claims carry this patient control number")
    group = hits[0]
    if claim.status_code != REVERSAL and not _charge_agrees(group, claim, who):
        return Match(
            claim_id=group[0].claim_id,
            how="number",
            doubt="the charge is not the one we billed, and the claim was not split",
        )
    facts = _facts(sheet, group, claim)
    person = [facts[fact] for fact in ("name", "member") if fact in facts]
    if len(facts) >= _CONFIRMATIONS_NEEDED and not any(facts.values()):
        doubt = "patient and dates are not those of the claim with this number"
    elif len(person) >= _CONFIRMATIONS_NEEDED and not any(person):
        doubt = "the patient, by name and member id, is not that of the claim with this number"
    else:
        return _settled(sheet, group, claim, who, "number")
    return Match(claim_id=group[0].claim_id, how="number", doubt=doubt)


def _settled(
    sheet: Worksheet, group: list[Candidate], claim: RemittanceClaim, who: Speaker, how: str
) -> Match:
    """Choose the submission that the payer answers."""
    claim_id = group[0].claim_id
    usable = [c for c in group if not c.rejected]
    if not usable:
        return Match(
            claim_id=claim_id,
            how=how,
            doubt="the claim was rejected before adjudication, and yet a payer speaks of it",
        )
    if not sheet.is_billed(claim_id) and any(c.charge for c in usable):
        return Match(
            claim_id=claim_id, how=how, doubt="the claim was never billed, so nothing is receivable on it"
        )
    if not _is_paid_to(sheet.content(group[-1]), who) and not _says_all(sheet, group, claim, who):
        return Match(
            claim_id=claim_id,
            how=how,
            doubt="it is paid to another of your billing entities than billed the claim",
        )
    chosen = choose(usable, claim, who, sheet.control_indexes(claim))
    return Match(claim_id=claim_id, submission=chosen, sent=sheet.content(chosen), how=how)


def choose(
    usable: Sequence[Candidate], claim: RemittanceClaim, who: Speaker, numbers: AbstractSet[str]
) -> Candidate:
    """Return the submission a payer answers: its own payer id first, else the place in line it claims.

    Of several - an original and what replaced it - the one that fits better in one respect after the other: the kind of
    bill (CLP09; an answer is to a void only where it says so), the charge, that it waits for an answer, and the payer's
    *numbers* (keyed hashes); then the newest.
    """
    own = [c for c in usable if same_payer(c, who)]
    if not own:
        sequence = {"2": "S", "20": "S", "3": "T", "21": "T"}.get(claim.status_code, "P")
        own = [c for c in usable if c.payer_sequence == sequence] or list(usable)
    tests = (
        lambda c: (c.frequency == VOID) == (claim.frequency == VOID),
        lambda c: claim.frequency != REPLACEMENT or c.frequency == REPLACEMENT,
        lambda c: c.charge == abs(claim.charge),
        lambda c: c.state in OPEN_STATES,
        lambda c: c.payer_control_index in numbers,
    )
    for test in tests:
        own = [c for c in own if test(c)] or own
    return own[-1]


def same_payer(candidate: Candidate, who: Speaker) -> bool:
    """Tell whether the remittance's payer is, by id, the one that the submission went to."""
    return loose_id(candidate.payer) in who.payer_ids


def _is_paid_to(sent: Claim, who: Speaker) -> bool:
    """Tell whether the payee may be who billed the claim, by NPI or tax id."""
    provider = sent.billing_provider
    ours = {loose_id(number) for number in (provider.npi, provider.tax_id) if number}
    return not who.payees or not ours or bool(ours & who.payees)


def _says_all(sheet: Worksheet, group: Sequence[Candidate], claim: RemittanceClaim, who: Speaker) -> bool:
    """Tell whether an answer says enough about patient and dates, and all of it, with the charge, is the claim's."""
    facts = _facts(sheet, group, claim)
    enough = len(facts) >= _CONFIRMATIONS_NEEDED and all(facts.values())
    return claim.status_code == REVERSAL or (enough and _charge_agrees(group, claim, who))


def _charge_agrees(group: Sequence[Candidate], claim: RemittanceClaim, who: Speaker) -> bool:
    billed = {c.charge for c in group}
    split = who.split_charge.get(exact_pcn(claim.patient_control_number))
    return abs(claim.charge) in billed or (split is not None and split in billed)


def _confirmations(sheet: Worksheet, group: Sequence[Candidate], claim: RemittanceClaim, who: Speaker) -> int:
    return sum(_facts(sheet, group, claim).values()) + _charge_agrees(group, claim, who)


def _facts(sheet: Worksheet, group: Sequence[Candidate], claim: RemittanceClaim) -> dict[str, bool]:
    """Compare dates, name and member id with what was last sent; what one side does not say is left out."""
    sent = sheet.content(group[-1])
    facts: dict[str, bool] = {}
    ours, theirs = _dates_sent(sent), _dates_answered(claim)
    if ours and theirs:
        facts["dates"] = ours[0] <= theirs[1] and theirs[0] <= ours[1]
    if claim.patient_last_name:
        facts["name"] = _name_agrees(sent, claim)
    if claim.member_id and sent.subscriber.member_id:
        facts["member"] = loose_id(claim.member_id) == loose_id(sent.subscriber.member_id)
    return facts


def _name_agrees(sent: Claim, claim: RemittanceClaim) -> bool:
    person = sent.patient or sent.subscriber
    if loose_name(person.last_name) != loose_name(claim.patient_last_name or ""):
        return False
    first, theirs = loose_name(person.first_name or ""), loose_name(claim.patient_first_name or "")
    return not first or not theirs or first[0] == theirs[0]


def _dates_sent(sent: Claim) -> tuple[date, date] | None:
    days = [d for line in sent.service_lines for d in (line.service_date, line.service_date_to) if d]
    return (min(days), max(days)) if days else None


def _dates_answered(claim: RemittanceClaim) -> tuple[date, date] | None:
    days = [d for line in claim.service_lines for d in (line.service_date, line.service_date_to) if d]
    days = days or [d for d in (claim.statement_from, claim.statement_to) if d]
    return (min(days), max(days)) if days else None
