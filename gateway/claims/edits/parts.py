"""Edits on the rarer parts of a claim: each must be said whole, or it could not be written (domain.md 2.9, 2.10)."""

from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.sample import CHILD, INSURED, LOE
from gateway.claims.edits.walk import lines
from gateway.model.claim import (
    Ambulance,
    Attachment,
    Claim,
    Contact,
    Dme,
    Drug,
    FormAnswer,
    Provider,
)
from gateway.model.findings import Severity
from gateway.x12.characters import fold

_SENT = frozenset({"BM", "EL", "EM", "FT", "FX"})
"""Ways in which an attachment is sent beside the claim; it then carries a number."""

_CERTIFICATES = frozenset({"AB", "AD", "AF", "AG", "NS"})
"""How a certificate of medical necessity comes; on lines only."""


@edit(
    "P-PWK",
    snip=4,
    place="2300 PWK02, 2300 PWK06, 2400 PWK02, 2400 PWK06",
    text="an attachment that is sent by mail, fax, e-mail or file has a control number",
    bad={"attachments": [{"type": "OZ", "transmission": "FX"}]},
    good={"attachments": [{"type": "OZ", "transmission": "FX", "control_number": "ATT1"}]},
)
def attachments(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """PWK05 and PWK06 unless PWK02 is AA; the payer finds the attachment by it."""
    for path, part in context.walk.of_kind(claim, Attachment):
        if part.transmission in _SENT and part.control_number is None:
            yield f"{path}control_number", "an attachment that is sent needs the control number written on it"
        elif part.transmission in _CERTIFICATES and not path.startswith("service_lines["):
            yield (
                f"{path}transmission",
                f"{part.transmission} is for a line's certificate of medical necessity only",
            )


@edit(
    "P-CR1",
    snip=2,
    place="2300 CR104, 2300 CR106, 2400 CR104, 2400 CR106, 2310F N301, 2420H N301",
    text="an ambulance transport has its reason and its miles, and where it ended has an address",
    bad={"ambulance": {"miles": "12"}},
    good={"ambulance": {"reason": "A", "miles": "12"}},
)
def ambulance_parts(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """CR104 and CR106 are required in CR1, N3 in the drop-off's loop; a claim may say where and its lines why."""
    for path, part in context.walk.of_kind(claim, Ambulance):
        said = (part.reason, part.miles, part.weight, part.round_trip_purpose, part.stretcher_purpose)
        if any(value is not None for value in said) and None in said[:2]:
            missing = "reason" if part.reason is None else "miles"
            yield f"{path}{missing}", f"an ambulance transport needs its {missing}"
        if part.drop_off is not None and part.drop_off.address is None:
            yield f"{path}drop_off.address", "where the patient was taken needs an address"


_PRICE = ("days", "rental_price", "purchase_price", "rental_frequency")


@edit(
    "P-DME",
    snip=2,
    place="2400 SV503, 2400 SV504, 2400 SV505, 2400 SV506, 2400 CR303, 2400 CRC*09",
    text="equipment has days, rental and purchase price and frequency together, a certificate its type and months",
    bad={"service_lines[0].dme": {"days": "30", "rental_price": "10.00"}},
    good={
        "service_lines[0].dme": {
            "days": "30", "rental_price": "10.00", "purchase_price": "99.00", "rental_frequency": "4",
        }
    },
)  # fmt: skip
def equipment(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """SV5, CR3 and CRC*09 are sent whole or not at all."""
    for path, part in context.walk.of_kind(claim, Dme):
        yield from _together(path, part, _PRICE, "equipment")
        yield from _together(path, part, ("certification_type", "months"), "a certificate")
        yield from _together(path, part, ("condition_applies", "conditions"), "a condition")


def _together(path: str, part: object, names: tuple[str, ...], what: str) -> Iterator[Fault]:
    missing = [name for name in names if getattr(part, name) in {None, ()}]
    if missing and len(missing) < len(names):
        yield (
            f"{path}{missing[0]}",
            f"{what} needs {' and '.join(n.replace('_', ' ') for n in names)} together",
        )


@edit(
    "P-CTP",
    snip=2,
    place="2410 CTP04, 2410 CTP05, 2410 REF*XZ, 2410 REF*VY",
    text="a drug has a quantity above zero and its unit, and a prescription number or a compound's, not both",
    bad={"service_lines[0].drug": {"ndc": "00026063512"}},
    good={"service_lines[0].drug": {"ndc": "00026063512", "quantity": "1", "unit": "ML"}},
)
def drug_quantities(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """CTP is required beside LIN; loop 2410 has room for one REF."""
    for path, drug in context.walk.of_kind(claim, Drug):
        if drug.quantity is None or drug.unit is None:
            missing = "quantity" if drug.quantity is None else "unit"
            yield f"{path}{missing}", f"the drug has no {missing}"
        elif drug.quantity == 0:
            yield f"{path}quantity", "the quantity of a drug must be above zero"
        if drug.prescription_number and drug.compound_link:
            yield f"{path}compound_link", "a drug has a prescription number or a compound link, not both"


@edit(
    "P-FORM",
    snip=2,
    place="2440 FRM02, 2440 FRM03, 2440 FRM04, 2440 FRM05",
    text="every question of a form has an answer",
    bad={"service_lines[0].forms": [{"id": "F1", "answers": [{"question": "1"}]}]},
    good={"service_lines[0].forms": [{"id": "F1", "answers": [{"question": "1", "answer": "Y"}]}]},
)
def answers(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """One of FRM02 to FRM05."""
    for path, part in context.walk.of_kind(claim, FormAnswer):
        if (part.answer, part.text, part.day, part.percent) == (None, None, None, None):
            yield f"{path}answer", f"question {part.question} has no answer"


@edit(
    "P-PS1",
    snip=4,
    place="2400 PS101, 2420B NM109",
    text="a purchased service has its cost and its provider, both or none",
    bad={"service_lines[0].purchased_service": {"provider_id": "A1", "charge": "10.00"}},
    good={
        "service_lines[0].purchased_service": {"provider_id": "A1", "charge": "10.00"},
        "service_lines[0].purchased_service_provider": {"npi": "1444987659"},
    },
)
def purchased(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """PS1 and loop 2420B (2.10)."""
    for path, line in context.walk.once(claim, lines):
        if (line.purchased_service is None) != (line.purchased_service_provider is None):
            missing = "purchased_service" if line.purchased_service is None else "purchased_service_provider"
            yield f"{path}.{missing}", "a purchased service needs what it cost and who sold it"


@edit(
    "P-CONTACT",
    snip=2,
    place="2010BA PER04, 2010CA PER04, 2310C PER04, 2420E PER04",
    text="a contact has a phone number",
    bad={"service_lines[0].ordering_provider": {**LOE, "contact": {"name": "ANN"}}},
    good={"service_lines[0].ordering_provider": {**LOE, "contact": {"name": "ANN", "phone": "5555550100"}}},
)
def contacts(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """PER03 and PER04 are required; an ordering provider's may be a fax number or e-mail address instead."""
    for path, contact in context.walk.of_kind(claim, Contact):
        other = (contact.fax or contact.email) if "ordering_provider" in path else None
        if not (contact.phone or other):
            yield f"{path}phone", "a contact needs a phone number"


@edit(
    "P-PHONE",
    snip=2,
    place="2010BA PER04, 2010CA PER04, 2310C PER04, 2420E PER04",
    text="a contact's phone number has ten digits",
    bad={"service_lines[0].ordering_provider": {**LOE, "contact": {"phone": "5550100"}}},
    good={"service_lines[0].ordering_provider": {**LOE, "contact": {"phone": "5555550100"}}},
    severity=Severity.WARNING,
)
def phones(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """Of whom we know it may be abroad; the billing provider's is P-BP-08."""
    for path, contact in context.walk.of_kind(claim, Contact):
        for name in ("phone", "fax"):
            number = getattr(contact, name)
            if number is None or fold(number) != number.upper() or len(number) > 256:
                continue  # for the edits on characters and lengths
            if not (len(number) == 10 and number.isdigit()):
                yield f"{path}{name}", "the number has not ten digits"


@edit(
    "P-PAY-TO",
    snip=2,
    place="2010AC N301",
    text="a plan that is paid in the billing provider's place has an address",
    bad={"billing_provider.pay_to_plan": {"name": "POE PLAN", "id": "P001", "tax_id": "371234567"}},
    good={
        "billing_provider.pay_to_plan": {
            "name": "POE PLAN", "id": "P001", "tax_id": "371234567",
            "address": {"line1": "3 ELM ST", "city": "PEORIA", "state": "IL", "zip": "61601"},
        }
    },
)  # fmt: skip
def pay_to_plan(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """N3 and N4 are required in 2010AC."""
    plan = claim.billing_provider.pay_to_plan
    if plan is not None and plan.address is None:
        yield "billing_provider.pay_to_plan.address", "the plan that is to be paid has no address"


@edit(
    "P-PATIENT-ID",
    snip=2,
    place="2010CA REF*1W, 2010CA REF*SY",
    text="a patient who is not the subscriber has one number: a member id or a social security number",
    bad={"patient": {**CHILD, "member_id": "A1", "ssn": "999001234"}, "subscriber": INSURED},
    good={"patient": {**CHILD, "member_id": "A1"}, "subscriber": INSURED},
)
def patient_numbers(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """2010CA has room for one of REF*1W and REF*SY."""
    if claim.patient is not None and claim.patient.member_id and claim.patient.ssn:
        yield "patient.ssn", "beside the member id there is no room for the patient's social security number"


@edit(
    "P-EPSDT",
    snip=4,
    place="2300 CRC*ZZ",
    text="a screening's referral says how it went on (AV, S2, ST), and no referral says just NU",
    bad={"epsdt_referral": {"given": True, "codes": ["NU"]}},
    good={"epsdt_referral": {"given": False, "codes": ["NU"]}},
)
def epsdt(claim: Claim, _: EditContext) -> Iterator[Fault]:
    """CRC02 N goes with CRC03 NU, and NU with nothing else."""
    referral = claim.epsdt_referral
    if referral is not None and referral.codes and referral.given == ("NU" in referral.codes):
        said = "was given, but a code says that none was (NU)" if referral.given else "was not given: say NU"
        yield "epsdt_referral.codes", f"the referral {said}"


@edit(
    "P-CMN",
    snip=4,
    place="2420E N301, 2420E PER04",
    text="a provider's equipment order with a certificate names where the provider can be reached",
    bad={
        "service_lines[0].ordering_provider": LOE,
        "service_lines[0].dme": {"certification_type": "I", "months": "12"},
    },
    good={
        "service_lines[0].ordering_provider": {
            **LOE,
            "address": {"line1": "9 PINE RD", "city": "PEORIA", "state": "IL", "zip": "61601"},
            "contact": {"phone": "5555550100"},
        },
        "service_lines[0].dme": {"certification_type": "I", "months": "12"},
    },
    severity=Severity.WARNING,
)
def certificates(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """The payer may ask who certified the need (2.9)."""
    for path, line in context.walk.once(claim, lines):
        who: Provider | None = line.ordering_provider
        if who is None or line.dme is None or line.dme.certification_type is None:
            continue
        if who.address is None or who.contact is None:
            missing = "address" if who.address is None else "contact"
            yield (
                f"{path}.ordering_provider.{missing}",
                f"with a certificate the ordering provider's {missing} is asked for",
            )
