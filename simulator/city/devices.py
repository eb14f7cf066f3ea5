"""Devices, what they sense, and the messages they intend to send in the window."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run

DEVICES_AT_FULL_SCALE = 12_000


def build_devices(
    connection: duckdb.DuckDBPyConnection,
    scale: float,
    first_day: str,
    days: int,
    today: str,
    storm_share: float,
) -> None:
    """Create devices, outages, alarms and `true_messages` for the days from `first_day`."""
    devices = max(42, round(DEVICES_AT_FULL_SCALE * scale))
    storms = max(1, round(devices * storm_share * days / 30 + 0.499))
    values = {"devices": devices, "first_day": first_day, "days": days, "today": today, "storms": storms}
    for name in ("devices", "silences", "alarms", "messages"):
        run(connection, f"city/{name}", **values)
