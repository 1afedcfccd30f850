"""Whatever happens between us and a partner, in whatever order: nothing is lost, nothing goes twice, the books balance.

The partner is a folder and a list of what it took from there. A step may fail at any failpoint; a start follows. What is
claimed of the installation is judged by plain SQL and by the files at the partner.
"""

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway import failpoints
from gateway.claims import batch
from gateway.claims.intake import take_in
from gateway.clock import MovableClock
from gateway.errors import Refused
from gateway.exchange import deliver, reconcile
from gateway.site import Site
from gateway.store import claims, ledger
from gateway.store.anchors import verify_chain
from tests.mailroom import envelope, group
from tests.office import record
from tests.trade import PARTNER, Trade, claims_in

PEOPLE = st.integers(1, 2)
THEN = st.sampled_from([True, True, False])
"""Whether a pass follows at once."""
FILE = st.sampled_from([-1, -1, 0, 1])
"""Which of the partner's files, by the time it was taken."""

VERBS: dict[str, Callable[[Site, str], None]] = {
    "hold": partial(batch.hold_claim, reason="wait", actor="pat"),
    "release": partial(batch.release_claim, reason="go", actor="pat"),
    "resubmit": lambda site, claim_id: batch.resubmit(site, [claim_id], reason="again", actor="pat"),
}
FAILPOINTS = sorted(n for n in failpoints.NAMES if not n.startswith(("backup", "anchor")))
OVER = "('withdrawn','interchange_rejected','set_rejected','clearinghouse_rejected','payer_rejected')"

UNSETTLED = f"""
    select c.id from claim c join claim_version v on v.claim = c.id
    where not exists (select 1 from claim_version l where l.claim = c.id and l.version > v.version)
      and not exists (select 1 from hold h where h.subject = c.id and h.released_at is null)
      and not exists (select 1 from submission s where s.version = v.id and s.state not in {OVER})
"""
"""Claims whose newest version is neither held nor on its way nor answered: each must be ready."""


@dataclass(slots=True)
class Taken:
    """A file the partner has, or had, and what it said of it: *dead* are the claims it rejected, *paid* those it paid."""

    text: str
    verdict: str | None = None
    dead: set[str] = field(default_factory=set)
    paid: set[str] = field(default_factory=set)

    @property
    def numbers(self) -> list[str]:
        """Patient control numbers, in the order of the file."""
        return [number for number, _ in claims_in(self.text)]

    @property
    def alive(self) -> list[str]:
        """The claims that the partner has accepted, or not spoken of yet."""
        return [] if self.verdict == "R" else [n for n in self.numbers if n not in self.dead]

    def find(self, pattern: str) -> str:
        """Return the first group of *pattern* in the file."""
        found = re.search(pattern, self.text)
        assert found is not None
        return found[1]


