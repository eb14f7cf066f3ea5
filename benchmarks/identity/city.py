"""A generated city prepared up to the input of entity resolution.

Staging is the platform's own.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.landed_city import land_city
from pipelines.contracts import TableContract
from pipelines.lake.dbt import run_dbt
from pipelines.settings import Settings

SURVIVING = ("person_residences", "dim_persons")
# Registers the golden record refers to, besides the tables that name persons.
REGISTERS = (("population", "std_addr"), ("grid", "grid"), ("grid", "grid_version"))


def prepare_city(home: Path, scale: float, seed: int) -> Settings:
    """Generate a city under `home`, land it and build the candidates; idempotent."""
    settings = land_persons(home, scale, seed)
    stage_candidates(settings)
    return settings


def land_persons(home: Path, scale: float, seed: int) -> Settings:
    """Generate a city under `home` and land the tables that name persons, with their registers."""
    return land_city(home, scale, seed, names_persons)


def names_persons(system: str, table: TableContract) -> bool:
    """Return whether a table names persons, or is a register that they are matched with."""
    return bool(table.staging.get("person")) or (system, table.name) in REGISTERS


def stage_candidates(settings: Settings) -> None:
    """Build staging and the candidates of entity resolution with the platform's own models."""
    run_dbt(settings, ["run", "--quiet", "--select", "+int_persons_candidates"])


def stage_places(settings: Settings) -> None:
    """Build what golden records refer to: houses, grids and communities."""
    run_dbt(
        settings,
        ["run", "--quiet", "--select", "+dim_persons", "--exclude", "+int_persons_candidates", *SURVIVING],
    )


def survive(settings: Settings) -> None:
    """Build each person's golden record."""
    run_dbt(settings, ["run", "--quiet", "--select", *SURVIVING])
