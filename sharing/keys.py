"""The secrets of sharing: one pseudonymisation key per recipient, and the ledger's signing key."""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines.installation.kept_keys import kept_key

KEY_BYTES = 32
SIGNING_KEY, PUBLIC_KEY = "ledger_signing.key", "ledger_signing.pub"


def recipient_key_file(department: str) -> str:
    """Return the name of one department's key in the folder of secrets."""
    return f"shares/{department}.key"


def recipient_key(folder: Path, department: str, *, may_create: bool) -> bytes:
    """Return one department's HMAC key from `<folder>/shares/<department>.key`.

    Raises:
        KeyLostError: it is missing although the department has received data.
    """
    path = folder / recipient_key_file(department)
    return kept_key(path, secrets.token_bytes(KEY_BYTES), may_create=may_create)


def signing_key(folder: Path, *, may_create: bool) -> Ed25519PrivateKey:
    """Return the key that signs ledger entries and receipts; auditors use `ledger_signing.pub` beside it.

    Raises:
        KeyLostError: it is missing although the ledger has entries.
    """
    fresh = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    key = Ed25519PrivateKey.from_private_bytes(kept_key(folder / SIGNING_KEY, fresh, may_create=may_create))
    public = folder / PUBLIC_KEY
    if not public.exists():
        public.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    return key
