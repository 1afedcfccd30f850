"""837 files as they are dropped: every trap of their envelopes, what comes back of them, and what travels in residue."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.claims.intake import Intake, read_records, take_in
from gateway.claims.intake.x12 import read_x12_claims
from gateway.mapping.compile import load_map
from gateway.mapping.write import write_claims
from gateway.model.findings import Severity
from gateway.model.lifecycle import ClaimState
from gateway.model.submission import Environment
from gateway.settings import Limits
from gateway.store import claims, findings
from tests.drops import as_x12, body_837p, claims_of
from tests.office import BILLING, Office, record
from tests.strategies import HEADER
from tests.x12files import IDS, Read, file_837p

LIMITS = Limits()
OTHER_BILLING = {**BILLING, "name": "Loe Clinic", "npi": "1444987659"}


def read(data: bytes, name: str = "a.837", limits: Limits = LIMITS) -> list[Intake]:
    return list(read_records(data, name=name, limits=limits))


def rows(found: Sequence[Intake]) -> list[tuple[int, list[str]]]:
    return [(one.row, [f.code for f in one.findings]) for one in found]


def numbers(found: Sequence[Intake]) -> list[str | None]:
    return [one.claim.patient_control_number if one.claim else None for one in found if one.row]


def bodies(*groups: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [body_837p(claims_of(group)) for group in groups]


def came_back(office: Office, file_id: str) -> bytes:
    return (office.rejected / f"{file_id}.837").read_bytes()


def without(data: bytes, pattern: bytes) -> bytes:
    changed, count = re.subn(pattern, b"", data)
    assert count
    return changed


def test_interchanges_sets_and_providers_are_read_claim_by_claim() -> None:
    first = file_837p(*bodies([record(1), record(2, billing_provider=OTHER_BILLING)], [record(3)]))
    second = file_837p(*bodies([record(4)]), isa13=102, line_breaks=True)
    found = read(first + second)
    assert numbers(found) == ["ACC-1", "ACC-2", "ACC-3", "ACC-4"]
    assert [one.row for one in found] == [1, 2, 3, 4]
    places = [one.x12 for one in found]
    assert [p.key for p in places if p] == [(1, 1, 1), (1, 1, 1), (1, 1, 2), (2, 1, 1)]
    assert [p.st02 for p in places if p] == ["0001", "0001", "0002", "0001"]
    assert places[3] is not None
    assert (places[3].interchange.control_number, places[3].reference) == ("000000102", HEADER.reference)
    assert found[1].claim is not None
    assert found[1].claim.billing_provider.npi == OTHER_BILLING["npi"]


def test_a_place_is_that_of_the_claims_own_segments() -> None:
    (body,) = bodies([record(1), record(2)])
    one, two = read(file_837p(body))
    assert one.x12 is not None
    assert two.x12 is not None
    text = ["ST", *body]
    assert text[one.x12.position - 1].startswith("CLM*ACC-1*")
    assert text[two.x12.position - 1].startswith("CLM*ACC-2*")
    spans = write_claims(load_map("837p"), HEADER, claims_of([record(1), record(2)])).spans
    assert [(p.first, p.last) for p in (one.x12, two.x12)] == list(spans)


@pytest.mark.parametrize("separators", [b"|>!", b"\x1d\x1f\x1e", b"*:\n", b"+\\~"])
def test_any_delimiters_are_taken_from_the_isa(separators: bytes) -> None:
    element, component, segment = (separators[i : i + 1] for i in range(3))
    plain = as_x12([record(1)])
    assert not any(c in plain for c in separators if c not in b"*:~")
    data = plain.replace(b"*", element).replace(b":", component).replace(b"~", segment)
    (one,) = read(data)
    assert one.claim == read(plain)[0].claim


@pytest.mark.parametrize("version", ["005010X222", "005010X222A1", "005010X222A2"])
def test_errata_of_the_guide_do_not_matter(version: str) -> None:
    (one,) = read(as_x12([record(1)]).replace(b"005010X222A1", version.encode()))
    assert (one.claim is not None, [f.severity for f in one.findings]) == (True, [])


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("005010X223A2", "institutional"),
        ("005010X224A2", "dental"),
        ("004010X098A1", "4010"),
        ("005010X291", "predetermination"),
        ("005010X999", "not known here"),
    ],
)
def test_another_kind_of_837_is_refused_by_name(version: str, words: str) -> None:
    (one,) = read(as_x12([record(1)]).replace(b"005010X222A1", version.encode()))
    assert rows([one]) == [(1, ["X12-KIND"])]
    assert words in one.findings[0].message
    assert one.findings[0].claim == "ACC-1"


def test_an_answer_among_claims_is_refused_and_the_claims_go_on(office: Office) -> None:
    answer = as_x12([record(9)], isa13=7).replace(b"ST*837*0001*005010X222A1", b"ST*835*0001")
    report = office.take("week.837", as_x12([record(1)]) + answer.replace(b"GS*HC*", b"GS*HP*"))
    assert (report.ready, report.refused) == (1, 1)
    (file_id,) = report.ids
    (reason,) = office.reasons(file_id)
    assert "a remittance (835)" in reason["findings"][0]["message"]
    assert b"ST*835*0001~" in came_back(office, file_id)


def test_a_miscounted_set_is_refused_whole_and_its_neighbours_go_on(office: Office) -> None:
    data = file_837p(*bodies([record(1)], [record(2), record(3)], [record(4)]))
    count = re.findall(rb"SE\*(\d+)\*0002", data)[0]
    report = office.take("week.837", data.replace(b"SE*" + count + b"*0002", b"SE*99*0002"))
    assert (report.records, report.ready, report.refused) == (4, 2, 2)
    (file_id,) = report.ids
    assert [(r["row"], r["patient_control_number"]) for r in office.reasons(file_id)] == [
        (2, "ACC-2"),
        (3, "ACC-3"),
    ]
    assert set(office.codes(file_id)) == {"ENV-SE-COUNT"}
    back = came_back(office, file_id)
    assert Read(back).intact == [True]
    assert [b"ACC-%d" % n in back for n in (1, 2, 3, 4)] == [False, True, True, False]
    assert b"SE*99*0002" in back
    again = office.take("again.837", back)
    assert again.refused == 2
    mended = office.take("mended.837", back.replace(b"SE*99*0002", b"SE*" + count + b"*0002"))
    assert (mended.ready, mended.refused) == (2, 0)


def test_a_file_that_breaks_off_keeps_what_is_whole(office: Office) -> None:
    data = file_837p(*bodies([record(1)], [record(2)]))
    cut = data[: data.index(b"SV1*", data.index(b"ACC-2")) + 8]
    report = office.take("week.837", cut)
    assert (report.ready, report.refused) == (1, 1)
    assert "ENV-TRUNCATED" in office.codes(report.ids[0])
    whole = office.take("whole.837", data)
    assert (whole.ready, whole.refused) == (1, 1)
    assert office.codes(whole.ids[0]) == ["D-DUP-CONTENT"]


def test_a_broken_second_interchange_comes_back_as_it_is(office: Office) -> None:
    report = office.take("week.837", as_x12([record(1)]) + b"\nISA*broken*beyond*repair~CLM*X~")
    assert (report.ready, report.refused) == (1, 1)
    assert came_back(office, report.ids[0]) == b"ISA*broken*beyond*repair~CLM*X~"


def test_a_missing_group_is_told_although_every_claim_went_in(office: Office) -> None:
    report = office.take("week.837", as_x12([record(1)]).replace(b"GE*1*101", b"GE*2*101"))
    assert (report.ready, report.refused) == (1, 0)
    (file_id,) = report.ids
    (reason,) = office.reasons(file_id)
    assert (reason["row"], reason["outcome"]) == (None, "noted")
    assert [f["code"] for f in reason["findings"]] == ["ENV-GE-COUNT"]
    assert "look whether any is missing" in (office.rejected / f"{file_id}.reasons.txt").read_text()


def test_a_file_without_claims_comes_back() -> None:
    ta1 = b"ISA" + as_x12([record(1)])[3:106] + b"TA1*000000101*260115*0930*A*000~IEA*0*000000101~"
    assert [f.code for one in read(ta1) for f in one.findings] == ["X12-KIND", "IN-FILE-EMPTY"]


def test_production_in_a_test_installation_is_noted_once() -> None:
    data = as_x12([record(1), record(2)])
    at = 102
    said = list(
        read_x12_claims(data[:at] + b"P" + data[at + 1 :], limits=LIMITS, environment=Environment.TEST)
    )
    assert rows(said) == [(0, ["X12-USAGE"]), (1, []), (2, [])]
    assert said[0].findings[0].severity is Severity.WARNING


def test_a_test_file_is_never_billed_as_production() -> None:
    data = as_x12([record(1), record(2)])
    said = list(read_x12_claims(data, limits=LIMITS, environment=Environment.PRODUCTION))
    assert rows(said) == [(1, ["X12-USAGE"]), (2, ["X12-USAGE"])]
    assert [one.claim for one in said] == [None, None]
    assert rows(list(read_x12_claims(data, limits=LIMITS, environment=Environment.TEST))) == [
        (1, []),
        (2, []),
    ]


def test_encounters_are_not_sent_as_claims() -> None:
    (one,) = read(re.sub(rb"(BHT\*[^~]*)\*CH~", rb"\1*RP~", as_x12([record(1)])))
    assert rows([one]) == [(1, ["X12-BHT06"])]


def test_a_level_that_names_another_parent_is_not_guessed_at() -> None:
    records = [record(1), record(2, billing_provider=OTHER_BILLING)]
    data = as_x12(records)
    assert b"HL*4*3*22*0" in data
    found = read(data.replace(b"HL*4*3*22*0", b"HL*4*1*22*0"))
    assert rows(found) == [(1, []), (2, ["X12-HL"])]


def test_claims_without_levels_are_not_told_apart_by_guessing() -> None:
    (body,) = bodies([record(1), record(2)])
    found = read(file_837p(tuple(s for s in body if not s.startswith("HL*"))))
    assert rows(found) == [(1, ["X12-HL"]), (2, ["X12-HL"])]


@pytest.mark.parametrize("left_out", ["HL*3*1*22*0", "SBR"])
def test_a_claim_never_goes_to_the_subscriber_of_another(left_out: str) -> None:
    """A lost HL would make the next subscriber another payer's insured, and the next claim that of the one before."""
    (body,) = bodies([record(1), record(2), record(3)])
    kept = tuple(s for s in body if s != "HL*3*1*22*0" and not (left_out == "SBR" and s.startswith("SBR")))
    assert rows(read(file_837p(kept))) == [(1, ["X12-HL"]), (2, ["X12-HL"]), (3, ["X12-HL"])]


