"""The deliberation platform: accounts, topics with votes and comments, points, online mediation."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault
from simulator.dirt.rates import PEOPLE_AT_HOME, drawn
from simulator.dirt.undetectable import across_sources, numbers_of_others
from simulator.sources.planted import ADDRESS_KINDS, WRITTEN, TableBuilder
from simulator.sources.truth import Truth

SYSTEM = "deliberation"
_NAME_AND_PHONE = {k: least for k, least in PEOPLE_AT_HOME.items() if k.startswith(("name_", "phone_"))}
RATES: dict[str, dict[str, float]] = {
    "account": {k: least for k, least in PEOPLE_AT_HOME.items() if least > 0}
    | {"person_duplicate": 4, "multi_account": 2, "account_unverified": 10},
    "topic": {"first_reply_missing": 3, "time_order_implausible": 0.5, "test_case": 0.5},
    "vote": {"vote_repeated": 2, "vote_unverified": 3, "vote_stuffed": 2},
    "comment": {"comment_spam": 4, "comment_repeated": 2},
    "points": {"points_farming": 2},
    "mediation": _NAME_AND_PHONE
    | {"time_order_implausible": 0.5, "value_missing": 2, "agreement_no_missing": 3},
}  # fmt: skip
"""Least percent of each table's records."""
UNDETECTABLE = across_sources(RATES, "account", "mediation") | numbers_of_others("account")
"""What no rule over this source finds, and why."""

WITHOUT_NUMBER = (
    "exists (select 1 from plan_deliberation_account as q "
    "where q.row_no = r.row_no and q.dirt_type = 'id_missing')"
)
FAULTS: dict[str, list[Fault]] = {
    "topic": [
        Fault("first_reply_missing", "reply", "first_reply_at", "replied_local is not null"),
        Fault("time_order_implausible", "reply", "first_reply_at", "replied_local is not null"),
        Fault("test_case", "test", "title"),
    ],
    "vote": [],
    "comment": [Fault("comment_spam", "spam", "content", "not has_copy")],
    "points": [],
    "mediation": [
        *(fault for fault in persons.person_faults("applicant_") if fault.dirt_type in _NAME_AND_PHONE),
        Fault("time_order_implausible", "order", "concluded_at", "concluded_local is not null"),
        Fault("value_missing", "result", "result_code", "concluded_local is not null"),
        Fault("agreement_no_missing", "agreement", "agreement_no", "true_result_code = 'SUCCESS'"),
    ],
}
ACCOUNT_FAULTS = [
    *persons.person_faults(with_birth_and_sex=False),
    *addresses.address_faults("address", ADDRESS_KINDS),
    Fault("account_unverified", "verify", "verification_code", WITHOUT_NUMBER),
]


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create the tables of the system as `deliberation_<table>` and record their truth."""
    run(connection, "dirt/changed_at")
    builder = TableBuilder(connection, truth, seed, today, SYSTEM)
    builder.build_persons(
        "account", ACCOUNT_FAULTS, RATES["account"],
        copies=_more(seed, "account", "person_duplicate"), farms=_more(seed, "account", "multi_account"),
    )  # fmt: skip
    more = {
        "vote": {"copies": _more(seed, "vote", "vote_repeated")},
        "comment": {"copies": _more(seed, "comment", "comment_repeated")},
        "points": {"farmed": _more(seed, "points", "points_farming")},
    }
    for table, faults in FAULTS.items():
        builder.build(table, faults, RATES[table], **WRITTEN, **more.get(table, {}))
    rows = "rows_deliberation_mediation"
    truth.entity(SYSTEM, "mediation", "person", f"select row_no, 'P' || person_no as true_id from {rows}")
    truth.entity(SYSTEM, "mediation", "incident", f"select row_no, 'I' || incident_id as true_id from {rows}")


def _more(seed: int, table: str, fault: str) -> float:
    """Return the records to add per existing one, so that they reach at least the drawn share of all."""
    share = drawn(seed, f"{SYSTEM}_{table}", fault, RATES[table][fault])
    return share / (1 - share) * 1.05
