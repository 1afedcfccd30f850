"""The script book: what the first four characters of a subscriber's member id ask the sandbox for."""

from enum import StrEnum

from gateway.model.claim import Claim

PREFIX_LENGTH = 4


class Script(StrEnum):
    """A member-id prefix that tells the sandbox what to do with a claim."""

    PAY = "PAY"
    FULL = "FULL"
    PART = "PART"
    ZERO = "ZERO"
    BONU = "BONU"
    LUMP = "LUMP"
    DENY = "DENY"
    DENC = "DENC"
    DENP = "DENP"
    DUPL = "DUPL"
    CAPI = "CAPI"
    PRED = "PRED"
    FORW = "FORW"
    R999 = "R999"
    RCHA = "RCHA"
    RPAY = "RPAY"
    MUTE = "MUTE"
    LOST = "LOST"
    SWAP = "SWAP"
    LATE = "LATE"
    NREP = "NREP"
    NVOD = "NVOD"
    SPLT = "SPLT"
    BNDL = "BNDL"
    UNBN = "UNBN"
    UNIT = "UNIT"
    NO6R = "NO6R"
    CUT6 = "CUT6"
    LX6R = "LX6R"
    NMOD = "NMOD"
    CUTP = "CUTP"
    LOWP = "LOWP"
    ZERP = "ZERP"
    NULP = "NULP"
    NOID = "NOID"
    CORR = "CORR"
    CHRG = "CHRG"
    UCOD = "UCOD"
    XOVR = "XOVR"
    SECA = "SECA"
    SECB = "SECB"
    REVR = "REVR"
    APRT = "APRT"
    REVX = "REVX"
    REVD = "REVD"
    REV2 = "REV2"
    REVU = "REVU"
    WODL = "WODL"
    REFD = "REFD"
    RECO = "RECO"
    DEBT = "DEBT"
    PLBS = "PLBS"
    INTR = "INTR"
    UNKN = "UNKN"
    INTL = "INTL"
    INTA = "INTA"
    OFFC = "OFFC"
    OFCL = "OFCL"
    OFLN = "OFLN"
    OMIT = "OMIT"
    BARE = "BARE"
    NEGA = "NEGA"
    ZTRC = "ZTRC"
    NOPR = "NOPR"
    PREN = "PREN"
    MISR = "MISR"
    TWIN = "TWIN"
    ALTR = "ALTR"
    FLIP = "FLIP"
    CUTF = "CUTF"
    WRAP = "WRAP"
    ST03 = "ST03"
    V401 = "V401"
    USTA = "USTA"


