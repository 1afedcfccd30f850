"""The same figures, computed from nothing but the files on disk, by code that shares nothing with the gateway.

Reads every 837 that the clearinghouse got and every file that came back, with a parsing of its own (split on the
delimiters that the ISA shows), and adds up. Run it by hand: ``python tests/acceptance/independent.py SENT_DIR... -- RAW_DIR...``.
"""

import json
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path


def interchanges(data: str):
    """Yield lists of element lists, one list an interchange; fixed ISA offsets only."""
    data = data.strip()
    while data.startswith("ISA"):
        sep, component, end = data[3], data[104], data[105]
        segments = []
        rest = data
        while rest:
            raw, _, rest = rest.partition(end)
            elements = raw.strip().split(sep)
            segments.append(elements)
            if elements[0] == "IEA":
                break
        data = rest.strip()
        yield component, segments


def sets(segments):
    """Yield (GS, segments of one ST..SE)."""
    group, current = None, None
    for seg in segments:
        if seg[0] == "GS":
            group = seg
        elif seg[0] == "ST":
            current = [seg]
        elif current is not None:
            current.append(seg)
            if seg[0] == "SE":
                assert int(seg[1]) == len(current), "SE01 is wrong"
                yield group, current
                current = None


def read_sent(folders):
    """Return the claims in the order they were sent, whether each one's lines add up, and the interchanges' identities."""
    claims, charges_ok, controls = [], True, []
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if not path.is_file() or path.name.startswith("."):
                continue
            text = path.read_text(encoding="latin-1")
            if not text.startswith("ISA"):
                continue
            for component, segments in interchanges(text):
                isa = segments[0]
                controls.append((isa[6].strip(), isa[8].strip(), isa[13]))
                for group, body in sets(segments):
                    if group[1] != "HC":
                        continue
                    place = (isa[8].strip(), group[6], body[0][2])
                    found, ok = claims_in(body, component, place)
                    claims += found
                    charges_ok = charges_ok and ok
    return claims, charges_ok, controls


def claims_in(body, component, place):
    """Return the claims of one ST 837 and whether each one's lines add up to its charge."""
    found, sums = [], []
    for seg in body:
        if seg[0] == "CLM":
            frequency = seg[5].split(component)[2]
            found.append(
                {
                    "pcn": seg[1],
                    "charge": Decimal(seg[2]),
                    "frequency": frequency,
                    "place": place,
                    "batch": body[1][3],
                    "names": None,
                }
            )
            sums.append(Decimal(0))
        elif seg[0] == "SV1":
            sums[-1] += Decimal(seg[2])
        elif seg[0] == "REF" and seg[1] == "F8" and found:
            found[-1]["names"] = seg[2]
    return found, all(claim["charge"] == total for claim, total in zip(found, sums, strict=True))


def read_back(folders):
    """Return what 999s, 277CAs and 835s say, each remittance once.

    What they reject: sets by receiver, GS06 and ST02; claims by the BHT03 of their batch and CLM01.
    """
    seen_payments = set()
    rejected = set()
    got = defaultdict(lambda: Decimal(0))
    counts = defaultdict(int)
    by_claim = defaultdict(lambda: defaultdict(lambda: Decimal(0)))
    unbalanced = []
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if not path.is_file():
                continue
            text = path.read_text(encoding="latin-1")
            if not text.startswith("ISA"):
                continue
            for component, segments in interchanges(text):
                for group, body in sets(segments):
                    counts[group[1]] += 1
                    if group[1] == "FA":
                        rejected |= rejected_sets(segments[0][6].strip(), body)
                    if group[1] == "HN":
                        rejected |= rejected_claims(body, component)
                    if group[1] == "HP":
                        remittance(body, component, seen_payments, got, by_claim, unbalanced)
    return counts, got, by_claim, unbalanced, rejected


def rejected_sets(partner, body):
    """Return the sets that one ST 999 rejects."""
    group = next(seg[2] for seg in body if seg[0] == "AK1")
    current, found = None, set()
    for seg in body:
        if seg[0] == "AK2":
            current = seg[2]
        elif seg[0] == "IK5" and seg[1] not in {"A", "E"}:
            found.add((partner, group, current))
    return found


def rejected_claims(body, component):
    """Return the claims that one ST 277CA rejects."""
    level, batch, pcn, found = None, None, None, set()
    for seg in body:
        if seg[0] == "HL":
            level = seg[3]
        elif seg[0] == "TRN" and level == "21":
            batch = seg[2]
        elif seg[0] == "TRN" and level == "PT":
            pcn = seg[2]
        elif (
            seg[0] == "STC" and level == "PT" and seg[1].split(component)[0] in {"A3", "A4", "A6", "A7", "A8"}
        ):
            found.add((batch, pcn))
    return found


