"""What the codes of TA1, 999 and 277CA mean to a biller, in words of our own.

Only the short code lists that a program cannot work without stand here. Claim status codes (STC01-2) are quoted bare:
their texts belong to X12 and are loaded by whoever has them.
"""

TA1_NOTE = {
    "000": "no fault",
    "001": "the control number in the trailer differs from the header",
    "002": "the standard named in the header is not supported",
    "003": "the version named in the header is not supported",
    "004": "the segment terminator is not valid",
    "005": "our sender qualifier is not valid",
    "006": "our sender id is not valid",
    "007": "the receiver qualifier is not valid",
    "008": "the receiver id is not valid",
    "009": "the receiver id is not known there",
    "010": "the authorization qualifier is not valid",
    "011": "the authorization information is not valid",
    "012": "the security qualifier is not valid",
    "013": "the security information is not valid",
    "014": "the date is not valid",
    "015": "the time is not valid",
    "016": "the standards id is not valid",
    "017": "the version id is not valid",
    "018": "the control number is not valid",
    "019": "the acknowledgment request is not valid",
    "020": "the test indicator is not valid",
    "021": "the number of groups is wrong",
    "022": "the control structure is not valid",
    "023": "the file ends too early",
    "024": "the content is not valid",
    "025": "the control number was used before",
    "026": "the element separator is not valid",
    "027": "the component separator is not valid",
}

SEGMENT_ERROR = {
    "1": "the segment is not known",
    "2": "the segment was not expected here",
    "3": "a segment that must be here is missing",
    "4": "the loop occurs too often",
    "5": "the segment occurs too often",
    "6": "the segment does not belong to this transaction",
    "7": "the segment is out of order",
    "8": "the segment has faulty elements",
    "I4": "the guide does not use this segment",
    "I6": "a segment that other data calls for is missing",
    "I7": "the loop occurs too seldom",
    "I8": "the segment occurs too seldom",
    "I9": "the segment must not be sent together with other data of the claim",
}

ELEMENT_ERROR = {
    "1": "a value that must be given is missing",
    "2": "a value that other values call for is missing",
    "3": "there are too many elements",
    "4": "the value is too short",
    "5": "the value is too long",
    "6": "the value has a character that is not allowed",
    "7": "the code is not one of those allowed",
    "8": "the date is not valid",
    "9": "the time is not valid",
    "10": "two values exclude each other",
    "12": "there are too many repetitions",
    "13": "there are too many components",
    "I6": "the guide does not allow this code",
    "I9": "a value that other data calls for is missing",
    "I10": "the guide does not use this element",
    "I11": "there are too few repetitions",
    "I12": "the value does not have the required form",
    "I13": "the value must not be sent together with other data",
}

SET_ERROR = {
    "1": "this kind of transaction is not supported",
    "2": "the transaction's trailer is missing",
    "3": "the transaction's control numbers differ",
    "4": "the transaction's segment count is wrong",
    "5": "one or more segments are faulty",
    "6": "the transaction's identifier is not valid",
    "7": "the transaction's control number is not valid",
    "18": "the transaction does not belong to this kind of group",
    "19": "the guide version is not supported",
    "23": "the transaction's control number occurs twice",
    "I5": "one or more segments break the guide",
    "I6": "the guide version is not supported",
}

STATUS_FIELD = {
    "33": "subscriber.member_id",
    "97": "subscriber.member_id",
    "116": "payer.id",
    "125": "entity.name",
    "126": "entity.address",
    "128": "entity.tax_id",
    "145": "entity.taxonomy",
    "158": "entity.birth_date",
    "157": "entity.sex",
    "164": "subscriber.member_id",
    "178": "charge",
    "187": "line.service_date",
    "249": "place_of_service",
    "254": "diagnoses[0]",
    "255": "diagnoses",
    "453": "line.modifiers",
    "454": "line.procedure",
    "464": "payer_control_number",
    "476": "line.units",
    "500": "entity.address.zip",
    "503": "entity.address.line1",
    "507": "line.procedure",
    "562": "entity.npi",
    "583": "line.charge",
}
"""The field that a claim status code (STC01-2) is about, for those that speak of one: of the ``line`` it stands at, of the
``entity`` that STC01-3 names, or of the claim."""

FAULTY_ELEMENTS = "8"
"""The segment error that only sums up faults listed with elements."""

STATUS_SUBJECT = {
    "charge": "the claim's charge",
    "diagnoses": "the diagnoses",
    "diagnoses[0]": "the first diagnosis",
    "entity.address": "an address",
    "entity.address.line1": "the first line of an address",
    "entity.address.zip": "a ZIP code",
    "entity.birth_date": "a date of birth",
    "entity.name": "a name",
    "entity.npi": "an NPI",
    "entity.sex": "a sex",
    "entity.tax_id": "a tax id",
    "entity.taxonomy": "a taxonomy code",
    "line.charge": "a line's charge",
    "line.modifiers": "a line's modifiers",
    "line.procedure": "a line's procedure",
    "line.service_date": "a line's day of service",
    "line.units": "a line's units",
    "payer.id": "the payer's id",
    "payer_control_number": "the payer's number of the claim",
    "place_of_service": "the place of service",
    "subscriber.member_id": "the member id",
}
"""What a `STATUS_FIELD` is called in a sentence."""

SEGMENT_FAULTS = frozenset({"5", "I5"})
"""Set errors that only sum up faults listed with segments: they do not blame the set as such."""

CATEGORY = {
    "A0": "forwarded to another payer",
    "A1": "received",
    "A2": "accepted into adjudication",
    "A3": "returned as unprocessable",
    "A4": "not found",
    "A5": "split into several claims",
    "A6": "rejected because information is missing",
    "A7": "rejected because information is not valid",
    "A8": "rejected because values do not go together",
}

ENTITY = {
    "40": "the receiver",
    "41": "the submitter",
    "71": "the attending provider",
    "72": "the operating provider",
    "77": "the service facility",
    "82": "the rendering provider",
    "85": "the billing provider",
    "87": "the pay-to address",
    "AY": "the clearinghouse",
    "DK": "the ordering provider",
    "DN": "the referring provider",
    "DQ": "the supervising provider",
    "IL": "the insured",
    "PR": "the payer",
    "QC": "the patient",
}


def ta1_note(code: str) -> str:
    """Return what TA105 *code* says; an unknown code is quoted."""
    return TA1_NOTE.get(code, f"note code {code or 'absent'}")


def segment_error(code: str | None) -> str:
    """Return what IK304 *code* says; an unknown code is quoted."""
    return SEGMENT_ERROR.get(code or "", f"segment error code {code or 'absent'}")


def element_error(code: str) -> str:
    """Return what IK403 *code* says; an unknown code is quoted."""
    return ELEMENT_ERROR.get(code, f"element error code {code or 'absent'}")


def set_error(code: str) -> str:
    """Return what IK502 *code* says; an unknown code is quoted."""
    return SET_ERROR.get(code, f"set error code {code}")


def claim_status(category: str, code: str | None, entity: str | None) -> str:
    """Return one STC triple in words: the category's sense, the bare status code with what it speaks of, and of whom."""
    words = CATEGORY.get(category, f"category {category}")
    if code:
        words += f", status code {code}"
        if code in STATUS_FIELD:
            words += f" ({STATUS_SUBJECT[STATUS_FIELD[code]]})"
    if entity:
        words += f", about {ENTITY.get(entity, f'entity {entity}')}"
    return words
