"""Read checksum files in the forms that different tools write.

`sha256sum` writes the digest first, BSD's `sha256` last, PowerShell in capitals and, by way of
`Out-File`, in UTF-16; certutil puts words around it.
"""

from __future__ import annotations

import re

from pipelines.extract.files.text import UTF_16

_SHA256 = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])")


def stated_digests(content: bytes) -> set[str]:
    """Return every SHA-256 that a checksum file states, in lower case; none if it is unreadable.

    A checksum file may cover several files; content with any of its digests is one of them, complete.
    """
    encoding = "utf-16" if content.startswith(UTF_16) else "utf-8"
    return {digest.lower() for digest in _SHA256.findall(content.decode(encoding, "replace"))}
