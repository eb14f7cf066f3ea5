"""The register of organizations: who is registered, under which code, and what was changed."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault, plant, widen
from simulator.dirt.rates import COMPANY_ADDRESS, COMPANY_PERSON, drawn
from simulator.sources.truth import Truth

SYSTEM = "organizations"
RATES = {
    "org": {
        **{kind: rate for kind, rate in COMPANY_PERSON.items() if rate},
        **COMPANY_ADDRESS,
        "credit_code_confusable": 1, "registration_no_15_digit": 4, "credit_code_checksum_failed": 0.5,
        "organization_name_variant": 12, "organization_cancelled_active": 2, "organization_duplicate": 1,
        "value_out_of_range": 0.5,
    },
    "org_change": {"change_without_change": 1, "reference_unknown": 0.5},
}  # fmt: skip
"""Least percentages of the records of each table."""
UNDETECTABLE = {
    ("org", "phone_outdated"): "no other row of the register has the new number",
    ("org", "phone_of_relative"): "no other row of the register has the relative",
    ("org", "id_of_another"): "both numbers are well formed, and the register has no birth date to compare",
    ("org", "name_former"): "the register keeps one name for each legal person",
    ("org", "name_lookalike"): "the register keeps one name for each legal person",
    ("org", "address_old"): "the old premises are a house like any other",
}  # fmt: skip
"""What no rule over this source can find, and why: only other sources' records show it."""
GROUPS = ("id", "name", "phone", "address", "code", "title", "status", "staff")
CHANGE_GROUPS = ("value", "reference")


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create `organizations_org` and `organizations_org_change` and record their truth."""
    share = drawn(seed, "org", "organization_duplicate", RATES["org"]["organization_duplicate"])
    run(connection, "organizations/name_macros")
    run(connection, "organizations/rows_org", share=share / (1 - share))
    plant(connection, "org", _faults(), seed, RATES["org"])
    run(connection, "organizations/copy_faults")
    widen(connection, "org", GROUPS)
    run(connection, "organizations/org", **_expressions())
    run(connection, "organizations/rows_org_change", today=today)
    plant(connection, "org_change", CHANGE_FAULTS, seed, RATES["org_change"])
    widen(connection, "org_change", CHANGE_GROUPS)
    run(connection, "organizations/org_change")
    _record(truth)


def _record(truth: Truth) -> None:
    for entity, column, letter in (
        ("organization", "org_no", "O"), ("person", "person_no", "P"), ("house", "given_house_id", "H"),
    ):  # fmt: skip
        truth.entity(
            SYSTEM, "org", entity,
            f"select row_no, '{letter}' || {column} as true_id from organizations_org where {column} is not null",
        )  # fmt: skip
    truth.entity(
        SYSTEM, "org_change", "organization",
        "select row_no, 'O' || org_no as true_id from rows_org_change",
    )  # fmt: skip
    for table in RATES:
        truth.faults(SYSTEM, table)


def _faults() -> list[Fault]:
    return [
        *persons.person_faults("legal_person_", with_birth_and_sex=False),
        *addresses.address_faults("address", tuple(COMPANY_ADDRESS)),
        Fault("registration_no_15_digit", "code", "credit_code", "old_registration_no is not null"),
        Fault("credit_code_confusable", "code", "credit_code"),
        Fault("credit_code_checksum_failed", "code", "credit_code"),
        Fault("organization_name_variant", "title", "org_name"),
        Fault("organization_cancelled_active", "status", "status_code", "cancelled_on is not null"),
        Fault("value_out_of_range", "staff", "employees"),
    ]


CHANGE_FAULTS = [
    Fault("change_without_change", "value", "value_after", "before_text <> after_text"),
    Fault("reference_unknown", "reference", "entity_no"),
]


def _expressions() -> dict[str, str]:
    return {
        "id_number": persons.ID_NUMBER, "name": persons.NAME, "phone": persons.PHONE,
        "address": addresses.written("home_", "old_", "row_no"),
        "home": addresses.house_columns("home", "home_"), "old": addresses.house_columns("old", "old_"),
    }  # fmt: skip