def remittance(body, component, seen, got, by_claim, unbalanced):
    """Add one ST 835, if it balances and was not seen before."""
    bpr = next(seg for seg in body if seg[0] == "BPR")
    trn = next(seg for seg in body if seg[0] == "TRN")
    payee = next(seg for seg in body if seg[0] == "N1" and seg[1] == "PE")
    key = (trn[3], payee[4], trn[2], bpr[2], bpr[16])
    claims, plb = [], Decimal(0)
    for seg in body:
        if seg[0] == "CLP":
            claims.append(
                {
                    "pcn": seg[1],
                    "status": seg[2],
                    "charge": Decimal(seg[3]),
                    "paid": Decimal(seg[4]),
                    "cas": [],
                }
            )
        elif seg[0] == "CAS":
            for i in range(2, len(seg) - 1, 3):
                if seg[i]:
                    claims[-1]["cas"].append((seg[1], seg[i], Decimal(seg[i + 1])))
        elif seg[0] == "PLB":
            plb += sum((Decimal(amount) for amount in seg[4::2]), Decimal(0))
    ok = all(c["charge"] - sum((a for _, _, a in c["cas"]), Decimal(0)) == c["paid"] for c in claims)
    ok = ok and sum((c["paid"] for c in claims), Decimal(0)) - plb == Decimal(bpr[2])
    if key not in seen:
        got["sent_by_payers"] += Decimal(bpr[2])
    if not ok:
        unbalanced.append(trn[2])
        seen.add(key)
        return
    if key in seen:
        return
    seen.add(key)
    got["remittances"] += 1
    got["bpr02"] += Decimal(bpr[2])
    got["plb"] += plb
    for c in claims:
        got["reversed"] += c["status"] == "22"
        entry = by_claim[c["pcn"]]
        entry["paid"] += c["paid"]
        for cas_group, reason, amount in c["cas"]:
            if (cas_group, reason) == ("CO", "45"):
                entry["contractual"] += amount
            elif cas_group == "PR":
                entry["patient"] += amount
            else:
                entry["other"] += amount


def figures(sent_folders, raw_folders):
    """Return the figures that the gateway's own must equal.

    What is billed on an account is what was sent last for it: a replacement's charge, nothing after a void that was not
    rejected.
    """
    sent, charges_ok, controls = read_sent(sent_folders)
    counts, got, by_claim, unbalanced, rejected = read_back(raw_folders)
    claims = {}
    for one in sent:
        if one["frequency"] != "8":
            claims[one["pcn"]] = one["charge"]
        elif (one["batch"], one["pcn"]) not in rejected:
            claims[one["pcn"]] = Decimal(0)
    known = {pcn: money for pcn, money in by_claim.items() if pcn in claims}
    unknown = {pcn: money for pcn, money in by_claim.items() if pcn not in claims}
    in_rejected = [one["pcn"] for one in sent if one["place"] in rejected]
    elsewhere = {one["pcn"] for one in sent if one["place"] not in rejected}

    def total(part, name):
        return sum((money[name] for money in part.values()), Decimal(0))

    return {
        "claims_sent": len(claims),
        "lines_add_up": charges_ok,
        "interchanges": len(controls),
        "control_numbers_unique": len(set(controls)) == len(controls),
        "billed": sum(claims.values(), Decimal(0)),
        "paid": total(known, "paid"),
        "contractual": total(known, "contractual"),
        "patient": total(known, "patient"),
        "suspense": total(unknown, "paid"),
        "open": sum(claims.values(), Decimal(0))
        - sum(total(known, n) for n in ("paid", "contractual", "patient")),
        "replacements": sum(one["frequency"] == "7" for one in sent),
        "voids": sum(one["frequency"] == "8" for one in sent),
        "amended_by_number": all((one["names"] is not None) == (one["frequency"] in "78") for one in sent),
        "reversed": int(got["reversed"]),
        "claims_in_rejected_sets": len(in_rejected),
        "sent_again_after_a_rejected_set": len(set(in_rejected) & elsewhere),
        "received": got["bpr02"],
        "sent_by_payers": got["sent_by_payers"],
        "remittances_posted": int(got["remittances"]),
        "unbalanced": unbalanced,
        "sets": dict(counts),
    }


if __name__ == "__main__":
    split = sys.argv.index("--")
    print(json.dumps(figures(sys.argv[1:split], sys.argv[split + 1 :]), default=str, indent=2))
