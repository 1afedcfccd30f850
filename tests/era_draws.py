"""Claims and what their payers come to say of them, drawn at random: splits, bundles, reversals, second payers, PLB.

A story is drawn in its natural order; in which order it is heard is drawn apart.
"""

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests.eras import FIRST, OTHER, SECOND, Answer, Cas, Era, Payer, Plb, Service

NO_PAY = "NOPAY"
"""The trace number that a payer gives to every notice without money (TRAP-92)."""

_CODES = (("CO", "45"), ("PR", "1"), ("PR", "2"), ("PR", "3"), ("CO", "50"), ("PI", "9999"))
_PATIENT = (("CO", "45"), ("PR", "1"), ("PR", "3"))


@dataclass(frozen=True)
class Billed:
    """A claim as sent: *known* when (before what is heard of it, or late); *second* tells that a second payer got it too."""

    key: str
    number: str
    services: tuple[tuple[str, int], ...]
    payer: Payer
    member: str
    known: str = "early"
    second: bool = False

    @property
    def charge(self) -> int:
        """CLM02."""
        return sum(charge for _, charge in self.services)


@dataclass
class Story:
    """Claims, and the sets in which their payers speak of them, each answer once."""

    claims: list[Billed]
    eras: list[Era] = field(default_factory=list)

    def of(self, key: str) -> list[Answer]:
        """Return what is said of a claim."""
        return [a for era in self.eras for a in era.answers if a.owner == key]


@st.composite
def shares(draw, total: int, codes=_CODES) -> tuple[int, tuple[Cas, ...]]:
    """Divide *total* into what is paid and what is not."""
    paid, cas = total, []
    for group_code, reason in draw(st.lists(st.sampled_from(codes), max_size=3, unique=True)):
        part = draw(st.integers(0, paid))
        if part:
            cas.append((group_code, reason, part))
            paid -= part
    return paid, tuple(cas)


@st.composite
def services_of(draw, billed: Billed, codes=_CODES) -> tuple[tuple[Service, ...], tuple[Cas, ...]]:
    """Answer a claim's lines one by one, bundled (4.10), unbundled, or with the whole at claim level."""
    form = draw(st.sampled_from(["lines", "lines", "claim", "bundled", "unbundled"]))
    if form == "claim":
        return (), draw(shares(billed.charge, codes))[1]
    made: list[Service] = []
    left = list(billed.services)
    if form == "bundled" and len(left) > 1:
        (one, first), (other, second) = left.pop(0), left.pop(0)
        paid = draw(st.integers(0, first + second))
        made += [
            Service("99499", first, paid, _some(("OA", "94", -second), ("CO", "45", first + second - paid)), one),
            Service("99499", second, 0, (("CO", "97", second),), other),
        ]  # fmt: skip
    elif form == "unbundled":
        panel, charge = left.pop(0)
        main = draw(st.integers(0, charge))
        extra = draw(st.integers(0, charge - main))
        made += [
            Service("80048", charge, main, _some(("CO", "45", charge - main)), panel),
            Service("80049", 0, extra, _some(("OA", "94", -extra)), panel),
        ]
    for procedure, charge in left:
        paid, cas = draw(shares(charge, codes))
        made.append(Service(procedure, charge, paid, cas))
    return tuple(made), ()


def _some(*cas: Cas) -> tuple[Cas, ...]:
    return tuple(one for one in cas if one[2])


@st.composite
def answer_of(draw, billed: Billed, number: str, control: str, *, payer: Payer, codes=_CODES) -> Answer:
    """Let a payer answer a claim, or a part of it, as the first one."""
    services, cas = draw(services_of(billed, codes))
    paid = billed.charge - sum(c for _, _, c in (*cas, *(x for one in services for x in one.cas)))
    # What could be told apart by nothing but its order is not drawn: an answer of no money at all is a denial.
    status = "4" if not paid and not any(g == "PR" for g, _, _ in cas) and not services else "1"
    return Answer(
        owner=billed.key, payer=payer, number=number, status=status, charge=billed.charge, paid=paid, control=control,
        services=services, cas=cas, name=("ROE", f"R{billed.key}"), member=billed.member,
    )  # fmt: skip


@st.composite
def lives(draw, index: int) -> tuple[Billed, list[Answer]]:
    """Draw a claim and everything that its payers say of it."""
    charges = draw(st.lists(st.integers(100, 30_000), min_size=1, max_size=3))
    services = tuple((f"9921{n}", charge) for n, charge in enumerate(charges, start=1))
    key = f"K{index}"
    known = draw(st.sampled_from(["early", "early", "early", "late"]))
    second = draw(st.booleans())
    claim = Billed(
        key, f"ACC{index}7", services, draw(st.sampled_from([FIRST, OTHER])), f"MBR{index}00{index}", known, second
    )  # fmt: skip
    # A payer that writes a number that nobody knows: a person says whose it is.
    number = f"QX{index}{index}Z" if known == "early" and draw(st.integers(0, 4)) == 0 else claim.number
    form = draw(st.sampled_from(["plain", "corrected", "split", "second", "second"]))
    if form == "second":
        return claim, draw(with_second_payer(claim, number))
    claim = replace(claim, second=False)
    if form == "split" and len(services) > 1:
        said = draw(split(claim, number))
    else:
        said = [draw(answer_of(claim, number, f"I{index}", payer=claim.payer))]
    if form != "plain":
        said = draw(corrected(claim, said))
    return claim, said


