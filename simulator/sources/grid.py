"""The grid platform: grids and their history, workers and patrols, events observed or reported."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import LEAST_PERCENT, drawn
from simulator.dirt.undetectable import across_sources
from simulator.sources.planted import WRITTEN, TableBuilder
from simulator.sources.population import GRID_CODE
from simulator.sources.truth import Truth

SYSTEM = "grid"
_PERSON = {
    fault.dirt_type: LEAST_PERCENT["case"][fault.dirt_type] for fault in persons.person_faults()
}  # fmt: skip
_NAME_AND_PHONE = {kind: least for kind, least in _PERSON.items() if kind.startswith(("name_", "phone_"))}
RATES: dict[str, dict[str, float]] = {
    "grid": {"grid_not_closed": 2, "boundary_missing": 2},
    "worker": _PERSON | {"grid_missing": 1, "left_but_active": 1},
    "event": _NAME_AND_PHONE
    | {
        "grid_missing": 2, "grid_stale": 3, "address_variant": 15, "address_missing": 3, "gps_drift": 2,
        "offline_upload": 3, "status_variant": 6, "closed_before_accepted": 0.3, "test_case": 0.3,
        "event_entered_twice": 1.5, "incident_reported_again": 8,
    },
    "event_flow": {"step_time_missing": 1},
    "patrol_plan": {"grid_missing": 0.5, "grid_stale": 1.5},
    "checkin": {"gps_drift": 2, "mock_location": 1.5, "offline_upload": 5, "checkin_repeated": 1},
    "track": {"gps_drift": 2, "mock_location": 0.8, "offline_upload": 4},
}  # fmt: skip
"""Least percent of each table's records."""
UNDETECTABLE = across_sources(RATES, "worker", "event")
"""What no rule over this source finds, and why."""

ENTERED_TWICE = {"event": "event_entered_twice", "checkin": "checkin_repeated"}
EXPRESSIONS = WRITTEN | {
    "grid_code": GRID_CODE.format(code=""), "address": addresses.written("home_", "home_", "row_no"),
    "home": addresses.house_columns("home", "home_"),
}  # fmt: skip
PLACE_FAULTS = [
    Fault("gps_drift", "place", "longitude", "can_drift"),
    Fault("mock_location", "place", "longitude", "can_drift"),
]
OFFLINE = Fault("offline_upload", "upload", "uploaded_at")
GIVEN_GRID = [
    Fault("grid_missing", "grid", "grid_code", "grid_code is not null"),
    Fault("grid_stale", "grid", "grid_code", "grid_code is not null"),
]


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `grid_<table>` and record their truth."""
    run(connection, "grid/macros")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        builder.build(table, FAULTS[table], rates, copies=_copies(seed, table), **EXPRESSIONS)
    _record_entities(truth)


def _copies(seed: int, table: str) -> float:
    """Return the second records per first one."""
    kind = ENTERED_TWICE.get(table)
    share = drawn(seed, f"{SYSTEM}_{table}", kind, RATES[table][kind]) if kind else 0
    return share / (1 - share)


def _record_entities(truth: Truth) -> None:
    for table, entity, true_id in ENTITIES:
        truth.entity(
            SYSTEM, table, entity,
            f"select row_no, {true_id} as true_id from rows_grid_{table} where {true_id} is not null",
        )  # fmt: skip


ENTITIES = (
    ("worker", "person", "'P' || person_no"), ("event", "person", "'P' || person_no"),
    ("event", "incident", "'I' || incident_id"), ("event", "house", "'H' || house_id"),
    ("checkin", "house", "'H' || house_id"),
)  # fmt: skip
"""(table, entity, its true id) of the records that name one."""


def _event_faults() -> list[Fault]:
    named = [
        fault._replace(eligible=f"reporter_person_no is not null and ({fault.eligible})")
        for fault in persons.person_faults("reporter_")
        if fault.dirt_type in _NAME_AND_PHONE
    ]
    return [
        *named,
        *addresses.address_faults("address", ("address_missing", "address_variant")),
        *GIVEN_GRID,
        Fault("gps_drift", "place", "longitude", "is_single"),
        OFFLINE,
        Fault("closed_before_accepted", "close", "closed_at", "is_ended and is_single"),
        Fault("test_case", "test", "title", "is_single"),
        Fault("status_variant", "status", "status_code", "county_code in ('340403', '340421', '340422')"),
    ]


FAULTS: dict[str, list[Fault]] = {
    "grid": [
        Fault("grid_not_closed", "history", "valid_to", "has_successor and valid_to is not null"),
        Fault("boundary_missing", "boundary", "boundary_wkt"),
    ],
    "worker": [
        *persons.person_faults(),
        GIVEN_GRID[0],
        Fault("left_but_active", "life", "status_code", "left_on is not null"),
    ],
    "event": _event_faults(),
    "event_flow": [Fault("step_time_missing", "time", "finished_at", "has_certain_end")],
    "patrol_plan": GIVEN_GRID,
    "checkin": [*PLACE_FAULTS, OFFLINE],
    "track": [*PLACE_FAULTS, OFFLINE],
}  # fmt: skip
"""What can go wrong in each table, and in which of its rows."""