@pytest.mark.parametrize(("encoding", "codes"), [("utf-8", ["IN-ENCODING"]), ("latin-1", ["IN-ENCODING"])])
def test_letters_beyond_ascii_are_read(encoding: str, codes: list[str]) -> None:
    text = as_x12([record(1)]).decode().replace("NM1*IL*1*POE*PAULA", "NM1*IL*1*NÚÑEZ*PAULA")
    note, one = read(text.encode(encoding))
    assert [f.code for f in note.findings] == codes
    assert one.claim is not None
    assert one.claim.subscriber.last_name == "NÚÑEZ"


def test_a_letter_that_latin_1_lacks_is_folded() -> None:
    _, one = read(as_x12([record(1)]).decode().replace("*POE*", "*ŁOŚ’*").encode())
    assert one.claim is not None
    assert one.claim.subscriber.last_name == "LOS'"


def test_lines_of_text_before_the_interchange_are_skipped() -> None:
    found = read(b"Report of the day\n\n" + as_x12([record(1)]), "export.txt")
    assert numbers(found) == ["ACC-1"]
    assert found[0].findings[0].code == "ENV-LEADING-TEXT"


def test_more_claims_than_the_limit_are_refused_as_a_file() -> None:
    (one,) = read(as_x12([record(1), record(2)]), limits=Limits(intake_records=1))
    assert rows([one]) == [(0, ["IN-RECORDS"])]


