"""The population system of Public Security: registered people, migrants, houses, standard addresses."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault, plant, widen
from simulator.dirt.rates import LEAST_PERCENT, drawn
from simulator.sources.truth import Truth

SYSTEM = "population"
PERSON_GROUPS = ("id", "name", "birth", "sex", "phone", "address", "grid", "life", "copy")
HOUSE_GROUPS = (
    "id", "name", "phone", "building", "unit", "room", "address", "community", "status", "rent", "grid",
)  # fmt: skip
GRID_FAULTS = [
    Fault("grid_missing", "grid", "grid_code", "home_house_id is not null"),
    Fault("grid_stale", "grid", "grid_code", "home_house_id is not null"),
]
GRID_CODE = """case grid_fault when 'grid_missing' then
        case when u('grid', row_no) < 0.5 then null else {code}community_code || '000' end
    when 'grid_stale' then
        {code}community_code || lpad((50 + substr({code}grid_code, 13)::int)::varchar, 3, '0')
    else {code}grid_code end"""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `population_<table>` and record their truth."""
    for table in ("hj_person", "ld_person"):
        _build_persons(connection, truth, seed, today, table)
    _build_houses(connection, truth, seed, today)
    _build_addresses(connection, truth, seed, today)


def _build_persons(
    connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str, table: str
) -> None:
    run(connection, "population/base_persons", table=table, **BASE[table])
    for name in ("copies", "rows_person"):
        run(connection, f"population/{name}", table=table, share=_copies_share(seed, table))
    plant(connection, table, _person_faults(table), seed)
    run(connection, "population/copy_faults", table=table)
    widen(connection, table, PERSON_GROUPS)
    for name in ("housed_persons", table):
        run(connection, f"population/{name}", table=table, today=today, **_person_expressions())
    truth.entity(SYSTEM, table, "person", f"select row_no, 'P' || person_no as true_id from rows_{table}")
    truth.entity(
        SYSTEM, table, "house",
        f"select row_no, 'H' || given_house_id as true_id from population_{table} "
        "where given_house_id is not null",
    )  # fmt: skip
    truth.faults(SYSTEM, table)


def _copies_share(seed: int, table: str) -> float:
    """Return the second registrations per first one."""
    share = drawn(seed, table, "person_duplicate", LEAST_PERCENT[table]["person_duplicate"])
    return share / (1 - share)


def _person_faults(table: str) -> list[Fault]:
    faults = persons.person_faults()
    faults += addresses.address_faults(
        "residence_address", ("address_old", "address_variant", "address_missing")
    )
    faults += GRID_FAULTS
    if table == "hj_person":
        faults.append(Fault("dead_active", "life", "status_code", "presence = 'dead'"))
    return faults


def _person_expressions() -> dict[str, str]:
    return {
        "id_number": persons.ID_NUMBER, "name": persons.NAME, "birth_date": persons.BIRTH_DATE,
        "sex_code": persons.SEX_CODE, "phone": persons.PHONE,
        "address": addresses.written("home_", "old_", "row_no"),
        "grid_code": GRID_CODE.format(code="given_"),
        "home": addresses.house_columns("home", "home_"),
        "old": addresses.house_columns("old", "old_"),
    }  # fmt: skip


BASE = {
    "hj_person": {"county": "hukou_county_code", "condition": "origin in ('local', 'other county')"},
    "ld_person": {
        "county": "county_code",
        "condition": "origin in ('migrant', 'foreigner', 'other county') and presence = 'resident'",
    },
}
"""Which persons each table registers, and in which county."""


def _build_houses(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    run(connection, "population/rows_house")
    plant(connection, "house", _house_faults(), seed)
    widen(connection, "house", HOUSE_GROUPS)
    run(
        connection, "population/house", today=today, id_number=persons.ID_NUMBER, name=persons.NAME,
        phone=persons.PHONE, grid_code=GRID_CODE.format(code=""),
    )  # fmt: skip
    truth.entity(SYSTEM, "house", "house", "select row_no, 'H' || row_no as true_id from rows_house")
    truth.entity(SYSTEM, "house", "person", "select row_no, 'P' || owner_no as true_id from rows_house")
    truth.faults(SYSTEM, "house")


def _house_faults() -> list[Fault]:
    built = "kind <> 'village'"
    return [
        *persons.person_faults("owner_", with_birth_and_sex=False),
        *GRID_FAULTS,
        Fault("house_building_variant", "building", "building_no", built),
        Fault("self_built_repeat", "building", "building_no", "kind = 'village' and building_no > 1"),
        Fault("house_unit_missing", "unit", "unit_no", built),
        Fault("house_unit_variant", "unit", "unit_no", built),
        Fault("house_room_variant", "room", "room_no", built),
        Fault("estate_alias", "address", "address", "estate_alias is not null"),
        Fault("road_instead_of_estate", "address", "address", "estate_name is not null and road is not null"),
        Fault("wrong_community", "community", "community_code", "neighbour_code is not null"),
        Fault("demolished_lived_in", "status", "status_code", "is_lived_in"),
        Fault("rented_without_record", "rent", "is_rented", "is_rented"),
    ]


def _build_addresses(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    connection.execute(
        "create or replace table rows_std_addr as "
        "select house_id as row_no, house_id as home_house_id, * from houses"
    )
    plant(connection, "std_addr", GRID_FAULTS[:1], seed)
    widen(connection, "std_addr", ("grid",))
    run(connection, "population/std_addr", today=today)
    truth.entity(SYSTEM, "std_addr", "house", "select row_no, 'H' || row_no as true_id from rows_std_addr")
    truth.faults(SYSTEM, "std_addr")