SCRIPTS: dict[Script, str] = {
    Script.PAY: "paid: 80 % allowed, the rest CO-45; copay PR-3 of 20.00 on the first line, coinsurance PR-2 of 10 % "
    "on the others. Every member id without one of these prefixes gets this too",
    Script.FULL: "paid in full, no adjustment",
    Script.PART: "first line denied (CO-50), the others as PAY; a claim with one line gets half of what is allowed",
    Script.ZERO: "80 % allowed, all of it the patient's deductible (PR-1); nothing paid",
    Script.BONU: "paid as PAY and 5.00 more on the first line, by an adjustment below zero (CO-144)",
    Script.LUMP: "paid as PAY, but without service lines: all adjustments at claim level",
    Script.DENY: "denied: claim status 4, every line CO-50",
    Script.DENC: "denied by money and reason only: claim status 1, every line CO-197",
    Script.DENP: "denied, and the patient may be billed: claim status 1, every line PR-96",
    Script.DUPL: "denied as the duplicate of a claim decided before: claim status 1, every line OA-18",
    Script.CAPI: "capitated: claim status 1, every line CO-24; the month's 100.00 comes in an 835 of its own without a "
    "claim (provider adjustment CT)",
    Script.PRED: "a predetermination: claim status 25, every line OA-101, what would be allowed in AMT*AU; nothing paid",
    Script.FORW: "not this payer's claim, and forwarded: claim status 23, every line OA-B11, the other payer in NM1*TT",
    Script.R999: "its transaction set is rejected by the 999, which names this claim",
    Script.RCHA: "rejected by the clearinghouse's 277CA (A7)",
    Script.RPAY: "accepted by the clearinghouse, rejected by the payer's 277CA (A7)",
    Script.MUTE: "no word after the 999",
    Script.LOST: "accepted by clearinghouse and payer, never paid",
    Script.SWAP: "paid as PAY; the payer's 277CA comes first, the clearinghouse's a day later",
    Script.LATE: "paid as PAY; the payer's 277CA comes after the payment, with the corrections",
    Script.NREP: "paid as PAY; a replacement (frequency 7) of it is rejected by the payer's 277CA (A3)",
    Script.NVOD: "paid as PAY; a void (frequency 8) of it is rejected by the payer's 277CA (A3)",
    Script.SPLT: "split: paid as PAY, each line as a claim of its own with its own CLP07; a claim with one line in two halves",
    Script.BNDL: "bundled: the first two lines are paid as one code 99499 on the first (OA-94 below zero, CO-45), the second "
    "is CO-97; a claim with one line as PAY",
    Script.UNBN: "unbundled: the first line comes back as 99498 and 99499, the second of these without a charge (OA-94 below "
    "zero), both with its REF*6R",
    Script.UNIT: "split units: the first line comes back as two, units and charge adding up, both with its REF*6R",
    Script.NO6R: "paid as PAY, without REF*6R",
    Script.CUT6: "paid as PAY, of each REF*6R only the first half",
    Script.LX6R: "paid as PAY, REF*6R is the line's number (1, 2 ...)",
    Script.NMOD: "paid as PAY, without modifiers and without REF*6R",
    Script.CUTP: "paid as PAY, the patient control number without its last three characters",
    Script.LOWP: "paid as PAY, the patient control number in lower case",
    Script.ZERP: "paid as PAY, the patient control number without its leading zeros",
    Script.NULP: "paid as PAY, `0` for the patient control number",
    Script.NOID: "paid as PAY, `0` for the patient control number and a payer's number that no 277CA has told",
    Script.CORR: "paid as PAY, with a corrected member id (NM1*74)",
    Script.CHRG: "paid as PAY, but for a charge of 1.00 more than was billed (on the first line, CO-45)",
    Script.UCOD: "paid as PAY, with a reason (CO-999) instead of CO-45 and a remark (N9999) that no list has, in an 835 of its own",
    Script.XOVR: "paid as PAY, and crossed over: claim status 19, 20 or 21, NM1*TT; later the second payer's own 835 as SECA",
    Script.SECA: "paid by a payer after the first, of what the first left to the patient, less PR-3 of up to 10.00: OA-23 is what "
    "the first paid and wrote off. Without that in the claim the first is taken to have paid as PAY",
    Script.SECB: "as SECA, but OA-23 is what the first paid, and CO-45 says again what it wrote off",
    Script.REVR: "paid in full; a later 835 reverses that (claim status 22) and pays as PAY",
    Script.APRT: "paid as PAY; of a replacement the reversal comes on the payment day, the new payment in a later 835",
    Script.REVX: "as REVR, but the reversal stands behind the new payment",
    Script.REVD: "as REVR, but the reversal takes back 1.00 less than was paid, in an 835 of its own",
    Script.REV2: "as REVR, but the reversal comes twice, in an 835 of its own",
    Script.REVU: "paid as PAY, beside the reversal of a payment under another number that never was",
    Script.WODL: "as REVR, but the money is left for now (provider adjustment WO below zero, named by CLP07) and collected by the "
    "payer's next payment (WO above zero)",
    Script.REFD: "as WODL, but the payee has sent the money back: the next payment says WO above zero and 72 below zero",
    Script.RECO: "paid as PAY, and an old overpayment of 5.00 is taken back (provider adjustment WO)",
    Script.DEBT: "as RECO, but of 500.00: what one payment does not cover is carried forward (FB) to the next, until it is gone",
    Script.PLBS: "paid as PAY, with provider adjustments LE 1.00, IR 2.00, CS -3.00 and LS -4.00; LE without a reference",
    Script.INTR: "paid as PAY, and 1 % interest (AMT*I, provider adjustment L6)",
    Script.UNKN: "paid as PAY, beside a payment for a claim that nobody has sent",
    Script.INTL: "paid as PAY, in an 835 of its own with interest of 2.50 (L6) that no claim's AMT*I explains",
    Script.INTA: "as INTR, in an 835 of its own whose L6 is missing, though the interest is paid",
    Script.OFFC: "paid as PAY, in an 835 of its own whose payment amount is off by a cent",
    Script.OFCL: "paid as PAY and a cent more in CLP04, in an 835 of its own: the claim does not add up",
    Script.OFLN: "paid as PAY, in an 835 of its own: the first line's payment is a cent more, the claim's is not",
    Script.OMIT: "paid as PAY, in an 835 of its own: the last line is left out, its adjustments stand at claim level",
    Script.BARE: "denied with claim status 4 and no reason at all, in an 835 of its own",
    Script.NEGA: "paid as PAY less an old overpayment of 9999.00, in an 835 of its own: 0.00 is paid and nothing carried forward",
    Script.ZTRC: "denied as DENC, in an 835 of its own for every claim, all with the trace number NOPAYMENT",
    Script.NOPR: "paid as PAY, in an 835 of its own: the payer has another name and no REF*2U, only TRN03 tells who it is",
    Script.PREN: "paid as PAY, beside an 835 without claims that announces transfers to come (BPR*P)",
    Script.MISR: "paid as PAY, beside an 835 for a payee that nobody here knows",
    Script.TWIN: "paid as PAY, in a file of its own; the same payment comes again under another file name and ISA13",
    Script.ALTR: "as TWIN, but the second time CO-45 reads CO-253",
    Script.FLIP: "paid as PAY, in a file of its own whose ISA15 is the other one: T for P, P for T",
    Script.CUTF: "paid as PAY, in a file of its own that ends in the middle of a claim; then the whole file",
    Script.WRAP: "paid as PAY, in a file of its own with a line break after every 80 characters",
    Script.ST03: "paid as PAY, in a file of its own with ST03",
    Script.V401: "paid as PAY, in a file of its own that calls itself 4010 (ISA12 00401, GS08 004010X091A1)",
    Script.USTA: "paid as PAY with the claim status 99, which no list has, in a file of its own",
}
"""The script book; docs/sandbox.md prints it and a test compares."""

