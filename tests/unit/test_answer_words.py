"""Codes of an answer in words, as the queue and a claim's story show them."""

import pytest

from gateway.ops.reports.meanings import explained
from gateway.responses.words import STATUS_FIELD, STATUS_SUBJECT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "rejected by the file check: CLM 8, CLM05-1 7",
            "CLM05-1: the code is not one of those allowed",
        ),
        (
            "rejected: rejected by the file check: NM1 3, SV1 8 (by daemon)",
            "NM1: a segment that must be here is missing; SV1: the segment has faulty elements",
        ),
        ("rejected by the file check: set R 5", "one or more segments are faulty"),
        (
            "999 of the group: rejected (HI01-2 I12), in R-1",
            "HI01-2: the value does not have the required form",
        ),
        ("997 about its file: rejected (R 4), in R-1", "the transaction's segment count is wrong"),
        ("TA1 about its file: rejected (R 025), in R-1", "the control number was used before"),
        (
            "rejected by the payer: A7:562:85",
            "rejected because information is not valid, status code 562 (an NPI), about the billing provider",
        ),
        ("quarantine: ENV-TRUNCATED", "the file breaks off in the middle; ask the partner to send it again"),
    ],
)
def test_bare_codes_are_followed_by_what_they_say(text, words):
    assert explained(text) == f"{text} - {words}"


@pytest.mark.parametrize(
    "text",
    [
        "999 about its file: accepted (A), in R-1",
        "TA1 about its file: accepted (A 000), in R-1",
        "rejected by the file check: no code given",
        "a remittance is not posted: ERA-B2: a claim does not add up (B2): 1.00 follows from the rest, 2.00 is stated",
    ],
)
def test_what_is_plain_already_is_left_as_it_is(text):
    assert explained(text) == text


def test_each_status_that_is_about_a_field_has_words_for_it():
    assert set(STATUS_FIELD.values()) == set(STATUS_SUBJECT)
