"""The installation's key and what is derived from it.

One 32-byte key lives outside the installation (law 12). HKDF makes one key each for sealed columns, blind indexes, the
audit chain and the archive, so that none can stand in for another.
"""

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import ArchiveDamaged, ConfigError

KEY_BYTES = 32
NONCE_BYTES = 12


class Keys:
    """Keys derived from the installation's key; prints as nothing."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ConfigError(f"the key must be {KEY_BYTES} bytes of base64; make one with: gateway init")

        def derive(purpose: str) -> bytes:
            return HKDF(
                algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"gateway/{purpose}".encode()
            ).derive(master)

        self._column = AESGCM(derive("column"))
        self._index = derive("index")
        self.audit_key = derive("audit")
        self.archive_key = derive("archive")
        self.check = hashlib.sha256(derive("check")).hexdigest()

    def __repr__(self) -> str:
        return "Keys(***)"

    def seal(self, plain: bytes) -> bytes:
        """Encrypt *plain* with AES-256-GCM; the nonce stands in front."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._column.encrypt(nonce, plain, b"column")

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt what `seal` made; raise ArchiveDamaged when it was altered or the key is another's."""
        try:
            return self._column.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], b"column")
        except (InvalidTag, ValueError):
            raise ArchiveDamaged("stored content cannot be decrypted: altered, or another key") from None

    def index(self, purpose: str, value: str) -> str:
        """Return the keyed hash of *value*, 64 hex digits."""
        return hmac.digest(self._index, f"{purpose}\0{value}".encode(), "sha256").hex()


def new_key() -> str:
    """Return a fresh key as base64 text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def parse_key(text: bytes) -> Keys:
    """Return the keys derived from base64 *text*; raise ConfigError when it is not a key."""
    try:
        return Keys(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise ConfigError("the key is not base64; make one with: gateway init") from None
