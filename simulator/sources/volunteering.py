"""Volunteering: volunteers on two platforms, teams, activities, hours, micro-projects and claims."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_AT_HOME, drawn
from simulator.dirt.undetectable import across_sources
from simulator.sources.planted import ADDRESS_KINDS, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "volunteering"
VOLUNTEER_FAULTS = [
    *persons.person_faults(with_birth_and_sex=False),
    *addresses.address_faults("address", ADDRESS_KINDS),
    Fault("minor_without_consent", "consent", "has_guardian_consent", "is_minor"),
]
RATES: dict[str, dict[str, float]] = {
    "team": {"filing_no_missing": 3},
    "volunteer": {
        kind: least for kind, least in PEOPLE_AT_HOME.items() if least > 0
    } | {"person_duplicate": 4, "minor_without_consent": 1},
    "activity": {"time_order_implausible": 0.5},
    "service_hour": {"hours_overlapping": 3, "hours_entered_twice": 1, "hours_exceed_span": 1},
    "micro_project": {"project_status_stale": 2},
    "claim": {"project_claimed_twice": 2, "time_order_implausible": 0.5},
}  # fmt: skip
"""Least percent of each table's records."""
UNDETECTABLE = across_sources(RATES, "volunteer")
"""What no rule over this source finds, and why."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `volunteering_<table>` and record their truth."""
    run(connection, "dirt/changed_at")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    builder.build("team", [Fault("filing_no_missing", "filing", "filing_no", "is_filed")], RATES["team"])
    builder.build_persons(
        "volunteer",
        VOLUNTEER_FAULTS,
        RATES["volunteer"],
        copies=_copies(seed, "volunteer", "person_duplicate"),
    )
    builder.build("activity", [Fault("time_order_implausible", "order", "ends_at")], RATES["activity"])
    builder.build(
        "service_hour",
        [Fault("hours_exceed_span", "span", "hours", "seconds >= 3600 and copied_as is null")],
        RATES["service_hour"],
        entered_twice=_copies(seed, "service_hour", "hours_entered_twice"),
        overlapping=_copies(seed, "service_hour", "hours_overlapping"),
    )
    builder.build(
        "micro_project",
        [Fault("project_status_stale", "status", "status_code", "claimed_local is not null")],
        RATES["micro_project"],
    )
    builder.build(
        "claim",
        [Fault("time_order_implausible", "order", "completed_at", "completed_local is not null")],
        RATES["claim"],
        copies=_copies(seed, "claim", "project_claimed_twice"),
    )


def _copies(seed: int, table: str, fault: str) -> float:
    """Return the second records per first one, slightly more than the rate requires of all."""
    share = drawn(seed, f"{SYSTEM}_{table}", fault, RATES[table][fault])
    return share / (1 - share) * 1.05
