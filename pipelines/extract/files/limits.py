"""Resource limits for one dropped file."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bytes, seconds and counts; a file that exceeds any of them is refused."""

    file_bytes: int = 512 * MEGABYTE
    unpacked_bytes: int = 1024 * MEGABYTE
    # A sheet of identical numbers compresses 100:1; a higher ratio is deliberate.
    packed_ratio: int = 250
    packed_ratio_from_bytes: int = 8 * MEGABYTE
    archive_entries: int = 2_000
    line_bytes: int = 1 * MEGABYTE
    columns: int = 1_000
    memory_bytes: int = 3 * 1024 * MEGABYTE
    cpu_seconds: int = 120
    wall_seconds: int = 240


LIMITS = Limits()