def test_a_record_beyond_the_limit_is_refused_alone() -> None:
    found = read(as_x12([record(1), record(2)]), limits=Limits(intake_record_bytes=100))
    assert rows(found) == [(1, ["IN-RECORD-SIZE"]), (2, ["IN-RECORD-SIZE"])]


def test_what_the_record_cannot_name_travels_and_is_written_back(office: Office) -> None:
    (body,) = bodies([record(1)])
    at = next(i for i, s in enumerate(body) if s.startswith("HI*"))
    strange = (*body[:at], "REF*ZZZ*OF NO GUIDE", *body[at:])
    assert office.take("week.837", file_837p(strange)).ready == 1
    with office.site.store.read() as tx:
        stored = claims.content(tx, office.claim().version_id)
    assert [r.segments for r in stored.residue] == [("REF*ZZZ*OF NO GUIDE",)]
    assert "REF*ZZZ*OF NO GUIDE" in write_claims(load_map("837p"), HEADER, [stored]).segments


def test_what_comes_back_holds_only_the_refused_claims_in_a_sound_envelope(office: Office) -> None:
    child = {
        "subscriber": {"last_name": "Poe", "first_name": "Paula", "member_id": "MBR00009"},
        "patient": {
            "last_name": "Poe", "first_name": "Kim", "relationship": "19", "birth_date": "2015-02-03", "sex": "M",
            "address": {"line1": "12 Oak Ave", "city": "Springfield", "state": "IL", "zip": "62702"},
        },
    }  # fmt: skip
    one = file_837p(
        *bodies([record(1), record(2, **child), record(3, billing_provider=OTHER_BILLING)], [record(4)])
    )
    two = file_837p(*bodies([record(5)], [record(6)]), isa13=102)
    data = b"".join([one, two])
    for number in (2, 3, 6):
        data = data.replace(b"CLM*ACC-%d*165.5*" % number, b"CLM*ACC-%d*OOPS*" % number)
    report = office.take("week.837", data)
    assert (report.ready, report.refused) == (3, 3)
    (file_id,) = report.ids
    back = came_back(office, file_id)
    seen = Read(back)
    assert seen.intact == [True, True]
    assert [s.intact for s in seen.sets] == [True, True]
    assert [[s[1] for s in body if s[0] == "CLM"] for body in seen.segments] == [
        ["ACC-2", "ACC-3"],
        ["ACC-6"],
    ]
    levels = [[s[1:] for s in body if s[0] == "HL"] for body in seen.segments]
    assert levels == [
        [["1", "", "20", "1"], ["2", "1", "22", "1"], ["3", "2", "23", "0"], ["4", "", "20", "1"], ["5", "4", "22", "0"]],
        [["1", "", "20", "1"], ["2", "1", "22", "0"]],
    ]  # fmt: skip
    page = (office.rejected / f"{file_id}.reasons.txt").read_text()
    assert "Claim 2, account ACC-2 (interchange 1, group 1, set 1, segment " in page
    mended = office.take("mended.837", back.replace(b"OOPS", b"165.5"))
    assert (mended.ready, mended.refused) == (3, 0)


