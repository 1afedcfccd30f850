"""May a remittance post at all? Whole and balanced, for us, once, in the right installation - or it is held whole (law 8).

Every finding says what to do next; its code is what `gateway queue` shows.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway.model.findings import Finding, Severity, error, warning
from gateway.model.matching import loose_id, loose_name
from gateway.model.money import is_cents, plain
from gateway.model.remittance import Imbalance, Remittance
from gateway.responses.balance import all_adjustments, imbalances
from gateway.responses.oddities import oddities
from gateway.settings import Balance, OffBalance, Settings

_HANDLED = frozenset({"C", "I", "U", "X", "H", None, ""})
_NO_REMITTANCE = frozenset({"D", "P"})
"""Money that is explained elsewhere, and a pre-notification: held in any case, and nothing in it is to add up."""
_HUGE = Decimal(10) ** 13
_CURRENCY = "USD"
RELEASABLE = frozenset({"ERA-B1", "ERA-B2", "ERA-B3", "ERA-DUP"})
"""What a named person may post in spite of: the payment itself adds up, and only parts of it do not; or it
is another payment than the one that was posted with the same number and amount (`duplicates`)."""

_MONEY = frozenset({"BPR", "TRN", "CLP", "SVC", "CAS", "PLB"})


_ASK = "ask the payer for a corrected remittance"
_WHAT_NOW = {
    "B1": "the claim is posted without its lines",
    "B2": "only the money of the claim is posted, the rest is in review",
    "B3": "the claim is posted without its lines",
    "B5": "posted by its adjustments",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """*reason* None: the remittance may post. Findings of warning weight come along either way."""

    reason: str | None
    findings: tuple[Finding, ...]


def is_money(amount: Decimal) -> bool:
    """Tell whether *amount* is whole cents and of a size that money has."""
    return abs(amount) < _HUGE and is_cents(amount)


def payer_key(remittance: Remittance) -> str | None:
    """Return who pays, as one short text (4.3): TRN03, else a payer id, else the name; None when nobody is named."""
    payer = remittance.payer
    second = next((r.id for r in payer.references if r.qualifier == "2U" and r.id.strip()), None)
    for kind, value in (
        ("EIN", remittance.originator), ("2U", second), (payer.id_type or "ID", payer.id), ("NAME", payer.name)
    ):  # fmt: skip
        spelt = loose_name(value or "")
        if spelt:
            return f"{kind}-{spelt}"[:64]
    return None


def payee_id(remittance: Remittance) -> str | None:
    """Return who is paid: N103 and N104 of the payee, else its REF*TJ; None when nobody is named."""
    payee = remittance.payee
    if payee.id:
        return f"{payee.id_type or 'ID'}:{payee.id.strip()}"[:80]
    tax_ids = _tax_ids(remittance)
    return f"TJ:{min(tax_ids)}" if tax_ids else None


def payees(ids: Iterable[str], settings: Settings) -> frozenset[str]:
    """Return the numbers, NPI and tax id, of all that is one house with a payee of these *ids*."""
    known = {loose_id(one) for one in ids} - {""}
    entities = [{loose_id(entity.npi), loose_id(entity.tax_id)} for entity in settings.billing_entity]
    # By its NPI to its tax id, and from there to all that bill under it.
    for _ in range(2):
        known |= {number for entity in entities if entity & known for number in entity}
    return frozenset(known)


def payee_ids(remittance: Remittance) -> set[str]:
    """Return the NPI and the tax ids by which a remittance names its payee."""
    npi = {remittance.payee.id} if remittance.payee.id and remittance.payee.id_type == "XX" else set()
    return npi | _tax_ids(remittance)


def inspect(
    remittance: Remittance,
    settings: Settings,
    *,
    partner: str,
    interchange_usage: str | None,
    findings: Iterable[Finding],
    released: bool = False,
) -> Verdict:
    """Judge everything about a remittance but whether it came before; *findings* are the reader's.

    *released* says that a person lets it post although lines or claims in it (not the payment) do not add up.
    """
    found = [*findings]
    found += _left_over(found)
    found += _structure(remittance)
    found += _installation(settings, interchange_usage)
    found += _payee(remittance, settings)
    found += _handling(remittance)
    found += _amounts(remittance)
    found += oddities(remittance)
    if remittance.handling not in _NO_REMITTANCE and all(f.code != "ERA-AMOUNT" for f in found):
        off = imbalances(remittance)
        profile = settings.partner.get(partner)
        found += balance_findings(
            off, let_pass=_let_pass(off, profile.balance if profile else Balance(), released=released)
        )
    codes = sorted({f.code for f in found if f.severity is Severity.ERROR})
    return Verdict(reason=", ".join(codes)[:200] or None, findings=tuple(found))


def _let_pass(off: Sequence[Imbalance], switches: Balance, *, released: bool) -> frozenset[str]:
    """Return the equations that only warn here (ERA-BAL): B5; by the partner's switches B1 and B3, where B2 and B4 hold."""
    broken, passed = {item.rule for item in off}, {"B5"}
    if released and "B4" not in broken:
        passed |= {"B1", "B2", "B3"}
    elif not broken & {"B2", "B4"}:
        passed |= {
            rule
            for rule, switch in (("B1", switches.b1), ("B3", switches.b3))
            if switch is OffBalance.CLAIM_LEVEL
        }
    return frozenset(passed)


