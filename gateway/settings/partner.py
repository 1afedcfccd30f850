"""One partner in config.toml: everything that is theirs to decide."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from gateway.file_names import TEST_WORD, NameRules, remote_name
from gateway.model.submission import Environment
from gateway.settings.kinds import Cron, SecretRef, Section, X12Id, Zone

_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Schedule(Section):
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


class Upload(Section):
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


class Download(Section):
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


class Sftp(Section):
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


class Folder(Section):
    """A folder on this machine in place of SFTP (a mounted share, a test)."""

    path: Path = Field(
        description="the folder that stands for the partner's server; relative to the installation"
    )


class Envelope(Section):
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


class Batching(Section):
    """How claims are grouped into files."""

    claims_per_set: int = Field(500, ge=1, le=5000, description="most claims in one transaction set (ST)")
    sets_per_file: int = Field(1, ge=1, le=99, description="most transaction sets in one file")
    max_bytes: int = Field(4_000_000, ge=10_000, description="largest file we send")


class Replies(Section):
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
        False,
        description="answer each file with 835s by a 999 of ours (a 997 where they are of 4010), into send_folder (docs/partners.md)",
    )
    ack_hours: float = Field(4, gt=0, description="hours within which TA1 and 999 are due")
    clearinghouse_hours: float = Field(
        24, gt=0, description="hours within which the clearinghouse's 277CA is due"
    )
    payer_hours: float = Field(72, gt=0, description="hours within which the payer's 277CA is due")
    remittance_days: float = Field(45, gt=0, description="days within which the 835 is due")
    crossover_days: float = Field(
        30, gt=0, description="days within which the next payer's 835 is due, where a payer sent the claim on"
    )


class Text(Section):
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


class Balance(Section):
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


class Marking(Section):
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


class Partner(Section):
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
