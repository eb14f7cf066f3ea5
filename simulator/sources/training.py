"""Training of community workers: courses, hours per worker and course, and the yearly roll."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_ON_SHORT_LISTS, drawn
from simulator.dirt.undetectable import across_sources, numbers_of_others
from simulator.drops import Drops
from simulator.sources.planted import WRITTEN, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "training"
_WORKERS = {
    kind: least
    for kind, least in PEOPLE_ON_SHORT_LISTS.items()
    if kind.startswith(("id_", "name_", "phone_"))
}
RATES: dict[str, dict[str, float]] = {
    "course": {"number_written_loosely": 8, "time_order_implausible": 1},
    "training_record": _WORKERS
    | {
        "certificate_duplicate": 2, "number_written_loosely": 8, "hours_exceed_course": 0.5,
        "value_missing": 0.5, "reference_unknown": 0.3,
    },
    "training_roll": _WORKERS | {"person_duplicate": 2, "number_written_loosely": 4, "value_missing": 0.5},
}  # fmt: skip
"""Least percent of each table's records."""
_TABLES_OF_WORKERS = ("training_record", "training_roll")
UNDETECTABLE = across_sources(RATES, *_TABLES_OF_WORKERS) | numbers_of_others(*_TABLES_OF_WORKERS)
"""What no rule over this source finds, and why."""
COPIES = {"training_record": "certificate_duplicate", "training_roll": "person_duplicate"}
"""What a record that is entered a second time is called."""
_WORKER_FAULTS = [
    fault
    for fault in persons.person_faults("worker_", with_birth_and_sex=False)
    if fault.dirt_type in _WORKERS
]
FAULTS = {
    "course": [
        Fault("number_written_loosely", "hours", "course_hours"),
        Fault("time_order_implausible", "order", "ended_on"),
    ],
    "training_record": [
        *_WORKER_FAULTS,
        Fault("value_missing", "hours", "hours", "result_code = '1'"),
        Fault("hours_exceed_course", "hours", "hours", "result_code = '1'"),
        Fault("number_written_loosely", "hours", "hours", "result_code = '1'"),
        Fault("reference_unknown", "reference", "course_no"),
    ],
    "training_roll": [
        *_WORKER_FAULTS,
        Fault("value_missing", "hours", "required_hours", "duty_code = '1'"),
        Fault("number_written_loosely", "hours", "required_hours"),
    ],
}
DROPS = {
    "course": Drops(every="quarter", periods=2),
    "training_record": Drops("cast(period || '-01' as date)", every="quarter", periods=6),
    "training_roll": Drops(every="quarter", periods=2),
}
"""How the rows become files."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `training_<table>` and record their truth."""
    run(connection, "training/macros")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        copies = _copies(seed, table) if table in COPIES else 0
        builder.build(table, FAULTS[table], rates, **WRITTEN, copies=copies)
    for table in ("training_record", "training_roll"):
        truth.entity(
            SYSTEM, table, "person", f"select row_no, 'P' || person_no as true_id from rows_training_{table}"
        )


def _copies(seed: int, table: str) -> float:
    """Return the second records per first one; slightly more, because some would fall after today."""
    share = drawn(seed, f"{SYSTEM}_{table}", COPIES[table], RATES[table][COPIES[table]])
    return 1.1 * share / (1 - share)
