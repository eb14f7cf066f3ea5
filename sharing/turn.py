"""Shared by everything that decides about a share: the folders, and a lock per share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True)
class Folders:
    """The folders of deliveries and of secrets."""

    shares: Path
    secrets: Path


@contextmanager
def one_at_a_time(state: psycopg.Connection, subject: str) -> Iterator[None]:
    """Hold the share's advisory lock; PostgreSQL releases it if this process dies."""
    state.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [f"gate:{subject}"])
    try:
        yield
    finally:
        state.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [f"gate:{subject}"])
