"""The elder care platform: elders, terminals, emergency calls, dispatches and visits of three vendors."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_IN_CARE, drawn_copies
from simulator.dirt.undetectable import across_sources
from simulator.sources.planted import ADDRESS_KINDS, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "elder_care"
RATES: dict[str, dict[str, float]] = {
    "elder": PEOPLE_IN_CARE | {"phone_of_child": 6, "person_duplicate": 2, "dead_active": 1},
    "terminal": {"reference_unknown": 0.5, "device_silent": 2},
    "sos_call": {
        "sos_test_call": 3, "vendor_time_zone": 15, "sos_call_duplicate": 2, "time_order_implausible": 0.5,
    },
    "dispatch": {"time_order_implausible": 0.5, "value_missing": 1},
    "visit": {"reference_unknown": 0.5, "visit_duplicate": 1},
}  # fmt: skip
"""Percent of each table's records. `vendor_time_zone` is every call of one vendor of three."""
UNDETECTABLE = across_sources(RATES, "elder")
"""What no rule over this source finds, and why."""

ELDER_FAULTS = [
    *persons.person_faults("elder_"),
    Fault("phone_of_child", "phone", "elder_phone", "guardian_phone is not null"),
    *addresses.address_faults("living_address", ADDRESS_KINDS),
    Fault("dead_active", "life", "status_code", "presence = 'dead'"),
]
UNKNOWN_ELDER = Fault("reference_unknown", "elder", "elder_no")
TERMINAL_FAULTS = [UNKNOWN_ELDER, Fault("device_silent", "seen", "status_code", "status_code = '1'")]
CALL_FAULTS = [
    Fault("sos_test_call", "test", "result_code", "result_code = 'TEST'"),
    Fault("time_order_implausible", "order", "answered_at", "answered_local is not null"),
]
DISPATCH_FAULTS = [
    Fault("time_order_implausible", "arrival", "arrived_at", "status_code = 'DONE'"),
    Fault("value_missing", "arrival", "arrived_at", "status_code = 'DONE'"),
]
FAULTS = {
    "elder": ELDER_FAULTS, "terminal": TERMINAL_FAULTS, "sos_call": CALL_FAULTS, "dispatch": DISPATCH_FAULTS,
    "visit": [UNKNOWN_ELDER],
}  # fmt: skip
NAMING_PERSONS = ("elder",)
COPIED_AS = {"elder": "person_duplicate", "sos_call": "sos_call_duplicate", "visit": "visit_duplicate"}
"""What a second record of the same is called."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `elder_care_<table>` and record their truth."""
    run(connection, "dirt/changed_at")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        build_table = builder.build_persons if table in NAMING_PERSONS else builder.build
        twice = COPIED_AS.get(table)
        copies = drawn_copies(seed, f"{SYSTEM}_{table}", twice, rates[twice]) if twice else 0
        build_table(table, FAULTS[table], rates, copies=copies)
