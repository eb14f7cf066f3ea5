"""Events: services requested by residents, and incidents with everybody who reports them."""

from __future__ import annotations

import duckdb

from simulator.city.engine import expand, read_rows, run, set_list

SERVICE_CASES_PER_RESIDENT = 0.25
INCIDENTS_PER_RESIDENT = 0.03


def load_items(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `items` and the weighted list from which cases draw theirs by popularity."""
    rows = read_rows("items.csv")
    set_list(connection, "item_codes", expand([(r["item_code"], float(r["popularity"])) for r in rows], 8192))
    connection.execute(
        "create or replace table items (item_code varchar, item_name varchar, department_code varchar,"
        " department_name varchar, time_limit_working_days int, is_one_visit boolean,"
        " is_single_handling boolean, is_online boolean, popularity double)"
    )
    connection.executemany(
        "insert into items values (?, ?, ?, ?, ?, ?, ?, ?, ?)", [tuple(row.values()) for row in rows]
    )


def build_affairs(
    connection: duckdb.DuckDBPyConnection, residents: int, first_day: str, today: str, again_share: float
) -> None:
    """Create `service_cases`, `incidents` and `incident_reports` for the days `first_day` to `today`."""
    values = {
        "services": max(60, round(residents * SERVICE_CASES_PER_RESIDENT)),
        "incidents": max(30, round(residents * INCIDENTS_PER_RESIDENT)),
        "first_day": first_day, "today": today, "again_share": again_share,
    }  # fmt: skip
    for name in ("applicants", "services", "incidents", "reports"):
        run(connection, f"city/{name}", **values)
