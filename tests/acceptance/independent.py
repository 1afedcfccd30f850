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
    """Return {pcn: charge} and the interchange control numbers over all 837 files."""
    claims, charges_ok, controls = {}, True, []
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if not path.is_file() or path.name.startswith("."):
                continue
            text = path.read_text(encoding="latin-1")
            if not text.startswith("ISA"):
                continue
            for _component, segments in interchanges(text):
                controls.append((segments[0][6].strip(), segments[0][8].strip(), segments[0][13]))
                for group, body in sets(segments):
                    if group[1] != "HC":
                        continue
                    pcn, line_sum = None, Decimal(0)
                    for seg in [*body, ["CLM", None, None]]:
                        if seg[0] == "CLM":
                            if pcn is not None:
                                charges_ok = charges_ok and line_sum == claims[pcn]
                            pcn, line_sum = seg[1], Decimal(0)
                            if pcn is not None:
                                claims[pcn] = Decimal(seg[2])
                        elif seg[0] == "SV1":
                            line_sum += Decimal(seg[2])
    return claims, charges_ok, controls


def read_back(folders):
    """Return everything that 999s, 277CAs and 835s say, each remittance once."""
    seen_payments = set()
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
                    if group[1] == "HP":
                        remittance(body, component, seen_payments, got, by_claim, unbalanced)
    return counts, got, by_claim, unbalanced


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
    if not ok:
        unbalanced.append(trn[2])
        return
    if key in seen:
        return
    seen.add(key)
    got["remittances"] += 1
    got["bpr02"] += Decimal(bpr[2])
    got["plb"] += plb
    for c in claims:
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
    """Return the figures that the gateway's own must equal."""
    claims, charges_ok, controls = read_sent(sent_folders)
    counts, got, by_claim, unbalanced = read_back(raw_folders)
    known = {pcn: money for pcn, money in by_claim.items() if pcn in claims}
    unknown = {pcn: money for pcn, money in by_claim.items() if pcn not in claims}

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
        "received": got["bpr02"],
        "remittances_posted": int(got["remittances"]),
        "unbalanced": unbalanced,
        "sets": dict(counts),
    }


if __name__ == "__main__":
    split = sys.argv.index("--")
    print(json.dumps(figures(sys.argv[1:split], sys.argv[split + 1 :]), default=str, indent=2))
