"""The register of organizations: registrations, codes and changes."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_AT_HOME, drawn
from simulator.dirt.undetectable import across_sources, numbers_of_others
from simulator.drops import Drops
from simulator.sources.planted import ADDRESS_KINDS, WRITTEN, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "organizations"
RATES = {
    "org": {
        **{kind: rate for kind, rate in PEOPLE_AT_HOME.items() if rate},
        "credit_code_confusable": 1, "registration_no_15_digit": 4, "credit_code_checksum_failed": 0.5,
        "organization_name_variant": 12, "organization_cancelled_active": 2, "organization_duplicate": 1,
        "value_out_of_range": 0.5,
    },
    "org_change": {"change_without_change": 1, "reference_unknown": 0.5},
}  # fmt: skip
"""Least percentages of the records of each table."""
UNDETECTABLE = across_sources(RATES, "org") | numbers_of_others("org")
"""What no rule over this source finds, and why."""
FAULTS = {
    "org": [
        *persons.person_faults("legal_person_", with_birth_and_sex=False),
        *addresses.address_faults("address", ADDRESS_KINDS),
        Fault("registration_no_15_digit", "code", "credit_code", "old_registration_no is not null"),
        Fault("credit_code_confusable", "code", "credit_code"),
        Fault("credit_code_checksum_failed", "code", "credit_code"),
        Fault("organization_name_variant", "title", "org_name"),
        Fault("organization_cancelled_active", "status", "status_code", "cancelled_on is not null"),
        Fault("value_out_of_range", "staff", "employees"),
    ],
    "org_change": [
        Fault("change_without_change", "value", "value_after", "before_text <> after_text"),
        Fault("reference_unknown", "reference", "entity_no"),
    ],
}
DROPS = {
    "org": Drops(every="week", periods=4),
    "org_change": Drops("changed_on", every="day", periods=10),
}
"""How the rows are spread over files."""
ENTITIES = (
    ("org", "organization", "'O' || org_no"), ("org", "person", "'P' || person_no"),
    ("org", "house", "'H' || given_house_id"), ("org_change", "organization", "'O' || org_no"),
)  # fmt: skip
"""(table, entity, its true id) of the records that name one."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create `organizations_org` and `organizations_org_change` and record their truth."""
    share = drawn(seed, "organizations_org", "organization_duplicate", RATES["org"]["organization_duplicate"])
    values = WRITTEN | {
        "home": addresses.house_columns("home", "home_"), "old": addresses.house_columns("old", "old_"),
        "share": share / (1 - share),
    }  # fmt: skip
    run(connection, "dirt/credit_code_writing")
    run(connection, "organizations/name_variant")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        builder.build(table, FAULTS[table], rates, **values)
    for table, entity, true_id in ENTITIES:
        truth.entity(
            SYSTEM, table, entity,
            f"select row_no, {true_id} as true_id from organizations_{table} where {true_id} is not null",
        )  # fmt: skip
