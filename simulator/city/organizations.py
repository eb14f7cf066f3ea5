"""Organizations and community workers, who are recorded by several departments' systems."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run


def build_organizations(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the true organizations and workers; requires places and people."""
    for name in ("credit_code_macros", "organizations", "workers"):
        run(connection, f"city/{name}")
