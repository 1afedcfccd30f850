"""One pass over one account's mailbox: what came in is judged, what is due is written.

The order inside a step is always: change the state in memory, lay the answers out, save. See `gateway.sandbox.mailbox`
for what that promises.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from gateway.errors import GatewayError
from gateway.mapping.compile import load_map
from gateway.mapping.write import write_record
from gateway.model.acknowledgement import ClaimAcknowledgement, Responder
from gateway.model.claim import Claim
from gateway.model.remittance import Remittance
from gateway.model.submission import EnvelopeIds, Environment
from gateway.sandbox.answers import (
    FUNCTIONAL_VERSION,
    FunctionalAnswer,
    Verdict,
    claim_acknowledgement,
    clearinghouse_verdict,
    functional_answers,
    payer_verdict,
    reaches_payer,
    refusal,
    step_of,
    ta1_of,
)
from gateway.sandbox.mailbox import Mailbox
from gateway.sandbox.memory import ClaimMemory
from gateway.sandbox.odd_files import files_of
from gateway.sandbox.payrun import PayerFile, PaymentRun, icn_of
from gateway.sandbox.scripts import Script, script_of
from gateway.sandbox.settings import SandboxSettings
from gateway.sandbox.submitted import SubmittedClaim, SubmittedInterchange, SubmittedSet, read_submitted
from gateway.x12.check import check_x12
from gateway.x12.envelope import SetBody, write_interchange, write_ta1
from gateway.x12.reader import GroupHeader

STEPS = ("clearinghouse", "payer", "payment", "correction", "late")
"""What is scheduled for a received file, in the order in which answers of one moment are written."""


class Desk:
    """One pass over one account's mailbox."""

    def __init__(self, mailbox: Mailbox, settings: SandboxSettings, now: datetime) -> None:
        self.mailbox = mailbox
        self.memory = ClaimMemory(mailbox.state)
        self.settings = settings
        self.now = now
        self.received = 0
        self.claims = 0
        self.answers: Counter[str] = Counter()
        self.problems: list[str] = []

    # -- what comes in

    def take_in(self) -> None:
        """Process every whole upload; whatever one does to us, the next is served."""
        self.mailbox.take(quiet_seconds=self.settings.quiet_seconds, ignore=self.settings.ignore_suffixes)
        for number, path in list(self.mailbox.unprocessed()):
            data = path.read_bytes()
            entry: dict[str, Any] = {"name": path.name[7:], "interchanges": []}
            try:
                self._judge(data, entry)
            except GatewayError as error:
                # No ISA that can be read means nobody to answer (RFI 2102); the state tells.
                entry["problem"] = str(error)
            except Exception as error:  # noqa: BLE001 - a file that trips us must not be met again on every pass
                entry["problem"] = f"the sandbox stumbled over it: {type(error).__name__}"
            if "problem" in entry:
                self.problems.append(f"file {number}: {entry['problem']}")
            self.mailbox.note(number, entry, data=data, at=self.now)
            if any(i["accepted"] for i in entry["interchanges"]):
                self._schedule(number, late=any(i.get("late") for i in entry["interchanges"]))
            self.received += 1
            self.mailbox.save()

    def _judge(self, data: bytes, entry: dict[str, Any]) -> None:
        verdict = check_x12(data, want_999=True)
        made = functional_answers(verdict.acknowledgement) if verdict.acknowledgement else []
        for interchange in read_submitted(data):
            entry["interchanges"].append(self._receive(interchange, made, entry["interchanges"]))

    def _schedule(self, number: str, *, late: bool) -> None:
        waits = {
            "clearinghouse": self.settings.clearinghouse_delay,
            "payer": self.settings.payer_delay,
            "payment": self.settings.payment_delay,
        }
        if late:
            waits["late"] = self.settings.payment_delay + self.settings.correction_delay
        for step, wait in waits.items():
            self._plan(step, number, self.now + wait)

    def _plan(self, step: str, number: str, due: datetime) -> None:
        self.mailbox.state["schedule"].append({"due": due.isoformat(), "step": step, "received": number})

    def _receive(
        self,
        interchange: SubmittedInterchange,
        made: Sequence[FunctionalAnswer],
        before: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        isa = interchange.header
        key = f"{isa.sender_qualifier}|{isa.sender}|{isa.receiver}|{isa.control_number}"
        entry: dict[str, Any] = {"key": key, "accepted": []}
        ta1 = ta1_of(interchange, duplicate=self._seen(key, before), usage=self.settings.usage)
        if ta1 is not None:
            entry["ta1"] = " ".join(ta1[3:])
            number = self.mailbox.take_number()
            out = write_ta1(
                interchange.reply_ids(),
                isa13=number,
                environment=_environment(isa.usage),
                created=self.now,
                answers=[ta1],
            )
            self._post("ta1", number, out)
            if ta1[3] == "R":
                return entry
        for group, answer in _pair(interchange, made):
            sets = [s for s in interchange.sets if s.group.ordinal == group.ordinal]
            for submitted in sets:
                guilty = [c for c in submitted.claims if script_of(c.claim) is Script.R999]
                if guilty and submitted.control_number in answer.accepted_sets():
                    answer.reject(submitted.control_number, guilty[0])
            good = answer.accepted_sets()
            entry["accepted"] += [s.index for s in sets if s.control_number in good and s.claims]
            self.claims += sum(len(s.claims) for s in sets if s.control_number in good)
            if any(script_of(c.claim) is Script.LATE for s in sets for c in s.claims):
                entry["late"] = True
            self._send(
                "999",
                interchange.reply_ids(group),
                isa.usage,
                [answer.body("0001")],
                version=FUNCTIONAL_VERSION,
            )
        return entry

    def _seen(self, key: str, before: Sequence[dict[str, Any]]) -> bool:
        """Tell whether an interchange of this identity was taken before, here or in an earlier file."""
        earlier = [i for r in self.mailbox.state["received"].values() for i in r["interchanges"]]
        return any(i["key"] == key and not i.get("ta1", "").startswith("R") for i in [*earlier, *before])

    # -- what goes out

    def answer_due(self) -> None:
        """Write every answer that is due; payments of one moment make one payment run."""
        schedule = self.mailbox.state["schedule"]
        due = [item for item in schedule if datetime.fromisoformat(item["due"]) <= self.now]
        for step in STEPS:
            numbers = [item["received"] for item in due if item["step"] == step]
            if not numbers:
                continue
            if step in {"payment", "correction"}:
                self._pay(numbers, correction=step == "correction")
            else:
                for number in numbers:
                    self._acknowledge(number, step)
            done = {(step, number) for number in numbers}
            state = self.mailbox.state
            state["schedule"] = [i for i in state["schedule"] if (i["step"], i["received"]) not in done]
            self.mailbox.save()

    def _accepted(self, number: str) -> list[tuple[SubmittedInterchange, list[SubmittedSet]]]:
        """Read received file *number* again: its interchanges with the sets that the 999 accepted."""
        entries = self.mailbox.state["received"][number]["interchanges"]
        good = {index for entry in entries for index in entry["accepted"]}
        result: list[tuple[SubmittedInterchange, list[SubmittedSet]]] = []
        for interchange, _ in zip(read_submitted(self.mailbox.raw(number)), entries, strict=False):
            result.append((interchange, [s for s in interchange.sets if s.index in good]))
        return result

    def _received_on(self, number: str) -> date:
        return datetime.fromisoformat(self.mailbox.state["received"][number]["at"]).date()

    def _acknowledge(self, number: str, step: str) -> None:
        acknowledgement_map = load_map("277ca")
        for interchange, sets in self._accepted(number):
            bodies: list[SetBody] = []
            for submitted in sets:
                for record in self._acknowledgements(number, submitted, step):
                    segments = write_record(acknowledgement_map, record).segments
                    bodies.append(SetBody(control_number=f"{len(bodies) + 1:04d}", segments=segments))
            if bodies:
                ids = interchange.reply_ids(sets[0].group)
                self._send("277", ids, interchange.header.usage, bodies, version=acknowledgement_map.version)

    def _acknowledgements(
        self, number: str, submitted: SubmittedSet, step: str
    ) -> Iterator[ClaimAcknowledgement]:
        """Yield what clearinghouse and payers say of one set at one step; each usually at the step of its name."""
        answerers = [(False, r) for r in self._responders(submitted, at_payer=False)]
        answerers += [(True, r) for r in self._responders(submitted, at_payer=True)]
        for index, (at_payer, responder) in enumerate(answerers):
            usual = step == ("payer" if at_payer else "clearinghouse")
            record = claim_acknowledgement(
                submitted,
                responder=responder,
                claims=[
                    (c, icn_of(number, submitted, c), self._verdict(number, submitted, c, at_payer=at_payer))
                    for c in submitted.claims
                    if step_of(script_of(c.claim), at_payer=at_payer) == step
                    and (not at_payer or c.claim.payer.id == responder.id)
                ],
                reference=f"{number}{submitted.index:03d}{index:03d}{'P' if at_payer else 'C'}{'' if usual else 'L'}",
                received=self._received_on(number),
                now=self.now,
            )
            if record is not None:
                yield record

    def _verdict(
        self, number: str, submitted: SubmittedSet, item: SubmittedClaim, *, at_payer: bool
    ) -> Verdict | None:
        today = self.now.date()
        if not at_payer:
            return clearinghouse_verdict(item.claim, today)
        if not reaches_payer(item.claim):
            return None
        return payer_verdict(self.memory.receive(icn_of(number, submitted, item), item.claim), today)

    def _responders(self, submitted: SubmittedSet, *, at_payer: bool) -> list[Responder]:
        if not at_payer:
            return [Responder(role="clearinghouse", name=self.settings.name, id=self.settings.identifier)]
        payers = {c.claim.payer.id: c.claim.payer.name for c in submitted.claims}
        return [Responder(role="payer", name=name, id=id_) for id_, name in payers.items()]

    def _pay(self, numbers: Sequence[str], *, correction: bool) -> None:
        run = PaymentRun(self.mailbox.state, self.memory, day=self.now.date(), correction=correction)
        for number in numbers:
            for interchange, sets in self._accepted(number):
                for submitted in sets:
                    run.add(
                        number,
                        interchange,
                        submitted,
                        received=self._received_on(number),
                        find=self._original,
                    )
            if not correction and run.wants_correction(number):
                self._plan("correction", number, self.now + self.settings.correction_delay)
        for file in run.files(self.mailbox.take_number):
            self._send_835(file)

    def _original(self, icn: str) -> tuple[Claim, date] | None:
        """Find the claim that our own number *icn* names, if we ever got it."""
        number, set_index, ordinal = icn[2:8], icn[8:11], icn[11:16]
        if not (icn.startswith("SB") and icn[2:16].isdigit() and number in self.mailbox.state["received"]):
            return None
        for _, sets in self._accepted(number):
            for submitted in sets:
                if submitted.index == int(set_index) and 0 < int(ordinal) <= len(submitted.claims):
                    return submitted.claims[int(ordinal) - 1].claim, self._received_on(number)
        return None

    # -- envelopes

    def _send(
        self, kind: str, ids: EnvelopeIds, usage: str, bodies: Sequence[SetBody], *, version: str
    ) -> None:
        number = self.mailbox.take_number()
        functional = {"999": "FA", "277": "HN"}[kind]
        data = write_interchange(
            ids,
            isa13=number,
            gs06=number,
            functional_id=functional,
            set_id=kind,
            version=version,
            environment=_environment(usage),
            created=self.now,
            sets=bodies,
        )
        self._post("277ca" if kind == "277" else kind, number, data)

    def _send_835(self, file: PayerFile) -> None:
        def write(usage: str, number: int, remittances: Sequence[Remittance], *, st03: bool = False) -> bytes:
            return self.envelope_835(file.ids, usage, number, *remittances, st03=st03)

        made = files_of(
            file.script,
            file.remittances,
            usage=file.usage,
            write=write,
            take_number=self.mailbox.take_number,
        )
        for number, data in made:
            self._post("835", number, data)

    def envelope_835(
        self, ids: EnvelopeIds, usage: str, number: int, *remittances: Remittance, st03: bool = False
    ) -> bytes:
        """Write *remittances* as one interchange with one ST each; the guide knows no ST03 here."""
        remittance_map = load_map("835")
        return write_interchange(
            ids,
            isa13=number,
            gs06=number,
            functional_id="HP",
            set_id="835",
            version=remittance_map.version,
            environment=_environment(usage),
            created=self.now,
            sets=[
                SetBody(control_number=f"{i:04d}", segments=write_record(remittance_map, r).segments)
                for i, r in enumerate(remittances, start=1)
            ],
            st03=st03,
        )

    def any_ids(self, account: str) -> EnvelopeIds:
        """Return the envelope of the last interchange that came in, reversed; invented ids before the first."""
        for number in sorted(self.mailbox.state["received"], reverse=True):
            for interchange, sets in self._accepted(number):
                return interchange.reply_ids(sets[0].group if sets else None)
        name = account.upper()[:15]
        me = self.settings.identifier[:15]
        return EnvelopeIds(
            sender_qualifier="ZZ",
            sender_id=me,
            receiver_qualifier="ZZ",
            receiver_id=name,
            group_sender=me,
            group_receiver=name,
        )

    def _post(self, kind: str, number: int, data: bytes) -> None:
        self.mailbox.post(f"SB{number:09d}.{kind}", data)
        self.answers[kind] += 1


def _pair(
    interchange: SubmittedInterchange, made: Sequence[FunctionalAnswer]
) -> list[tuple[GroupHeader, FunctionalAnswer]]:
    """Pair each group with the 999 pyx12 made for it, or with a refusal where pyx12 could not."""
    pairs: list[tuple[GroupHeader, FunctionalAnswer]] = []
    for group in interchange.groups:
        if group.functional_id == "FA":
            continue  # an acknowledgement is never acknowledged (ACK-05)
        sets = [s for s in interchange.sets if s.group.ordinal == group.ordinal]
        fitting = [a for a in made if a.group_control_number == group.control_number]
        pairs.append((group, fitting[0] if fitting else refusal(group, sets)))
    return pairs


def _environment(usage: str) -> Environment:
    return Environment.PRODUCTION if usage == "P" else Environment.TEST
