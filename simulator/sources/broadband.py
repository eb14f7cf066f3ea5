"""Quarterly reports of the telecoms: capability by address, public Wi-Fi, emergency communication."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses
from simulator.dirt.planting import Fault
from simulator.dirt.rates import drawn
from simulator.drops import Drops
from simulator.sources.planted import WRITTEN, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "broadband"
RATES: dict[str, dict[str, float]] = {
    "address_capability": {
        "address_variant": 20, "address_estate_only": 5, "address_missing": 2, "wrong_community": 2,
        "subscription_as_capability": 3, "rate_in_other_unit": 8, "rate_unit_mislabelled": 1.5,
        "area_type_self_defined": 5, "value_missing": 0.5,
    },
    "public_wifi": {"site_duplicate": 3, "value_missing": 2, "coordinates_implausible": 1},
    "emergency_communication": {"value_missing": 2, "date_outside_period": 1.5},
}  # fmt: skip
"""Least percent of each table's records."""
FAULTS = {
    "address_capability": [
        *addresses.address_faults("address", ("address_estate_only", "address_missing", "address_variant")),
        Fault("wrong_community", "community", "community_code", "next_community_code is not null"),
        Fault("value_missing", "rate", "download_rate", "access_code <> '0'"),
        Fault(
            "subscription_as_capability", "rate", "download_rate", "access_code = '1' and subscribed < 1000"
        ),
        Fault("rate_unit_mislabelled", "rate", "rate_unit", "access_code <> '0'"),
        Fault("rate_in_other_unit", "rate", "rate_unit", "access_code <> '0'"),
        Fault("area_type_self_defined", "area", "area_type_code"),
    ],
    "public_wifi": [
        Fault("value_missing", "month", "live_month", "is_live"),
        Fault("coordinates_implausible", "place", "longitude"),
    ],
    "emergency_communication": [
        Fault("value_missing", "day", "tested_on", "result_code <> '3'"),
        Fault("date_outside_period", "day", "tested_on", "result_code <> '3'"),
    ],
}
PERIOD = "cast(period || '-01' as date)"
DROPS = {
    "address_capability": Drops(PERIOD, every="quarter", periods=2),
    "public_wifi": Drops(every="quarter", periods=2),
    "emergency_communication": Drops(PERIOD, every="quarter", periods=2),
}
"""How the rows become files."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `broadband_<table>` and record their truth."""
    run(connection, "dirt/next_communities")
    share = drawn(seed, "broadband_public_wifi", "site_duplicate", RATES["public_wifi"]["site_duplicate"])
    home = addresses.house_columns("home", "home_")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        builder.build(table, FAULTS[table], rates, **WRITTEN, home=home, copies=share / (1 - share))
    truth.entity(
        SYSTEM, "address_capability", "house",
        "select row_no, 'H' || given_house_id as true_id from broadband_address_capability "
        "where given_house_id is not null",
    )  # fmt: skip
