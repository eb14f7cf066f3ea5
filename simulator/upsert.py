"""Bringing changed rows of the population system into the database that serves it."""

from __future__ import annotations

from pathlib import Path


def is_served(home: Path) -> bool:
    """Whether the population database has been created under `home`."""
    return (home / "simulator" / "population" / "postgres" / "cluster").exists()


def check_served(home: Path, required: bool = False) -> None:
    """Make sure that changes can reach the database, before anything is written.

    Raises:
        RuntimeError: the database is there but not running, or is not there and `required`.
    """
    from simulator.serve.population import server

    command = f"python -m simulator serve population --home {home}"
    if is_served(home):
        if not server(home).is_running():
            raise RuntimeError(f"The population database is stopped; nothing was changed. Run: {command}")
    elif required:
        raise RuntimeError(f"The population system has never been served here. Run: {command}")


def apply(home: Path, table: str, parquet: Path) -> int:
    """Insert or replace the rows of a Parquet file; 0 where nothing is served yet.

    A database that is created later loads the full table, which has them already.
    """
    if not is_served(home):
        return 0
    from simulator.serve.population import upsert

    return upsert(home, table, parquet)
