"""Putting an installation together: the only place that makes adapters. And making a new one."""

import ctypes
import json
import os
import resource
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import logs, settings
from gateway.clock import Clock, SystemClock
from gateway.errors import ConfigError, GatewayError, MapError, Refused
from gateway.settings import CONFIG_NAME, Partner, Settings

if TYPE_CHECKING:
    from gateway.exchange.transport import Transport
    from gateway.mapping.compile import CompiledMap
    from gateway.site import Origins, Site

CONFIG_VARIABLE = "GATEWAY_CONFIG"
CLAIM_MAP = "837p"
KEY_FOLDER = Path("~/.config/claims-gateway")
_PR_SET_DUMPABLE = 4


def open_site(config: Path | None = None, *, clock: Clock | None = None) -> "Site":
    """Open the installation that *config* (a file or its folder), GATEWAY_CONFIG or the current directory names.

    Raises:
        ConfigError: there is none, its configuration or key is wrong, or it is stamped otherwise.
        StoreUnavailable: the database cannot be reached.

    """
    from gateway.site import Site
    from gateway.store.archive import Archive
    from gateway.store.installation import STATE, open_store
    from gateway.store.keys import parse_key

    guard_process()
    path = find_config(config)
    root = path.parent
    loaded = load_settings(path)
    try:
        keys = parse_key(settings.secret(loaded.key, base=root))
    except ConfigError as fault:
        raise ConfigError(f"{path}: key: {fault}") from None
    the_clock = clock or SystemClock()
    store = open_store(root, loaded, keys, the_clock)
    return Site(
        root=root,
        settings=loaded,
        store=store,
        archive=Archive(root / STATE / "archive", keys),
        clock=the_clock,
        claim_map=_claim_maps(root, loaded),
        transport=_transports(root, loaded),
        origins=_origins,
    )


def load_settings(path: Path) -> Settings:
    """Return the settings of *path*, the partners' edits among them checked; raise ConfigError naming every fault."""
    loaded = settings.load(path)
    if any(partner.edits for partner in loaded.partner.values()):
        from gateway.claims.edits import partner_faults

        if faults := list(partner_faults(loaded)):
            raise ConfigError(f"{path}: {'; '.join(faults)}")
    return loaded


def find_config(config: Path | None = None) -> Path:
    """Return the absolute path of the configuration to use; raise ConfigError when there is none."""
    if config is not None:
        path, said = config, "--config"
    elif os.environ.get(CONFIG_VARIABLE):
        path, said = Path(os.environ[CONFIG_VARIABLE]), CONFIG_VARIABLE
    else:
        path, said = Path(CONFIG_NAME), "the current directory"
    path = path / CONFIG_NAME if path.is_dir() else path
    if not path.is_file():
        raise ConfigError(
            f"no configuration at {path} ({said}); make an installation with: gateway init DIR, or name one with "
            f"--config FILE or {CONFIG_VARIABLE}"
        )
    return path.resolve()


def guard_process() -> None:
    """Make what this process writes private, keep its memory out of core dumps, and its libraries' words out of logs."""
    os.umask(0o077)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (OSError, ValueError, AttributeError):
        logs.log.warning("core_dumps_possible")


def _claim_maps(root: Path, loaded: Settings) -> "Callable[[str], CompiledMap]":
    """Return what gives a partner's claim map; compiled at its first use, because most commands need none."""
    compiled: dict[str, CompiledMap] = {}
    lock = threading.Lock()

    def claim_map(partner: str) -> "CompiledMap":
        from gateway.mapping.compile import load_map
        from gateway.mapping.overlay import load_overlay

        with lock:
            if partner not in compiled:
                folder = root / "maps" if (root / "maps").is_dir() else None
                try:
                    settled = loaded.partner.get(partner)
                    overlay = load_overlay(
                        CLAIM_MAP, partner, folder, profile=settled.profile if settled else None
                    )
                    compiled[partner] = load_map(CLAIM_MAP, overlay=overlay, folder=folder)
                except MapError as fault:
                    raise MapError(f"partner {partner}: {fault}; then: gateway maps check") from None
            return compiled[partner]

    return claim_map


def _transports(root: Path, loaded: Settings) -> "Callable[[str], Transport]":
    def transport(name: str) -> "Transport":
        profile = loaded.partner[name]
        if profile.folder is not None:
            from gateway.exchange.folder import FolderTransport

            return FolderTransport(_with_absolute_folder(profile, root))
        from gateway.exchange.sftp import SftpTransport

        return SftpTransport(profile, lambda reference: settings.secret(reference, base=root))

    return transport


def _origins(site: "Site") -> "Origins":
    from gateway.claims.intake.origin import Origins as Looker

    return Looker(site)


def _with_absolute_folder(profile: Partner, root: Path) -> Partner:
    if profile.folder is None:
        return profile
    folder = profile.folder.model_copy(update={"path": root / profile.folder.path.expanduser()})
    return profile.model_copy(update={"folder": folder})


@dataclass(frozen=True, slots=True, kw_only=True)
class InitReport:
    """What `init_installation` made."""

    directory: Path
    config: Path
    key_file: Path


def init_installation(directory: Path, *, key_file: Path | None = None) -> InitReport:
    """Make an installation at *directory*: config.toml, outbound/, inbound/, state/, and its key outside of it.

    Nothing that is there is overwritten: *key_file* must be new and lie outside *directory*.

    Raises:
        Refused: there is an installation already, or the key would lie in it or overwrite a file.
        GatewayError: a folder or file cannot be made.

    """
    from gateway.store.disk import private_folder, write_whole
    from gateway.store.keys import new_key

    guard_process()
    root = directory.expanduser().resolve()
    config = root / CONFIG_NAME
    for there in (config, root / "state"):
        if there.exists():
            raise Refused(f"{there} is there already; to make another installation give another folder")
    key = (
        (key_file or KEY_FOLDER / f"{root.name or 'root'}-{secrets.token_hex(4)}.key").expanduser().resolve()
    )
    if key.is_relative_to(root):
        raise Refused(
            f"the key must lie outside {root}, so that a copy of the installation does not open itself"
        )
    if key.exists():
        raise Refused(f"{key} is there already and a key is never overwritten; give another --key-file")
    template = files("gateway").joinpath("_templates", CONFIG_NAME).read_text(encoding="utf-8")
    try:
        root.mkdir(parents=True, exist_ok=True)
        key.parent.mkdir(parents=True, exist_ok=True)
        write_whole(key, f"{new_key()}\n".encode())
        private_folder(root / "state")
        for folder in (root / "outbound", root / "inbound"):
            folder.mkdir(exist_ok=True)
        write_whole(config, template.replace("@KEY@", json.dumps(f"file:{key}")).encode())
    except OSError as fault:
        raise GatewayError(f"{fault.filename or root}: {fault.strerror}") from fault
    return InitReport(directory=root, config=config, key_file=key)