class ExchangeStory(RuleBasedStateMachine):
    """One installation, one partner."""

    @initialize(mode=st.sampled_from(["rename", "direct"]), many=st.booleans())
    def begin(self, mode: str, many: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="story"))
        self.clock = MovableClock()
        self.trade = Trade(
            self.folder,
            self.clock,
            upload={"mode": mode},
            batching={"claims_per_set": 500 if many else 2},
            download={"folders": ["out"], "quiet_polls": 1, "after": "delete"},
        )
        self.taken: dict[str, Taken] = {}
        self.answers = 0
        self.rows = 0
        for person in (1, 2):
            self.drop(person=person, diagnosis="J01.90", other=False, again=False, then=False)
        self.pass_by(takes=True, minutes=0)

    def teardown(self) -> None:
        """Throw everything away."""
        failpoints.disarm()
        if hasattr(self, "trade"):
            self.trade.close()
            shutil.rmtree(self.folder)

    # -- what we do

    @rule(
        person=PEOPLE,
        diagnosis=st.sampled_from(["J01.90", "J02.9"]),
        other=st.booleans(),
        again=st.booleans(),
        then=THEN,
    )
    def drop(self, person: int, diagnosis: str, other: bool, again: bool, then: bool) -> None:
        """Drop a claim, mended or not, the same services under another number, or two at once."""
        number = f"ACC-{person}" + ("-B" if other else "")
        dropped: list[Any] = [record(person, patient_control_number=number, diagnoses=[diagnosis, "R50.9"])]
        if again:
            dropped.append(record(person + 2))
        self.rows += len(dropped)
        self.trade.put_down(*dropped)
        self._step(lambda: take_in(self.trade.site))
        self._go_on(then)

    @rule(takes=st.booleans(), minutes=st.sampled_from([0, 20]))
    def pass_by(self, takes: bool, minutes: int) -> None:
        """Send what is ready, fetch what is there, perhaps later; the partner may take its files at once."""
        self.clock.advance(timedelta(minutes=minutes))
        self._step(self._pass)
        if takes:
            self._partner_takes()

    @rule(name=st.sampled_from(FAILPOINTS))
    def fail_at(self, name: str) -> None:
        """Let the next pass fail at a failpoint, and start anew."""
        failpoints.arm(name, "raise")
        self._step(self._pass)

    @rule(person=PEOPLE, other=st.booleans(), verb=st.sampled_from(sorted(VERBS)), then=THEN)
    def decide(self, person: int, other: bool, verb: str, then: bool) -> None:
        """Hold, release or resubmit a claim, where that is allowed."""
        number = f"ACC-{person}" + ("-B" if other else "")
        with self.trade.site.store.read() as tx:
            found = claims.with_pcn(tx, number)
        for one in found:
            with suppress(Refused):
                VERBS[verb](self.trade.site, one.id)
        self._go_on(then)

    @rule(pick=st.integers(0, 9))
    def retransmit(self, pick: int) -> None:
        """Have a file sent again as it is."""
        ids = self._sql("select id from transmission where state != 'draft' order by isa13")
        if ids:
            with suppress(Refused):
                deliver.retransmit(self.trade.site, ids[pick % len(ids)][0], actor="pat")

    # -- what the partner does

    @precondition(lambda self: self.taken)
    @rule(pick=FILE, guilty=st.integers(-1, 2), status=st.sampled_from("AR"), twice=st.booleans(), then=THEN)
    def answer_999(self, pick: int, guilty: int, status: str, twice: bool, then: bool) -> None:
        """Accept or reject a set, naming a claim or none; also once more, and also against what was said before."""
        file = self._one(pick)
        if status == "R" and (file.paid or file.dead):
            return
        file.verdict = "R" if "R" in {status, file.verdict} else "A"
        errors = []
        if status == "R" and 0 <= guilty < len(file.numbers):
            errors = ["IK3*CLM*20*2300*8", f"CTX*CLM01:{file.numbers[guilty]}", "IK4*2**7"]
        for _ in range(1 + twice):
            self.trade.put_out_999(file.text, status, *errors)
        self._go_on(then)

    @precondition(lambda self: self.taken)
    @rule(pick=FILE, which=st.integers(0, 3), good=st.booleans(), payer=st.booleans(), then=THEN)
    def answer_277ca(self, pick: int, which: int, good: bool, payer: bool, then: bool) -> None:
        """Accept or reject a claim at one of the two hops."""
        file = self._one(pick)
        alive = [n for n in file.alive if n not in file.paid]
        if not alive:
            return
        number = alive[which % len(alive)]
        if not good:
            file.dead.add(number)
        who = (
            "NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*60054" if payer else "NM1*AY*2*NORTH CLEARING*****46*NORTH01"
        )
        self._answer(
            group(
                "HN", "005010X214",
                [
                    f"BHT*0085*08*A{self.answers}*20260116*0900*TH", "HL*1**20*1", who, "TRN*1*A1",
                    "DTP*050*D8*20260116", "DTP*009*D8*20260116", "HL*2*1*21*1", "NM1*41*2*ROE CLINIC*****46*SUB100",
                    f"TRN*2*{file.find(r'BHT[*]0019[*]00[*]([^*]+)')}", "STC*A1:19:40*20260116*WQ*165.5", "HL*3*2*19*1",
                    "NM1*85*2*ROE CLINIC*****XX*1098765435", "HL*4*3*PT", "NM1*QC*1*POE*PAULA****MI*MBR1",
                    f"TRN*2*{number}", f"STC*{'A2:20' if good else 'A3:21'}*20260116*{'WQ' if good else 'U'}*165.5",
                ],
            )
        )  # fmt: skip
        self._go_on(then)

    @precondition(lambda self: self.taken)
    @rule(pick=FILE, which=st.integers(0, 3), paid=st.sampled_from(["165.5", "100", "0"]), then=THEN)
    def answer_835(self, pick: int, which: int, paid: str, then: bool) -> None:
        """Pay a claim, partly or not at all."""
        file = self._one(pick)
        alive = [n for n in file.alive if n not in file.paid]
        if not alive or file.verdict is None:
            return
        number = alive[which % len(alive)]
        file.paid.add(number)
        cut = Decimal("165.5") - Decimal(paid)
        self._answer(
            group(
                "HP", "005010X221A1",
                [
                    f"BPR*I*{paid}*C*ACH*CCP*01*999999999*DA*123*1512345678**01*999988880*DA*98765*20260126",
                    f"TRN*1*EFT{self.answers}*1512345678", "DTM*405*20260126", "N1*PR*EXAMPLE HEALTH PLAN",
                    "N3*1 MAIN ST", "N4*SPRINGFIELD*IL*62701", "REF*2U*60054", "PER*BL*DESK*TE*5555550100",
                    "N1*PE*ROE CLINIC*XX*1098765435", "LX*1", f"CLP*{number}*1*165.5*{paid}**CI*ICN{self.answers}*11*1",
                    *([f"CAS*CO*45*{cut}"] if cut else []), "NM1*QC*1*POE*PAULA****MI*MBR1",
                ],
            )
        )  # fmt: skip
        self._go_on(then)

    # -- what must hold

    @invariant()
    def each_service_is_at_the_partner_once(self) -> None:
        """Of files taken or lying there, at most one holds a given patient's services and is not rejected."""
        alive = [n for file in self.taken.values() for n in file.alive]
        alive += [
            n for text in self._lying() if self._key(text) not in self.taken for n in Taken(text).numbers
        ]
        services = [number.removesuffix("-B") for number in alive]
        assert len(services) == len(set(services)), f"twice at the partner: {sorted(services)}"

    @invariant()
    def nothing_is_lost(self) -> None:
        """Each record dropped became a version or was refused, and each claim stands somewhere."""
        if not hasattr(self, "trade"):
            return
        lying = sum(len(p.read_text().splitlines()) for p in self.trade.site.outbound.glob("*.jsonl"))
        unfinished = self._sql("select count(*) from intake_file where state = 'claimed'")[0][0]
        notes = len(list((self.trade.site.state / "intake").glob("F-*")))
        if not (unfinished or notes):
            (versions,) = self._sql("select count(*) from claim_version where intake_file is not null")[0]
            (refused,) = self._sql("select count(*) from refused_record")[0]
            assert versions + refused + lying == self.rows
        with self.trade.site.store.read() as tx:
            ready = {one.claim_id for one in claims.ready_for(tx, PARTNER)}
        assert {row[0] for row in self._sql(UNSETTLED)} == ready
        sealed = "('sealed','sending','uncertain','held','delivered','received','accepted','partly_accepted','rejected')"
        homeless = self._sql(
            "select s.id from submission s join transmission t on t.id = s.transmission "
            f"where s.state in ('reserved','sealed') and t.state not in {sealed}"
        )
        assert not homeless, "a submission waits in a file that will never go"

    @invariant()
    def the_partner_has_what_we_sealed(self) -> None:
        """Every file there is one of ours, once an ISA13."""
        if not hasattr(self, "trade"):
            return
        known = {row[0] for row in self._sql("select isa13 from transmission where sha256 is not null")}
        there = [int(text[90:99]) for text in [*(f.text for f in self.taken.values()), *set(self._lying())]]
        assert set(there) <= known

    @invariant()
    def the_books_and_the_log_hold(self) -> None:
        if not hasattr(self, "trade"):
            return
        assert self._sql("select coalesce(sum(amount), 0) from journal_line") == [(0,)]
        with self.trade.site.store.read() as tx:
            ledger.check_books(tx)
        assert verify_chain(self.trade.site.store, self.trade.site.state).fault is None

    # -- how

    def _pass(self) -> None:
        take_in(self.trade.site)
        self.trade.send()
        self.trade.fetch()

    def _go_on(self, then: bool) -> None:
        if then:
            self._step(self._pass)
            self._partner_takes()

    def _step(self, step: Any) -> None:
        """Do *step*; where it fails at a failpoint, start anew."""
        try:
            step()
        except OSError as fault:
            assert "failpoint" in str(fault), fault
            self._start_anew()
        except Exception as fault:
            # our own translation of a failing disk
            if "failpoint" not in str(fault.__cause__):
                raise
            self._start_anew()
        finally:
            failpoints.disarm()

    def _start_anew(self) -> None:
        failpoints.disarm()
        self.trade.close()
        self.trade.open()
        reconcile.recover(self.trade.site)

    def _answer(self, *groups: str) -> None:
        self.answers += 1
        self.trade.put_out(envelope(*groups, number=self.answers))

    def _one(self, pick: int) -> Taken:
        return list(self.taken.values())[pick % len(self.taken)]

    def _lying(self) -> list[str]:
        """Return the whole files in the partner's folder that bear a final name."""
        if not hasattr(self, "trade"):
            return []
        return [text for text in self.trade.arrived() if text.rstrip().endswith("~") and "IEA*" in text]

    @staticmethod
    def _key(text: str) -> str:
        return text[90:99]

    def _partner_takes(self) -> None:
        """Take everything away that bears a final name; a second copy of a file is the same file."""
        for path in (self.trade.partner / "in").glob("*.837"):
            text = path.read_text()
            if "IEA*" not in text:
                continue  # in mode direct a part may stand there; the partner waits for the end
            before = self.taken.get(self._key(text))
            assert before is None or before.text == text, "other bytes under a number used before"
            self.taken.setdefault(self._key(text), Taken(text))
            path.unlink()

    def _sql(self, query: str) -> list[Any]:
        db = sqlite3.connect(f"file:{self.trade.root}/state/gateway.db?mode=ro", uri=True)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()


TestExchangeStory = ExchangeStory.TestCase
TestExchangeStory.settings = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
