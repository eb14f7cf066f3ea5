"""A generated city brought to the point where every record is linked to its house.

The sources' files are put into the lake's landing tables directly, as for `benchmarks.identity`; staging,
matching and linking are the platform's own models.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import TableContract, load_contracts
from pipelines.identity import resolve_persons
from pipelines.lake.connection import writer
from pipelines.lake.dbt import run_dbt
from pipelines.lake.landing_tables import landing_name, statements, wanted_tables
from pipelines.lake.state import prepare
from pipelines.settings import Settings
from simulator import SIMULATED_TODAY
from simulator.generate import generate

# Other names of estates are learned from the property companies' registers.
REGISTERS = (("property", "estate"),)


def link_city(home: Path, scale: float, seed: int) -> Settings:
    """Generate a city under `home` and link its records to houses; what is there already is kept."""
    settings = Settings(home=home, today=date.fromisoformat(str(SIMULATED_TODAY)), threads=2)
    generate(home, scale, seed)
    prepare(settings)
    if _land(settings):
        run_dbt(settings, ["seed", "--quiet"])
        run_dbt(settings, ["run", "--quiet", "--select", "+int_persons_candidates"])
        with writer(settings) as connection:
            resolve_persons(connection, as_of=settings.current_date())
        run_dbt(settings, ["run", "--quiet", "--select", "+house_links", "unmatched_addresses"])
    return settings


def _land(settings: Settings) -> bool:
    contracts = load_contracts(settings.sources_dir)
    with writer(settings) as connection:
        present = "from duckdb_tables() where database_name = 'lake' and schema_name = 'landing'"
        if connection.execute(f"select count(*) {present}").fetchone()[0]:
            return False
        for statement in statements(wanted_tables(contracts), {}):
            connection.execute(statement)
        for system, contract in contracts.items():
            for table in contract.tables.values():
                if {"house", "person"} & set(table.staging) or (system, table.name) in REGISTERS:
                    _land_table(connection, settings, system, table)
    return True


def _land_table(
    connection: duckdb.DuckDBPyConnection, settings: Settings, system: str, table: TableContract
) -> None:
    batch = f"{system}-{table.name}-1"
    source = settings.home / "simulator" / system / f"{table.name}.parquet"
    columns = ", ".join(
        f'cast("{column.name}" as {column.duckdb_type}) as "{column.name}"' for column in table.columns
    )
    record_id = " || '|' || ".join(f'cast("{key}" as varchar)' for key in table.primary_key)
    connection.execute(
        f"insert into lake.landing.{landing_name(system, table.name)} by name "
        f"select {columns}, '{batch}' as _batch_id, '{system}' as _source_system, "
        f"{record_id} as _source_record_id, now() as _landed_at from read_parquet('{source}')"
    )
    connection.execute(
        "insert into lake.landing.batches (batch_id, system, table_name, landed_at) values (?, ?, ?, now())",
        [batch, system, table.name],
    )
