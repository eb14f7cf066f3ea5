"""Keys in files: created on first use with mode 0600, and never silently replaced.

Everything made with a key depends on it for ever: another key would produce
different pseudonyms, signatures and digests that still look valid.
"""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.installation.durable_files import sync


class KeyLostError(RuntimeError):
    """A key that earlier work depends on is missing, or its file holds no key."""


def kept_key(path: Path, fresh: bytes, *, may_create: bool) -> bytes:
    """Return the key in a file; if there is none and `may_create` is set, store and return `fresh`.

    Raises:
        KeyLostError: the file is missing although earlier work depends on the key, or holds no key of the
            length of `fresh`.
    """
    if may_create and not path.exists():
        _create(path, fresh)
    if fault := key_fault(path, len(fresh)):
        raise KeyLostError(
            f"The key {path} {fault}, but earlier work was made with it. Nothing was changed. "
            "Restore it from a backup; do not create another."
        )
    return _read(path)


def key_fault(path: Path, size: int) -> str | None:
    """Return what is wrong with a key's file, as the end of a sentence; None if it is a key of that size."""
    try:
        return None if len(_read(path)) == size else f"holds no key of {size} bytes"
    except FileNotFoundError:
        return "is missing"
    except ValueError:
        return f"holds no key of {size} bytes"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _read(path: Path) -> bytes:
    return bytes.fromhex(path.read_text().strip())


def _create(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content.hex())
        file.flush()
        os.fsync(file.fileno())
    # Linking fails if another process was first; its key is used.
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
    sync(path.parent)
