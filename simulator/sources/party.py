"""The party's platform: branches, members, meetings due and held, and attendance."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_IN_CARE, drawn
from simulator.dirt.undetectable import across_sources
from simulator.drops import Drops
from simulator.sources.planted import ADDRESS_KINDS, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "party"
RATES: dict[str, dict[str, float]] = {
    "branch": {"credit_code_confusable": 1},
    "member": {
        **PEOPLE_IN_CARE,
        "person_duplicate": 2, "member_non_resident": 3, "branch_merged_away": 3, "reference_unknown": 0.5,
    },
    "meeting": {
        "meeting_back_filled": 5, "time_order_implausible": 0.5, "attended_exceeds_expected": 0.5,
        "branch_merged_away": 1, "reference_unknown": 0.5,
    },
    "attendance": {"reference_unknown": 0.3},
}  # fmt: skip
"""Least percentages of the records of each table."""
UNDETECTABLE = across_sources(RATES, "member")
"""What no rule over this source finds, and why."""
_BRANCH_FAULTS = [
    Fault("branch_merged_away", "branch", "branch_no", "former_branch_no is not null"),
    Fault("reference_unknown", "branch", "branch_no"),
]
FAULTS = {
    "branch": [Fault("credit_code_confusable", "code", "host_credit_code")],
    "member": [
        *persons.person_faults("member_"),
        *addresses.address_faults("residence_address", ADDRESS_KINDS),
        Fault("member_non_resident", "floating", "is_floating", "presence = 'away'"),
        *_BRANCH_FAULTS,
    ],
    "meeting": [
        Fault("meeting_back_filled", "recorded", "recorded_on", "can_be_back_filled"),
        Fault("time_order_implausible", "recorded", "recorded_on", "held_on is not null"),
        Fault("attended_exceeds_expected", "attended", "attended_count", "held_on is not null"),
        *_BRANCH_FAULTS,
    ],
    "attendance": [Fault("reference_unknown", "member", "member_no")],
}
DROPS = {
    "branch": Drops(every="month", periods=2), "member": Drops(every="month", periods=2),
    "meeting": Drops("period || '-01'", every="month", periods=6),
    "attendance": Drops("period || '-01'", every="month", periods=6),
}  # fmt: skip
"""How the rows are spread over files."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create `party_<table>` for the four tables and record their truth."""
    share = drawn(seed, "party_member", "person_duplicate", RATES["member"]["person_duplicate"])
    run(connection, "dirt/credit_code_writing")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    for table, rates in RATES.items():
        build_table = builder.build_persons if table == "member" else builder.build
        build_table(table, FAULTS[table], rates, share=share / (1 - share))
    truth.entity(
        SYSTEM, "branch", "organization", "select row_no, 'O' || org_no as true_id from rows_party_branch"
    )
    truth.entity(
        SYSTEM, "attendance", "person",
        "select row_no, 'P' || person_no as true_id from party_attendance where person_no is not null",
    )  # fmt: skip
