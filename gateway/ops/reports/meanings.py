"""What a code means, in a sentence that quotes nothing: for the queue, for stories, and where a finding is masked.

Edits bring their own sentence (`gateway.claims.edits`); what other parts of the gateway find stands here.
"""

import re
from collections.abc import Callable
from functools import cache

from gateway.ops.reports import answer_words
from gateway.responses import words

MEANINGS = {
    "ROUTE-PAYER": "the payer is in no partner's `payers` of config.toml",
    "ROUTE-ENTITY": "the billing provider is no [[billing_entity]] of config.toml",
    "D-DUP": "the claim is on its way to this payer already",
    "D-DUP-CONTENT": "the same claim is here already",
    "D-DUP-REJECTED": "the same claim was rejected, and nothing of it was mended",
    "D-CROSSOVER": "the first payer sent the claim on to the next payer itself",
    "D-DUP-SERVICE": "the same services of the same patient are billed by another claim",
    "D-SIZE": "the claim alone makes a file larger than batching.max_bytes",
    "IN-FOLD": "letters that X12 does not have go out as the nearest it has",
    "IN-SPELLING": "written as X12 wants it: in capitals, without hyphens, dots and blanks; the meaning is the same",
    "READ-AMOUNT": "an amount could not be read",
    "READ-CODE": "a code stands there that is not known here; it was kept beside the record",
    "READ-DATE": "what stands there is no date; it was kept beside the record",
    "READ-DECIMALS": "an amount has more than two decimals",
    "READ-ORDER": "segments stand in another order than the guide's; read all the same",
    "READ-RESIDUE": "segments that no field takes; they were kept beside the record",
    "READ-VALUE": "what stands there could not be read; it was kept beside the record",
    "P-F8": "what the payer calls the claim (REF*F8) was filled in, or differs from what the payer told us",
    "P-PCN-OPEN": "another open claim has the same patient control number",
    "ERA-CARC": "an adjustment reason is not in the list that was loaded; perhaps a newer list is needed",
    "ERA-RARC": "a remark code is not in the list that was loaded; perhaps a newer list is needed",
    "ERA-B1": "a service line of the remittance does not add up",
    "ERA-B2": "a claim of the remittance does not add up",
    "ERA-B3": "the lines of a claim do not come to what the remittance says of the claim",
    "ERA-B4": "the claims and provider adjustments do not come to the payment",
    "ERA-B5": "the patient's share is stated otherwise than its adjustments add up",
    "ERA-AMOUNT": "an amount is no money: a fraction of a cent, or far too large",
    "ERA-CORE360": "a reason with remarks and group that the loaded list of CORE rule 360 does not combine",
    "ERA-CORRECTED": "the payer has the member's name or id otherwise; nothing of the claim is changed",
    "ERA-CROSSOVER": "the payer sent the claim on to the next payer",
    "ERA-FORWARDED": "the payer sent the claim on to another payer as not its own; that payer's answer is waited for",
    "ERA-PREDETERMINATION": "what the payer would pay, and no payment; nothing is posted",
    "ERA-CURRENCY": "the payment is in another currency; book it by hand",
    "ERA-DEBIT": "the payer takes money back by debit; book it by hand",
    "ERA-DUP": "the same payment was posted, or dealt with, already",
    "ERA-INTEREST": "the interest that claims state is not what the provider adjustments pay",
    "ERA-DUP-DIFF": "in what it differs from what was posted",
    "ERA-GROUP": "an adjustment group is not known; its amount stays in review",
    "ERA-HANDLING": "the handling code is not known",
    "ERA-INCOMPLETE": "the interchange is not whole; have it sent again",
    "ERA-MONEY-ONLY": "money whose explanation comes elsewhere",
    "ERA-NEGATIVE": "the payment is below zero; ask the payer",
    "ERA-NOTICE": "a notice without money states an amount; ask the payer",
    "ERA-PAYEE": "the payment is for somebody else: the payee is no [[billing_entity]]",
    "ERA-PAYEE-NPI": "the payee's NPI is no [[billing_entity]], its tax id is",
    "ERA-PAYER": "the remittance names no payer",
    "ERA-PRIORITY": "the payer says that another payer comes before it",
    "ERA-PRENOTE": "a pre-notification of transfers to come, not a payment",
    "ERA-STRUCTURE": "a segment of money stands where it means nothing; ask the payer for a corrected remittance",
    "ERA-STATE": "money was posted on a claim whose state contradicts it",
    "ERA-STATUS": "an obsolete claim status code",
    "ERA-VERSION": "a remittance of another guide, such as 4010, read by the rules of 5010",
    "ERA-GROUP-SUMS": "the payer's own sums over a group are not those of its claims; posted by the claims",
    "ERA-PROCEDURE-TYPE": "a kind of procedure code that the guide does not know",
    "ERA-SUSPENSE": "it cannot be told which claim is paid",
    "ERA-REMEMBERED": "matched as a person had matched this payer's number before",
    "ERA-PATIENT": "the patient owes another amount than before",
    "ERA-SECONDARY": "the claim went to the next payer with an answer that holds no more; send that payer a replacement",
    "ERA-LINE": "a line of the payment answers none of the lines that were billed, as far as can be told",
    "ERA-TRACE": "the payment has no trace number; ask the payer",
    "ERA-USAGE": "test data in a production installation, or the other way round",
    "ACK-277-KIND": "the 277 does not say that it is a claim acknowledgement",
    "ACK-CATEGORY": "the answer carries a status that does not belong in it",
    "ACK-CONTRADICTION": "the verdicts on the group and on its sets contradict each other",
    "ACK-COUNT": "the answer speaks of another number of sets than was sent",
    "ACK-STC-CONFLICT": "action code and category contradict each other; the category counts",
    "ACK-TA1": "the TA1 lacks its elements",
    "RCV-DEFECT": "a part of the file could not be processed; report it",
    "RCV-EMPTY": "the partner put out an empty file",
    "RCV-MANY": "the partner's folder is too full (limits.listing_entries)",
    "RCV-NOT-OURS": "the file is addressed to somebody else",
    "RCV-ISA13": "the sender used this interchange number before; that alone means nothing",
    "RCV-OTHER": "a kind of file that is not acted on here; it lies in inbound/raw",
    "RCV-REPORT": "a text report, not X12; it lies in inbound/raw",
    "RCV-SIZE": "the file is larger than limits.receipt_bytes",
    "RCV-SPLIT": "its 835s could not be cut up for the billing entities",
    "RCV-UNREADABLE": "a part of the file could not be read",
}
"""Code -> sentence, without any value of a claim. A test holds it against the codes in the source."""