def test_a_date_that_is_none_is_named_as_such_beside_the_claim_it_holds(office: Office) -> None:
    data = as_x12([record(1)])
    (date,) = set(re.findall(rb"DTP\*472\*D8\*(\d{8})~", data))
    (file_id,) = office.take("week.837", data.replace(b"D8*" + date, b"D8*20261399")).ids
    (reason,) = office.reasons(file_id)
    said = {(f["code"], f["message"]) for f in reason["findings"]}
    assert ("READ-DATE", "DTP03: not a date") in said
    assert ("P-BESIDE", "loop 2400: DTP03 of DTP*472 is no date") in said
    assert not [message for _, message in said if "once only" in message]


def test_reasons_tell_the_place_in_the_file(office: Office) -> None:
    data = as_x12([record(1), record(2, charge="165.51")])
    (file_id,) = office.take("week.837", data).ids
    (reason,) = office.reasons(file_id)
    text = data.decode().split("~")
    interchange, group, one_set, segment = map(int, reason["place"].split("/"))
    assert (interchange, group, one_set) == (1, 1, 1)
    assert text[2 + segment - 1].startswith("CLM*ACC-2*")
    assert reason["findings"][0]["line"] == segment
    held = office.claim("ACC-2")
    assert (held.state, held.row) == (ClaimState.HELD, 2)
    with office.site.store.read() as tx:
        assert findings.of(tx, held.id)[0].line == segment


def test_ids_and_numbers_of_the_file_do_not_matter(office: Office) -> None:
    data = as_x12([record(1)]).replace(IDS.sender_id.encode(), b"SOMEBODYXX").replace(b"101", b"999")
    assert office.take("week.837", data).ready == 1


def test_a_file_in_two_encodings_comes_back_as_it_can_be_dropped_again(office: Office) -> None:
    data = as_x12([record(1, charge="1")]).decode().replace("*POE*", "*NÚÑEZ*").replace("*1*", "*1O*", 1)
    text = data.replace("CLM*ACC-1*1*", "CLM*ACC-1*x*").encode()
    (file_id,) = office.take("week.837", text).ids
    assert "NÚÑEZ".encode() in came_back(office, file_id)


def test_the_bad_second_of_two_files_does_not_stop_the_first(office: Office) -> None:
    office.drop("a.837", as_x12([record(1)]))
    office.drop("b.837", without(as_x12([record(2)]), rb"SE\*\d+\*0001~"))
    report = take_in(office.site)
    assert (report.ready, report.refused) == (1, 1)
    assert office.codes(report.ids[1]) == ["ENV-SE-MISSING"]
