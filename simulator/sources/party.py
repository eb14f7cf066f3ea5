"""The party's platform: branches, members, the meetings that are due and held, and who came."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault, plant, widen
from simulator.dirt.rates import CARE_ADDRESS, CARE_PERSON, drawn
from simulator.sources.truth import Truth

SYSTEM = "party"
RATES = {
    "branch": {"credit_code_confusable": 1},
    "member": {
        **CARE_PERSON, **CARE_ADDRESS,
        "person_duplicate": 2, "member_non_resident": 3, "branch_merged_away": 3, "reference_unknown": 0.5,
    },
    "meeting": {
        "meeting_back_filled": 5, "time_order_implausible": 0.5, "attended_exceeds_expected": 0.5,
        "branch_merged_away": 1, "reference_unknown": 0.5,
    },
    "attendance": {"reference_unknown": 0.3},
}  # fmt: skip
"""Least percentages of the records of each table."""
UNDETECTABLE = {
    ("member", "phone_outdated"): "the list has one phone for each member",
    ("member", "phone_of_relative"): "relatives are not on the list",
    ("member", "id_of_another"): "a relative's number with its own birth date contradicts nothing on the list",
    ("member", "name_former"): "the list keeps one name for each member",
    ("member", "name_lookalike"): "the list keeps one name for each member",
    ("member", "address_old"): "the old home is a house like any other",
}  # fmt: skip
"""What no rule over this source can find, and why: only other sources' records show it."""
GROUPS = {
    "branch": ("code",),
    "member": ("id", "name", "birth", "sex", "phone", "address", "branch", "floating"),
    "meeting": ("recorded", "attended", "branch"),
    "attendance": ("member",),
}


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create `party_<table>` for the four tables and record their truth."""
    run(connection, "organizations/name_macros")
    share = drawn(seed, "member", "person_duplicate", RATES["member"]["person_duplicate"])
    steps = {
        "branch": {}, "member": {"share": share / (1 - share), "today": today},
        "meeting": {"today": today}, "attendance": {},
    }  # fmt: skip
    for table, values in steps.items():
        run(connection, f"party/rows_{table}", **values)
    for table in steps:
        plant(connection, table, _faults()[table], seed, RATES[table])
    run(connection, "party/given_faults")
    for table in steps:
        widen(connection, table, GROUPS[table])
        run(connection, f"party/{table}", today=today, **_expressions())
        truth.faults(SYSTEM, table)
    _record(truth)


def _record(truth: Truth) -> None:
    for table, entity, column, letter in (
        ("branch", "organization", "org_no", "O"),
        ("member", "person", "person_no", "P"),
        ("member", "house", "given_house_id", "H"),
        ("attendance", "person", "person_no", "P"),
    ):
        truth.entity(
            SYSTEM, table, entity,
            f"select row_no, '{letter}' || {column} as true_id from party_{table} where {column} is not null",
        )  # fmt: skip


def _faults() -> dict[str, list[Fault]]:
    merged = Fault("branch_merged_away", "branch", "branch_no", "former_branch_no is not null")
    unknown = Fault("reference_unknown", "branch", "branch_no")
    return {
        "branch": [Fault("credit_code_confusable", "code", "host_credit_code")],
        "member": [
            *persons.person_faults("member_"),
            *addresses.address_faults("residence_address", tuple(CARE_ADDRESS)),
            Fault("member_non_resident", "floating", "is_floating", "presence = 'away'"),
            merged,
            unknown,
        ],
        "meeting": [
            Fault("meeting_back_filled", "recorded", "recorded_on", "can_be_back_filled"),
            Fault("time_order_implausible", "recorded", "recorded_on", "held_on is not null"),
            Fault("attended_exceeds_expected", "attended", "attended_count", "held_on is not null"),
            merged,
            unknown,
        ],
        "attendance": [Fault("reference_unknown", "member", "member_no")],
    }


def _expressions() -> dict[str, str]:
    return {
        "id_number": persons.ID_NUMBER, "name": persons.NAME, "birth_date": persons.BIRTH_DATE,
        "sex_code": persons.SEX_CODE, "phone": persons.PHONE,
        "address": addresses.written("home_", "old_", "row_no"),
        "home": addresses.house_columns("home", "home_"), "old": addresses.house_columns("old", "old_"),
    }  # fmt: skip
