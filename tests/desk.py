"""A billing office for tests of the money: claims as sent, remittances as read, and the books between them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from gateway.model.claim import BillingProvider, Claim, Payer, ServiceLine, Subscriber
from gateway.model.identifiers import Kind, new_id
from gateway.model.remittance import (
    Adjustment,
    Party,
    ProviderAdjustment,
    Remittance,
    RemittanceClaim,
    RemittanceLine,
    RemittanceReference,
)
from gateway.responses.by_hand import match_payment
from gateway.responses.late import place_waiting
from gateway.responses.post import PostResult, post_alone
from gateway.responses.prepare import Presented
from gateway.responses.unmatch import unmatch_payment
from gateway.settings import Settings
from gateway.site import Site
from gateway.store import charges, claims, ledger
from gateway.store.archive import Archive
from gateway.store.db import Store
from gateway.store.schema import receipt, submission, transmission

NPI = "1098765435"
DAY = date(2024, 1, 10)


def money(value: Any) -> Decimal:
    """Return *value* as Decimal."""
    return Decimal(str(value))


def cas(text: str) -> tuple[Adjustment, ...]:
    """Read ``CO-45 25.5, PR-3 25`` as adjustments."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        pair, amount = part.split()
        group, reason = pair.split("-", 1)
        found.append(Adjustment(group=group, reason=reason, amount=money(amount)))
    return tuple(found)


def line(procedure: str, charge: Any, paid: Any, adjustments: str = "", **more: Any) -> RemittanceLine:
    """Return one SVC."""
    return RemittanceLine(
        procedure=procedure,
        modifiers=more.pop("modifiers", ()),
        charge=money(charge),
        paid=money(paid),
        adjustments=cas(adjustments),
        **more,
    )


def service(procedure: str, charge: Any, **more: Any) -> ServiceLine:
    """Return one line as billed."""
    values: dict[str, Any] = {"units": money(1), "service_date": DAY, **more}
    return ServiceLine(procedure=procedure, charge=money(charge), **values)


def clp(
    pcn: str,
    charge: Any,
    paid: Any,
    adjustments: str = "",
    *,
    status: str = "1",
    control: str | None = "ICN1",
    **more: Any,
) -> RemittanceClaim:
    """Return one CLP."""
    return RemittanceClaim(
        patient_control_number=pcn,
        status_code=status,
        charge=money(charge),
        paid=money(paid),
        payer_control_number=control,
        adjustments=cas(adjustments),
        **more,
    )


def plb(code: str, amount: Any, reference: str | None = None) -> ProviderAdjustment:
    """Return one PLB pair."""
    return ProviderAdjustment(provider=NPI, reason=code, reference=reference, amount=money(amount))


def remittance(
    *payments: RemittanceClaim, plbs: Sequence[ProviderAdjustment] = (), **more: Any
) -> Remittance:
    """Return one ST 835 for ROE CLINIC; its amount is what makes it balance unless given."""
    total = sum((c.paid for c in payments), money("0")) - sum((p.amount for p in plbs), money("0"))
    values: dict[str, Any] = {
        "payer": Party(
            name="EXAMPLE HEALTH PLAN", references=(RemittanceReference(qualifier="2U", id="60054"),)
        ),
        "payee": Party(name="ROE CLINIC", id_type="XX", id=NPI),
        "payment_method": "ACH",
        "payment_amount": total,
        "payment_date": date(2024, 1, 26),
        "trace_number": "EFT0009876",
        "originator": "1512345678",
        "handling": "I",
        "credit_debit": "C",
        "claims": tuple(payments),
        "provider_adjustments": tuple(plbs),
    }
    return Remittance(**{**values, **more})


