"""A 999 back to the partner for the 835s it put out, where its profile wants one (`replies.send_999`); a 997 for those of 4010.

A receipt is queued in the unit of work that marks it processed, made into one transmission a form, and delivered like every
other: identity first, the same bytes under the same numbers on every try. Its reference is unique in the database, so
that no receipt is ever answered twice.
"""

from dataclasses import replace

from gateway import failpoints
from gateway.errors import ConfigError, IntegrityError
from gateway.exchange.render import envelope_ids, says_usage
from gateway.exchange.seal import take_numbers
from gateway.logs import log
from gateway.settings import Partner, zone
from gateway.site import Site
from gateway.store import exports, inbox, transmissions
from gateway.store.db import Tx
from gateway.store.exports import ANSWER_999, Export
from gateway.store.inbox import Receipt
from gateway.store.transmissions import ANSWER
from gateway.x12.acknowledgment import FORMS, Form, answers_to
from gateway.x12.envelope import SetBody, write_interchange
from gateway.x12.reader import ReadLimits
from gateway.x12.wrappers import UnpackLimits, unpack

BEFORE_SEAL = failpoints.declare("send_999.before_seal", "a 999 is archived; no transmission says so")
AFTER_SEAL = failpoints.declare(
    "send_999.after_seal", "a 999 is sealed; its receipt still stands as unanswered"
)


def queue(tx: Tx, site: Site, receipt: Receipt) -> None:
    """Queue a receipt with 835s for its 999, where the partner wants one; a reread queues nothing again."""
    profile = site.settings.partner.get(receipt.partner)
    if profile is not None and profile.replies.send_999:
        exports.queue(tx, ANSWER_999, f"{receipt.id}-999", {"receipt": receipt.id})


def seal_pending(site: Site) -> list[str]:
    """Seal a 999 for each receipt that is queued; return the transmissions. They leave when their partner is due.

    Raises:
        ConfigError: test and production do not agree, or the partner's file name cannot be used; nothing is lost.
        StoreUnavailable: the archive or the database cannot be written.

    """
    with site.store.read() as tx:
        left = exports.pending(tx, [ANSWER_999])
    sealed: list[str] = []
    trouble: ConfigError | None = None
    while left or (left := _open(site)):
        made = left.pop(0)
        with site.store.read() as tx:
            receipts = [inbox.get(tx, row["receipt"]) for row in exports.rows_of(tx, made)]
        try:
            sealed += [
                done for one in receipts for form in FORMS if (done := _answer(site, one, form)) is not None
            ]
        except ConfigError as fault:
            # One partner's profile never stops another's answers; what is sealed stays so.
            trouble = fault
            continue
        failpoints.hit(AFTER_SEAL)
        with site.store.write("answered", actor="daemon") as tx:
            exports.mark_written(tx, made.id, sha256="")
            tx.audit(made.id, {"kind": made.kind, "rows": made.rows})
    if trouble is not None:
        raise trouble
    return sealed


def _open(site: Site) -> list[Export]:
    with site.store.read() as tx:
        if not exports.waiting(tx, ANSWER_999):
            return []
    with site.store.write("export", actor="daemon") as tx:
        made = exports.open_export(tx, ANSWER_999)
        if made is not None:
            tx.audit(made.id, {"kind": ANSWER_999, "rows": made.rows})
    return [made] if made else []


def _reference(form: Form, receipt: Receipt, st02: str) -> str:
    return f"{form.set_id}-{receipt.id}-{st02}"


def _answer(site: Site, receipt: Receipt, form: Form) -> str | None:
    """Make and seal the answer of one form on one receipt; None where it was answered before, or holds nothing to answer."""
    profile = site.settings.partner.get(receipt.partner)
    if profile is None or not profile.replies.send_999:
        return None  # the profile is gone, or wants none any more
    if profile.environment is not site.settings.environment:
        raise ConfigError(
            f"partner {receipt.partner}: test and production do not agree; nothing is sent (law 10)"
        )
    with site.store.read() as tx:
        if transmissions.has_reference(tx, _reference(form, receipt, "0001")):
            return None
    bodies = _bodies(site, receipt, profile, form)
    if not bodies:
        return None
    ids = replace(envelope_ids(profile), request_ta1=False)
    sender, receiver = (
        f"{ids.sender_qualifier}:{ids.sender_id}",
        f"{ids.receiver_qualifier}:{ids.receiver_id}",
    )
    with site.store.write("numbers_999", actor="daemon") as tx:
        created = tx.now().astimezone(zone(site.settings.submitter.time_zone))
        isa13, gs06 = take_numbers(
            tx, receipt.partner, sender, receiver, profile.envelope.first_control_number
        )
        tx.audit(receipt.id, {"partner": receipt.partner, "isa13": isa13, "gs06": gs06})
    data = write_interchange(
        ids, isa13=isa13, gs06=gs06, functional_id="FA", set_id=form.set_id, version=form.version,
        environment=profile.environment, created=created, sets=bodies, st03=form.st03,
    )  # fmt: skip
    if not says_usage(data, profile.environment.isa15):
        raise IntegrityError("ISA15 does not say what the profile says; nothing is sent (law 10)")
    blob = site.archive.put(data, "transmission")
    try:
        name = profile.remote_name(kind=form.set_id, isa13=isa13, sha256=blob, created=created)
    except ValueError as fault:
        raise ConfigError(f"upload.file_name: {fault}") from None
    failpoints.hit(BEFORE_SEAL)
    with site.store.write("seal_999", actor="daemon") as tx:
        identifier = transmissions.new_draft(
            tx, partner=receipt.partner, environment=profile.environment.value, kind=ANSWER, sender=sender,
            receiver=receiver, isa13=isa13, gs06=gs06, version=form.version,
        )  # fmt: skip
        for body in bodies:
            transmissions.add_set(
                tx, identifier, body.control_number, _reference(form, receipt, body.control_number)
            )
        if transmissions.name_is_taken(tx, receipt.partner, name):
            name = f"{identifier}_{name}"
        transmissions.seal(
            tx, identifier, segments={body.control_number: len(body.segments) + 2 for body in bodies}, blob=blob,
            sha256=blob, size=len(data), remote_name=name,
        )  # fmt: skip
        tx.audit(identifier, {"partner": receipt.partner, "receipt": receipt.id, "sha256": blob})
    log.info("sealed", partner=receipt.partner, transmission=identifier, receipt=receipt.id, bytes=len(data))
    return identifier


def _bodies(site: Site, receipt: Receipt, profile: Partner, form: Form) -> list[SetBody]:
    limits = site.settings.limits
    files = unpack(site.archive.get(receipt.blob), UnpackLimits(limits.receipt_bytes, limits.archive_files))
    read = ReadLimits(
        limits.segment_bytes, limits.segment_elements, limits.set_segments,
        fold_segment_ids=profile.download.case_fold_segment_ids,
    )  # fmt: skip
    return answers_to([one.data for one in files], limits=read, form=form)