def balance_findings(
    found: Sequence[Imbalance], *, let_pass: frozenset[str] = frozenset({"B5"})
) -> list[Finding]:
    """Say every imbalance in words, without claim content; those of *let_pass* only warn."""
    said = []
    for item in found:
        where = {"line": f"line {item.line} of a claim", "claim": "a claim", "transaction": "the payment"}[
            item.level
        ]
        make = warning if item.rule in let_pass else error
        what_now = _WHAT_NOW.get(item.rule, "") if item.rule in let_pass else _ASK
        said.append(
            make(
                f"ERA-{item.rule}",
                f"{where} does not add up ({item.rule}): {plain(item.expected)} follows from the rest, "
                f"{plain(item.found)} is stated, a difference of {plain(item.found - item.expected)}; {what_now}",
                claim=item.claim,
            )
        )
    return said


def _left_over(read: Sequence[Finding]) -> list[Finding]:
    """Hold a set in which a segment that moves or names money stands where no field takes it (law 9)."""
    return [
        error(
            "ERA-STRUCTURE",
            f"{f.segment} stands in loop {f.loop or '?'}, where it means nothing; ask the payer for a corrected remittance",
            segment=f.segment,
            loop=f.loop,
            line=f.line,
        )
        for f in read
        if f.code == "READ-RESIDUE" and f.segment in _MONEY
    ]


def _structure(remittance: Remittance) -> Iterable[Finding]:
    if payer_key(remittance) is None:
        yield error("ERA-PAYER", "the remittance names no payer; ask the partner whose it is")
    if remittance.payment_amount != 0 and not (remittance.trace_number or "").strip():
        yield error(
            "ERA-TRACE", "a payment without a trace number (TRN02) cannot be told from another; ask the payer"
        )


def _installation(settings: Settings, usage: str | None) -> Iterable[Finding]:
    ours = settings.environment
    if usage != ours.isa15:
        theirs = {"T": "test", "P": "production"}.get(usage or "", "unmarked")
        yield error(
            "ERA-USAGE",
            f"{theirs} data in a {ours.value} installation is never posted (ISA15); tell the partner",
            segment="ISA",
            element="ISA15",
        )


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _tax_ids(remittance: Remittance) -> set[str]:
    payee = remittance.payee
    found = {_digits(r.id) for r in payee.references if r.qualifier == "TJ"}
    if payee.id and payee.id_type == "FI":
        found.add(_digits(payee.id))
    return found - {""}


def _payee(remittance: Remittance, settings: Settings) -> Iterable[Finding]:
    """The payee must be one of our billing entities, by NPI or by tax id (TRAP-74)."""
    payee = remittance.payee
    npis = {entity.npi for entity in settings.billing_entity}
    by_npi = payee.id_type == "XX" and (payee.id or "").strip() in npis
    by_tax_id = bool(_tax_ids(remittance) & {entity.tax_id for entity in settings.billing_entity})
    if not (by_npi or by_tax_id):
        yield error(
            "ERA-PAYEE",
            "this payment is for somebody else: neither NPI nor tax id of the payee is in [[billing_entity]]; "
            "add the entity and reread the receipt, or tell the partner",
            segment="N1",
            loop="1000B",
        )
    elif payee.id_type == "XX" and not by_npi:
        yield warning(
            "ERA-PAYEE-NPI",
            "the payee's NPI is not in [[billing_entity]], its tax id is",
            segment="N1",
            loop="1000B",
        )


def _handling(remittance: Remittance) -> Iterable[Finding]:
    """BPR01, BPR03 and CUR: what may not be posted by itself (4.2)."""
    place = {"segment": "BPR", "element": "BPR01"}
    handling = remittance.handling
    if handling == "P":
        yield error(
            "ERA-PRENOTE", "a pre-notification of transfers to come, not a payment; nothing to post", **place
        )
    elif handling == "D":
        yield error(
            "ERA-MONEY-ONLY", "money whose explanation comes elsewhere; wait for the remittance", **place
        )
    elif handling == "H" and remittance.payment_amount != 0:
        yield error("ERA-NOTICE", "a notice without money that states an amount; ask the payer", **place)
    elif handling not in _HANDLED:
        yield warning("ERA-HANDLING", f"handling code {handling!r} is not known; posted as usual", **place)
    if remittance.credit_debit == "D":
        yield error(
            "ERA-DEBIT",
            "the payer takes money back by debit; book it by hand",
            segment="BPR",
            element="BPR03",
        )
    if remittance.payment_amount < 0:
        yield error("ERA-NEGATIVE", "a payment below zero; ask the payer", segment="BPR", element="BPR02")
    if remittance.currency not in {None, "", _CURRENCY}:
        yield error(
            "ERA-CURRENCY",
            f"a payment in {remittance.currency}, not in {_CURRENCY}; book it by hand",
            segment="CUR",
        )


def _amounts(remittance: Remittance) -> Iterable[Finding]:
    """Money is whole cents and within reason; anything else is a shifted element (TRAP-69)."""
    amounts: list[tuple[str | None, Decimal]] = [(None, remittance.payment_amount)]
    amounts += [(None, plb.amount) for plb in remittance.provider_adjustments]
    for claim in remittance.claims:
        number = claim.patient_control_number
        amounts += [(number, claim.charge), (number, claim.paid)]
        amounts += [(number, a.amount) for a in all_adjustments(claim)]
        amounts += [(number, x) for line in claim.service_lines for x in (line.charge, line.paid)]
    for owner, amount in amounts:
        if not is_money(amount):
            yield error(
                "ERA-AMOUNT",
                "an amount that is no money: a fraction of a cent, or far too large",
                claim=owner,
            )
