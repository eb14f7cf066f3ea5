"""What everything that decides about a share needs: the folders, and a turn of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True)
class Folders:
    """Where deliveries and secrets are."""

    shares: Path
    secrets: Path


@contextmanager
def one_at_a_time(state: psycopg.Connection, subject: str) -> Iterator[None]:
    """One gate run for each share; PostgreSQL frees the place if this process dies."""
    state.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [f"gate:{subject}"])
    try:
        yield
    finally:
        state.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [f"gate:{subject}"])
