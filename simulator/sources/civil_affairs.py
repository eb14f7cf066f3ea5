"""The lists of Civil Affairs: monthly benefits, community organizations, community workers."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_IN_CARE, PEOPLE_ON_SHORT_LISTS, drawn
from simulator.dirt.undetectable import across_sources, numbers_of_others
from simulator.drops import Drops
from simulator.sources.planted import ADDRESS_KINDS, WRITTEN, TableBuilder
from simulator.sources.population import GRID_CODE
from simulator.sources.truth import Truth

SYSTEM = "civil_affairs"
_NOT_OF_AN_ORGANIZATION = ("birth_", "sex_", "address_old")
RATES: dict[str, dict[str, float]] = {
    "benefit": PEOPLE_IN_CARE
    | {"person_duplicate": 2, "dead_active": 1, "benefit_ineligible": 0.5, "value_missing": 0.5},
    "org_community": {
        kind: least
        for kind, least in PEOPLE_ON_SHORT_LISTS.items()
        if not kind.startswith(_NOT_OF_AN_ORGANIZATION)
    }
    | {
        "registration_no_15_digit": 4, "credit_code_confusable": 1, "credit_code_checksum_failed": 0.5,
        "organization_name_variant": 12, "wrong_community": 2,
    },
    "worker": PEOPLE_ON_SHORT_LISTS
    | {
        "person_duplicate": 2, "certificate_duplicate": 2, "left_but_active": 0.5, "grid_missing": 1,
        "grid_stale": 1.5,
    },
}  # fmt: skip
"""Least percent of each table's records."""
UNDETECTABLE = across_sources(RATES, "benefit", "org_community", "worker") | numbers_of_others(
    "org_community"
)
"""What no rule over this source finds, and why."""
FAULTS = {
    "benefit": [
        *persons.person_faults("recipient_"),
        *addresses.address_faults("recipient_address", ADDRESS_KINDS),
        Fault("dead_active", "life", "status_code", "is_dead"),
        Fault(
            "benefit_ineligible", "entitlement", "benefit_type_code",
            "true_type_code <> '31' and age_then between 20 and 77",
        ),
        Fault("value_missing", "paid", "paid_on", "true_status_code <> '2'"),
    ],
    "org_community": [
        *persons.person_faults("legal_person_", with_birth_and_sex=False),
        *addresses.address_faults("address", ("address_estate_only", "address_missing", "address_variant")),
        Fault("registration_no_15_digit", "code", "credit_code", "registered_on < date '2015-10-01'"),
        Fault("credit_code_confusable", "code", "credit_code"),
        Fault("credit_code_checksum_failed", "code", "credit_code"),
        Fault("organization_name_variant", "title", "name"),
        Fault("wrong_community", "community", "community_code", "next_community_code is not null"),
    ],
    "worker": [
        *persons.person_faults(),
        *addresses.address_faults("home_address", ADDRESS_KINDS),
        Fault("certificate_duplicate", "certificate", "certificate_no", "earlier_certificate_no is not null"),
        Fault("left_but_active", "status", "status_code", "left_on is not null"),
        Fault("grid_missing", "grid", "grid_code", "work_grid_code is not null"),
        Fault("grid_stale", "grid", "grid_code", "work_grid_code is not null"),
    ],
}  # fmt: skip
PERIOD = "cast(period || '-01' as date)"
DROPS = {
    "benefit": Drops(PERIOD, every="month", periods=6),
    "org_community": Drops(every="month", periods=3),
    "worker": Drops(every="month", periods=3),
}
"""How the rows become files."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `civil_affairs_<table>` and record their truth."""
    for name in ("next_communities", "credit_code_writing"):
        run(connection, f"dirt/{name}")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table in ("benefit", "worker"):
        builder.build_persons(
            table, _faults(table), RATES[table], copies=_copies(seed, table),
            grid_code=GRID_CODE.format(code="work_"),
        )  # fmt: skip
    houses = {side: addresses.house_columns(side, f"{side}_") for side in ("home", "old")}
    builder.build("org_community", _faults("org_community"), RATES["org_community"], **WRITTEN, **houses)
    for entity, column in (("person", "person_no"), ("house", "given_house_id"), ("organization", "org_no")):
        truth.entity(
            SYSTEM, "org_community", entity,
            f"select row_no, '{entity[0].upper()}' || {column} as true_id from civil_affairs_org_community "
            f"where {column} is not null",
        )  # fmt: skip


def _faults(table: str) -> list[Fault]:
    """Return the faults of a table that its rates name."""
    return [fault for fault in FAULTS[table] if fault.dirt_type in RATES[table]]


def _copies(seed: int, table: str) -> float:
    """Return the second records of a person per first one."""
    share = drawn(seed, f"{SYSTEM}_{table}", "person_duplicate", RATES[table]["person_duplicate"])
    return share / (1 - share)
