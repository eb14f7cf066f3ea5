"""A generated city brought to the point where identity begins.

The sources' files are put into the lake's landing tables directly: transports,
contracts and quarantine are measured elsewhere. Staging is the platform's own.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipelines.contracts import SourceContract, load_contracts
from pipelines.lake.connection import writer
from pipelines.lake.dbt import run_dbt
from pipelines.lake.landing_tables import landing_name, statements, wanted_tables
from pipelines.lake.state import prepare
from pipelines.settings import Settings
from simulator import SIMULATED_TODAY
from simulator.generate import generate

SURVIVING = ("person_residences", "dim_persons")
# What the golden record refers to besides the tables that name persons.
REGISTERS = (("population", "std_addr"), ("grid", "grid"), ("grid", "grid_version"))


def city_settings(home: Path) -> Settings:
    """The settings of a platform that lives in `home` on the simulated day."""
    return Settings(home=home, today=date.fromisoformat(str(SIMULATED_TODAY)), threads=2)


def prepare_city(home: Path, scale: float, seed: int) -> Settings:
    """Generate a city under `home`, land it and build the candidates; twice is no more work."""
    settings = land_city(home, scale, seed)
    stage_candidates(settings)
    return settings


def land_city(home: Path, scale: float, seed: int) -> Settings:
    """Generate a city under `home` and land what names persons, with the registers it is matched with."""
    settings = city_settings(home)
    generate(home, scale, seed)
    prepare(settings)
    _land(settings, load_contracts(settings.sources_dir))
    run_dbt(settings, ["seed", "--quiet"])
    return settings


def stage_candidates(settings: Settings) -> None:
    """Standardise: staging and the candidates of identity, by the platform's own models."""
    run_dbt(settings, ["run", "--quiet", "--select", "+int_persons_candidates"])


def stage_places(settings: Settings) -> None:
    """What golden records refer to: houses, grids and communities."""
    run_dbt(
        settings,
        ["run", "--quiet", "--select", "+dim_persons", "--exclude", "+int_persons_candidates", *SURVIVING],
    )


def survive(settings: Settings) -> None:
    """Choose each person's golden values."""
    run_dbt(settings, ["run", "--quiet", "--select", *SURVIVING])


def _land(settings: Settings, contracts: dict[str, SourceContract]) -> None:
    with writer(settings) as connection:
        present = connection.execute(
            "select count(*) from information_schema.tables "
            "where table_catalog = 'lake' and table_schema = 'landing'"
        ).fetchone()[0]
        if present:
            return
        for statement in statements(wanted_tables(contracts), {}):
            connection.execute(statement)
        for contract in contracts.values():
            for table in contract.tables.values():
                if table.staging.get("person") or (contract.system, table.name) in REGISTERS:
                    for statement in _landing_sql(settings, contract, table.name):
                        connection.execute(statement)


def _landing_sql(settings: Settings, contract: SourceContract, name: str) -> tuple[str, str]:
    table = contract.table(name)
    batch = f"{contract.system}-{name}-1"
    source = settings.home / "simulator" / contract.system / f"{name}.parquet"
    columns = ", ".join(
        f'cast("{column.name}" as {column.duckdb_type}) as "{column.name}"' for column in table.columns
    )
    record_id = " || '|' || ".join(f'cast("{key}" as varchar)' for key in table.primary_key)
    return (
        f"insert into lake.landing.{landing_name(contract.system, name)} by name "
        f"select {columns}, '{batch}' as _batch_id, '{contract.system}' as _source_system, "
        f"{record_id} as _source_record_id, now() as _landed_at from read_parquet('{source}')",
        "insert into lake.landing.batches (batch_id, system, table_name, rows, content_hash, landed_at) "
        f"select '{batch}', '{contract.system}', '{name}', count(*), '{batch}', now() "
        f"from read_parquet('{source}')",
    )
