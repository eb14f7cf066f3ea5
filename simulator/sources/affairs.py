"""The one-stop service platform: cases with their steps, visits and ratings, and the item list."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault, plant, widen
from simulator.dirt.rates import LEAST_PERCENT, drawn
from simulator.sources.truth import Truth

SYSTEM = "affairs"
CASE_GROUPS = ("id", "name", "birth", "sex", "phone", "address", "number", "close", "reopen", "grid")
STEP_FAULTS = [Fault("step_time_missing", "time", "finished_at", "finished_local is not null")]


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `affairs_<table>` and record their truth."""
    share = drawn(seed, "case", "test_case", LEAST_PERCENT["case"]["test_case"])
    run(connection, "affairs/rows_case", test_share=share, today=today)
    plant(connection, "case", _case_faults(), seed)
    run(connection, "affairs/given_faults")
    widen(connection, "case", CASE_GROUPS)
    run(connection, "affairs/case", today=today, **_expressions())
    run(connection, "affairs/rows_case_step", today=today)
    plant(connection, "case_step", STEP_FAULTS, seed)
    widen(connection, "case_step", ("time",))
    for name in ("case_step", "visit", "rating", "item_list"):
        run(connection, f"affairs/{name}", today=today)
    _record(truth)


def _record(truth: Truth) -> None:
    truth.entity(
        SYSTEM, "case", "person",
        "select row_no, 'P' || person_no as true_id from rows_case where person_no is not null",
    )  # fmt: skip
    truth.entity(
        SYSTEM, "case", "incident",
        "select row_no, 'I' || incident_id as true_id from rows_case where incident_id is not null",
    )  # fmt: skip
    truth.entity(
        SYSTEM, "case", "house",
        "select row_no, 'H' || given_house_id as true_id from affairs_case where given_house_id is not null",
    )  # fmt: skip
    truth.faults(SYSTEM, "case")
    truth.faults(SYSTEM, "case_step")


def _case_faults() -> list[Fault]:
    faults = persons.person_faults("applicant_")
    faults += addresses.address_faults(
        "applicant_address", ("address_old", "address_estate_only", "address_missing", "address_variant")
    )
    return [
        *faults,
        Fault("case_no_reused", "number", "case_no", "can_reuse_number"),
        Fault("closed_before_accepted", "close", "closed_at", "ended_local is not null and not is_test"),
        Fault("case_reopened", "reopen", "status_code", "status_code = 'CLOSED' and not is_test"),
    ]


def _expressions() -> dict[str, str]:
    return {
        "id_number": persons.ID_NUMBER, "name": persons.NAME, "birth_date": persons.BIRTH_DATE,
        "sex_code": persons.SEX_CODE, "phone": persons.PHONE,
        "address": addresses.written("home_", "old_", "row_no"),
        "home": addresses.house_columns("home", "home_"), "old": addresses.house_columns("old", "old_"),
    }  # fmt: skip
