"""A tiny city's source tables landed and registered, without the transports."""

from __future__ import annotations

import duckdb

from pipelines.contracts import META_COLUMNS, TableContract, load_contracts
from pipelines.lake.connection import writer
from pipelines.lake.landing_tables import statements, wanted_tables
from pipelines.settings import Settings

STREAMED = "safety_devices"


def land(settings: Settings, condition: str, batch: str, landed_at: str = "now()") -> None:
    """Land the rows of every source table for which the condition holds, as one batch each.

    `landed_at` is SQL: a batch may have landed before others that were registered earlier.
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
                batch_id = f"{system}-{table.name}-{batch}"
                _land_table(connection, settings, system, table, condition, batch_id, landed_at)


def _land_table(
    connection: duckdb.DuckDBPyConnection, settings: Settings, system: str, table: TableContract,
    condition: str, batch_id: str, landed_at: str,
) -> None:  # fmt: skip
    folder = settings.landing / system / table.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{batch_id}.parquet"
    key = ", ".join(f"cast({name} as varchar)" for name in table.primary_key)
    rows = (
        f"select *, '{batch_id}' as _batch_id, '{system}' as _source_system, "
        f"concat_ws('|', {key}) as _source_record_id, {landed_at} as _landed_at "
        f"from ({_source(settings, system, table)})"
    )
    connection.execute(f"copy (select * from ({rows}) where {condition}) to '{path}'")
    connection.execute("begin")
    connection.execute(
        f"call ducklake_add_data_files('lake', '{system}__{table.name}', '{path}', schema => 'landing')"
    )
    connection.execute(
        "insert into lake.landing.batches (batch_id, system, table_name, landed_at) "
        f"values (?, ?, ?, {landed_at})",
        [batch_id, system, table.name],
    )
    connection.execute("commit")


def _source(settings: Settings, system: str, table: TableContract) -> str:
    columns = [column for column in table.columns if column.name not in META_COLUMNS]
    folder = settings.home / "simulator" / system
    if system != STREAMED:
        selected = ", ".join(f'cast("{c.name}" as {c.duckdb_type}) as "{c.name}"' for c in columns)
        return f"select {selected} from read_parquet('{folder / table.name}.parquet')"
    selected = ", ".join(
        f"try_cast(json_extract_string(payload, '$.{c.name}') as {c.duckdb_type}) as \"{c.name}\""
        for c in columns
    )
    return (
        f"select {selected} from read_parquet('{folder / 'messages.parquet'}') "
        f"where topic like '%/{table.name}' and json_valid(payload) and payload like '{{%'"
    )