@st.composite
def split(draw, claim: Billed, number: str, codes=_CODES) -> list[Answer]:
    """Let the payer answer a claim in parts, each under a claim number of its own (TRAP-96)."""
    cut = draw(st.integers(1, len(claim.services) - 1))
    parts = [claim.services[:cut], claim.services[cut:]]
    return [
        draw(
            answer_of(
                replace(claim, services=part), number, f"I{claim.key}P{n}", payer=claim.payer, codes=codes
            )
        )
        for n, part in enumerate(parts)
    ]


@st.composite
def corrected(draw, claim: Billed, said: list[Answer]) -> list[Answer]:
    """Take back one answer, and mostly say another thing instead; now and then again."""
    everything, last = list(said), draw(st.sampled_from(said))
    for turn in range(draw(st.integers(1, 2))):
        everything.append(last.reversed())
        if draw(st.integers(0, 3)) == 0:
            break
        part = replace(claim, services=(("99213", last.charge),))
        last = draw(answer_of(part, last.number, f"{last.control}N{turn}", payer=claim.payer))
        everything.append(last)
    return everything


@st.composite
def with_second_payer(draw, claim: Billed, number: str) -> list[Answer]:
    """Let a second payer pay of what the first one left to the patient: crossed over, or asked by us (4.15)."""
    if len(claim.services) > 1 and draw(st.booleans()):
        first = draw(split(claim, number, _PATIENT))
    else:
        first = [draw(answer_of(claim, number, f"I{claim.key}", payer=claim.payer, codes=_PATIENT))]
    left = sum(one.total("PR") for one in first)
    given_up = sum(one.total("CO", "45") + one.total("OA", "94") + one.total("CO", "97") for one in first)
    if not left:
        return first
    if not claim.second:
        first = [replace(one, status="19") for one in first]

    def second(control: str) -> Answer:
        paid = draw(st.integers(1, left))
        patient = draw(st.integers(0, left - paid))
        rest = left - paid - patient
        prior = (
            ("OA", "23", claim.charge - left)
            if draw(st.booleans())
            else ("OA", "23", sum(one.paid for one in first))
        )
        more = 0 if prior[2] == claim.charge - left else given_up
        cas = _some(prior, ("CO", "45", more + rest), ("PR", "3", patient))
        return Answer(
            owner=claim.key, payer=SECOND, number=number, status="2", charge=claim.charge, paid=paid, control=control,
            cas=cas, name=("ROE", f"R{claim.key}"), member=claim.member,
        )  # fmt: skip

    said = [*first, second(f"Z{claim.key}")]
    if draw(st.booleans()):
        said += [said[-1].reversed(), second(f"Z{claim.key}N")]
    return said


@st.composite
def stories(draw, most: int = 3) -> Story:
    """Draw claims, gather what is said of them into sets by payer, and add strangers, PLB and notices without money."""
    drawn = [draw(lives(n)) for n in range(1, draw(st.integers(1, most)) + 1)]
    spoken = [one for _, said in drawn for one in said]
    spoken += [
        Answer(None, draw(st.sampled_from([FIRST, SECOND])), f"ALIEN{n}", "1", c, c, f"A{n}", name=("LOE", "L"))
        for n, c in enumerate(draw(st.lists(st.integers(1, 9_000), max_size=1)))
    ]  # fmt: skip
    bins: dict[tuple[Payer, int], list[Answer]] = {}
    for one in spoken:
        bins.setdefault((one.payer, draw(st.integers(0, 2))), []).append(one)
    eras = []
    for n, ((payer, _), said) in enumerate(bins.items()):
        plbs = [
            Plb(code, f"R{code}", draw(st.integers(-2_000, 2_000).filter(bool)))
            for code in draw(
                st.lists(st.sampled_from(["WO", "FB", "L6", "72", "CS"]), max_size=2, unique=True)
            )
        ]
        era = Era(payer, f"T{n}", tuple(draw(st.permutations(said))), tuple(plbs))
        if era.amount < 0:
            era = replace(era, plbs=(*plbs, Plb("FB", f"T{n}", era.amount)))
        if not era.amount and not era.plbs:
            era = replace(era, trace=NO_PAY)
        eras.append(era)
    if draw(st.booleans()):
        # What is withheld in one set and given back in another comes to nothing in its account.
        owed = draw(st.integers(1, 500))
        eras += [
            Era(FIRST, "W1", (), (Plb("WO", "ICNOLD", -owed),)),
            Era(FIRST, "W2", (), (Plb("WO", "ICNOLD", owed), Plb("CS", "W2", -owed))),
        ]  # fmt: skip
    return Story([claim for claim, _ in drawn], eras)


@dataclass(frozen=True)
class Delivery:
    """Files in the order in which they come, each the numbers of its sets; a file may come twice."""

    files: tuple[tuple[int, ...], ...]


@st.composite
def deliveries(draw, story: Story) -> Delivery:
    """Draw how a story's sets come: in any order, alone or together, some of them again."""
    numbers = range(len(story.eras))
    again = draw(st.lists(st.sampled_from(numbers), max_size=2)) if story.eras else []
    files: list[list[int]] = []
    for number in draw(st.permutations([*numbers, *again])):
        if files and draw(st.booleans()):
            files[-1].append(number)
        else:
            files.append([number])
    return Delivery(tuple(map(tuple, files)))
