"""A generated city whose every source is landed, and whose models are built as far as asked.

The sources' files are put into the lake's landing tables directly: transports,
contracts and quarantine are measured elsewhere. Staging and what follows is the
platform's own. Persons are not resolved: whoever needs them does it between two selections.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import META_COLUMNS, TableContract, load_contracts
from pipelines.identity.publish import prepare_tables
from pipelines.lake.connection import writer
from pipelines.lake.dbt import run_dbt
from pipelines.lake.landing_tables import landing_name, statements, wanted_tables
from pipelines.lake.state import prepare
from pipelines.settings import Settings
from simulator import SIMULATED_TODAY
from simulator.generate import generate

STREAMED = "safety_devices"


def build_city(home: Path, scale: float, seed: int, select: str) -> Settings:
    """Generate a city under `home`, land all of it and run the selected models.

    Args:
        home: an empty folder that PostgreSQL's own user may enter.
        scale: 1.0 is the whole city.
        seed: the same seed gives the same city.
        select: dbt's selection of models.
    """
    settings = Settings(home=home, today=date.fromisoformat(str(SIMULATED_TODAY)), threads=2)
    generate(home, scale, seed)
    prepare(settings)
    _land(settings)
    run_dbt(settings, ["seed", "--quiet"])
    run_dbt(settings, ["run", "--quiet", "--select", select])
    return settings


def _land(settings: Settings) -> None:
    contracts = load_contracts(settings.sources_dir)
    with writer(settings) as connection:
        for statement in statements(wanted_tables(contracts), {}):
            connection.execute(statement)
        prepare_tables(connection)
        for system, contract in contracts.items():
            for table in contract.tables.values():
                _land_table(connection, settings, system, table)


def _land_table(
    connection: duckdb.DuckDBPyConnection, settings: Settings, system: str, table: TableContract
) -> None:
    batch = f"{system}-{table.name}-1"
    key = ", ".join(f"cast({name} as varchar)" for name in table.primary_key)
    connection.execute(
        f"insert into lake.landing.{landing_name(system, table.name)} by name "
        f"select *, '{batch}' as _batch_id, '{system}' as _source_system, "
        f"concat_ws('|', {key}) as _source_record_id, now() as _landed_at "
        f"from ({_written(settings, system, table)})"
    )
    connection.execute(
        "insert into lake.landing.batches (batch_id, system, table_name, landed_at) values (?, ?, ?, now())",
        [batch, system, table.name],
    )


def _written(settings: Settings, system: str, table: TableContract) -> str:
    """The rows that the source wrote; of the stream those that can be read at all."""
    columns = [column for column in table.columns if column.name not in META_COLUMNS]
    folder = settings.home / "simulator" / system
    if system != STREAMED:
        named = ", ".join(f'cast("{c.name}" as {c.duckdb_type}) as "{c.name}"' for c in columns)
        return f"select {named} from read_parquet('{folder / table.name}.parquet')"
    named = ", ".join(
        f"try_cast(json_extract_string(payload, '$.{c.name}') as {c.duckdb_type}) as \"{c.name}\""
        for c in columns
    )
    return (
        f"select {named} from read_parquet('{folder / 'messages.parquet'}') "
        f"where topic like '%/{table.name}' and json_valid(payload) and payload like '{{%'"
    )
