"""Draws of the rarer parts of a claim, each valid by the guide."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from gateway.model.claim import (
    Adjustment,
    Ambulance,
    AmbulanceCertification,
    AmbulanceDropOff,
    Attachment,
    Contact,
    ContractInfo,
    Dme,
    Drug,
    Form,
    FormAnswer,
    LineAdjudication,
    LineRepricing,
    OtherPayer,
    OtherPayerProvider,
    OtherSubscriber,
    OutpatientAdjudication,
    Payer,
    PayerNumber,
    PayToPlan,
    Provider,
    Reference,
    Repricing,
    VisionCondition,
)
from tests.draws import NPIS, TAXONOMIES, addresses, amounts, codes, days, digits, maybe, names, references

Shape = st.SearchStrategy[dict[str, Any]]
RELATIONSHIPS = ("01", "18", "19", "20", "21", "39", "40", "53", "G8")


def one(name: str, strategy: st.SearchStrategy[Any]) -> Shape:
    """A shape of a single field."""
    return st.fixed_dictionaries({name: strategy})


def some(strategy: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """At least one and at most *most*."""
    return st.lists(strategy, min_size=1, max_size=most).map(tuple)


def numbers(most: str, places: int) -> st.SearchStrategy[Decimal]:
    """A quantity above zero."""
    return st.decimals(Decimal(1).scaleb(-places), most, places=places)


@st.composite
def extras(draw: st.DrawFn, shapes: Mapping[str, Shape], most: int = 3) -> dict[str, Any]:
    """The fields of a few shapes together."""
    chosen = draw(st.lists(st.sampled_from(sorted(shapes)), max_size=most, unique=True))
    filled: dict[str, Any] = {}
    for name in chosen:
        filled |= draw(shapes[name])
    return filled


@st.composite
def persons(draw: st.DrawFn, *qualifiers: str, taxonomy: bool = False) -> Provider:
    return Provider(
        entity_type="1",
        name=draw(names(60)),
        first_name=draw(names(35)),
        middle_name=draw(maybe(names(25))),
        suffix=draw(maybe(st.sampled_from(("JR", "III", "MD")))),
        npi=draw(maybe(st.sampled_from(NPIS))),
        taxonomy=draw(maybe(st.sampled_from(TAXONOMIES))) if taxonomy else None,
        references=draw(references(*qualifiers)),
    )


def rendering() -> st.SearchStrategy[Provider]:
    organisation = st.builds(
        Provider,
        entity_type=st.just("2"),
        name=names(60),
        npi=st.sampled_from(NPIS),
        taxonomy=st.sampled_from(TAXONOMIES),
    )
    return persons("0B", "1G", "G2", "LU", taxonomy=True) | organisation


def facilities() -> st.SearchStrategy[Provider]:
    return st.builds(
        Provider,
        entity_type=st.just("2"),
        name=names(60),
        npi=maybe(st.sampled_from(NPIS)),
        address=addresses(nine=True),
        references=references("0B", "G2", "LU"),
        contact=maybe(phones()),
    )


def payers(most: int = 3) -> st.SearchStrategy[Payer]:
    return st.builds(
        Payer,
        name=names(60),
        id=codes(20, 2),
        id_type=st.sampled_from(("PI", "XV")),
        address=maybe(addresses()),
        references=references("2U", "EI", "FY", "NF", most=most),
    )


@st.composite
def drugs(draw: st.DrawFn) -> Drug:
    link = draw(st.sampled_from(("prescription_number", "compound_link", None)))
    kind = draw(st.sampled_from(("N4", "N4", "UP")))
    return Drug(
        ndc=draw(digits(11)),
        id_type=kind,
        quantity=draw(st.decimals("0.001", "999", places=3)),
        unit=draw(st.sampled_from(("F2", "GR", "ME", "ML", "UN"))),
        **({link: draw(codes(20))} if link else {}),
    )


@st.composite
def phones(draw: st.DrawFn) -> Contact:
    """A name and a number, as most places have room for."""
    return Contact(
        name=draw(maybe(names(60))), phone=draw(digits(10)), phone_extension=draw(maybe(digits(4)))
    )


def contacts() -> st.SearchStrategy[Contact]:
    return st.builds(
        Contact,
        name=maybe(names(60)),
        phone=digits(10),
        phone_extension=maybe(digits(4)),
        fax=maybe(digits(10)),
        email=maybe(st.just("A@EXAMPLE.COM")),
    )


def plans() -> st.SearchStrategy[PayToPlan]:
    return st.builds(
        PayToPlan,
        name=names(60),
        id=codes(20, 2),
        tax_id=digits(9),
        id_type=st.sampled_from(("PI", "XV")),
        address=addresses(),
        references=references("2U", "FY", "NF", most=1),
    )


attachments = st.builds(
    Attachment,
    type=st.sampled_from(("OZ", "B4", "03", "CT")),
    transmission=st.sampled_from(("BM", "EL", "EM", "FT", "FX")),
    control_number=codes(20, 2),
) | st.builds(Attachment, type=st.sampled_from(("OZ", "XP")), transmission=st.just("AA"))
contracts = st.builds(
    ContractInfo,
    type=st.sampled_from(("01", "02", "03", "04", "05", "06", "09")),
    amount=maybe(amounts()),
    percent=maybe(numbers("99", 2)),
    code=maybe(codes(20)),
    terms_discount_percent=maybe(numbers("99", 1)),
    version=maybe(codes(20)),
)
_PRICED = {
    "savings": maybe(amounts()),
    "organization_id": maybe(codes(20)),
    "rate": maybe(numbers("99", 2)),
    "group_code": maybe(codes(20)),
    "group_amount": maybe(amounts()),
    "reject_reason": maybe(st.sampled_from(("T1", "T6"))),
    "policy_compliance": maybe(st.sampled_from("12345")),
    "exception": maybe(st.sampled_from("123456")),
}
repricings = st.builds(Repricing, method=st.sampled_from(("00", "14")), allowed=amounts(), **_PRICED)
line_repricings = st.builds(
    LineRepricing,
    method=st.sampled_from(("00", "06", "14")),
    allowed=amounts(),
    procedure=maybe(digits(5)),
    procedure_type=st.sampled_from(("HC", "WK")),
    units=maybe(numbers("99", 1)),
    unit_type=st.sampled_from(("UN", "MJ")),
    **_PRICED,
)
certifications = st.builds(
    AmbulanceCertification,
    applies=st.booleans(),
    codes=some(st.sampled_from(("01", "04", "05", "06", "07", "08", "09", "12")), 5),
)
ambulances = st.builds(
    Ambulance,
    reason=st.sampled_from("ABCDE"),
    miles=numbers("999", 1),
    weight=maybe(numbers("400", 0)),
    round_trip_purpose=maybe(names(80)),
    stretcher_purpose=maybe(names(80)),
    certifications=some(certifications, 3) | st.just(()),
    pick_up=maybe(addresses()),
    drop_off=maybe(st.builds(AmbulanceDropOff, name=maybe(names(60)), address=addresses())),
)
visions = st.builds(
    VisionCondition,
    category=st.sampled_from(("E1", "E2", "E3")),
    applies=st.booleans(),
    codes=some(st.sampled_from(("L1", "L2", "L3", "L4", "L5")), 5),
)
adjustments = st.lists(
    st.builds(
        Adjustment,
        group=st.sampled_from(("CO", "CR", "OA", "PI", "PR")),
        reason=st.sampled_from(("1", "2", "3", "45", "96")),
        amount=st.decimals("-99.99", "99.99", places=2),
        quantity=maybe(numbers("99", 1)),
    ),
    max_size=6,
).map(tuple)
outpatients = st.builds(
    OutpatientAdjudication,
    reimbursement_rate=maybe(numbers("0.99", 2)),
    hcpcs_payable=maybe(amounts()),
    remarks=some(st.sampled_from(("MA01", "N130", "M15")), 5) | st.just(()),
    esrd_payment=maybe(amounts()),
    professional_component=maybe(amounts()),
)


def numbered(*qualifiers: str, entities: tuple[str, ...] = ("1",), most: int = 2) -> st.SearchStrategy[Any]:
    """A provider as another payer knows it: one number at least."""
    one_of = st.builds(Reference, qualifier=st.sampled_from(qualifiers), id=codes(20))
    lists = st.lists(one_of, min_size=1, max_size=most, unique_by=lambda r: r.qualifier).map(tuple)
    return st.builds(OtherPayerProvider, references=lists, entity_type=st.sampled_from(entities))


@st.composite
def other_subscribers(draw: st.DrawFn) -> OtherSubscriber:
    return OtherSubscriber(
        last_name=draw(names(60)),
        first_name=draw(maybe(names(35))),
        middle_name=draw(maybe(names(25))),
        member_id=draw(codes(20, 2)),
        member_id_type=draw(st.sampled_from(("MI", "II"))),
        address=draw(maybe(addresses())),
        ssn=draw(maybe(digits(9))),
    )


_SEEN_BY_OTHER_PAYER: dict[str, Shape] = {
    "referring": one("referring_provider", numbered("0B", "1G", "G2")),
    "primary care": one("primary_care_provider", numbered("0B", "1G", "G2")),
    "rendering": one("rendering_provider", numbered("0B", "1G", "G2", "LU", entities=("1", "2"))),
    "facility": one("service_facility", numbered("0B", "G2", "LU", entities=("2",))),
    "supervising": one("supervising_provider", numbered("0B", "1G", "G2", "LU")),
    "billing": one("billing_provider", numbered("G2", "LU", entities=("1", "2"))),
    "adjustments": one("adjustments", adjustments),
    "outpatient": one("outpatient", outpatients),
    "money": st.fixed_dictionaries({"paid": amounts(), "remaining_patient_liability": maybe(amounts())}),
    "noncovered": one("noncovered", amounts()),
    "numbers": st.fixed_dictionaries(
        {
            "prior_authorization": maybe(codes(20)),
            "referral_number": maybe(codes(20)),
            "adjustment_indicator": maybe(st.just("Y")),
            "payer_control_number": maybe(codes(20)),
            "paid_on": maybe(days),
        }
    ),
    "group": one("group_number", codes(20)) | one("group_name", names(60)),
    "signature": one("patient_signature_source", st.just("P")),
}


@st.composite
def other_payers(draw: st.DrawFn) -> OtherPayer:
    return OtherPayer(
        payer_sequence=draw(st.sampled_from("ABCDEFGHPSTU")),
        relationship=draw(st.sampled_from(RELATIONSHIPS)),
        claim_filing_indicator=draw(maybe(st.sampled_from(("CI", "MB", "MC")))),
        insurance_type=draw(maybe(st.just("12"))),
        benefits_assigned=draw(st.sampled_from("NWY")),
        release_of_information=draw(st.sampled_from("IY")),
        subscriber=draw(other_subscribers()),
        payer=draw(payers(most=2)),
        **draw(extras(_SEEN_BY_OTHER_PAYER, 6)),
    )


adjudications = st.builds(
    LineAdjudication,
    payer_id=codes(20, 2),
    paid=st.decimals("0", "999", places=2),
    procedure=digits(5),
    units=numbers("99", 1),
    modifiers=st.lists(codes(2, 2), max_size=4).map(tuple),
    description=maybe(names(80)),
    bundled_into=maybe(st.integers(1, 50)),
    adjustments=adjustments,
    paid_on=days,
    remaining_patient_liability=maybe(amounts()),
)


@st.composite
def answers(draw: st.DrawFn) -> FormAnswer:
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "answer": st.sampled_from("NWY"),
        "text": names(50),
        "day": days,
        "percent": numbers("99", 1),
    }
    said = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, unique=True))
    return FormAnswer(question=draw(codes(4)), **{name: draw(kinds[name]) for name in said})


forms = st.builds(Form, id=codes(10), type=st.sampled_from(("AS", "UT")), answers=some(answers(), 4))
equipment = st.builds(
    Dme,
    days=numbers("99", 0),
    rental_price=amounts(),
    purchase_price=amounts(),
    rental_frequency=st.sampled_from("146"),
    certification_type=st.sampled_from("IRS"),
    months=numbers("99", 0),
    condition_applies=st.booleans(),
    conditions=some(st.sampled_from(("38", "ZV")), 2),
)
payer_numbers = st.builds(PayerNumber, id=codes(20), payer=maybe(codes(20)))


def by_payer(*qualifiers: str) -> st.SearchStrategy[tuple[Reference, ...]]:
    """References of a line's provider, with or without the other payer they are for."""
    one_of = st.builds(Reference, qualifier=st.sampled_from(qualifiers), id=codes(20), payer=maybe(codes(20)))
    return st.lists(one_of, max_size=5).map(tuple)


def line_persons(*qualifiers: str) -> st.SearchStrategy[Provider]:
    return st.builds(
        Provider,
        entity_type=st.just("1"),
        name=names(60),
        first_name=names(35),
        npi=maybe(st.sampled_from(NPIS)),
        references=by_payer(*qualifiers),
    )