UNPAID = frozenset({Script.R999, Script.RCHA, Script.RPAY, Script.MUTE, Script.LOST})
"""Scripts whose claims never reach an 835."""

TAKEN_BACK = frozenset({Script.REVR, Script.REVX, Script.REVD, Script.REV2, Script.WODL, Script.REFD})
"""Scripts that pay in full first, and take that back in the later run."""

OWN_FILE = frozenset(
    {
        Script.TWIN,
        Script.ALTR,
        Script.FLIP,
        Script.CUTF,
        Script.WRAP,
        Script.ST03,
        Script.V401,
        Script.USTA,
    }
)
"""Scripts that ask for a file of their own: what is odd about it must not touch other claims."""

OWN_PAYMENT = OWN_FILE | {
    Script.UCOD,
    Script.REVD,
    Script.REV2,
    Script.INTL,
    Script.INTA,
    Script.OFFC,
    Script.OFCL,
    Script.OFLN,
    Script.OMIT,
    Script.BARE,
    Script.NEGA,
    Script.ZTRC,
    Script.NOPR,
}
"""Scripts that ask for an 835 of their own, in which nothing owed is brought back: it may be held, and a debt with it."""


def script_of(claim: Claim) -> Script:
    """Return what the claim's member id asks for."""
    prefix = (claim.subscriber.member_id or "")[:PREFIX_LENGTH].upper()
    return next((s for s in Script if prefix.startswith(s.value)), Script.PAY)