_CODE = re.compile(r"\b(?:[A-Z]|[A-Z][A-Z0-9]{1,7})-[A-Z0-9]+(?:-[A-Z0-9]+)*\b")
_STATUS = re.compile(r"\b([AFRE][0-9]):([0-9]{1,4})(?::([0-9A-Z]{2}))?\b")


@cache
def _edits() -> dict[str, str]:
    from gateway.claims.edits import EDITS

    return {edit.rule: f"the rule: {edit.text}" for edit in EDITS}


_ANSWERS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (
        re.compile(r"277CA-([A-Z][0-9])(?:-([0-9]+))?"),
        lambda category, code: words.claim_status(category, code, None),
    ),
    (re.compile(r"999-IK3-(\w+)"), words.segment_error),
    (re.compile(r"999-IK4-(\w+)"), words.element_error),
    (re.compile(r"999-IK5-(\w+)"), words.set_error),
    (re.compile(r"TA1-([0-9]{3})"), words.ta1_note),
)


def meaning(code: str) -> str | None:
    """Return what a finding's *code* means; None where only the finding's own words tell."""
    for pattern, say in _ANSWERS:
        if found := pattern.fullmatch(code):
            return say(*found.groups())
    return MEANINGS.get(code) or answer_words.ENVELOPE.get(code) or _edits().get(code)


def explained(text: str) -> str:
    """Return *text* followed by what the codes in it mean: finding codes, claim status codes, those of TA1 and 999.

    What a balance rule means is left out where the text says the very difference.
    """
    said = [meaning(code) for code in _CODE.findall(text) if f"({code.removeprefix('ERA-')})" not in text]
    said += answer_words.said(text)
    said += [
        words.claim_status(category, code, entity or None) for category, code, entity in _STATUS.findall(text)
    ]
    known = [sentence for sentence in dict.fromkeys(said) if sentence]
    return f"{text} - {'; '.join(known)}" if known else text