class Desk:
    """One installation with its money side at hand."""

    def __init__(self, store: Store, settings: Settings, archive: Archive, root: Path) -> None:
        self.store = store
        self.provable = True
        self._numbers = 0
        self.site = Site(
            root=root,
            settings=settings,
            store=store,
            archive=archive,
            clock=store.clock,
            claim_map=_no_map,
            transport=_no_transport,
        )

    def claim(
        self,
        pcn: str,
        charge: Any,
        *,
        member: str = "MBR000111",
        name: tuple[str, str] = ("ROE", "RICHARD"),
        day: date = DAY,
        payer: str = "60054",
        sequence: str = "P",
        state: str = "sent",
        billed: bool = True,
        services: Sequence[ServiceLine] = (),
        npi: str = NPI,
        partner: str = "north",
        key: str | None = None,
    ) -> str:
        """Send a claim, as far as the books are concerned, and return its id; of one service unless *services* are given."""
        content = Claim(
            patient_control_number=pcn,
            charge=money(charge),
            billing_provider=BillingProvider(name="ROE CLINIC", npi=npi),
            subscriber=Subscriber(last_name=name[0], first_name=name[1], member_id=member),
            payer=Payer(name="EXAMPLE HEALTH PLAN", id=payer),
            service_lines=tuple(services)
            or (ServiceLine(procedure="99213", charge=money(charge), units=money(1), service_date=day),),
            payer_sequence=sequence,
            claim_key=key,
        )
        with self.store.write("intake") as tx:
            claim_id, version_id = claims.new_claim(tx, content, partner=partner)
            tx.audit(subject=claim_id)
        self.submit(claim_id, version_id, payer=payer, sequence=sequence, state=state, billed=billed)
        return claim_id

    def submit(
        self,
        claim_id: str,
        version_id: str,
        *,
        payer: str = "60054",
        sequence: str = "P",
        state: str = "sent",
        billed: bool = True,
        frequency: str = "1",
    ) -> str:
        """Submit a version and return the submission's id."""
        self._numbers += 1
        transmission_id, submission_id = new_id(Kind.TRANSMISSION), new_id(Kind.SUBMISSION)
        with self.store.write("seal") as tx:
            tx.execute(
                insert(transmission).values(
                    id=transmission_id, partner="north", environment="test", kind="837P", state="delivered",
                    sender="ZZ:SUB100", receiver="ZZ:NORTH01", isa13=self._numbers, gs06=self._numbers,
                    version="005010X222A1", created_at=tx.now(),
                )
            )  # fmt: skip
            tx.execute(
                insert(submission).values(
                    id=submission_id, claim=claim_id, version=version_id, transmission=transmission_id, st02="0001",
                    payer=payer, payer_sequence=sequence, frequency=frequency, state=state, created_at=tx.now(),
                    first_segment=11 if billed else None, last_segment=20 if billed else None,
                )
            )  # fmt: skip
            if billed:
                charges.book(tx, [submission_id])
            tx.audit(subject=submission_id)
        return submission_id

    def receipt(self) -> str:
        """Return the id of a new receipt."""
        receipt_id = new_id(Kind.RECEIPT)
        with self.store.write("collect") as tx:
            tx.execute(
                insert(receipt).values(
                    id=receipt_id, partner="north", name_sealed=tx.seal("x"), sha256=receipt_id, size=1, blob=receipt_id,
                    state="received", received_at=tx.now(),
                )
            )  # fmt: skip
            tx.audit(subject=receipt_id)
        return receipt_id

    def post(
        self, item: Remittance, *, receipt_id: str | None = None, place: str = "1/1/1", **more: Any
    ) -> PostResult:
        """Post *item* from a new receipt (or the one given) and prove the books."""
        owner = receipt_id or self.receipt()
        values: dict[str, Any] = {"partner": "north", "interchange_usage": "T", **more}
        given = Presented(remittance=item, content=repr(item), receipt_id=owner, place=place, **values)
        result = post_alone(self.site, given, actor="daemon", facts={})
        self.check()
        return result

    def told(self, item: Remittance, **more: Any) -> list[str]:
        """Post *item* and return why what waits of it waits, as it is told before the command that resolves it."""
        found = [f.message for f in self.post(item, **more).findings if f.code == "ERA-SUSPENSE"]
        parts = [message.rpartition("; the payment waits in suspense: gateway match P-") for message in found]
        assert all(reason and command.endswith(" C-ID") for reason, _, command in parts)
        return [reason for reason, _, _ in parts]

    def match(self, payment_id: str, claim_id: str) -> None:
        """Match by hand and prove the books."""
        match_payment(self.site, payment_id, claim_id, actor="pat")
        self.check()

    def unmatch(self, payment_id: str) -> None:
        """Take a payment off its claim and prove the books."""
        unmatch_payment(self.site, payment_id, reason="another claim's", actor="pat")
        self.check()

    def place_waiting(self) -> int:
        """Move what can be moved out of suspense, prove the books, and return how many moved."""
        moved = place_waiting(self.site, actor="daemon")
        self.check()
        return moved

    def check(self) -> None:
        """Prove the books, unless a test has made them such as the gateway never does."""
        if not self.provable:
            return
        with self.store.read() as tx:
            ledger.check_books(tx)

    def account(self, claim_id: str) -> dict[str, Decimal]:
        """Return a claim's account as a dict."""
        with self.store.read() as tx:
            account = ledger.claim_account(tx, claim_id)
        return {name: getattr(account, name) for name in ("charge", "paid", "adjusted", "patient", "open")}

    def totals(self) -> dict[str, Decimal]:
        """Return the installation's totals."""
        with self.store.read() as tx:
            return ledger.totals(tx)


def _no_map(_partner: str) -> Any:
    raise AssertionError("the money side writes no claims")


def _no_transport(_partner: str) -> Any:
    raise AssertionError("the money side talks to nobody")
