"""A generated city in which the platform itself has linked every record to its house."""

from __future__ import annotations

from pathlib import Path

from benchmarks.landed_city import land_city
from pipelines.contracts import TableContract
from pipelines.identity import resolve_persons
from pipelines.lake.connection import writer
from pipelines.lake.dbt import run_dbt
from pipelines.settings import Settings

# Alternative estate names are learned from the property companies' registers.
REGISTERS = (("property", "estate"),)


def link_city(home: Path, scale: float, seed: int) -> Settings:
    """Generate a city under `home` and link its records to houses."""
    settings = land_city(home, scale, seed, _is_needed)
    run_dbt(settings, ["run", "--quiet", "--select", "+int_persons_candidates"])
    with writer(settings) as connection:
        resolve_persons(connection, as_of=settings.current_date())
    run_dbt(settings, ["run", "--quiet", "--select", "+sensitive_house_links", "unmatched_addresses"])
    return settings


def _is_needed(system: str, table: TableContract) -> bool:
    return bool({"house", "person"} & set(table.staging)) or (system, table.name) in REGISTERS
