"""Organizations and the people who work for the communities: whom several departments' systems write down."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run


def build_organizations(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the true organizations and workers; needs places and people."""
    for name in ("credit_code_macros", "organizations", "workers"):
        run(connection, f"city/{name}")
