"""The generated city for the servers: its files, its identity, its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import duckdb

from pipelines.contracts import SourceContract, TableContract, load_contract
from pipelines.installation.package_folder import package_folder
from simulator import SOURCES


def city_identity(home: Path) -> str:
    """Return a hash of seed and scale that identifies this generated city.

    Raises:
        FileNotFoundError: no city is complete in this home.
    """
    path = home / "simulator" / "manifest.json"
    if not path.exists():
        raise FileNotFoundError(
            f"No generated city in {home}: {path} is missing. "
            f"Run `python -m simulator generate --home {home}` first."
        )
    manifest = json.loads(path.read_text())
    return sha256(f"{manifest['seed']}|{manifest['scale']}".encode()).hexdigest()[:16]


def table_file(home: Path, system: str, table: str) -> Path:
    """Return the Parquet file of one source table."""
    return home / "simulator" / system / f"{table}.parquet"


@lru_cache
def contract(system: str) -> SourceContract:
    """Return the system's contract."""
    return load_contract(SOURCES / system / "contract.yaml")


def tables(system: str) -> Mapping[str, TableContract]:
    """Return the tables of a system's contract by name."""
    return contract(system).tables


def open_duckdb(*extensions: str) -> duckdb.DuckDBPyConnection:
    """Return a small in-memory DuckDB; extensions are loaded from their Python packages."""
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
    connection.execute("set TimeZone = 'Asia/Shanghai'")
    for name in extensions:
        package = package_folder(f"duckdb_extension_{name}", f"duckdb-extension-{name}")
        folder = package / "extensions" / f"v{duckdb.__version__}"
        connection.execute(f"load '{folder / name}.duckdb_extension'")
    return connection
