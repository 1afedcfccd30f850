"""config.toml as typed settings: every key, its default and its meaning; unknown keys are refused.

Secrets stand here by reference only (`Secret`): ``file:/path``, ``env:NAME`` or ``cred:name`` (a file in
``$CREDENTIALS_DIRECTORY``). A settings object can be printed or logged: it never holds a secret's value.
"""

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway import profiles
from gateway.errors import ConfigError
from gateway.file_names import TEST_WORD, NameRules, remote_name
from gateway.model.submission import Environment

CONFIG_NAME = "config.toml"


def _secret_reference(value: str) -> str:
    scheme, _, rest = value.partition(":")
    if scheme not in {"file", "env", "cred"} or not rest:
        raise ValueError("a secret is given by reference: file:/path, env:NAME or cred:name")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("not a time zone name such as America/Chicago")
    return value


def _cron(value: str) -> str:
    try:
        next(CronSim(value, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        raise ValueError("not a cron expression that ever comes, such as 30 17 * * 1-5") from None
    return value


_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)
Cron = Annotated[str, AfterValidator(_cron)]
SecretRef = Annotated[str, AfterValidator(_secret_reference)]
Zone = Annotated[str, AfterValidator(_zone)]
X12Id = Annotated[str, Field(min_length=1, max_length=15, pattern=r"^[ -~]+$")]
Digits9 = Annotated[str, Field(pattern=r"^[0-9]{9}$")]
Npi = Annotated[str, Field(pattern=r"^[12][0-9]{9}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Limits(_Section):
    """Every limit on outside input (law 16)."""

    intake_file_bytes: int = Field(256 * 1024 * 1024, description="largest file taken from outbound/")
    intake_record_bytes: int = Field(4 * 1024 * 1024, description="largest single claim record")
    intake_records: int = Field(100_000, description="most claim records in one dropped file")
    receipt_bytes: int = Field(1024 * 1024 * 1024, description="largest file downloaded from a partner")
    segment_bytes: int = Field(64 * 1024, description="longest X12 segment")
    segment_elements: int = Field(200, description="most elements in one X12 segment")
    set_segments: int = Field(5_000_000, description="most segments in one transaction set")
    listing_entries: int = Field(10_000, description="most entries read from one remote folder in one poll")
    findings_per_file: int = Field(10_000, description="most findings kept for one file")
    code_file_bytes: int = Field(64 * 1024 * 1024, description="largest file of a code set")
    codes: int = Field(500_000, description="most codes in one file of a code set")
    bank_file_bytes: int = Field(16 * 1024 * 1024, description="largest file of a bank")
    bank_lines: int = Field(100_000, description="most lines in one file of a bank")
    archive_files: int = Field(1_000, description="most files unpacked from one zip archive")


class Schedule(_Section):
    """When the daemon talks to a partner."""

    poll_seconds: int = Field(900, ge=5, description="how often the partner's outgoing folders are looked at")
    jitter: float = Field(0.1, ge=0, le=0.5, description="random share added to or taken from poll_seconds")
    cutoffs: tuple[Cron, ...] = Field(
        ("*/15 * * * *",),
        min_length=1,
        description="cron expressions, in time_zone: ready claims are sent",
    )
    time_zone: Zone = Field("America/New_York", description="the partner's wall clock, for cutoffs")


class UploadMode(StrEnum):
    """How a file becomes visible at the partner (law 14); there is no default."""

    DIRECT = "direct"
    RENAME = "rename"
    SIBLING = "sibling"


class Upload(_Section):
    """How the partner wants files put."""

    mode: UploadMode = Field(
        description="direct | rename (temporary name, same folder) | sibling (other folder, then rename)"
    )
    temp_suffix: str = Field(".part", description="suffix of the temporary name in mode rename")
    temp_folder: str | None = Field(None, description="folder of the temporary file in mode sibling")
    vanishes_on_close: bool = Field(
        False, description="the partner takes files away the moment they are closed"
    )
    can_stat: bool = Field(True, description="the partner lets us ask for a file's size")
    can_list: bool = Field(True, description="the partner lets us list the folder we send to")
    file_name: str = Field(
        "{type}_{isa13}_{sha8}.837",
        description="holes: {type} 837P, {isa13}, {sha8} first 8 hex digits of the bytes, {date} yyyymmdd, {time} hhmmss, "
        "{test} marking.keyword (else TEST) in a test, nothing in production",
    )
    name: NameRules = NameRules()

    @model_validator(mode="before")
    @classmethod
    def _mode_is_said(cls, said: Any) -> Any:
        if isinstance(said, dict) and "mode" not in said:
            raise ValueError(
                "mode is missing: how a file becomes visible is the partner's rule and has no default; "
                "ask the partner, then say direct, rename or sibling"
            )
        return said

    @model_validator(mode="after")
    def _sibling_needs_folder(self) -> "Upload":
        if self.mode is UploadMode.SIBLING and not self.temp_folder:
            raise ValueError("upload mode sibling needs temp_folder")
        return self


class AfterDownload(StrEnum):
    """What happens to the partner's copy after our commit."""

    LEAVE = "leave"
    DELETE = "delete"
    MOVE = "move"


class Download(_Section):
    """Where the partner puts files for us."""

    folders: tuple[str, ...] = Field(description="remote folders to look into")
    ignore: tuple[str, ...] = Field((), description="file name patterns never fetched, such as *.txt")
    after: AfterDownload = Field(AfterDownload.LEAVE, description="leave | delete | move, after our commit")
    move_to: str | None = Field(None, description="remote folder for after = move")
    quiet_polls: int = Field(
        2, ge=1, description="looks with equal size and time before a file counts as whole"
    )
    case_fold_segment_ids: bool = Field(
        False,
        description="segment ids in lower case (clp*) are read as capitals; else the file waits for a person",
    )

    @model_validator(mode="after")
    def _move_needs_folder(self) -> "Download":
        if self.after is AfterDownload.MOVE and not self.move_to:
            raise ValueError("after = move needs move_to")
        return self


class Sftp(_Section):
    """The partner's SFTP server."""

    host: str = Field(description="name or address of the partner's server")
    port: int = Field(22, ge=1, le=65535, description="TCP port")
    username: str = Field(description="our login there")
    private_key: SecretRef | None = Field(None, description="our OpenSSH private key, by reference")
    passphrase: SecretRef | None = Field(None, description="the key's passphrase, by reference")
    password: SecretRef | None = Field(
        None, description="password, by reference, where the partner knows no keys"
    )
    connect_seconds: float = Field(20, gt=0, description="time limit for TCP, banner and login, each")
    answer_seconds: float = Field(30, gt=0, description="time limit for any single answer")
    attempt_seconds: float = Field(600, gt=0, description="time limit for one whole upload or poll")


class Folder(_Section):
    """A folder on this machine in place of SFTP (a mounted share, a test)."""

    path: Path = Field(
        description="the folder that stands for the partner's server; relative to the installation"
    )


class Envelope(_Section):
    """ISA and GS as the partner's guide states them."""

    sender_qualifier: str = Field(
        "ZZ", min_length=2, max_length=2, description="ISA05: what kind of id sender_id is"
    )
    sender_id: X12Id = Field(description="ISA06: our id as the partner knows it")
    receiver_qualifier: str = Field(
        "ZZ", min_length=2, max_length=2, description="ISA07: what kind of id receiver_id is"
    )
    receiver_id: X12Id = Field(description="ISA08: the partner's id")
    group_sender: X12Id | None = Field(None, description="GS02; the sender_id where absent")
    group_receiver: X12Id | None = Field(None, description="GS03; the receiver_id where absent")
    first_control_number: int = Field(
        1,
        ge=1,
        le=900_000_000,
        description="least ISA13 and GS06: above what was sent under these ids before, or the partner takes new files for "
        "old ones",
    )
    request_ta1: bool = Field(False, description="ISA14: ask for a TA1")
    line_breaks: bool = Field(False, description="a line feed after each segment terminator")


class Batching(_Section):
    """How claims are grouped into files."""

    claims_per_set: int = Field(500, ge=1, le=5000, description="most claims in one transaction set (ST)")
    sets_per_file: int = Field(1, ge=1, le=99, description="most transaction sets in one file")
    max_bytes: int = Field(4_000_000, ge=10_000, description="largest file we send")


class Replies(_Section):
    """What the partner sends back, by when, and who speaks as the clearinghouse (ACK-04)."""

    ta1: bool = Field(False, description="the partner answers each file with a TA1; its silence is an alarm")
    ack_999: bool = Field(True, description="it answers each transaction set with a 999 (or 997)")
    clearinghouse_277ca: bool = Field(True, description="the clearinghouse answers each claim with a 277CA")
    payer_277ca: bool = Field(True, description="the payer answers each claim with a 277CA")
    remittance: bool = Field(True, description="the payer's 835 comes through this partner")
    clearinghouse_ids: tuple[str, ...] = Field(
        (),
        description="NM109 or NM103 of a 277CA's NM1*PR that mean the clearinghouse, not the payer",
    )
    receiver_ids: tuple[str, ...] = Field(
        (),
        description="further ISA08 or GS03 ids by which the partner addresses answers to us, besides our own in [envelope]",
    )
    send_999: bool = Field(
        False, description="answer each file with 835s by a 999 of ours, into send_folder (docs/partners.md)"
    )
    ack_hours: float = Field(4, gt=0, description="hours within which TA1 and 999 are due")
    clearinghouse_hours: float = Field(
        24, gt=0, description="hours within which the clearinghouse's 277CA is due"
    )
    payer_hours: float = Field(72, gt=0, description="hours within which the payer's 277CA is due")
    remittance_days: float = Field(45, gt=0, description="days within which the 835 is due")


class Text(_Section):
    """How text is folded for this partner (domain.md 1.6)."""

    upper_case: bool = Field(True, description="text goes out in upper case")


class Switch(StrEnum):
    """What a partner makes of an edit."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


class OffBalance(StrEnum):
    """What becomes of a remittance in which one equation does not hold, while the claims and the payment add up."""

    HOLD = "hold"
    CLAIM_LEVEL = "claim_level"


class Balance(_Section):
    """Remittances of a payer that sums its lines wrongly (ERA-BAL). B2 and B4 hold a remittance whatever is said here."""

    b1: OffBalance = Field(
        OffBalance.HOLD,
        description="a line that does not add up (B1), while its claim (B2) and the payment (B4) do: hold the whole "
        "remittance, or claim_level: post that claim without its lines, with a warning",
    )
    b3: OffBalance = Field(
        OffBalance.HOLD,
        description="lines that do not come to their claim's charge (B3), while B2 and B4 hold: hold | claim_level",
    )


class MarkPlace(StrEnum):
    """Where a partner can read that a file is a test."""

    ISA15 = "isa15"
    FILE_NAME = "file_name"
    RECEIVER_ID = "receiver_id"
    HOST = "host"
    FOLDER = "folder"


class Marking(_Section):
    """Where the partner reads whether a file is a test; ISA15 says so in every case (law 10)."""

    places: tuple[MarkPlace, ...] = Field(
        (MarkPlace.ISA15,),
        min_length=1,
        description="isa15 | file_name | receiver_id | host | folder; the last three need a profile with [test] and "
        "[production]",
    )
    keyword: str | None = Field(
        None, description="the word in the name of a test file, and of no other, for place file_name"
    )

    @model_validator(mode="after")
    def _keyword_and_place(self) -> "Marking":
        if (MarkPlace.FILE_NAME in self.places) != bool(self.keyword):
            raise ValueError("file_name among the places and a keyword go together")
        return self


class Partner(_Section):
    """One clearinghouse or payer: everything that is theirs to decide."""

    profile: str | None = Field(
        None, description="the folder under maps/partners/ whose profile.toml gives what is not said here"
    )
    environment: Environment = Field(description="test | production; must be the installation's (law 10)")
    submitter_id: Annotated[str, Field(min_length=2, max_length=80)] = Field(
        description="NM109 of loop 1000A"
    )
    receiver_name: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        description="NM103 of loop 1000B"
    )
    receiver_id: Annotated[str, Field(min_length=2, max_length=80)] = Field(description="NM109 of loop 1000B")
    payers: tuple[str, ...] = Field((), description="payer ids routed to this partner")
    host_keys: tuple[str, ...] = Field((), description="pinned host keys; `gateway partner trust` adds one")
    send_folder: str = Field(description="remote folder we put files into")
    sftp: Sftp | None = None
    folder: Folder | None = None
    envelope: Envelope
    upload: Upload
    marking: Marking = Marking()
    download: Download
    batching: Batching = Batching()
    schedule: Schedule = Schedule()
    replies: Replies = Replies()
    text: Text = Text()
    balance: Balance = Balance()
    edits: dict[str, Switch] = Field(
        default_factory=dict,
        description='rule = error | warning | off, such as P-BP-07 = "off"; which may be switched: `gateway edits`',
    )

    @model_validator(mode="after")
    def _one_transport(self) -> "Partner":
        if (self.sftp is None) == (self.folder is None):
            raise ValueError("give exactly one of [sftp] and [folder]")
        return self

    @model_validator(mode="after")
    def _names_say_what_they_are(self) -> "Partner":
        try:
            name = self.remote_name(kind="837P", isa13=1, sha256="0" * 64, created=_ANY_DAY)
        except ValueError as fault:
            raise ValueError(f"upload.file_name: {fault}") from None
        word, test = self.marking.keyword, self.environment is Environment.TEST
        if word and test and word not in name:
            raise ValueError(
                f"upload.file_name: a test file is marked by {word} in its name, but a name such as {name} lacks it"
            )
        if word and not test and word.casefold() in name.casefold():
            raise ValueError(
                f"upload.file_name: {word} in a name marks a test file, but a production name such as {name} has it"
            )
        return self

    @model_validator(mode="after")
    def _places_can_be_compared(self) -> "Partner":
        lone = {MarkPlace.RECEIVER_ID, MarkPlace.HOST, MarkPlace.FOLDER} & set(self.marking.places)
        if lone and self.profile is None:
            raise ValueError(
                f"marking.places: {', '.join(sorted(lone))}: nothing says what it is in the other environment; put "
                "both into [test] and [production] of a maps/partners/NAME/profile.toml"
            )
        return self

    def remote_name(self, *, kind: str, isa13: int, sha256: str, created: datetime) -> str:
        """Return the name of a file at the partner; raise ValueError for a template that breaks the rules."""
        return remote_name(
            self.upload.file_name, self.upload.name, kind=kind, isa13=isa13, sha256=sha256, created=created,
            test_word=(self.marking.keyword or TEST_WORD) if self.environment is Environment.TEST else "",
        )  # fmt: skip


class Submitter(_Section):
    """Who submits: loop 1000A."""

    name: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="NM103 of loop 1000A")
    contact_name: Annotated[str, Field(max_length=60)] | None = Field(
        None, description="whom the partner asks for (PER02)"
    )
    contact_phone: Annotated[str, Field(pattern=r"^[0-9]{10}$")] | None = Field(
        None, description="ten digits; this or contact_email must be given"
    )
    contact_email: str | None = Field(None, description="e-mail address of the contact")
    time_zone: Zone = Field(
        "America/New_York", description="the zone of every date and time we write into X12"
    )

    @model_validator(mode="after")
    def _reachable(self) -> "Submitter":
        if not (self.contact_phone or self.contact_email):
            raise ValueError("give contact_phone or contact_email")
        return self


class BillingEntity(_Section):
    """One of our billing providers; a payment for anybody else is somebody else's."""

    name: str = Field(description="for people; payments are told by the two numbers")
    npi: Npi = Field(description="its National Provider Identifier, ten digits")
    tax_id: Digits9 = Field(description="its EIN or SSN, nine digits without a hyphen")


class Logging(_Section):
    """One canonical line a unit of work."""

    format: Literal["json", "console"] = Field("json", description="json | console (for people)")
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug | info | warning | error: nothing below it is logged"
    )
    file: Path | None = Field(None, description="a file beside standard error; relative to the installation")


class Delivery(_Section):
    """How hard we try, and when a person is called."""

    retry_minutes: tuple[float, ...] = Field(
        (1, 5, 15, 60, 240), description="waits between attempts of one transmission"
    )
    reconcile_wait_minutes: float = Field(
        120, gt=0, description="how long an uncertain transmission waits for its answer"
    )
    breaker_failures: int = Field(
        5, ge=1, description="failed attempts in a row after which the partner is paused"
    )
    probe_minutes: float = Field(
        15, gt=0, description="how often a partner paused by failures is tried again"
    )


class Contractual(_Section):
    """Group and reason pairs that reduce a receivable by themselves (law 7)."""

    pairs: tuple[str, ...] = Field(("CO-45",), description="GROUP-CARC; anything else stays open, in review")


class TimelyFiling(_Section):
    """How many days after a service a payer takes a claim; an older one is told by a warning (P-TIMELY)."""

    days: int = Field(365, ge=1, description="for every payer that is not named under payer_days")
    payer_days: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description='days by payer id, such as "60054" = 90'
    )

    def days_for(self, payer: str) -> tuple[int, str]:
        """Return the days of *payer*, an id in whatever letters, and the key that says so."""
        wanted = payer.strip().upper()
        for name, days in self.payer_days.items():
            if name.strip().upper() == wanted:
                return days, "timely_filing.payer_days"
        return self.days, "timely_filing.days"


CarcCode = Annotated[str, Field(pattern=r"^[A-Z]{0,2}[0-9]{1,4}$")]


class Carc(_Section):
    """Our own class of adjustment reasons, where it is another than the shipped table's (docs/denials.md).

    It decides what is a denial and who looks at it, never a write-off.
    """

    denial: tuple[CarcCode, ...] = Field((), description="the payer refuses: these go to `gateway denials`")
    patient: tuple[CarcCode, ...] = Field((), description="the patient's share")
    informational: tuple[CarcCode, ...] = Field(
        (), description="account for an amount, ask nothing of anybody"
    )
    review: tuple[CarcCode, ...] = Field((), description="a person decides")
    resubmit_remarks: tuple[str, ...] = Field(
        ("MA130",),
        description="remark codes after which a denied claim goes again as a new one, not as a correction",
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_written_off_here(cls, said: Any) -> Any:
        if isinstance(said, dict) and "contractual" in said:
            raise ValueError(
                "a reason is not made contractual here: only the pairs of [contractual] reduce a receivable; "
                'name GROUP and CARC there, such as pairs = ["CO-45", "CO-253"]'
            )
        return said

    @model_validator(mode="after")
    def _one_class_each(self) -> "Carc":
        named = [
            code.lstrip("0")
            for codes in (self.denial, self.patient, self.informational, self.review)
            for code in codes
        ]
        if twice := sorted({code for code in named if named.count(code) > 1}):
            raise ValueError(f"{', '.join(twice)}: named twice; a reason has one class")
        return self


class FollowUp(_Section):
    """After how many days what the payers left open stands in `gateway queue`."""

    denial_days: int = Field(14, ge=0, description="denials and answers in review that nobody closed")
    plb_days: int = Field(30, ge=0, description="provider adjustments that should have cleared and did not")


class Deposits(_Section):
    """How deposits and remittances are told to belong together, and when either is overdue (domain.md 4.2, rule 370)."""

    window_days: int = Field(
        5,
        ge=0,
        le=30,
        description="business days by which a deposit may differ from BPR16 and match by itself",
    )
    check_window_days: int = Field(
        30, ge=0, le=120, description="the same for checks, which are mailed and carried to the bank"
    )
    due_days: int = Field(
        3,
        ge=1,
        le=60,
        description="business days after which a deposit without remittance, or a remittance without "
        "deposit, is an alarm",
    )
    check_due_days: int = Field(15, ge=1, le=120, description="the same for the deposit of a check")


class Split(_Section):
    """835s for systems that read X12 only, cut up by who is paid (docs/exports.md)."""

    per_billing_entity: bool = Field(
        False,
        description="write each 835 that comes in into inbound/835/NPI/ as well, a file a billing entity",
    )


class Settings(_Section):
    """config.toml."""

    environment: Environment = Field(
        Environment.TEST, description="test | production, stamped into the database"
    )
    key: SecretRef = Field(description="the archive key (32 bytes, base64), kept outside this directory")
    database: str | None = Field(None, description="SQLAlchemy URL; SQLite in state/ where absent")
    submitter: Submitter
    billing_entity: tuple[BillingEntity, ...] = Field(min_length=1)
    partner: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")], Partner]
    contractual: Contractual = Contractual()
    timely_filing: TimelyFiling = TimelyFiling()
    carc: Carc = Carc()
    follow_up: FollowUp = FollowUp()
    deposits: Deposits = Deposits()
    split: Split = Split()
    delivery: Delivery = Delivery()
    limits: Limits = Limits()
    logging: Logging = Logging()
    intake_quiet_seconds: float = Field(2, ge=0, description="how long a dropped file must keep its size")

    @model_validator(mode="after")
    def _environments_agree(self) -> "Settings":
        for name, partner in self.partner.items():
            if partner.environment is not self.environment:
                raise ValueError(
                    f"partner {name} is a {partner.environment.value} profile in a {self.environment.value} "
                    "installation; an installation is one or the other (law 10)",
                )
        routed: dict[str, str] = {}
        for name, partner in self.partner.items():
            for payer in (given.strip().upper() for given in partner.payers):
                if payer in routed:
                    raise ValueError(f"payer {payer} is routed to both {routed[payer]} and {name}")
                routed[payer] = name
        return self


def load(path: Path) -> Settings:
    """Read *path* and return the settings; raise ConfigError naming the key and the remedy."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no configuration at {path}; make one with: gateway init DIR") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path}: not valid TOML: {fault}") from None
    whole, origins = profiles.fold_in(data, path, Partner)
    try:
        return Settings.model_validate(whole)
    except ValidationError as fault:
        raise ConfigError(f"{path}: {explain_validation(fault, origins)}") from None


def explain_validation(fault: ValidationError, origins: Mapping[str, str] | None = None) -> str:
    """Say every fault of *fault* in a line, with the key and without the value that was given.

    *origins* tells by dotted key which profile a value came from.
    """
    said = []
    for item in fault.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in item["loc"]) or "the file"
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "unknown key (misspelt, or from another version)"
        elif item["type"] == "missing":
            message = "missing"
        source = (origins or {}).get(where)
        said.append(f"{where}: {message}" + (f" (from {source})" if source else ""))
    return "; ".join(said)


def secret(reference: str, *, base: Path) -> bytes:
    """Return the value that *reference* names; raise ConfigError when it is not there or open to others."""
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(rest)
        if value is None:
            raise ConfigError(f"secret env:{rest} is not set")
        return value.encode()
    if scheme == "cred":
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise ConfigError(f"secret cred:{rest}: CREDENTIALS_DIRECTORY is not set")
        path = Path(folder) / rest
    else:
        path = Path(rest).expanduser()
        path = path if path.is_absolute() else base / path
    try:
        if scheme == "file" and path.stat().st_mode & 0o077:
            raise ConfigError(f"secret file {path} can be read by others; run: chmod 600 {path}")
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"secret {reference} is missing ({path})") from None
    except OSError as fault:
        raise ConfigError(f"secret {reference} cannot be read: {fault.strerror}") from None


def zone(name: str) -> ZoneInfo:
    """Return the time zone *name*, already validated."""
    return ZoneInfo(name)
