"""The health platform: the record index with its persons; contracts, visits and referrals without persons."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_IN_CARE, drawn_copies
from simulator.dirt.undetectable import across_sources
from simulator.sources.planted import ADDRESS_KINDS, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "health"
RATES: dict[str, dict[str, float]] = {
    "ehr_index": PEOPLE_IN_CARE | {"health_card_as_id": 2, "person_duplicate": 2, "dead_active": 0.25},
    "contract": {"reference_unknown": 0.5, "contract_expired_active": 2, "contract_overlap": 1},
    "booking": {
        "hospital_code_variant": 5, "time_order_implausible": 0.5, "value_missing": 0.5,
        "booking_duplicate": 1,
    },
    "referral": {"hospital_code_variant": 5, "referral_direction_wrong": 1, "time_order_implausible": 1},
    "consult": {"hospital_code_variant": 5, "value_missing": 1},
}  # fmt: skip
"""Percent of each table's records. One in four residents is elderly at most: 0.25 is 1 % of them."""
UNDETECTABLE = across_sources(RATES, "ehr_index")
"""What no rule over this source finds, and why."""

RECORD_FAULTS = [
    Fault("health_card_as_id", "id", "resident_id_number", "id_number is not null"),
    *persons.person_faults("resident_"),
    *addresses.address_faults("residence_address", ADDRESS_KINDS),
    Fault("dead_active", "life", "status_code", "presence = 'dead'"),
]
CONTRACT_FAULTS = [
    Fault("reference_unknown", "record", "ehr_no", "not is_copy"),
    Fault("contract_expired_active", "status", "status_code", "is_long_expired"),
]
CODE_OF_ITS_OWN = Fault("hospital_code_variant", "code", "department_code")
BOOKING_FAULTS = [
    CODE_OF_ITS_OWN._replace(eligible="institution_level_code <> 'PRIMARY'"),
    Fault("time_order_implausible", "time", "visited_at", "status_code = 'VISITED'"),
    Fault("value_missing", "time", "visited_at", "status_code = 'VISITED'"),
]
REFERRAL_FAULTS = [
    CODE_OF_ITS_OWN,
    Fault("referral_direction_wrong", "direction", "direction_code"),
    Fault("time_order_implausible", "time", "accepted_at", "status_code = 'ACCEPTED'"),
]
CONSULT_FAULTS = [
    CODE_OF_ITS_OWN,
    Fault("value_missing", "time", "finished_at", "status_code = 'DONE'"),
]
FAULTS = {
    "ehr_index": RECORD_FAULTS, "contract": CONTRACT_FAULTS, "booking": BOOKING_FAULTS,
    "referral": REFERRAL_FAULTS, "consult": CONSULT_FAULTS,
}  # fmt: skip
NAMING_PERSONS = ("ehr_index",)
COPIED_AS = {
    "ehr_index": "person_duplicate", "contract": "contract_overlap", "booking": "booking_duplicate",
}  # fmt: skip
"""What a second record of the same is called."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `health_<table>` and record their truth."""
    run(connection, "health/institutions")
    run(connection, "dirt/changed_at")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        build_table = builder.build_persons if table in NAMING_PERSONS else builder.build
        twice = COPIED_AS.get(table)
        copies = drawn_copies(seed, f"{SYSTEM}_{table}", twice, rates[twice]) if twice else 0
        build_table(table, FAULTS[table], rates, copies=copies)
