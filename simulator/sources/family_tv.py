"""The cable network's business system: accounts, set-top boxes, and daily viewing."""

from __future__ import annotations

import duckdb

from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_AT_HOME, drawn
from simulator.dirt.undetectable import across_sources, numbers_of_others
from simulator.drops import Drops
from simulator.sources.planted import ADDRESS_KINDS, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "family_tv"
RATES = {
    "household_sub": {
        **{kind: rate for kind, rate in PEOPLE_AT_HOME.items() if rate},
        "account_not_household": 4, "value_missing": 0.5,
    },
    "stb": {
        "mac_duplicate": 2, "device_id_malformed": 2, "reference_unknown": 1, "time_order_implausible": 0.5,
    },
    "view_agg": {"value_out_of_range": 0.3, "part_exceeds_whole": 0.3},
}  # fmt: skip
"""Least percentages of the records of each table."""
UNDETECTABLE = across_sources(RATES, "household_sub") | numbers_of_others("household_sub")
"""What no rule over this source finds, and why."""
FAULTS = {
    "household_sub": [
        *persons.person_faults("subscriber_", with_birth_and_sex=False),
        *addresses.address_faults("install_address", ADDRESS_KINDS),
        Fault("value_missing", "bound", "phone_bound_on", "is_phone_bound"),
    ],
    "stb": [
        Fault("mac_duplicate", "mac", "mac_address", "row_no > 40"),
        Fault("device_id_malformed", "device", "device_id"),
        Fault("reference_unknown", "account", "account_no"),
        Fault("time_order_implausible", "active", "last_active_on", "last_active_on is not null"),
    ],
    "view_agg": [
        Fault("value_out_of_range", "minutes", "live_minutes"),
        Fault("part_exceeds_whole", "minutes", "government_minutes"),
    ],
}
DAYS = 10
"""Days of viewing that are there."""
DROPS = {
    "household_sub": Drops(every="week", periods=2), "stb": Drops(every="week", periods=2),
    "view_agg": Drops("view_date", every="day", periods=DAYS),
}  # fmt: skip
"""How the rows are spread over files."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create `family_tv_<table>` for the three tables and record their truth."""
    least = RATES["household_sub"]["account_not_household"]
    share = drawn(seed, "family_tv_household_sub", "account_not_household", least)
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        build_table = builder.build_persons if table == "household_sub" else builder.build
        build_table(table, FAULTS[table], rates, share=share / (1 - share), days=DAYS)
