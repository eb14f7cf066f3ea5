"""The pilot communities, their milestones, and the inventory of systems to migrate or integrate."""

from __future__ import annotations

import duckdb

from simulator.dirt.planting import Fault
from simulator.dirt.rates import drawn
from simulator.drops import Drops
from simulator.sources.planted import TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "pilots"
RATES: dict[str, dict[str, float]] = {
    "pilot_community": {"name_code_mismatch": 5},
    "milestone": {"value_missing": 4, "reference_unknown": 3},
    "system_inventory": {"system_duplicate": 4, "value_missing": 3},
}
"""Least percent of each table's records; a table of eight has one faulty row at least."""
FAULTS = {
    "pilot_community": [
        Fault(
            "name_code_mismatch", "name", "community_name",
            "other_community_name is not null and other_community_name <> true_community_name",
        ),
    ],
    "milestone": [
        Fault("value_missing", "month", "achieved_month", "not is_late"),
        Fault("reference_unknown", "reference", "pilot_no", "true_pilot_no is not null"),
    ],
    "system_inventory": [
        Fault(
            "value_missing", "month", "finished_month",
            "action_code in ('1', '2') and is_finished",
        ),
    ],
}  # fmt: skip
DROPS = {table: Drops(every="quarter", periods=2) for table in RATES}
"""How the rows become files."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `pilots_<table>` and record their truth."""
    least = RATES["system_inventory"]["system_duplicate"]
    share = drawn(seed, "pilots_system_inventory", "system_duplicate", least)
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        builder.build(table, FAULTS[table], rates, copies=share / (1 - share))
