"""Apply changed rows to the database that serves a system.

Systems on other transports are served from their files and pick up changes by themselves.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from simulator.serve import city

DATABASES = ("postgres", "mysql")


def _database(system: str) -> ModuleType | None:
    transport = city.contract(system).server.transport
    return import_module(f"simulator.serve.{transport}") if transport in DATABASES else None


def check_served(home: Path, system: str, required: bool = False) -> None:
    """Check that changes can reach a system's database, before anything is written.

    Raises:
        RuntimeError: the database exists but is not running, or is missing although `required`.
    """
    database = _database(system)
    if database is None:
        return
    command = f"python -m simulator serve {system} --home {home}"
    if database.exists(home, system):
        if not database.server(home, system).is_running():
            raise RuntimeError(f"The {system} database is stopped; nothing was changed. Run: {command}")
    elif required:
        raise RuntimeError(f"The {system} system has never been served here. Run: {command}")


def apply(home: Path, system: str, table: str, parquet: Path) -> int:
    """Insert or replace the rows of a Parquet file; returns 0 if nothing is served yet.

    A database created later loads the full table, which already contains them.
    """
    database = _database(system)
    if database is None or not database.exists(home, system):
        return 0
    return database.upsert(home, system, table, parquet)
