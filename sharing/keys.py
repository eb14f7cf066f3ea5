"""The secrets of sharing: one pseudonym key for each recipient, one signing key for the ledger.

Created at first use with mode 0600. A key that was there and is gone is never
replaced in silence: other pseudonyms or another signature would look like data.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sharing.files import sync_folder

KEY_BYTES = 32


class KeyLostError(RuntimeError):
    """A key that earlier deliveries depend on is missing."""


def recipient_key(folder: Path, department: str, *, may_create: bool) -> bytes:
    """The HMAC key of one department, from `<folder>/shares/<department>.key`.

    Raises:
        KeyLostError: it is missing although the department already received data.
    """
    return _kept(folder / "shares" / f"{department}.key", secrets.token_bytes(KEY_BYTES), may_create)


def signing_key(folder: Path, *, may_create: bool) -> Ed25519PrivateKey:
    """The key that signs ledger entries and receipts; `ledger_signing.pub` beside it is for auditors.

    Raises:
        KeyLostError: it is missing although the ledger has entries.
    """
    fresh = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    key = Ed25519PrivateKey.from_private_bytes(_kept(folder / "ledger_signing.key", fresh, may_create))
    public = folder / "ledger_signing.pub"
    if not public.exists():
        public.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    return key


def _kept(path: Path, fresh: bytes, may_create: bool) -> bytes:
    if not path.exists():
        if not may_create:
            raise KeyLostError(
                f"The key {path} is missing, but data was delivered or signed with it. Nothing was changed. "
                "Restore it from a backup (`brain restore`); do not create another."
            )
        _create(path, fresh)
    return bytes.fromhex(path.read_text().strip())


def _create(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content.hex())
        file.flush()
        os.fsync(file.fileno())
    # A link fails if another process was first: its key stands.
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
    sync_folder(path.parent)
