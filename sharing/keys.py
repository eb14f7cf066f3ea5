"""The secrets of sharing: one pseudonymisation key per recipient, and the ledger's signing key."""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines.installation.kept_keys import kept_key

KEY_BYTES = 32


def recipient_key(folder: Path, department: str, *, may_create: bool) -> bytes:
    """Return one department's HMAC key from `<folder>/shares/<department>.key`.

    Raises:
        KeyLostError: it is missing although the department has received data.
    """
    path = folder / "shares" / f"{department}.key"
    return kept_key(path, secrets.token_bytes(KEY_BYTES), may_create=may_create)


def signing_key(folder: Path, *, may_create: bool) -> Ed25519PrivateKey:
    """Return the key that signs ledger entries and receipts; auditors use `ledger_signing.pub` beside it.

    Raises:
        KeyLostError: it is missing although the ledger has entries.
    """
    fresh = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    key = Ed25519PrivateKey.from_private_bytes(
        kept_key(folder / "ledger_signing.key", fresh, may_create=may_create)
    )
    public = folder / "ledger_signing.pub"
    if not public.exists():
        public.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    return key
