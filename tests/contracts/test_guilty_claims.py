"""A 999 that pyx12 writes about our own file names the guilty claim, and only that one."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.claims.convert import PLACEHOLDER, PLACEHOLDER_SUBMITTER
from gateway.claims.intake.record import validate
from gateway.exchange.render import Job, Rendered, render
from gateway.mapping.compile import load_map
from gateway.mapping.read import read_record
from gateway.model.acknowledgement import GroupAcknowledgement
from gateway.model.claim import Claim
from gateway.model.lifecycle import SubmissionState
from gateway.responses.guilt import Blame, blame
from gateway.store.submissions import Submission
from gateway.x12.check import check_x12
from gateway.x12.reader import TransactionSet, read_x12
from tests.unit.test_cli_files import CLAIM

NUMBERS = ("PCN0001", "PCN0002", "PCN0003", "PCN0004")


def claims() -> list[Claim]:
    """Four claims, two each under one of two billing providers."""
    made = []
    for index, number in enumerate(NUMBERS):
        provider = {**CLAIM["billing_provider"], "name": f"CLINIC {index // 2}"}
        record = {**CLAIM, "patient_control_number": number, "billing_provider": provider}
        claim, faults = validate(record)
        assert claim is not None, faults
        made.append(claim)
    return made


def rendered() -> Rendered:
    job = Job(
        profile=PLACEHOLDER,
        submitter=PLACEHOLDER_SUBMITTER,
        claim_map=load_map("837p"),
        isa13=1,
        gs06=1,
        created=datetime(2024, 1, 15, 9, 30, tzinfo=UTC),
        references={"0001": "B1"},
    )
    return render(job, {"0001": claims()})


def sent(made: Rendered) -> list[Submission]:
    return [
        Submission(
            id=number, claim_id=number, version_id="V", transmission_id="T", partner="north", payer="60054", payer_sequence="P",
            frequency="1", st02="0001",
            reference="B1", state=SubmissionState.SENT, charge=Decimal(1), first_segment=first, last_segment=last,
            created_at=datetime(2024, 1, 15, tzinfo=UTC), sent_at=None,
        )
        for number, (first, last) in zip(NUMBERS, made.written["0001"].spans, strict=True)
    ]  # fmt: skip


def answered(made: Rendered, spoil: Callable[[list[str]], list[str]]) -> Blame:
    """Spoil the segments of the set, have pyx12 write its 999, and attribute what it says."""
    segments = made.data.decode().split("~")
    start = next(i for i, s in enumerate(segments) if s.startswith("ST*"))
    end = next(i for i, s in enumerate(segments) if s.startswith("SE*"))
    body = spoil(segments[start:end])
    data = "~".join([*segments[:start], *body, f"SE*{len(body) + 1}*0001", *segments[end + 1 :]])
    verdict = check_x12(data.encode(), want_999=True)
    assert verdict.acknowledgement is not None
    interchange = next(read_x12(io.BytesIO(verdict.acknowledgement)))
    part = next(interchange.parts())
    assert isinstance(part, TransactionSet)
    said = read_record(load_map("999"), part.segments(), interchange.header.separators).record
    assert isinstance(said, GroupAcknowledgement)
    assert said.sets[0].status == "R"
    return blame(said.sets[0], sent(made), {number: number for number in NUMBERS})


def place(body: list[str], start: str, claim: int) -> int:
    """Return the index of the first segment beginning with *start* in the claim number *claim* (from 0)."""
    heads = [i for i, s in enumerate(body) if s.startswith("HL*") and "*22*" in s]
    return next(i for i in range(heads[claim], len(body)) if body[i].startswith(start))


def change(start: str, claim: int, text: str | None) -> Callable[[list[str]], list[str]]:
    def spoil(body: list[str]) -> list[str]:
        at = place(body, start, claim)
        return [*body[:at], *([] if text is None else [text]), *body[at + 1 :]]

    return spoil


@pytest.mark.parametrize("claim", range(4))
@pytest.mark.parametrize(
    ("start", "text"),
    [
        ("CLM*", "CLM*PCN000{n}****11:B:1*Y*A*Y*Y"),
        ("SBR*", "SBR*Q*18*******CI"),
        ("DMG*", "DMG*D8*19701350*M"),
        ("SV1*", "SV1*HC:99213*125.5*XX*1***1"),
    ],
)
def test_a_faulty_element(claim: int, start: str, text: str) -> None:
    found = answered(rendered(), change(start, claim, text.replace("{n}", str(claim + 1))))
    assert list(found.guilty) == [NUMBERS[claim]]
    assert found.nobodys == []
    assert found.complete


@pytest.mark.parametrize("claim", range(4))
@pytest.mark.parametrize("start", ["NM1*PR", "DTP*472"])
def test_a_missing_segment(claim: int, start: str) -> None:
    made = rendered()
    spoiled = answered(made, change(start, claim, None))
    # Behind the gap all positions are one less than in our file; the claim is told all the same.
    assert NUMBERS[claim] in spoiled.guilty
    assert set(spoiled.guilty) <= {NUMBERS[claim]}


def test_a_faulty_billing_provider_is_the_fault_of_its_claims() -> None:
    def spoil(body: list[str]) -> list[str]:
        at = [i for i, s in enumerate(body) if s.startswith("NM1*85")][1]
        return [*body[:at], "NM1*85*7*CLINIC 1*****XX*1098765435", *body[at + 1 :]]

    found = answered(rendered(), spoil)
    assert set(found.guilty) == {"PCN0003", "PCN0004"}


def test_a_faulty_head_is_nobodys_fault() -> None:
    def spoil(body: list[str]) -> list[str]:
        return [s.replace("BHT*0019*00", "BHT*0019*77") for s in body]

    found = answered(rendered(), spoil)
    assert found.guilty == {}
    assert found.nobodys
    assert not found.complete
