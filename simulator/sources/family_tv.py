"""The cable network's business system: accounts, set-top boxes, and what was watched by the day."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault, plant, widen
from simulator.dirt.rates import COMPANY_ADDRESS, COMPANY_PERSON, drawn
from simulator.sources.truth import Truth

SYSTEM = "family_tv"
RATES = {
    "household_sub": {
        **{kind: rate for kind, rate in COMPANY_PERSON.items() if rate},
        **COMPANY_ADDRESS,
        "account_not_household": 4, "value_missing": 0.5,
    },
    "stb": {
        "mac_duplicate": 2, "device_id_malformed": 2, "reference_unknown": 1, "time_order_implausible": 0.5,
    },
    "view_agg": {"value_out_of_range": 0.3, "part_exceeds_whole": 0.3},
}  # fmt: skip
"""Least percentages of the records of each table."""
UNDETECTABLE = {
    ("household_sub", "phone_outdated"): "an account has one phone",
    ("household_sub", "phone_of_relative"): "relatives have no account of their own",
    ("household_sub", "id_of_another"): "both numbers are well formed, and accounts have no birth date",
    ("household_sub", "name_former"): "an account has one name",
    ("household_sub", "name_lookalike"): "an account has one name",
    ("household_sub", "address_old"): "the old home is a house like any other",
}  # fmt: skip
"""What no rule over this source can find, and why: only other sources' records show it."""
GROUPS = {
    "household_sub": ("id", "name", "phone", "address", "bound"),
    "stb": ("mac", "device", "account", "active"),
    "view_agg": ("minutes",),
}
DAYS = 10


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create `family_tv_<table>` for the three tables and record their truth."""
    least = RATES["household_sub"]["account_not_household"]
    share = drawn(seed, "household_sub", "account_not_household", least)
    for table in RATES:
        run(connection, f"family_tv/rows_{table}", today=today, share=share / (1 - share), days=DAYS)
        plant(connection, table, _faults()[table], seed, RATES[table])
    run(connection, "family_tv/given_faults")
    for table in RATES:
        widen(connection, table, GROUPS[table])
        run(connection, f"family_tv/{table}", **_expressions())
        truth.faults(SYSTEM, table)
    for entity, column, letter in (("person", "person_no", "P"), ("house", "given_house_id", "H")):
        truth.entity(
            SYSTEM, "household_sub", entity,
            f"select row_no, '{letter}' || {column} as true_id from family_tv_household_sub "
            f"where {column} is not null",
        )  # fmt: skip


def _faults() -> dict[str, list[Fault]]:
    return {
        "household_sub": [
            *persons.person_faults("subscriber_", with_birth_and_sex=False),
            *addresses.address_faults("install_address", tuple(COMPANY_ADDRESS)),
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


def _expressions() -> dict[str, str]:
    return {
        "id_number": persons.ID_NUMBER, "name": persons.NAME, "phone": persons.PHONE,
        "address": addresses.written("home_", "old_", "row_no"),
        "home": addresses.house_columns("home", "home_"), "old": addresses.house_columns("old", "old_"),
    }  # fmt: skip
