"""A 277CA that rejects a batch, or one billing provider in it: whom it means, and whom it does not."""

from pathlib import Path

import pytest

from gateway.model.acknowledgement import BatchVerdict, Outcome, Status
from gateway.model.lifecycle import TransmissionState
from gateway.settings import Settings
from gateway.store import acknowledgements
from gateway.store.acknowledgements import Result
from gateway.store.archive import Archive
from gateway.store.db import Store
from tests.mailroom import Mailroom, status

POE = ("POE CLINIC", "1555123458")


@pytest.fixture
def room(store: Store, settings: Settings, archive: Archive, tmp_path: Path) -> Mailroom:
    return Mailroom(store, settings, archive, tmp_path)


def rejected(*, npi: str | None = None, name: str | None = None, level: str = "provider") -> BatchVerdict:
    said = Status(category="A3", code="496", entity="85")
    return BatchVerdict(
        level=level, outcome=Outcome.REJECTED, statuses=(said,), provider_npi=npi, provider_name=name
    )


def send(room: Mailroom, **more: object) -> tuple[str, str]:
    """Send a claim of each of two billing providers in one batch; return the transmission and its BHT03."""
    sent = room.send(["PCN1", "PCN2"], providers={"PCN2": POE}, **more)  # type: ignore[arg-type]
    return sent, f"B{room.number(sent)}-0001"


def waiting(room: Mailroom) -> list[Result]:
    with room.store.read() as tx:
        return [one.outcome for one in acknowledgements.waiting(tx)]


def test_a_provider_known_by_its_name_only_does_not_take_the_others_down(room: Mailroom) -> None:
    sent, batch = send(room)
    assert room.ack_277ca(batch=batch, verdicts=[rejected(name="Poe Clinic")]) == [Result.REJECTED]
    assert room.states(sent) == {"PCN1": "sent", "PCN2": "payer_rejected"}


def test_a_provider_that_cannot_be_told_is_for_a_person(room: Mailroom) -> None:
    sent, batch = send(room)
    assert room.ack_277ca(batch=batch, verdicts=[rejected(name="CLINIC")]) == [Result.UNMATCHED]
    assert room.states(sent) == {"PCN1": "sent", "PCN2": "sent"}
    assert waiting(room) == [Result.UNMATCHED]


def test_the_only_provider_of_a_batch_needs_no_name(room: Mailroom) -> None:
    sent = room.send(["PCN1", "PCN2"])
    room.ack_277ca(batch=f"B{room.number(sent)}-0001", verdicts=[rejected()])
    assert set(room.states(sent).values()) == {"payer_rejected"}


def test_a_rejection_of_a_provider_that_is_not_in_the_batch_is_not_lost(room: Mailroom) -> None:
    sent, batch = send(room)
    assert room.ack_277ca(batch=batch, verdicts=[rejected(npi="1444987659")]) == [Result.UNMATCHED]
    assert waiting(room) == [Result.UNMATCHED]
    assert room.states(sent) == {"PCN1": "sent", "PCN2": "sent"}


def test_a_provider_without_patients_beside_one_with_patients(room: Mailroom) -> None:
    sent, batch = send(room)
    spoken = status("PCN1", Outcome.ACCEPTED, "A2", provider_npi="1098765435")
    room.ack_277ca(spoken, batch=batch, verdicts=[rejected(name="POE CLINIC")])
    assert room.states(sent) == {"PCN1": "payer_accepted", "PCN2": "payer_rejected"}


def test_a_rejected_batch_has_arrived(room: Mailroom) -> None:
    """Else what is rejected could be sent again under the same numbers while its claims go out anew."""
    sent, batch = send(room, state=TransmissionState.UNCERTAIN)
    room.ack_277ca(batch=batch, verdicts=[rejected(level="receiver")])
    assert room.transmission(sent).state is TransmissionState.DELIVERED
    assert room.holds(sent) == []


def test_a_batch_that_never_left_us_is_not_rejected(room: Mailroom) -> None:
    sent = room.send(["PCN1"], state=TransmissionState.SEALED, tries=0)
    said = room.ack_277ca(batch=f"B{room.number(sent)}-0001", verdicts=[rejected(level="receiver")])
    assert said == [Result.UNMATCHED]
    assert room.states(sent) == {"PCN1": "sealed"}
