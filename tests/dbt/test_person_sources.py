"""Every table that names a person says how far its values are trusted, and whether core may show them."""

from __future__ import annotations

import csv

from pipelines.contracts import load_contracts
from pipelines.settings import PROJECT_ROOT

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "person_sources.csv"
# What a record of these says by being there: health, relief, the party.
SENSITIVE = {("health", "ehr_index"), ("civil_affairs", "benefit"), ("party", "member")}


def _ranked() -> dict[tuple[str, str], dict[str, str]]:
    with SEED.open(encoding="utf-8") as file:
        return {(row["source_system"], row["source_table"]): row for row in csv.DictReader(file)}


def test_every_table_that_names_a_person_is_ranked() -> None:
    naming = {
        (system, table.name)
        for system, contract in load_contracts(PROJECT_ROOT / "sources").items()
        for table in contract.tables.values()
        if table.staging.get("person")
    }
    assert set(_ranked()) == naming


def test_sensitive_sources_give_core_no_values() -> None:
    assert {key for key, row in _ranked().items() if row["gives_values"] != "true"} == SENSITIVE
