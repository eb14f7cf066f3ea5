"""A generated city with landed sources and the models built as requested.

The sources' files are loaded into the lake's landing tables directly: transports, contracts and quarantine
are measured elsewhere. Staging and later models are the platform's own. Persons are not resolved: callers
that need them do so between two selections.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import META_COLUMNS, TableContract, load_contracts
from pipelines.identity.publish import prepare_tables
from pipelines.installation.one_row import one_value
from pipelines.installation.state import prepare
from pipelines.lake.connection import writer
from pipelines.lake.dbt import run_dbt
from pipelines.lake.landing_tables import landing_name, statements, wanted_tables
from pipelines.land.door import joined_key
from pipelines.settings import Settings
from simulator import SIMULATED_TODAY
from simulator.generate import generate

STREAMED = "safety_devices"
Wanted = Callable[[str, TableContract], bool]


def every_table(_system: str, _table: TableContract) -> bool:
    """Select every table."""
    return True


def land_city(home: Path, scale: float, seed: int, wanted: Wanted = every_table) -> Settings:
    """Generate a city under `home`, land the wanted tables and load the seeds; idempotent.

    Args:
        home: a folder that PostgreSQL's own user may enter.
        scale: 1.0 is the whole city.
        seed: the same seed gives the same city.
        wanted: whether a system's table is landed.
    """
    settings = Settings(home=home, today=date.fromisoformat(str(SIMULATED_TODAY)), threads=2)
    generate(home, scale, seed)
    prepare(settings)
    if not _is_landed(settings):
        land(settings, wanted)
        run_dbt(settings, ["seed", "--quiet"])
    return settings


def build_city(home: Path, scale: float, seed: int, select: str) -> Settings:
    """Land a whole city and run dbt's selection of models, with empty identity tables."""
    settings = land_city(home, scale, seed)
    with writer(settings) as connection:
        prepare_tables(connection)
    run_dbt(settings, ["run", "--quiet", "--select", select])
    return settings


def land(
    settings: Settings, wanted: Wanted = every_table, *, condition: str = "true", batch: str = "1",
    landed_at: str = "now()",
) -> None:  # fmt: skip
    """Land rows of the wanted tables, each table as one batch.

    Args:
        settings: of a home in which a city is generated.
        wanted: whether a system's table is landed.
        condition: SQL that selects the rows to land.
        batch: distinguishes the batches of a table.
        landed_at: SQL; a batch may have landed before others that were registered earlier.
    """
    contracts = load_contracts(settings.sources_dir)
    with writer(settings) as connection:
        for statement in statements(wanted_tables(contracts), {}):
            connection.execute(
                statement.replace("create table ", "create table if not exists ")
                if statement.startswith("create table")
                else statement
            )
        for system, contract in contracts.items():
            for table in contract.tables.values():
                if not wanted(system, table):
                    continue
                batch_id = f"{system}-{table.name}-{batch}"
                _land_table(connection, settings, system, table, batch_id, condition, landed_at)


def _is_landed(settings: Settings) -> bool:
    present = "select count(*) from duckdb_tables() where database_name = 'lake' and schema_name = 'landing'"
    with writer(settings) as connection:
        return bool(one_value(connection.execute(present)))


def _land_table(
    connection: duckdb.DuckDBPyConnection, settings: Settings, system: str, table: TableContract,
    batch_id: str, condition: str, landed_at: str,
) -> None:  # fmt: skip
    key = joined_key([f"cast({name} as varchar)" for name in table.primary_key])
    rows = (
        f"select *, '{batch_id}' as _batch_id, '{system}' as _source_system, "
        f"{key} as _source_record_id, {landed_at} as _landed_at "
        f"from ({_written(settings, system, table)})"
    )
    connection.execute("begin")
    connection.execute(
        f"insert into lake.landing.{landing_name(system, table.name)} by name "
        f"select * from ({rows}) where {condition}"
    )
    connection.execute(
        "insert into lake.landing.batches (batch_id, system, table_name, landed_at) "
        f"values (?, ?, ?, {landed_at})",
        [batch_id, system, table.name],
    )
    connection.execute("commit")


def _written(settings: Settings, system: str, table: TableContract) -> str:
    """Return the rows written by the source; for the stream, only the readable ones."""
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
