"""What the city's grid workers find or are told: incidents of their own, and their share of others'."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run

INCIDENTS_PER_RESIDENT = 0.06
SHARED_PERCENT_OF_INCIDENTS = 9.0
"""Incidents that affairs knows too; with those told twice, more than 8 % have several sources."""
TOLD_TWICE_PERCENT = 9.0


def build_governance(connection: duckdb.DuckDBPyConnection, first_day: str, today: str) -> None:
    """Create `grid_incidents` and `grid_reports`; requires people, workers and affairs."""
    values = {
        "per_resident": INCIDENTS_PER_RESIDENT, "shared": SHARED_PERCENT_OF_INCIDENTS / 100,
        "again": TOLD_TWICE_PERCENT / 100, "first_day": first_day, "today": today,
    }  # fmt: skip
    for name in ("grid_incidents", "grid_reports"):
        run(connection, f"city/{name}", **values)
