"""The plain words of an explanation of a claim's payment: our own, for what X12 says in codes."""

from gateway.model.plb_codes import meaning

GROUPS = {
    "CO": "by the contract between payer and provider",
    "PR": "the patient's share",
    "OA": "other",
    "PI": "the payer's own decision",
    "CR": "correction of an earlier payment",
}

PARTS = {
    "paid": "paid by this payer",
    "contractual": "given up by contract: nobody owes it",
    "deductible": "the patient owes: deductible",
    "coinsurance": "the patient owes: coinsurance",
    "copay": "the patient owes: copay",
    "patient_other": "the patient owes: other",
    "open": "not paid and not given up: open, to be worked on",
    "other": "settled elsewhere or for information: moves nothing",
    "unexplained": "not explained by the payer",
}

_STATUS = {
    "1": "processed as first payer",
    "2": "processed as second payer",
    "3": "processed as third payer",
    "4": "denied",
    "19": "processed as first payer, and sent on to the next",
    "20": "processed as second payer, and sent on to the next",
    "21": "processed as third payer, and sent on to the next",
    "22": "reversal of an earlier payment",
    "23": "not this payer's claim: sent on to another payer",
    "25": "a forecast without payment",
}

_OUTCOME = {
    "paid": "paid",
    "patient": "nothing to pay: it is the patient's",
    "prior_payer": "nothing left to pay: an earlier payer paid",
    "denied": "denied",
    "duplicate": "denied as a duplicate",
    "capitated": "nothing to pay: covered by capitation",
    "review": "to be looked at",
    "reversal": "taken back",
    "forwarded": "sent on",
    "predetermination": "forecast",
}

_BOOKED = {
    "posted": "booked",
    "suspense": "not booked to a claim: the payment waits in suspense until somebody says whose it is",
    "noted": "noted; nothing was booked",
}

BEYOND = {
    "write_off": "given up beyond the adjustments as stated, because nothing more was left to pay",
    "patient_transfer": "change of the patient's share beyond what is stated, because of an earlier payer's answer",
}

MONEY_ONLY = "only the money was booked; what the payer says of adjustments is shown, and was not booked"

_MOVEMENTS = {"charge": "billed", "payment": "answer", "reversal": "taken back"}


def part(name: str, *, posted: bool) -> str:
    """Return what a part of the charge is; of an answer that was not *posted* the rest is only what the payer states."""
    return "not paid, as the payer states it" if name == "other" and not posted else PARTS[name]


def status(code: str) -> str:
    """Return what a claim status code (CLP02) says."""
    return _STATUS.get(code, f"claim status {code}")


def outcome(class_: str) -> str:
    """Return what a claim payment's class says."""
    return _OUTCOME.get(class_, class_.replace("_", " "))


def booked(state: str) -> str:
    """Return what the state of a claim payment says."""
    return _BOOKED.get(state, state)


def reason(group: str, part: str, *, booked: bool) -> str:
    """Return an adjustment in words: whose it is, and - where it was *booked* - what became of it."""
    whose = GROUPS.get(group, f"group {group}, not known")
    share = {"patient_other": "other"}.get(part, part)
    if group == "PR":
        return f"{whose}: {share}"
    became = {
        "contractual": "given up, nobody owes it",
        "open": "not given up, stays open",
        "other": "moves nothing",
    }
    return f"{whose}: {became.get(part, part)}" if booked else whose


def movement(kind: str, payment: str | None) -> str:
    """Return what a step of the account is."""
    what = _MOVEMENTS.get(kind, "answer" if payment else kind.replace("_", " "))
    return f"{what} {payment}" if payment else what


def given(code: str, reference: str | None) -> str:
    """Return what a provider adjustment is, with the payer's reference where it gives one."""
    said = f"between payer and provider: {meaning(code)} ({code})"
    return f"{said} {reference}" if reference else said
