"""The property managers' platform: estates down to dwellings and their owners, repairs, devices."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_AT_HOME, drawn_copies
from simulator.dirt.undetectable import across_sources, numbers_of_others
from simulator.sources.planted import ADDRESS_KINDS, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "property"
OWNERS_AND_CALLERS = {
    kind: percent
    for kind, percent in PEOPLE_AT_HOME.items()
    if not kind.startswith("birth_") and kind != "sex_contradicts_id"
} | {"name_former": 1, "name_blank": 1, "name_honorific": 1, "name_unencodable": 0.2}
"""No birth dates or sexes here; few enough people that rare characters are rare."""
RATES: dict[str, dict[str, float]] = {
    "estate": {"estate_alias": 4, "credit_code_confusable": 1, "subsystem_not_existing": 2},
    "building": {"house_building_variant": 12, "self_built_repeat": 2, "wrong_community": 2},
    "unit": OWNERS_AND_CALLERS
    | {
        "house_unit_variant": 8, "house_unit_missing": 2, "house_room_variant": 8, "vacancy_unknown": 5,
        "rented_without_record": 3, "person_duplicate": 4,
    },
    "repair": OWNERS_AND_CALLERS
    | {"closed_before_accepted": 0.3, "value_missing": 0.5, "repair_duplicate": 2},
    "parking": {"plate_formatting": 5},
    "lift": {"time_order_implausible": 0.5},
    "iot_device": {"device_silent": 2, "reference_unknown": 1},
}  # fmt: skip
"""Percent of each table's records."""
UNDETECTABLE = across_sources(RATES, "unit", "repair") | numbers_of_others("unit", "repair")
"""What no rule over this source finds, and why."""

ESTATE_FAULTS = [
    Fault("estate_alias", "name", "estate_name", "estate_alias <> estate_name"),
    Fault("credit_code_confusable", "credit", "company_credit_code"),
    Fault("subsystem_not_existing", "subsystem", "integrated_subsystems", "len(lacking) > 0"),
]
BUILDING_FAULTS = [
    Fault("self_built_repeat", "name", "building_name", "estate_building > 0"),
    Fault("house_building_variant", "name", "building_name"),
    Fault("wrong_community", "community", "community_code"),
]
UNIT_FAULTS = [
    *persons.person_faults("owner_", with_birth_and_sex=False),
    *addresses.address_faults("owner_address", ADDRESS_KINDS),
    Fault("house_unit_missing", "unit", "unit_no"),
    Fault("house_unit_variant", "unit", "unit_no"),
    Fault("house_room_variant", "room", "room_no"),
    Fault("rented_without_record", "occupancy", "occupancy_code", "occupancy_code = 'RENTED' and is_rented"),
    Fault("vacancy_unknown", "occupancy", "occupancy_code"),
]
REPAIR_FAULTS = [
    *persons.person_faults("caller_", with_birth_and_sex=False),
    *addresses.address_faults("caller_address", ADDRESS_KINDS),
    Fault("closed_before_accepted", "done", "done_at", "status_code = 'DONE'"),
    Fault("value_missing", "done", "done_at", "status_code = 'DONE'"),
]
DEVICE_FAULTS = [
    Fault("device_silent", "seen", "status_code", "status_code = '1'"),
    Fault("reference_unknown", "building", "building_id", "building_id is not null"),
]
FAULTS = {
    "estate": ESTATE_FAULTS, "building": BUILDING_FAULTS, "unit": UNIT_FAULTS, "repair": REPAIR_FAULTS,
    "parking": [Fault("plate_formatting", "plate", "plate_no", "space_type_code <> 'PUBLIC'")],
    "lift": [Fault("time_order_implausible", "order", "next_inspection_on")],
    "iot_device": DEVICE_FAULTS,
}  # fmt: skip
NAMING_PERSONS = ("unit", "repair")
COPIED_AS = {"unit": "person_duplicate", "repair": "repair_duplicate"}
"""What a second record of the same is called."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `property_<table>` and record their truth."""
    run(connection, "dirt/changed_at")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        build_table = builder.build_persons if table in NAMING_PERSONS else builder.build
        twice = COPIED_AS.get(table)
        copies = drawn_copies(seed, f"{SYSTEM}_{table}", twice, rates[twice]) if twice else 0
        build_table(table, FAULTS[table], rates, copies=copies)
    truth.entity(
        SYSTEM, "estate", "organization", "select row_no, 'O' || org_no as true_id from property_estate"
    )
